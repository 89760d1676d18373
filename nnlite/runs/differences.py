"""The differences of two documents, key by key, as a user reads them."""

from collections.abc import Iterable, Mapping
from typing import Any

from nnlite.config import toml

_NOTHING = object()


def differences(old: Any, new: Any, *, leaving_out: Iterable[str] = ()) -> list[str]:
    """One line for each key whose value is another: what it was, what it is.

    Args:
        old: of tables, lists and plain values, as TOML and JSON have them.
        new: likewise.
        leaving_out: keys, such as "data.path", that may differ, with all that is in them.

    >>> from nnlite.runs.differences import differences
    >>> differences({"a": [{"units": 3}], "b": 1}, {"a": [{"units": 4}], "c": True})
    ['a[0].units: 3 -> 4', 'b: 1 -> nothing', 'c: nothing -> true']
    """
    return list(_differences("", old, new, frozenset(leaving_out)))


def _differences(path: str, old: Any, new: Any, leaving_out: frozenset[str]) -> Iterable[str]:
    if path in leaving_out:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            place = f"{path}.{key}" if path else key
            yield from _differences(place, old.get(key, _NOTHING), new.get(key, _NOTHING), leaving_out)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{path}[{index}]", before, after, leaving_out)
    elif _plain(old) != _plain(new):
        yield f"{path}: {_shown(old)} -> {_shown(new)}"


def _plain(value: Any) -> Any:
    return None if value is _NOTHING else list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    text = "nothing" if _plain(value) is None else toml.show(value)
    return text if len(text) <= 80 else text[:77] + "..."
