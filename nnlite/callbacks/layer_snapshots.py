"""LayerSnapshots records what each layer gives, and its weights, in the course of a fit."""

from typing import TYPE_CHECKING

import numpy as np

from nnlite.annotations import PositiveInt
from nnlite.core.state import State
from nnlite.core.tree import named_parameters
from nnlite.training.callbacks import Callback
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.core.layer import Layer
    from nnlite.training.fit import Fit

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The part of the numbers that lies below each of the five that are recorded."""


class LayerSnapshots(Callback):
    """Records after every few epochs where the outputs and the weights of each layer lie, as five quantiles.

    `nnlite.plots.activations` and `nnlite.plots.weights` draw what it has recorded, and a run of a config leaves
    their pictures in its folder. The outputs are those for the first training rows, in prediction, by the weights of
    the last step. A layer within a container is not recorded apart, but its weights count as the container's.

    Args:
        every: after so many epochs; the first epoch is always recorded.
        rows: of how many rows; fewer of large images, as many as the model computes with at once.

    Attributes:
        epochs: which epochs are recorded, as the history counts them.
        activations: by the name of a layer, such as "1 ReLU", the quantiles of 5, 25, 50, 75 and 95 % of its outputs,
            five for each epoch.
        weights: the same of its weights, of layers that have some: matrices and kernels, without biases.

    >>> import numpy as np
    >>> from nnlite import SGD, Dataset, Dense, LayerSnapshots, ReLU, Sequential, SoftmaxCrossEntropy, Trainer
    >>> data = Dataset(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([0, 0, 1, 1]))
    >>> model, snapshots = Sequential([Dense(3), ReLU(), Dense(2), SoftmaxCrossEntropy()]), LayerSnapshots(every=2)
    >>> history = Trainer(model, SGD(1.0), epochs=4, callbacks=[snapshots]).fit(data)
    >>> snapshots.epochs, list(snapshots.activations), list(snapshots.weights)
    ([1, 2, 4], ['0 Dense', '1 ReLU', '2 Dense'], ['0 Dense', '2 Dense'])
    """

    def __init__(self, every: PositiveInt = 1, rows: PositiveInt = 200) -> None:
        self.every = every
        self.rows = rows
        self._forget()

    def _forget(self) -> None:
        self.epochs: list[int] = []
        self.activations: dict[str, list[list[float]]] = {}
        self.weights: dict[str, list[list[float]]] = {}

    def begin(self, fit: "Fit") -> None:
        if not fit.epoch:  # another fit begins; an interrupted one has its state back
            self._forget()

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        if self.epochs and fit.epoch % self.every:
            return
        self.epochs.append(int(row["epoch"]))
        model = fit.model
        chain = model.network.chain
        first = len(model.layers) - len(chain.layers)
        y = model.preprocess(fit.train.x[: min(self.rows, model.rows_at_once)])
        for index, layer in enumerate(chain.layers, start=first):
            name = f"{index} {type(layer).__name__}"
            y = layer.forward(y)
            self.activations.setdefault(name, []).append(_quantiles(y))
            if len(values := _weights(layer)):
                self.weights.setdefault(name, []).append(_quantiles(values))

    @property
    def state(self) -> State:
        kinds = {"activations": self.activations, "weights": self.weights}
        arrays = {
            f"{kind}.{place}": np.array(found)
            for kind, layers in kinds.items()
            for place, found in enumerate(layers.values())
        }
        values = {kind: list(layers) for kind, layers in kinds.items()}
        return State({"epochs": list(self.epochs), **values}, arrays)

    @state.setter
    def state(self, state: State) -> None:
        self.epochs = list(state.values["epochs"])
        self.activations, self.weights = (
            {name: state.arrays[f"{kind}.{place}"].tolist() for place, name in enumerate(state.values[kind])}
            for kind in ("activations", "weights")
        )


def _weights(layer: "Layer") -> Array:
    """All weights of the layer, and of those in it, that stand in matrices or kernels, in a row."""
    found = [parameter.value.ravel() for _, parameter, _ in named_parameters([layer]) if parameter.value.ndim > 1]
    return np.concatenate(found) if found else np.empty(0)


def _quantiles(values: Array) -> list[float]:
    with np.errstate(invalid="ignore"):  # of infinity
        found: list[float] = np.quantile(values.astype(np.float64), QUANTILES).tolist()
    return found
