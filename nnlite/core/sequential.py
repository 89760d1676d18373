"""A sequential model is a list of layers and, at its end, a loss."""

import copy
import itertools
import math
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nnlite import seeding
from nnlite.core import cost
from nnlite.core.building import draw
from nnlite.core.chain import Chain
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.core.network import Network
from nnlite.core.output_range import OutputRange, output_ranges
from nnlite.core.parameters import ParameterVector
from nnlite.core.sharing import Sharing, link
from nnlite.core.statistics import make
from nnlite.core.summary import Summary, summary
from nnlite.core.taken import Taken
from nnlite.core.tree import learns_from_rows, named_parameters, starts_from_rows, walk
from nnlite.core.watched import telling
from nnlite.data.arrays import as_weights, first_wrong, wrong_number
from nnlite.data.batches import portions
from nnlite.errors import ConfigError, DataError, NnliteError, RowError, ShapeError
from nnlite.signature import copy_of
from nnlite.text import preformatted
from nnlite.types import Array, DtypeName, Shape

if TYPE_CHECKING:
    from nnlite.data.table_reader import TableReader


class Sequential:
    """Layers, one after the other, and a loss that ends them.

    Training is three calls: `loss(x, targets, training=True)`, `backward()`, and an optimizer's
    `step(model.parameters)`; `Trainer` makes them for you. A trained model predicts by `predict(x)`.
    Preprocessing layers at the beginning (`Standardize`, `Rescale`, `Flatten`) take rows of any dtype; the model
    casts their output to its own.

    Args:
        layers: `Layer` objects, each in one model only; the last may be a `Loss`. Without one the model
            runs forward but cannot be trained.

    Attributes:
        layers: the layers, the loss left out.
        criterion: the loss, or None.
        network: the part behind the preprocessing; it takes the rows that `preprocess` returns.
        parameters: the `ParameterVector`, once built.
        input_shape, dtype: the arguments of `build`.
        rows_at_once: how many rows go through the layers together in prediction.
        frozen: the paths of the layers that were frozen when the parameters were last laid out.
        classes, feature_names: the names of the classes, and of the columns of a row, of the data that it was
            trained on, in order; None where they are not known. `Trainer.fit` sets them, and then puts rows whose
            names come in another order in this one, and refuses other names; so does `evaluate`. Set them to None
            to train on data with other names.
        taken: what it has taken from a saved model, where a config says `start_from`; None elsewhere.
        table: what made the training rows of a table, so that a `Predictor` takes such tables; None without one.

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

    classes: tuple[Any, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    table: "TableReader | None" = None
    taken: Taken | None = None

    def __init__(self, layers: Iterable[Layer | Loss]) -> None:
        given = list(layers)
        self._criterion: Loss | None = None
        if given and isinstance(given[-1], Loss):
            self._criterion = given.pop()  # type: ignore[assignment]
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
        contained = None if self.criterion is None else self.criterion.contains
        if contained is not None and isinstance(given[-1], contained):
            raise ConfigError(
                f"model.layers[{len(given) - 1}] is {given[-1]!r}, but the loss {self.criterion!r} after it contains "
                f"the {contained.__name__.lower()} already: leave the layer out"
            )
        self._layers: tuple[Layer, ...] = tuple(given)  # type: ignore[arg-type]
        self._claim_layers()
        self.adapted = False

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, the loss left out."""
        return self._layers

    @layers.setter
    def layers(self, new: object) -> None:
        raise NnliteError(f"the layers of a model cannot be exchanged: {_AS_A_NEW_MODEL}")

    @property
    def criterion(self) -> Loss | None:
        """The loss, or None."""
        return self._criterion

    @criterion.setter
    def criterion(self, new: object) -> None:
        raise NnliteError(f"the loss of a model cannot be exchanged: {_AS_A_NEW_MODEL}")

    def _claim_layers(self) -> None:
        """Makes this model the only owner of its layers; two models would overwrite each other's arrays."""
        parts: list[tuple[str, Layer | Loss]]
        parts = [(f"model.layers[{path}]", layer) for path, layer, _ in walk(self.layers)]
        if self.criterion is not None:
            parts.append((f"model.layers[{len(self.layers)}]", self.criterion))
        taken: set[int] = set()
        for place, part in parts:
            if part._owner is not None or id(part) in taken:
                where = "earlier in this one" if id(part) in taken else "in another model"
                advice = ', or let places share their weights: Shared("name", […]), then Shared("name")'
                advice = advice if id(part) in taken else ""
                raise ConfigError(
                    f"{place}: this {part!r} already stands {where}; make a new object for each place{advice}"
                )
            taken.add(id(part))
        owner = object()
        for _, part in parts:
            part._owner = owner

    def build(self, input_shape: Shape, seed: int = 0, dtype: DtypeName = "float32") -> Self:
        """Computes all shapes, and draws the parameters; returns the model.

        Args:
            input_shape: the shape of one example, without the batch axis: (4,) for rows of four features.
            seed: the seed of the starting values, and of layers that draw in training, such as `Dropout`.
            dtype: "float32", or "float64" (slower, for proofs).

        Raises:
            ShapeError: if a layer cannot take its input; it names the first such layer.
        """
        self.declare(input_shape, seed, dtype)
        self.draw()
        return self

    def declare(self, input_shape: Shape, seed: int = 0, dtype: DtypeName = "float32") -> None:
        """The first half of `build`: computes all shapes; no array takes memory yet."""
        if dtype not in ("float32", "float64"):
            raise ConfigError(f"dtype is {dtype!r}; expected 'float32' or 'float64'")
        rngs = seeding.generator(seed, "layers").spawn(len(self.layers))
        self.input_shape = _as_shape(input_shape)
        link(self.layers)
        self._shapes = Chain(self.layers).build(self.input_shape, rngs, "model.layers")
        self.rows_at_once = cost.rows_at_once(self.input_shape, self.layers)
        if self.criterion is not None:
            self.criterion.statistics.clear()
            self.criterion.build(self._shapes[-1])
        self.dtype: DtypeName = dtype
        self._identity = uuid.uuid4().hex  # an optimizer compares it; a copy has the same
        self.adapted = False
        self.classes = self.feature_names = self.table = self.taken = None

    def draw(self) -> None:
        """The second half of `build`: draws the parameters that have no value yet."""
        cost.check_memory(self.layers, "model.layers")
        self._start_with_what_was_carried()
        draw(self.layers, "model.layers")
        if self.criterion is not None:
            make(self.criterion.statistics)
        self._lay_out()

    def __getitem__(self, which: slice) -> list[Layer]:
        """Some of the layers as copies, with what they have learnt: the beginning of another model.

        Their weights and statistics are copied into that model when it is built, and stay as they are in its first
        fit but for what training changes: it does not let them learn from its training rows anew.

        >>> from nnlite import Dense, Sequential
        >>> model = Sequential([Dense(4), Dense(2)]).build((3,))
        >>> other = Sequential([*model[:1], Dense(5)]).build((3,))
        >>> bool((other.layers[0].weight.value == model.layers[0].weight.value).all())
        True
        """
        self.check_built()
        if not isinstance(which, slice):
            raise TypeError(
                f"model[{which!r}]: expected a slice, such as model[:3]; model.layers[{which!r}] is a layer"
            )
        copies = []
        for layer in self.layers[which]:
            copy = copy_of(layer)
            copy._carried = {
                f"{path}.{name}": np.array(array)
                for path, inner, _ in walk([layer])
                for name, array in [
                    *((each.name, each.value) for each in inner.parameters),
                    *inner.statistics.items(),
                ]
            }
            copies.append(copy)
        return copies

    def _start_with_what_was_carried(self) -> None:
        """Gives layers that were taken from another model what they had learnt there; raises `ShapeError`."""
        for index, layer in enumerate(self.layers):
            if (carried := layer._carried) is None:
                continue
            for path, inner, _ in walk([layer]):
                homes = {each.name: each.shape for each in inner.parameters}
                homes |= {name: array.shape for name, array in inner.statistics.items()}
                for name, shape in homes.items():
                    came = carried[f"{path}.{name}"]
                    if came.shape != shape:
                        raise ShapeError(
                            f"model.layers[{index}] {layer!r} comes from another model, where its {name} had shape "
                            f"{came.shape}; here it would have {shape}: leave the layer behind, or keep its input"
                        )
                for parameter in inner.parameters:
                    parameter.start_with(carried[f"{path}.{parameter.name}"].astype(self.dtype))
                for name in inner.statistics:
                    inner.statistics[name] = np.array(carried[f"{path}.{name}"])
            layer._learnt = True

    def _lay_out(self) -> None:
        """Places the parameters in one vector."""
        paths = {path: parameter for path, parameter, _ in named_parameters(self.layers)}
        self.parameters = ParameterVector(paths, self._frozen_parameters(), self.dtype, self._identity)
        self._part()

    def _part(self) -> None:
        """Separates the preprocessing from the network, and tells the layers which of them are frozen."""
        for _, layer, _ in walk(self.layers):
            layer.follow_freezing()
        raw = list(itertools.takewhile(lambda layer: layer.takes_raw_rows and not layer.parameters, self.layers))
        self._preprocessing = Chain(raw)
        self.network = Network(self.layers[len(raw) :], self._shapes[len(raw) :], self.criterion)
        first = len(raw) + self.network.chain.first_trained
        shared: set[int] = set()  # layers that run in several places, of which any may pass the gradient on
        for path, layer, frozen in walk(self.layers):
            if isinstance(layer, Sharing):
                layer.loan.frozen -= {layer.place}
                layer.loan.frozen |= {layer.place} if frozen else set()
                if layer.loan.places > 1:
                    shared |= {id(inner) for _, inner, _ in walk(layer.children)}
            layer.passes_gradient = frozen and (int(path.partition(".")[0]) >= first or id(layer) in shared)
        self.frozen = self._frozen_layers()

    def _frozen_layers(self) -> set[str]:
        return {path for path, _, frozen in walk(self.layers) if frozen}

    def _frozen_parameters(self) -> set[str]:
        return {path for path, _, frozen in named_parameters(self.layers) if frozen}

    def follow_freezing(self) -> None:
        """Lays the parameters out again if the `trainable` of a layer has changed; each fit begins with this.

        `parameters` stays the same object, with new vectors. An optimizer keeps its memory of the parameters that are
        still trained.
        """
        self.check_built()
        if self.frozen != self._frozen_layers():
            self.parameters.lay_out(self._frozen_parameters())
            self._part()

    @property
    def output_shape(self) -> Shape:
        """The shape of one example's raw output."""
        self.check_built()
        return self._shapes[-1]

    @property
    def built(self) -> bool:
        """Whether the shapes are known and the parameters drawn."""
        return hasattr(self, "parameters")

    def adapt(self, x: Array, targets: Array | None = None) -> None:
        """Lets layers learn from the training rows x (rows, …), and the loss from their targets.

        `Trainer.fit` calls it once, at its beginning. A loss that learns from targets, such as a regression loss,
        needs `targets`, as `loss` takes them. The first time, parameters that start from training rows are
        initialized as well; later they stay as they are.
        """
        self.check_input(x)
        if targets is None and self.criterion is not None and self.criterion.statistics:
            raise NnliteError(f"{self.criterion!r} learns from the training targets: call model.adapt(x, targets)")
        with telling("adapt", self.layers):
            self._preprocessing.adapt(x)
            if any(map(learns_from_rows, self.network.chain.layers)):
                self.network.adapt(self.preprocess(x))
        if not self.adapted and any(map(starts_from_rows, self.network.chain.layers)):
            some = x[:: math.ceil(len(x) / self.rows_at_once)]  # of all parts of the data, which may be sorted
            with telling("initialize", self.layers):
                self.network.initialize(self.preprocess(some))
        if self.criterion is not None and targets is not None:
            if self.criterion.task == "regression":
                self.criterion.output_ranges = self._output_ranges()
            self.criterion.adapt(self.criterion.encode(targets, self.output_shape))
        self.adapted = True

    def _output_ranges(self) -> list[OutputRange]:
        layers = self.network.chain.layers
        before = len(self.layers) - len(layers)
        shapes = [self.input_shape, *self._shapes][before:]
        return output_ranges(layers, shapes, self.dtype, before)

    @property
    def prepared_shape(self) -> Shape:
        """The shape of one example after the preprocessing layers."""
        count = len(self._preprocessing.layers)
        return self._shapes[count - 1] if count else self.input_shape

    def preprocess(self, x: Array) -> Array:
        """The rows after the preprocessing layers, in the model's dtype, as `network` takes them."""
        self.check_shape(x)
        if not (layers := self._preprocessing.layers):
            return x.astype(self.dtype, copy=False)
        ready = np.empty((len(x), *self.prepared_shape), self.dtype)
        for rows in portions(len(x), self.rows_at_once):
            raw = x[rows]
            if raw.dtype.kind == "f" and raw.dtype.itemsize < ready.dtype.itemsize:
                raw = raw.astype(self.dtype)  # compute in the model's precision, not in the rows'
            y = self._preprocessing.forward(raw)
            if y.shape != ready[rows].shape:
                raise ShapeError(f"preprocessing by {layers} gives shape {y.shape}, expected {ready[rows].shape}")
            ready[rows] = y
        return ready

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """The raw outputs, (batch, …): what the loss takes, such as logits."""
        return self.network.forward(self.preprocess(x), training=training)

    def loss(
        self,
        x: Array,
        targets: Array | Sequence[Any],
        sample_weight: Array | None = None,
        *,
        training: bool = False,
    ) -> float:
        """The mean loss over the batch; with `training=True`, ready for `backward`.

        The raw outputs are kept in `outputs`.

        Args:
            x: the rows, (batch, …).
            targets: what the loss takes: for a classifier class indices, or rows of probabilities.
            sample_weight: (batch,), the weight of each row in the mean.
            training: whether `backward` follows.
        """
        if training:
            self.follow_freezing()
            if not self.adapted and (
                self.network.criterion.statistics
                or any(learns_from_rows(layer) or starts_from_rows(layer) for layer in self.layers)
            ):
                raise NnliteError(
                    "a layer learns from the training rows first, or the loss from their targets: call "
                    "model.adapt(x, targets), or Trainer.fit"
                )
        x = self.preprocess(x)
        encoded = self.network.criterion.encode(targets, self.output_shape)
        weight = None if sample_weight is None else as_weights(sample_weight, len(x)).astype(self.dtype)
        return self.network.loss(x, encoded, weight, training=training)

    def backward(self, scale: float | None = None) -> None:
        """Writes each parameter's `grad`, for the last loss; call it right after `loss(…, training=True)`.

        Args:
            scale: what the loss is multiplied by; None for 1. A loop of your own over batches of weighted rows passes
                `criterion.batch_scale(rows, mean_weight)`, as `Trainer` does; else weights fade in small batches.
        """
        self.check_built()
        self.network.backward(scale)

    @property
    def outputs(self) -> Array:
        """The raw outputs of the last call of `loss`."""
        self.check_built()
        return self.network.outputs

    def predict(self, x: Array) -> Array:
        """The predictions for rows x, (rows, …): for a classifier the probabilities of the classes."""
        self.check_input(x)
        parts = []
        for rows in portions(len(x), self.rows_at_once):
            try:
                parts.append(self.forward(x[rows]))
            except RowError as error:
                raise error.numbered(rows.start + error.row) from None
        return self.network.criterion.predict(np.concatenate(parts))

    def summary(self) -> Summary:
        """A table of the layers, nested ones too, with the shape of the output and the number of parameters.

        It is a text: `print` it, or let a Python prompt or a notebook show it.
        """
        self.check_built()
        return summary(self.layers, self.criterion, self.input_shape, self.parameters)

    @property
    def takes_gaps(self) -> bool:
        """Whether rows may have NaN where a number is missing: the first layer fills it in."""
        return self.layers[0].takes_gaps

    def check_input(self, x: Array) -> None:
        """Raises `ShapeError` or `DataError` if x is not an array of rows for this model, or has NaN in vain."""
        self.check_shape(x)
        where = first_wrong(x, np.isnan) if x.dtype.kind == "f" and not self.takes_gaps else None
        if where is not None:
            raise wrong_number(x, where, self.feature_names)

    def check_shape(self, x: Array) -> None:
        """Raises `ShapeError` or `DataError` if x is not an array of rows of this model's shape."""
        self.check_built()
        if not isinstance(x, np.ndarray):
            raise DataError(f"x is a {type(x).__name__}, expected a NumPy array; nnlite.Predictor takes tables too")
        if x.shape[1:] != self.input_shape:
            raise ShapeError(
                f"the input has shape {x.shape}, expected (rows, {', '.join(map(str, self.input_shape))}): "
                f"the model was built for examples of shape {self.input_shape}"
            )

    def check_built(self) -> None:
        """Raises `NnliteError` if the model is not built."""
        if not self.built:
            raise NnliteError("the model is not built; call model.build(input_shape) first, or Trainer.fit")

    def __getstate__(self) -> dict[str, Any]:
        # The vectors are views into each other; a copy lays out its own.
        laid_out = ("parameters", "_preprocessing", "network")
        return {name: value for name, value in vars(self).items() if name not in laid_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if hasattr(self, "dtype"):
            self._lay_out()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # layers in two models would overwrite each other's arrays

    def _repr_html_(self) -> str:
        """What a notebook shows: the summary, or of a model that is not built its layers."""
        if self.built:
            return self.summary()._repr_html_()
        parts = [*self.layers, *([self.criterion] if self.criterion is not None else [])]
        return preformatted("\n".join([*map(repr, parts), "not built yet: no shapes, no parameters"]))

    def __repr__(self) -> str:
        parts = [*self.layers, *([self.criterion] if self.criterion is not None else [])]
        return f"Sequential([{', '.join(map(repr, parts))}])"


_AS_A_NEW_MODEL = (
    "its parameters lie in one vector, which would go on training the old ones. Make a model of new layers, build "
    "it, and take over what was learnt: Sequential([*model[:2], Dense(5), …]) has the first two layers"
)


def _as_shape(shape: object) -> Shape:
    """The shape of one example as a tuple; raises `ShapeError`."""
    if isinstance(shape, tuple | list) and all(isinstance(size, int | np.integer) and size > 0 for size in shape):
        return tuple(int(size) for size in shape)
    raise ShapeError(
        f"input_shape is {shape!r}; expected the shape of one example, without the batch axis: (4,) for rows "
        "of four features"
    )
