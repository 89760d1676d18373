"""An argument has an effect if another value of it changes what can be observed of an object."""

from collections.abc import Callable, Container, Mapping
from typing import Any, Literal, get_args, get_origin

from nnlite.annotations import convert
from nnlite.core.layer import Layer
from nnlite.errors import NnliteError
from nnlite.layers.preprocessing import Rescale
from nnlite.signature import REQUIRED, ConfiguredT, Field, configuration, copy_of, fields
from nnlite.testing.case import UntellableError


def check_effects(
    thing: ConfiguredT,
    observed: Callable[[ConfiguredT], object],
    fail: Callable[[str], object],
    what: str,
    *,
    variants: Mapping[str, Any] | None = None,
    ignored: Container[str] = (),
) -> None:
    """Fails if other values of one of the constructor's arguments change nothing.

    Args:
        thing: the layer, loss, optimizer or schedule.
        observed: a function that runs such an object and returns all that can be seen, to be compared by `==`.
        fail: a function that raises `CheckError` with the sentence that it is given.
        what: what is observed, for the message.
        variants: another valid value, by name, for each argument for which none can be guessed.
        ignored: names of arguments that are not tried.

    Raises:
        UntellableError: if no other value of an argument can be guessed.
    """
    others = {
        argument.name: _others(argument, value, variants or {})
        for argument, value in zip(fields(type(thing)), configuration(thing).values(), strict=True)
        if argument.name not in ignored and not isinstance(value, Layer)
    }
    for name, values in others.items():
        # Some arguments matter only with another (`bias_init` needs `use_bias`): it is tried with each other one
        # changed.
        switches = [{}, *({other: choices[0]} for other, choices in others.items() if choices and other != name)]
        tried = False
        for before, after in ((switch, {**switch, name: value}) for switch in switches for value in values):
            try:
                one, other = (copy_of(thing, **changes) for changes in (before, after))
            except Exception:  # the guesses do not fit together
                continue
            tried = True
            if _seen(one, observed) != _seen(other, observed):
                break
        else:
            if not tried:
                raise UntellableError(
                    f"{thing!r}: no other value for argument {name!r} can be guessed; "
                    f"pass variants={{{name!r}: another valid value}}"
                )
            *first, last = map(repr, (thing._argument(name), *values))
            fail(
                f"argument {name!r} has no effect: {', '.join(first)} and {last} give the same {what}; "
                f"if a value further away has one, pass variants={{{name!r}: such a value}}"
            )


def _seen(thing: ConfiguredT, observed: Callable[[ConfiguredT], object]) -> object:
    """What is observed of it; an error that refuses the rest, a shape say, is an effect too."""
    try:
        return observed(thing)
    except NnliteError as error:
        return type(error).__name__


def _others(argument: Field, value: Any, variants: Mapping[str, Any]) -> list[Any]:
    """Other valid values for the argument, of which one is enough; [] if none can be guessed."""
    if argument.name in variants:
        return [variants[argument.name]]
    if isinstance(value, bool):
        return [not value]
    kinds = (argument.annotation, *get_args(argument.annotation))
    candidates = [] if argument.default is REQUIRED else [argument.default]
    if isinstance(value, int):
        candidates += [value + 1, value - 1]
    elif isinstance(value, float):
        candidates += [round(value / 2 + 0.1, 3), round(value * 2 + 0.2, 3)]
    elif isinstance(value, str | None) and any(int in (kind, *get_args(kind)) for kind in kinds[1:]):
        candidates += [1, 2]
    elif isinstance(value, tuple | list) and any(isinstance(item, Layer) for item in value):
        candidates += [[*value, Rescale(0.5)]]
    elif isinstance(value, tuple | list) and value and all(isinstance(item, tuple | list) for item in value):
        candidates += [[*value[:-1], [*value[-1], Rescale(0.5)]]]
    elif isinstance(value, tuple | list) and value and all(isinstance(item, int | float) for item in value):
        candidates += [(*value[:-1], value[-1] + 1)]
    for choice in kinds:
        if get_origin(choice) is Literal:
            candidates += get_args(choice)
    return [candidate for candidate in candidates if candidate != value and _valid(candidate, argument)][:2]


def _valid(value: Any, argument: Field) -> bool:
    try:
        convert(value, argument.annotation)
    except NnliteError:
        return False
    return True
