"""Full-batch training minimizes the mean loss of all rows as one function, an iteration at a time."""

import copy
import math
from collections.abc import Callable

import numpy as np

from nnlite.core.state import State
from nnlite.errors import ConfigError, DivergenceError
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.training.evaluation import Means
from nnlite.training.feed import Feed
from nnlite.training.session import OnStep, Session

ROWS_AT_ONCE = 1024
"""Rows whose loss and gradient are computed together; more would only take more memory, as large pictures do."""

_FEW = 16

TURN = 200
"""Iterations after which a method begins anew."""


def minimize(
    optimizer: FullBatchOptimizer,
    session: Session,
    on_step: OnStep,
    state: Callable[[], State],
) -> str:
    """Trains for the epochs that are left to a session, each of them an iteration.

    The method begins anew with every turn of `TURN` iterations, and where a layer was frozen or set free. It cannot
    be left in the middle of a turn, as what it remembers is its own, but any turn can be made again.

    Args:
        optimizer: the method.
        session: of the fit, its rows prepared; every iteration is recorded as an epoch, and at least one.
        on_step: called after each as the only step of its epoch.
        state: gives the trainer's state, which the session has as `turn` during each.

    Returns:
        Why it ended earlier, such as "converged after 57 iterations"; otherwise "".

    Raises:
        ConfigError: where a layer would make it another function in every look.
        DivergenceError: where the loss or its gradient is not finite at the beginning.
    """
    feed, recorder = session.feed, session.recorder
    check_fixed(feed)
    objective, parameters = Objective(feed, recorder.on_portion), feed.model.parameters
    if not (math.isfinite(objective()) and np.isfinite(parameters.grads).all()):
        raise DivergenceError(
            f"the loss is {objective.loss:g} before the first iteration, and it or its gradient is not finite; "
            "put a Standardize layer first if the features are large"
        )

    def after_iteration() -> bool:
        layout = parameters.layout
        if on_step is not None:
            on_step(1, 1)
        recorder.record(recorder.row(objective.figures()))
        return parameters.layout is layout and not recorder.verdict()

    why, again = None, True
    while again and session.epochs_left and not recorder.verdict():
        session.turn, layout = state(), parameters.layout
        last = recorder.epochs + min(TURN, session.epochs_left)
        why = optimizer.minimize(objective, parameters, last - recorder.epochs, after_iteration)
        again = parameters.layout is not layout or (why is None and recorder.epochs == last)
    done, left = recorder.epochs, session.epochs_left
    if not done:
        recorder.record(recorder.row(objective.figures()))
    elif stop := recorder.verdict():
        return stop
    return f"{why} after {done} iteration{'' if done == 1 else 's'}" if why and left else ""


class Objective:
    """The mean loss over all rows, Σ(loss × weight) / Σweight, as a function of the model's parameters.

    The rows are gone through in portions, whose gradients add up likewise.

    Args:
        feed: of the rows.
        on_portion: called before each portion.

    Attributes:
        loss: of the last call.
    """

    def __init__(self, feed: Feed, on_portion: Callable[[], None] | None = None) -> None:
        self._feed, self._on_portion = feed, on_portion
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
        for x, targets, weight in self._feed.batches(min(ROWS_AT_ONCE, self._feed.model.rows_at_once)):
            if self._on_portion is not None:
                self._on_portion()
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
    rows = max(min(ROWS_AT_ONCE, model.rows_at_once), _FEW)
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
