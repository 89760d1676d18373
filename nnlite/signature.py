"""A constructor's signature is the configuration of what it makes.

The arguments are plain values, stored unchanged under their own names. From the signature alone follow
the repr, the config file's keys, the JSON Schema, and the checks of types and ranges, which hold for
callers from Python as they do for config files.
"""

import functools
import inspect
import math
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
from msgspec import Meta

from nnlite.errors import ConfigError, nearest

PositiveInt: TypeAlias = Annotated[int, Meta(ge=1)]
NonNegativeInt: TypeAlias = Annotated[int, Meta(ge=0)]
PositiveFloat: TypeAlias = Annotated[float, Meta(gt=0)]
NonNegativeFloat: TypeAlias = Annotated[float, Meta(ge=0)]
Fraction: TypeAlias = Annotated[float, Meta(ge=0, lt=1)]
Epsilon: TypeAlias = Annotated[float, Meta(ge=1e-12)]
ThreadCount: TypeAlias = Annotated[int, Meta(ge=1, le=64)]
PositiveFraction: TypeAlias = Annotated[float, Meta(gt=0, le=1)]

REQUIRED = inspect.Parameter.empty
"""The default of a field that has none."""


@dataclass(frozen=True)
class Field:
    """One argument of a signature."""

    name: str
    annotation: Any
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Whether the argument must be given."""
        return self.default is REQUIRED


def fields(target: Callable[..., Any]) -> tuple[Field, ...]:
    """The arguments of a class's constructor, or of a function, in order.

    An argument without annotation takes the type of its default: a config file's `"3"` is then refused
    where the default is `2.0`, in a newcomer's layer too. A default of `2` stands for integers and others.
    """
    return _fields(target)


@functools.cache
def _fields(target: Any) -> tuple[Field, ...]:
    function = inspect.getattr_static(target, "__init__") if isinstance(target, type) else target
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise ConfigError(f"the annotations of {target.__qualname__} cannot be read: {error}") from None
    parameters = list(inspect.signature(function).parameters.values())
    return tuple(
        Field(p.name, hints.get(p.name, _type_of_default(p.default)), p.default)
        for p in (parameters[1:] if isinstance(target, type) else parameters)
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    )


def _type_of_default(default: object) -> Any:
    if isinstance(default, bool | str):
        return type(default)
    if isinstance(default, int):
        return int | float
    return float if isinstance(default, float) else Any


def configuration(thing: object) -> dict[str, Any]:
    """The constructor's arguments that make `thing` again: name to value."""
    values = {}
    for field in fields(type(thing)):
        try:
            values[field.name] = getattr(thing, field.name)
        except AttributeError:
            raise ConfigError(
                f"{type(thing).__name__}.__init__ must store its argument {field.name!r}, unchanged, as "
                f"self.{field.name}: it is part of what a config or model file says about the object"
            ) from None
    return values


