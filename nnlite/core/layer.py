"""The contract of a layer: it maps an array forward and a gradient backward.

A layer of your own needs `forward` and `backward`, and `build` if it has parameters or changes the shape:

    class Gain(Layer):
        def build(self, input_shape, rng):
            self.gain = self.add_parameter("gain", input_shape, "ones")
            return input_shape

        def forward(self, x, *, training=False):
            if training or self.passes_gradient:
                self.x = x
            return x * self.gain.value

        def backward(self, dy):
            self.gain.grad = (dy * self.x).sum(axis=0)
            return dy * self.gain.value

Arrays are batch first; shapes leave the batch axis out unless they say (batch, …).
"""

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

import numpy as np

from nnlite.core.initializers import Initializer
from nnlite.core.parameters import Parameter
from nnlite.core.statistics import WithStatistics
from nnlite.errors import ConfigError
from nnlite.signature import Configured, NonNegativeFloat, PositiveFloat, configuration, fields
from nnlite.types import Array, Shape

FACTORS = ("rate", "decay")
"""The keywords of every layer that multiply the learning rate and weight decay."""

_KEYWORDS: dict[str, tuple[Any, Any]] = {
    "trainable": (bool, True),
    "rate": (PositiveFloat, 1.0),
    "decay": (NonNegativeFloat, 1.0),
}
"""The annotation and the default of each keyword that every layer takes."""

_PLAIN = (bool, int, float, str, type(None))

# `Configured` reads the constructor's signature: it checks the arguments by their annotations and makes the repr.


class Layer(Configured, WithStatistics, ABC):
    """One step of a model: `forward` maps its input to its output, `backward` the gradient back.

    The constructor takes plain values only (numbers, strings, booleans, tuples, other layers) and stores
    them unchanged under their own names; there is no need to call `super().__init__()`. Every layer also
    takes three keywords. `trainable`: a frozen one keeps its parameters and always runs as in prediction. `rate`:
    what the learning rate is multiplied by for its parameters, and for those of layers in it. `decay`: what weight
    decay is multiplied by for its weights, 0 for none. A layer whose constructor has an argument of one of these
    names, as `Dropout(rate)` does, means something of its own by it, and does not take the keyword.

    Attributes:
        trainable: whether training changes its parameters. Set it between epochs, or before `loss` in a loop of
            your own. What `adapt` learns from the training rows is learnt by a frozen layer too.
        statistics: arrays that are saved with the model but not trained, by name, such as running means.
        takes_raw_rows: whether the layer is preprocessing if it stands at the beginning of a model. It then takes
            rows of any dtype (integers, say) and treats each row by itself, in training as in prediction. A trainer
            applies it once; the model casts its output to its own dtype.
        passes_gradient: whether `backward` follows although the layer runs as in prediction: it is frozen, and a
            layer before it is trained. The model sets it, by what is frozen.
        refuses_rows: whether `forward` raises `RowError` for rows with certain values, as `Embedding` does for what
            is no code. All rows are then run through the layer before the first step of training.
        takes_gaps: whether x may have NaN where a number is missing, if the layer stands at the beginning of a model.
        whole: the numbers of the columns of x (batch, columns) that hold whole numbers, such as codes, by which the
            output has no derivative; `build` sets it.
    """

    takes_raw_rows: ClassVar[bool] = False
    refuses_rows: ClassVar[bool] = False
    takes_gaps: ClassVar[bool] = False
    # What every layer begins with, as class attributes: a constructor need not call the base class's.
    trainable: bool = True
    passes_gradient: bool = False
    whole: Sequence[int] = ()
    _factors: Mapping[str, float] = MappingProxyType({})  # the keywords `rate` and `decay`, where they were given
    _takes_factors: ClassVar[frozenset[str]] = frozenset(FACTORS)
    _learnt: bool = False  # whether it has what another model's layer learnt, and keeps it
    _carried: Mapping[str, Array] | None = None  # what that was, by path, until the layer is built
    _owner: object | None = None  # the model that it belongs to
    _rng: np.random.Generator | None = None  # what its parameters are drawn from, until they are
    _output_shape: Shape | None = None

    def __init__(self, *, trainable: bool = True, rate: PositiveFloat = 1.0, decay: NonNegativeFloat = 1.0) -> None:
        self.trainable = trainable
        self._factors = {"rate": rate, "decay": decay}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "__init__" in vars(cls):
            own = inspect.signature(vars(cls)["__init__"]).parameters
            cls._takes_factors = frozenset(FACTORS) - own.keys()
            setattr(cls, "__init__", _with_keywords(vars(cls)["__init__"]))  # noqa: B010
        super().__init_subclass__(**kwargs)

    def _argument(self, name: str, *default: Any) -> Any:
        # A layer may have an attribute named as one of the factors, such as a parameter `decay`: they lie elsewhere.
        return self._factor(name) if name in self._takes_factors else super()._argument(name, *default)

    def _factor(self, name: str) -> float:
        """What the keyword "rate" or "decay" multiplies by: 1 where it was not given."""
        return self._factors.get(name, 1.0)

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        """Declares the parameters for this input and returns the output's shape.

        Raises `ShapeError` if the layer cannot take such an input. `rng` is this layer's own generator; a layer that
        draws random numbers during training keeps it.
        """
        return input_shape

    def add_parameter(
        self,
        name: str,
        shape: Shape,
        initializer: str | Initializer,
        *,
        decay: bool = True,
        rate: float = 1.0,
        fan: tuple[int, int] | None = None,
    ) -> Parameter:
        """Declares a parameter, in `build`; its values are drawn when the whole model is built.

        Args:
            name: unique within the layer.
            shape: the shape of the array.
            initializer: a name such as "glorot_uniform", or a function (see `nnlite.core.initializers`).
            decay: whether weight decay applies to it.
            rate: what the learning rate is multiplied by for it, above 0; full-batch methods such as `LBFGS`, which
                have no learning rate, take no notice.
            fan: (inputs, outputs) for the initializer, where the shape alone would mislead it.
        """
        if any(name == parameter.name for parameter in self._parameters):
            raise ConfigError(f"{type(self).__name__} declares the parameter {name!r} twice")
        parameter = Parameter(name, shape, initializer, decay=decay, rate=rate, fan=fan)
        self._parameters.append(parameter)
        return parameter

    def undeclare(self) -> None:
        """Forgets what an earlier `build` has declared; called before each `build`."""
        self._parameters.clear()
        self.statistics.clear()

    def adapt(self, x: Array) -> None:
        """Learns `statistics` from the training rows x (rows, …), once, before the first step."""

    def initialize(self, x: Array) -> None:
        """Draws or scales parameters by training rows x (rows, …), once in the life of a model.

        It follows the first `adapt`; x are some of the training rows, as they reach this layer behind layers that are
        initialized already. A second fit leaves the parameters as they are, and so do a fit of a loaded model and
        one that is resumed. It is not called for a frozen layer. Random numbers come from the `rng` of `build`.
        """

    def estimate(self, x: Array, seen: int) -> None:
        """Learns running `statistics` anew, from the next training rows x (rows, …) after `seen` rows before them.

        It is called with all rows, portion by portion, for averaged weights (`Trainer(average=…)`), which have other
        statistics than the last step's. Where `seen` is 0, what was learnt earlier is forgotten. A layer whose
        statistics change in training overrides it; this default leaves them as they are.
        """

    @abstractmethod
    def forward(self, x: Array, *, training: bool = False) -> Array:
        """The output for x, a new array each time (or a view of x); x itself is not changed.

        The array must be new because its caller may keep it: an evaluation collects the outputs of many batches.

        What `backward` needs is kept on `self`, if `training` or `self.passes_gradient`; the output is computed from
        local variables. So several threads may predict at once: what one of them left on `self`, another's `forward`
        could overwrite before it is read again.
        """

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """The gradient of the loss by the input, from dy, its gradient by the output; writes each parameter's `grad`.

        It belongs to the last `forward` in training (in prediction, if the layer `passes_gradient`), and does not
        change dy.
        """

    def backward_parameters(self, dy: Array) -> None:
        """Writes each parameter's `grad`, like `backward`, but computes no gradient of the input.

        It is called for the model's first layer with parameters to train. A layer overrides it if the gradient of its
        input takes time.
        """
        self.backward(dy)

    def follow_freezing(self) -> None:
        """Called when the `trainable` of some layer has changed; a container passes it on to its chains.

        Each then leaves out the gradients of the frozen layers at its beginning. This default does nothing.
        """

    _declared: list[Parameter]

    @property
    def _parameters(self) -> list[Parameter]:
        """The parameters declared so far; a list of this layer's own, made on first use, as `statistics` is."""
        try:
            return self._declared
        except AttributeError:
            self._declared = []
            return self._declared

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the layer itself, without those of layers in it."""
        return tuple(self._parameters)

    @property
    def borrows(self) -> str | None:
        """The name under which another layer lends it weights (see `nnlite.core.sharing`); None where none does."""
        return None

    @property
    def children(self) -> tuple["Layer", ...]:
        """The layers among its constructor's arguments, in order."""
        if not _may_hold_layers(type(self)):
            return ()
        return tuple(_layers_in(configuration(self).values()))


