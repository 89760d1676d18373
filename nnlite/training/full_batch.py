"""Full-batch training minimizes the mean loss of all rows as one function, one iteration an epoch."""

import copy
import math
from collections.abc import Callable, Sequence

import numpy as np

from nnlite.core.state import State
from nnlite.errors import ConfigError, DivergenceError
from nnlite.metrics.metric import Metric
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.training.checks import about_large_features
from nnlite.training.evaluation import Means
from nnlite.training.feed import Feed
from nnlite.training.fit import Fit

ROWS_AT_ONCE = 1024
"""Rows whose loss and gradient are computed together; more would only take more memory, as large images do."""

ROWS_TO_PROBE = 16
"""Rows, at least, on which layers are tried: enough for a rare draw to show."""

ITERATIONS_PER_START = 200
"""Iterations after which a method restarts."""


def minimize(optimizer: FullBatchOptimizer, fit: Fit, state: Callable[[], State]) -> str:
    """Trains for the epochs that are left to a fit, each of them an iteration.

    The method restarts after every `ITERATIONS_PER_START` iterations, and where a layer was frozen or set free. What
    it remembers is its own, so it cannot resume between two restarts; but the iterations since one can be repeated.

    Args:
        optimizer: the method.
        fit: the fit under way; every iteration is recorded as an epoch, and one at least unless a callback stops it.
        state: gives the trainer's state, which the fit has as `restart` until the next restart.

    Returns:
        Why it ended earlier, such as "converged after 57 iterations"; otherwise "".

    Raises:
        ConfigError: where a layer changes the function from one evaluation to the next.
        DivergenceError: where the loss or its gradient is not finite at the beginning.
    """
    check_fixed(fit.train)
    fit.restart = state()
    objective, parameters = Objective(fit.train, fit.before_portion, fit.metrics), fit.model.parameters
    if not (math.isfinite(objective()) and np.isfinite(parameters.grads).all()):
        raise DivergenceError(
            f"the loss is {objective.loss:g} before the first iteration, and it or its gradient is not finite"
            f"{about_large_features(fit.model, '; put ') or '; look for extreme numbers in the rows'}"
        )

    def after_iteration() -> bool:
        layout = parameters.layout
        fit.step = 1
        fit.ends_here()
        fit.end_epoch(objective.figures())
        return parameters.layout is layout and not fit.verdict()

    why, again = None, True
    while again and fit.epochs_left and not fit.verdict():
        layout = parameters.layout
        last = fit.epoch + min(ITERATIONS_PER_START, fit.epochs_left)
        why = optimizer.minimize(objective, parameters, last - fit.epoch, after_iteration)
        again = parameters.layout is not layout or (why is None and fit.epoch == last)
        if again and fit.epochs_left:
            fit.restart = state()
    done, left = fit.epoch, fit.epochs_left
    if stop := fit.verdict():
        return stop
    if not done:
        fit.end_epoch(objective.figures())  # it was at a minimum before the first iteration
    if not (why and left):
        return ""
    return f"{why} after {done} iteration{'' if done == 1 else 's'}" if done else f"{why} before the first iteration"


class Objective:
    """The mean loss over all rows, Σ(loss × weight) / Σweight, as a function of the model's parameters.

    It is computed a portion of rows at a time; losses and gradients add up.

    Args:
        feed: the training rows.
        before_portion: called before each portion.
        metrics: the metrics of the fit.

    Attributes:
        loss: the loss at the last call.
    """

    def __init__(
        self, feed: Feed, before_portion: Callable[[], None] = lambda: None, metrics: Sequence[Metric] = ()
    ) -> None:
        self._feed, self._before_portion, self._metrics = feed, before_portion, metrics
        self._at, self._gradient = np.empty(0), np.empty(0)
        self._means: Means | None = None
        self.loss = math.nan

    def __call__(self) -> float:
        """The loss at `parameters.values`; writes its gradient to `parameters.grads`."""
        network, parameters = self._feed.model.network, self._feed.model.parameters
        if self._means is not None and np.array_equal(parameters.values, self._at):
            parameters.grads[:] = self._gradient
            return self.loss
        means, total, weights = Means(network.criterion, self._metrics), np.zeros(parameters.grads.shape), 0.0
        for x, targets, weight in self._feed.batches(min(ROWS_AT_ONCE, self._feed.model.rows_at_once)):
            self._before_portion()
            loss = network.loss(x, targets, weight, training=True)
            network.backward()
            means.add(loss, network.outputs, targets, weight)
            total += network.criterion.weight * parameters.grads
            weights += network.criterion.weight
        # ∂(Σ wᵢLᵢ/Σwᵢ)/∂p = Σ wᵢ·∂Lᵢ/∂p / Σwᵢ; weights that are all 0 give 0
        parameters.grads[:] = total / (weights or 1.0)
        self._at, self._gradient, self._means = parameters.values.copy(), parameters.grads.copy(), means
        self.loss = means.loss
        return self.loss

    def figures(self) -> dict[str, float]:
        """The loss and its metrics at `parameters.values`."""
        self()
        assert self._means is not None
        return self._means.figures()


def check_fixed(feed: Feed) -> None:
    """Raises `ConfigError` at a layer that computes something else in training than in prediction.

    A layer that draws random numbers gives another loss at every evaluation; one with batch statistics changes its
    running figures by being evaluated. Each layer is tried on a copy.
    """
    model = feed.model
    rows = max(min(ROWS_AT_ONCE, model.rows_at_once), ROWS_TO_PROBE)
    x, _, _ = next(feed.batches(rows))
    x = np.resize(x, (rows, *x.shape[1:]))
    layers = model.network.chain.layers
    for index, layer in enumerate(layers, start=len(model.layers) - len(layers)):
        trained = copy.deepcopy(layer).forward(x, training=layer.trainable)
        x = layer.forward(x)
        if not np.allclose(trained, x, equal_nan=True):
            raise ConfigError(
                f"model.layers[{index}] {layer!r} computes something else in training than in prediction, but a "
                "full-batch optimizer needs a loss that stays the same from look to look; leave the layer out, or "
                "train with Adam, say"
            )
