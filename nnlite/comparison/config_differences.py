"""What differs between the configs of several runs: the keys whose values are not the same in all of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_OF_NO_WEIGHT = frozenset({"name", "checkpoints", "output"})
"""Keys that change nothing of what a run learns: what it is called, and which files it writes."""

_KINDS = ("type", "source")
"""Keys that say what a table describes, and so which other keys it has."""

_NOTHING = object()


def differing(documents: Sequence[Mapping[str, Any]], leaving_out: Iterable[str] = ()) -> dict[str, list[Any]]:
    """The keys whose values are not the same in all documents: for each its value in every document, in order.

    Lists of as many items are compared item by item. What only an object of another type has, such as the momentum of
    SGD beside Adam, is compared among the documents that have it. Names and checkpoints are left out.

    Args:
        documents: configs as plain values, as `TrainingConfig.document` or a run folder's config.toml has them.
        leaving_out: further keys, such as "seed", that may differ.

    Returns:
        For each place, such as "model.layers[1].units", the values; None for a document that has nothing there.

    >>> from nnlite.comparison.config_differences import differing
    >>> one = {"seed": 0, "model": {"layers": [{"type": "Dense", "units": 3}]}}
    >>> other = {"seed": 0, "model": {"layers": [{"type": "Dense", "units": 8}]}}
    >>> differing([one, other])
    {'model.layers[0].units': [3, 8]}
    """
    return dict(_differing("", list(documents), _OF_NO_WEIGHT | set(leaving_out)))


def _differing(path: str, values: list[Any], leaving_out: frozenset[str]) -> Iterator[tuple[str, list[Any]]]:
    if path in leaving_out:
        return
    if all(isinstance(value, Mapping) for value in values):
        same_kind = all(len({str(value.get(kind)) for value in values}) < 2 for kind in _KINDS)
        for key in dict.fromkeys(key for value in values for key in value):
            inner = [value.get(key, _NOTHING) for value in values]
            if not same_kind and key not in _KINDS and _alike([each for each in inner if each is not _NOTHING]):
                continue
            yield from _differing(f"{path}.{key}" if path else key, inner, leaving_out)
    elif all(isinstance(value, list | tuple) for value in values) and len({len(value) for value in values}) == 1:
        for index, items in enumerate(zip(*values, strict=True)):
            yield from _differing(f"{path}[{index}]", list(items), leaving_out)
    elif not _alike(values):
        yield path, [None if value is _NOTHING else value for value in values]


def _alike(values: Sequence[Any]) -> bool:
    """Whether all values are the same; 1 and 1.0 are, but not 1 and true."""
    plain = [_plain(value) for value in values]
    return all(value == plain[0] and isinstance(value, bool) == isinstance(plain[0], bool) for value in plain)


def _plain(value: Any) -> Any:
    return None if value is _NOTHING else list(value) if isinstance(value, tuple) else value