@functools.cache
def _may_hold_layers(kind: type[Layer]) -> bool:
    """Whether an argument of the constructor may be a layer, or hold some, by what it is annotated with.

    Most layers take numbers and texts alone; a model is asked for the layers in its layers again and again.
    """
    return not all(_is_plain(field.annotation) for field in fields(kind))


def _is_plain(annotation: Any) -> bool:
    """Whether the annotation allows numbers, texts and nothing alone, and lists of such."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_plain(arguments[0])
    return annotation in _PLAIN or origin is Literal or (bool(arguments) and all(map(_is_plain, arguments)))


def _layers_in(values: Iterable[Any]) -> Iterator[Layer]:
    """The layers among values, and in the lists among them, in order."""
    for value in values:
        if type(value) in _PLAIN:  # found out five times faster than that it is no layer
            continue
        if isinstance(value, Layer):
            yield value
        elif isinstance(value, tuple | list):
            yield from _layers_in(value)


def _with_keywords(init: Callable[..., None]) -> Callable[..., None]:
    """`init` with the keywords that every layer takes, in its signature too; without those that it has itself."""
    signature = inspect.signature(init)
    added = {name: keyword for name, keyword in _KEYWORDS.items() if name not in signature.parameters}
    if not added:
        return init

    @functools.wraps(init)
    def init_with_keywords(self: Layer, *args: Any, **kwargs: Any) -> None:
        given = {name: kwargs.pop(name) for name in added if name in kwargs}
        init(self, *args, **kwargs)
        # Set only if it was passed: a constructor may freeze its own layer.
        if "trainable" in given:
            vars(self)["trainable"] = given.pop("trainable")
        if given:
            vars(self)["_factors"] = {**self._factors, **given}

    arguments = list(signature.parameters.values())
    at = len(arguments) - (bool(arguments) and arguments[-1].kind is inspect.Parameter.VAR_KEYWORD)
    arguments[at:at] = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in added.items()
    ]
    annotations = {name: annotation for name, (annotation, _) in added.items()}
    init_with_keywords.__signature__ = signature.replace(parameters=arguments)  # type: ignore[attr-defined]
    init_with_keywords.__annotations__ = {**init.__annotations__, **annotations}
    return init_with_keywords
