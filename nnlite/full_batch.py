"""Full-batch training minimizes the mean loss of all rows as one function, an iteration at a time."""

import copy
import math
from collections.abc import Callable

import numpy as np

from nnlite.errors import ConfigError, DivergenceError
from nnlite.evaluation import Means
from nnlite.feed import Feed
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer

ROWS_AT_ONCE = 1024
"""Rows whose loss and gradient are computed together; more would only take more memory."""


def minimize(
    optimizer: FullBatchOptimizer,
    feed: Feed,
    epochs: int,
    on_step: Callable[[int, int], None] | None,
    end_epoch: Callable[[dict[str, float]], str],
) -> str:
    """Trains the feed's model for at most so many iterations, each of them an epoch.

    Args:
        optimizer: the method.
        feed: all rows, prepared.
        epochs: how many iterations there may be.
        on_step: called after each as the only step of its epoch.
        end_epoch: called after that, and at least once, with the figures of the weights that it led to. What it
            returns, if it is not empty, is why training should end now. If it freezes a layer or sets one free, the
            method begins anew with the parameters that are trained now.

    Returns:
        Why it ended earlier, such as "converged after 57 iterations"; otherwise "".

    Raises:
        ConfigError: where a layer would make it another function in every look.
        DivergenceError: where the loss or its gradient is not finite at the beginning.
    """
    check_fixed(feed)
    objective, parameters = Objective(feed), feed.model.parameters
    if not (math.isfinite(objective()) and np.isfinite(parameters.grads).all()):
        raise DivergenceError(
            f"the loss is {objective.loss:g} before the first iteration, and it or its gradient is not finite; "
            "put a Standardize layer first if the features are large"
        )
    done, why, stop, laid_out_anew = 0, None, "", True

    def after_iteration() -> bool:
        nonlocal done, stop, laid_out_anew
        done += 1
        layout = parameters.layout
        if on_step is not None:
            on_step(1, 1)
        stop = end_epoch(objective.figures())
        laid_out_anew = parameters.layout is not layout
        return not laid_out_anew and not stop

    while laid_out_anew and done < epochs and not stop:
        laid_out_anew = False
        why = optimizer.minimize(objective, parameters, epochs - done, after_iteration)
    if not done:
        end_epoch(objective.figures())
    if stop:
        return stop
    return f"{why} after {done} iteration{'' if done == 1 else 's'}" if why and done < epochs else ""


class Objective:
    """The mean loss over all rows, Σ(loss × weight) / Σweight, as a function of the model's parameters.

    The rows are gone through in portions, whose gradients add up likewise.

    Attributes:
        loss: of the last call.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._at, self._gradient = np.empty(0), np.empty(0)
        self._means: Means | None = None
        self.loss = math.nan

    def __call__(self) -> float:
        """The loss at `parameters.values`; writes its gradient to `parameters.grads`."""
        network, parameters = self._feed.model.network, self._feed.model.parameters
        if self._means is not None and np.array_equal(parameters.values, self._at):
            parameters.grads[:] = self._gradient
            return self.loss
        means, total, weights = Means(network.criterion), np.zeros(parameters.grads.shape), 0.0
        for x, targets, weight in self._feed.batches(ROWS_AT_ONCE):
            loss = network.loss(x, targets, weight, training=True)
            network.backward()
            means.add(loss, network.outputs, targets, weight)
            total += network.criterion.weight * parameters.grads
            weights += network.criterion.weight
        # ∂(Σ wᵢLᵢ/Σwᵢ)/∂p = Σ wᵢ·∂Lᵢ/∂p / Σwᵢ; weights that are all 0 give 0
        parameters.grads[:] = total / (weights or 1.0)
        self._at, self._gradient, self._means = parameters.values.copy(), parameters.grads.copy(), means
        self.loss = means.figures()["loss"]
        return self.loss

    def figures(self) -> dict[str, float]:
        """The loss and its metrics at `parameters.values`."""
        self()
        assert self._means is not None
        return self._means.figures()


def check_alone(trainer: object, *options: str) -> None:
    """Raises `ConfigError` where a trainer with a full-batch optimizer has one of these options."""
    for option in options:
        if getattr(trainer, option) is not None:
            raise ConfigError(
                f"{option} is for optimizers that step after every batch; a full-batch one has no use for it: leave "
                "it out, or train with Adam, say"
            )


def check_fixed(feed: Feed) -> None:
    """Raises `ConfigError` at a layer that computes something else in training than in prediction.

    One that draws gives another loss in every look; one with statistics of the batch changes what it predicts
    by looking. Each layer is tried on a copy, on rows enough for a rare draw to show.
    """
    model = feed.model
    x, _, _ = next(feed.batches(ROWS_AT_ONCE))
    x = np.resize(x, (ROWS_AT_ONCE, *x.shape[1:]))
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
