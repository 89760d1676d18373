"""A constructor's signature is the configuration of what it makes.

The arguments are plain values, stored unchanged under their own names. From the signature alone follow
the repr, the config file's keys, the JSON Schema, and the checks of types and ranges, which hold for
callers from Python as they do for config files.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from nnlite.annotations import (
    Epsilon,
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveFraction,
    PositiveInt,
    ThreadCount,
    convert,
    is_sequence,
)
from nnlite.errors import ConfigError

# The ranges stand here too, where a user's layer finds all that its signature needs.
__all__ = [
    "REQUIRED",
    "Configured",
    "Epsilon",
    "Field",
    "Fraction",
    "NonNegativeFloat",
    "NonNegativeInt",
    "PositiveFloat",
    "PositiveFraction",
    "PositiveInt",
    "ThreadCount",
    "configuration",
    "fields",
]

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

    An argument without annotation takes the type of its default: a config file's `"3"` is refused where the
    default is `2.0`. A default of `2` allows any number.
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
    """The constructor's arguments from which a copy of `thing` can be made: name to value."""
    values = {}
    for field in fields(type(thing)):
        try:
            values[field.name] = (
                thing._argument(field.name) if isinstance(thing, Configured) else getattr(thing, field.name)
            )
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
            _check_names(cls, init)

    def _argument(self, name: str, *default: Any) -> Any:
        """The value of a constructor's argument, or the default, if one is given, where it is not stored."""
        return getattr(self, name, *default)

    def __repr__(self) -> str:
        shown = []
        for field in fields(type(self)):
            value = self._argument(field.name, field.default)
            if field.required:
                shown.append(repr(value))
            elif not (value is field.default or value == field.default):
                shown.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


ConfiguredT = TypeVar("ConfiguredT", bound=Configured)
"""A layer, a loss, an optimizer or a schedule."""


def copy_of(thing: ConfiguredT, **changes: Any) -> ConfiguredT:
    """A new object with the same arguments but for the changes, and with copies of the layers among them.

    It has nothing that `thing` has learnt.

    >>> from nnlite import Dense
    >>> from nnlite.signature import copy_of
    >>> copy_of(Dense(3), units=5)
    Dense(5)
    """

    def fresh(value: Any) -> Any:
        if isinstance(value, Configured):
            return copy_of(value)
        return type(value)(map(fresh, value)) if isinstance(value, tuple | list) else value

    cls: Any = type(thing)
    copy: ConfiguredT = cls(**{name: fresh(value) for name, value in (configuration(thing) | changes).items()})
    return copy


def _takes_nothing(self: object) -> None:
    pass


def _check_names(cls: type, init: Callable[..., None]) -> None:
    """Raises `ConfigError` for an argument that could not be stored, or be a key of a config, under its name."""
    for name in list(inspect.signature(init).parameters)[1:]:
        there = inspect.getattr_static(cls, name, None)
        if name == "type":
            why = "in configs and model files that key names the class"
        elif inspect.isfunction(there) or (isinstance(there, property) and there.fset is None):
            why = f"self.{name} is something else there"
        else:
            continue
        raise ConfigError(f"{cls.__name__}: give the argument {name!r} of the constructor another name: {why}")


def _checked(init: Callable[..., None]) -> Callable[..., None]:
    """`init` with a check of its arguments against their annotations before it.

    NumPy's numbers become plain Python's, sequences of numbers become tuples, and tables of them are copied.
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
                if isinstance(converted, list) and is_sequence(field.annotation):
                    converted = tuple(converted)  # a copy: the caller may change the list
                plain = tuple(converted.values()) if isinstance(converted, dict) else converted
                plain = plain if isinstance(plain, tuple) else (plain,)
                if all(isinstance(item, bool | int | float | str) for item in plain):  # layers stay the caller's own
                    given.arguments[field.name] = converted
        init(*given.args, **given.kwargs)

    return checked_init