class Configured:
    """An object made from plain values: `repr` shows them, and wrong ones are refused on construction."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls) or cls.__init__ is object.__init__:
            # object's own would take any arguments where the class has a `__new__`
            init = vars(cls).get("__init__", _takes_nothing)
            setattr(cls, "__init__", _checked(init))  # noqa: B010 (mypy knows no other way)

    def __repr__(self) -> str:
        shown = []
        for field in fields(type(self)):
            value = getattr(self, field.name, field.default)
            if field.required:
                shown.append(repr(value))
            elif not (value is field.default or value == field.default):
                shown.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


def _takes_nothing(self: object) -> None:
    pass


def _checked(init: Callable[..., None]) -> Callable[..., None]:
    """`init`, after a check of its arguments against their annotations.

    Numbers come as plain Python's, and sequences of them as tuples.
    """
    signature = inspect.signature(init)

    @functools.wraps(init)
    def checked_init(self: object, *args: Any, **kwargs: Any) -> None:
        try:
            given = signature.bind(self, *args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}: {error}") from None
        for field in fields(init)[1:]:
            if field.name in given.arguments:
                value = given.arguments[field.name]
                try:
                    converted = convert(value, field.annotation)
                except ConfigError as error:
                    raise ConfigError(f"{type(self).__name__}: {field.name} = {value!r}: {error}") from None
                if isinstance(converted, list) and _is_sequence(field.annotation):
                    converted = tuple(converted)  # the same as from a tuple, whatever becomes of the caller's list
                plain = converted if isinstance(converted, tuple) else (converted,)
                if all(isinstance(item, bool | int | float | str) for item in plain):  # layers stay the caller's own
                    given.arguments[field.name] = converted
        init(*given.args, **given.kwargs)

    return checked_init


def convert(value: Any, annotation: Any) -> Any:
    """`value` as `annotation` wants it (an integer becomes a float, say); raises `ConfigError`.

    >>> from nnlite.signature import PositiveInt, convert
    >>> convert(0, PositiveInt)
    Traceback (most recent call last):
    nnlite.errors.ConfigError: expected an integer of at least 1
    """
    if isinstance(value, tuple | list):
        value = [_plain(item) for item in value]
    value = _plain(value)
    numbers = value if isinstance(value, list) else [value]
    if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
        words = describe(annotation)
        raise ConfigError(f"expected {words}, and finite" if "number" in words else f"expected {words}")
    try:
        return msgspec.convert(value, annotation, strict=True)
    except msgspec.ValidationError:
        wrong = f"expected {describe(annotation)}"
        if get_origin(annotation) is Literal and isinstance(value, str):
            wrong += nearest(value, filter(_is_text, get_args(annotation))).partition(" Valid:")[0].rstrip(".")
        if isinstance(value, np.ndarray):
            wrong += "; an array's .tolist() gives such"
        raise ConfigError(wrong) from None
    except TypeError:  # msgspec knows no unions of our classes
        kinds = get_args(annotation) or (annotation,)
        if all(isinstance(kind, type) for kind in kinds) and not isinstance(value, kinds):
            raise ConfigError(f"expected {describe(annotation)}") from None
        return value


def _is_sequence(annotation: Any) -> bool:
    """Whether it is, or may be, a `Sequence` of something; one that says `list` wants the list."""
    return get_origin(annotation) is Sequence or any(map(_is_sequence, get_args(annotation)))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def substitute(annotation: Any, base: type, replacement: Any) -> Any:
    """The annotation with `replacement` for every class in it that derives from `base`.

    >>> from nnlite.signature import substitute
    >>> substitute(tuple[bool, ...], int, str)
    tuple[str, ...]
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and origin is None and issubclass(annotation, base):
        return replacement
    if origin is Literal or not arguments:
        return annotation
    if origin is Annotated:
        return Annotated[(substitute(arguments[0], base, replacement), *arguments[1:])]
    changed = tuple(substitute(argument, base, replacement) for argument in arguments)
    if changed == arguments:
        return annotation
    return Union[changed] if origin in (Union, types.UnionType) else origin[changed]  # noqa: UP007


def _plain(value: Any) -> Any:
    """A NumPy number as Python's own, which alone msgspec knows."""
    return value.item() if isinstance(value, np.generic) else value


_WORDS = {int: "an integer", float: "a number", bool: "true or false", str: "a string", type(None): "nothing"}


def describe(annotation: Any) -> str:
    """An annotation in a user's words.

    >>> from nnlite.signature import Fraction, describe
    >>> describe(Fraction)
    'a number of at least 0 and below 1'
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return describe(arguments[0]) + _describe_range(arguments[1:])
    if origin is Literal and len(arguments) == 1:
        return f'"{arguments[0]}"'
    if origin is Literal:
        return "one of " + ", ".join(str(argument) for argument in arguments)
    if origin in (Union, types.UnionType):
        if set(arguments) == {int, float}:
            return "a number"
        return " or ".join(describe(argument) for argument in arguments if argument is not type(None))
    if origin in (tuple, list, Sequence):
        return f"a list, each {describe(arguments[0])}" if arguments else "a list"
    name = str(getattr(annotation, "__name__", annotation))
    return _WORDS.get(annotation) or f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"


def _describe_range(markers: tuple[Any, ...]) -> str:
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    bounds = [
        f"{word} {bound}"
        for marker in markers
        for name, word in words.items()
        if (bound := getattr(marker, name, None)) is not None
    ]
    lengths = [
        f", at least {m.min_length} of them"
        if m.max_length is None
        else f", {m.min_length}{'' if m.min_length == m.max_length else f' to {m.max_length}'} of them"
        for m in markers
        if getattr(m, "min_length", None) is not None
    ]
    return (" " + " and ".join(bounds) if bounds else "") + "".join(lengths)
