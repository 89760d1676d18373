"""A sequential model is a list of layers and, at its end, a loss."""

import itertools
from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from nnlite import chain, seeding
from nnlite.chain import Chain
from nnlite.errors import ConfigError, DataError, NnliteError, ShapeError
from nnlite.layer import Layer, Loss
from nnlite.parameters import ParameterVector
from nnlite.types import Array, DtypeName, Shape

_ROWS_AT_ONCE = 1024


class Sequential:
    """Layers, one after the other, and a loss that ends them.

    Training is three calls: `loss(x, targets, training=True)`, `backward()`, and an optimizer's
    `step(model.parameters)`; `Trainer` makes them for you. `predict(x)` is what a user wants of a trained
    model. Preprocessing layers at the beginning (`Standardize`, `Rescale`, `Flatten`) take rows in
    whatever dtype they come; the model casts their output to its own.

    Args:
        layers: `Layer` objects, each in one model only; the last may be a `Loss`. Without one the model
            runs forward and backward but cannot be trained.

    Attributes:
        layers: the layers, the loss left out.
        criterion: the loss, or None.
        outputs: the raw outputs of the last call of `loss`.
        parameters: the `ParameterVector`, once built.
        input_shape, dtype: as built.

    >>> import numpy as np
    >>> from nnlite import Dense, ReLU, SGD, Sequential, SoftmaxCrossEntropy
    >>> model = Sequential([Dense(8), ReLU(), Dense(3), SoftmaxCrossEntropy()]).build((4,), seed=0)
    >>> x, labels = np.eye(4), np.array([0, 1, 2, 0])
    >>> before = model.loss(x, labels, training=True)
    >>> model.backward()
    >>> SGD(learning_rate=0.1).step(model.parameters)
    >>> model.loss(x, labels) < before
    True
    """

    def __init__(self, layers: Iterable[Layer | Loss]) -> None:
        given = list(layers)
        self.criterion: Loss | None = None
        if given and isinstance(given[-1], Loss):
            self.criterion = given.pop()  # type: ignore[assignment]
        for index, layer in enumerate(given):
            if isinstance(layer, Loss):
                raise ConfigError(
                    f"model.layers[{index}] is the loss {layer!r}; a loss can only be the last of the layers"
                )
            if not isinstance(layer, Layer):
                raise ConfigError(
                    f"model.layers[{index}] is {layer!r}; expected a layer object, such as Dense(10) or ReLU()"
                )
        if not given:
            raise ConfigError("a model needs at least one layer before its loss")
        self.layers: tuple[Layer, ...] = tuple(given)  # type: ignore[arg-type]
        self._claim_layers()
        self.adapted = False
        self.outputs = np.empty(0)
        self._backward_is_due = False

    def _claim_layers(self) -> None:
        """Makes this model the only owner of its layers: two owners would overwrite each other's arrays."""
        token = object()
        for path, layer, _ in chain.walk(self.layers):
            if layer._owner is not None:
                where = "earlier in this one" if layer._owner is token else "in another model"
                raise ConfigError(
                    f"model.layers[{path}]: this {layer!r} already stands {where}; "
                    "make a new layer object for each place"
                )
            layer._owner = token

    def build(self, input_shape: Shape, seed: int = 0, dtype: DtypeName = "float32") -> Self:
        """Works out every shape, and draws the parameters; returns the model.

        Args:
            input_shape: of one example, the batch axis left out: (4,) for rows of four features.
            seed: of the starting values and of layers that draw while training, such as `Dropout`.
            dtype: "float32", or "float64" (slower, for proofs).

        Raises:
            ShapeError: naming the first layer that cannot serve its input.
        """
        if dtype not in ("float32", "float64"):
            raise ConfigError(f"dtype is {dtype!r}; expected 'float32' or 'float64'")
        rngs = seeding.generator(seed, "layers").spawn(len(self.layers))
        self.input_shape = tuple(int(size) for size in input_shape)
        self._shapes = Chain(self.layers).build(self.input_shape, rngs, "model.layers")
        self.dtype: DtypeName = dtype
        self.adapted = False
        self._lay_out()
        return self

    def _lay_out(self) -> None:
        """Places the parameters in one vector, and parts the layers that take raw rows from the rest."""
        raw = list(itertools.takewhile(lambda layer: layer.takes_raw_rows, self.layers))
        self._preprocessing, self._network = Chain(raw), Chain(self.layers[len(raw) :])
        self._learns_from_rows = any(type(layer).adapt is not Layer.adapt for layer in self.layers)
        named = list(chain.named_parameters(self.layers))
        self.parameters = ParameterVector(
            {path: parameter for path, parameter, _ in named},
            {path for path, _, frozen in named if frozen},
            self.dtype,
        )
        self._backward_is_due = False

    @property
    def output_shape(self) -> Shape:
        """The shape of one example's raw output."""
        self._check_built()
        return self._shapes[-1]

    @property
    def built(self) -> bool:
        """Whether the shapes are known and the parameters drawn."""
        return hasattr(self, "parameters")

    def adapt(self, x: Array, targets: Array | None = None) -> None:
        """Lets layers such as `Standardize` (and the loss) learn from the training rows, before training.

        `Trainer.fit` does this once, at its beginning. `targets` are as `Loss.encode` returns them.
        """
        self._check_input(x)
        self._backward_is_due = False
        Chain(self.layers).adapt(x)
        if self.criterion is not None and targets is not None:
            self.criterion.adapt(targets)
        self.adapted = True

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """The raw outputs, (batch, …): what the loss takes, such as logits."""
        self._check_input(x)
        self._backward_is_due = False
        x = self._preprocessing.forward(x, training=training)
        return self._network.forward(self._cast(x), training=training)

    def loss(self, x: Array, targets: Array, sample_weight: Array | None = None, *, training: bool = False) -> float:
        """The mean loss over the batch; with `training=True`, ready for `backward`.

        `targets` are as `criterion.encode` returns them: integer class indices already are.
        The raw outputs stay in `outputs`.
        """
        if training and self._learns_from_rows and not self.adapted:
            raise NnliteError("a layer learns from the training rows first: call model.adapt(x), or Trainer.fit")
        self.outputs = self.forward(x, training=training)
        loss = self._loss
        value = float(loss.forward(self.outputs, targets, sample_weight))
        if not loss.weight and sample_weight is None and len(x):
            raise NnliteError(f"{loss!r}.forward must set self.weight: the rows, or the sum of the sample weights")
        self._backward_is_due = training
        return value

    def backward(self) -> None:
        """Writes every parameter's gradient of the last loss; only right after `loss(…, training=True)`."""
        if not self._backward_is_due:
            raise NnliteError(
                "backward() belongs right after loss(…, training=True): it uses what that call left in the "
                "layers, and another forward pass overwrites it"
            )
        self._backward_is_due = False
        gradient = self._loss.backward()
        if gradient.shape != self.outputs.shape or gradient.dtype != self.outputs.dtype:
            raise ShapeError(
                f"{self._loss!r}.backward gives {gradient.dtype} {gradient.shape} for outputs that are "
                f"{self.outputs.dtype} {self.outputs.shape}; the two must be alike"
            )
        self._network.backward_parameters(gradient)

    def predict(self, x: Array) -> Array:
        """What the loss makes of the raw outputs: the probabilities of the classes, say. (rows, …)"""
        parts = [self.forward(x[i : i + _ROWS_AT_ONCE]) for i in range(0, max(len(x), 1), _ROWS_AT_ONCE)]
        return self._loss.predict(np.concatenate(parts))

    def summary(self) -> str:
        """A table: each layer, its output's shape, its number of parameters."""
        self._check_built()
        rows = [("", "layer", "output shape", "parameters"), ("", "input", _shown(self.input_shape), "")]
        for index, (layer, shape) in enumerate(zip(self.layers, self._shapes, strict=True)):
            count = sum(parameter.size for _, parameter, _ in chain.named_parameters([layer]))
            rows.append((str(index), repr(layer), _shown(shape), f"{count:,}" if count else ""))
        if self.criterion is not None:
            rows.append((str(len(self.layers)), repr(self.criterion), "", ""))
        total = sum(parameter.size for parameter in self.parameters)
        note = "" if total == self.parameters.values.size else f", {self.parameters.values.size:,} trained"
        width = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [
            f"{row[0]:>{width[0]}}  {row[1]:<{width[1]}}  {row[2]:<{width[2]}}  {row[3]:>{width[3]}}".rstrip()
            for row in rows
        ]
        lines.insert(1, "-" * (sum(width) + 6))
        return "\n".join([*lines, f"{total:,} parameters{note}, {self.dtype}"])

    @property
    def _loss(self) -> Loss:
        if self.criterion is None:
            raise ConfigError(
                "the model has no loss; end its layers with one, such as SoftmaxCrossEntropy() for a classifier"
            )
        return self.criterion

    def _cast(self, x: Array) -> Array:
        return x if x.dtype == self.dtype else x.astype(self.dtype)

    def _check_input(self, x: Array) -> None:
        self._check_built()
        if not isinstance(x, np.ndarray):
            raise DataError(f"x is a {type(x).__name__}, expected a NumPy array; nnlite.Predictor takes tables too")
        if x.shape[1:] != self.input_shape:
            raise ShapeError(
                f"the input has shape {x.shape}, expected (rows, {', '.join(map(str, self.input_shape))}): "
                f"the model was built for examples of shape {self.input_shape}"
            )

    def _check_built(self) -> None:
        if not self.built:
            raise NnliteError("the model is not built; call model.build(input_shape) first, or Trainer.fit")

    def __getstate__(self) -> dict[str, Any]:
        # The vectors are views into each other; a copy lays its own out anew.
        laid_out = ("parameters", "_preprocessing", "_network")
        return {name: value for name, value in vars(self).items() if name not in laid_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if hasattr(self, "dtype"):
            self._lay_out()

    def __repr__(self) -> str:
        parts = [*self.layers, *([self.criterion] if self.criterion is not None else [])]
        return f"Sequential([{', '.join(map(repr, parts))}])"


def _shown(shape: Shape) -> str:
    return " × ".join(map(str, shape)) or "one number"
