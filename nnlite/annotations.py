"""An annotation says which values an argument may have: a type, and a range such as "at least 1"."""

import math
import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

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


def convert(value: Any, annotation: Any) -> Any:
    """`value` converted to what `annotation` asks for (an integer becomes a float, say); raises `ConfigError`.

    >>> from nnlite.annotations import PositiveInt, convert
    >>> convert(0, PositiveInt)
    Traceback (most recent call last):
    nnlite.errors.ConfigError: expected an integer of at least 1
    """
    if isinstance(value, tuple | list):
        value = [_plain(item) for item in value]
    elif isinstance(value, dict):
        value = {_plain(key): _plain(item) for key, item in value.items()}
    value = _plain(value)
    numbers = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
    if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
        words = describe(annotation)
        if "number" in words:
            raise ConfigError(f"expected {words}, and finite")
        raise ConfigError("expected finite numbers" if annotation is Any else f"expected {words}")
    try:
        return msgspec.convert(value, annotation, strict=True)
    except (msgspec.ValidationError, AttributeError):  # msgspec takes an array for a table, and asks for its keys
        wrong = f"expected {describe(annotation)}{_remedy(value, annotation)}"
        if get_origin(annotation) is Literal and isinstance(value, str):
            wrong += nearest(value, filter(_is_text, get_args(annotation))).partition(" Valid:")[0].rstrip(".")
        if isinstance(value, np.ndarray):
            wrong += "; an array's .tolist() gives such"
        raise ConfigError(wrong) from None
    except TypeError:  # msgspec knows no unions of our classes
        kinds = get_args(annotation) or (annotation,)
        if all(isinstance(kind, type) for kind in kinds) and not isinstance(value, kinds):
            raise ConfigError(f"expected {describe(annotation)}{_remedy(value, annotation)}") from None
        return value


def _remedy(value: Any, annotation: Any) -> str:
    """What to write where a class came in place of an object, or an object in place of a list of such."""
    if classes := [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, type)]:
        return f"; {classes[0].__name__} is a class: write {classes[0].__name__}(…)"
    kind = next(iter(get_args(annotation)), None) if is_sequence(annotation) else None
    return f": write [{value!r}]" if isinstance(kind, type) and isinstance(value, kind) else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _plain(value: Any) -> Any:
    """A NumPy number as a Python number, the only kind that msgspec knows."""
    return value.item() if isinstance(value, np.generic) else value


def substitute(annotation: Any, base: type, replacement: Any) -> Any:
    """The annotation with every class in it that derives from `base` replaced.

    >>> from nnlite.annotations import substitute
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


_WORDS = {int: "an integer", float: "a number", bool: "true or false", str: "a string", type(None): "nothing"}


def describe(annotation: Any) -> str:
    """An annotation in a user's words.

    >>> from nnlite.annotations import Fraction, describe
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
    if origin is dict:
        return f"a table with {describe(arguments[1])} for each name"
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


def is_sequence(annotation: Any) -> bool:
    """Whether the annotation is, or allows, a `Sequence`; one that says `list` asks for the list itself."""
    return get_origin(annotation) is Sequence or any(map(is_sequence, get_args(annotation)))
