"""Checks of callbacks: one that would never be called, or fail later, is refused before the first step."""

import inspect
from collections.abc import Iterable

from nnlite.errors import ConfigError, nearest
from nnlite.training.callback_states import state_of
from nnlite.training.callbacks import EVENTS, Callback, overrides


def checked(given: object) -> tuple[Callback, ...]:
    """The list of callbacks; raises `ConfigError` where it is none, or one in it can never be called."""
    if not isinstance(given, list | tuple):
        of_one = f", even of one: [{given!r}]" if isinstance(given, Callback) else ""
        raise ConfigError(f"callbacks is a {type(given).__name__}, expected a list of callbacks{of_one}")
    for each in given:
        if isinstance(each, type) and issubclass(each, Callback):
            raise ConfigError(f"callbacks has the class {each.__name__}, expected an object: write {each.__name__}()")
        if not isinstance(each, Callback):
            raise ConfigError(
                f"callbacks has a {type(each).__name__}, expected objects of classes derived from nnlite.Callback"
            )
        _check_names(type(each))
        if not any(overrides(each, event) for event in EVENTS):
            found = ", ".join(_public_methods(type(each))) or "no method"
            raise ConfigError(
                f"{type(each).__name__} overrides none of {', '.join(EVENTS)}, so it would never be called; it has "
                f"{found}"
            )
        for event, arguments in EVENTS.items():
            try:
                inspect.signature(getattr(each, event)).bind(*arguments)
            except (TypeError, ValueError):
                raise ConfigError(
                    f"{type(each).__name__}.{event} is called with ({', '.join(arguments)}), but cannot take that"
                ) from None
        state = inspect.getattr_static(type(each), "state")
        if inspect.isfunction(state):
            raise ConfigError(
                f"{type(each).__name__}.state is a method; write @property above it, and add a @state.setter"
            )
        if getattr(state, "fset", None) is None:
            raise ConfigError(f"{type(each).__name__}.state can be read but not set; add a @state.setter")
        state_of(each)
    return tuple(given)


def check_each_once(callbacks: Iterable[Callback]) -> None:
    """Raises `ConfigError` where one object would be called twice at every event."""
    seen: list[Callback] = []
    for each in callbacks:
        if any(each is other for other in seen):
            raise ConfigError(
                f"{each!r} is there twice, and would be called twice: pass it to the trainer, for every fit, or to "
                "fit, for one"
            )
        seen.append(each)


def _public_methods(kind: type[Callback]) -> list[str]:
    """The methods that a class has beside those of every callback."""
    names = [name for name in dir(kind) if not name.startswith("_") and not hasattr(Callback, name)]
    return [name for name in names if inspect.isroutine(getattr(kind, name))]


def _check_names(kind: type[Callback]) -> None:
    """Raises `ConfigError` at a method whose name looks like that of an event: it would never be called."""
    methods = _public_methods(kind)
    if not methods:
        return
    import difflib  # here, since it takes time to import

    for name in methods:
        if name.startswith(("on_", "before_", "after_")) or difflib.get_close_matches(name.lower(), EVENTS, 1, 0.8):
            raise ConfigError(
                f"{kind.__name__}.{name} would never be called, since no event has that name{nearest(name, EVENTS)}. "
                "A method for other purposes needs another name, such as one with an underscore before it"
            )
