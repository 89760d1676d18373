"""A data source of a plug-in is a function whose annotation says that it returns a `Dataset`, or `Splits`."""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, TypeAlias, get_type_hints

from nnlite.data import Dataset, Splits
from nnlite.errors import ConfigError, DataError, NnliteError
from nnlite.plugins.files import line_in
from nnlite.signature import fields

Source: TypeAlias = Callable[..., Any]
"""A function that returns the data of `[data]`."""

KEYS_OF_EACH = ("source", "test_fraction", "validation_fraction", "shuffle")
"""The keys that `[data]` has whatever the source is; a source has no arguments of these names."""


def returns(function: FunctionType) -> type[Dataset] | type[Splits] | None:
    """What a function says that it returns, if that makes it a source.

    >>> from nnlite.data import Dataset
    >>> from nnlite.plugins.own_source import returns
    >>> def spirals(turns: int = 2) -> Dataset: ...
    >>> returns(spirals)
    <class 'nnlite.data.dataset.Dataset'>
    """
    if "return" not in function.__annotations__:
        return None
    try:
        found = get_type_hints(function)["return"]
    except Exception:  # an annotation names what is not there; whatever the function is, it says no Dataset
        return None
    return found if found is Dataset or found is Splits else None


def check_arguments(function: Source) -> None:
    """Raises `ConfigError` if an argument of the source would be given by a key that every `[data]` has."""
    for field in fields(function):
        if field.name in KEYS_OF_EACH:
            raise ConfigError(
                f"the data source {function.__name__} cannot have an argument {field.name!r}, which is a key of "
                "every [data]: give it another name"
            )


def read(function: Source, arguments: Mapping[str, Any]) -> Dataset | Splits:
    """What the function of a plug-in returns for these arguments.

    Raises:
        DataError: when it fails, with the line, or returns something else.
    """
    name = function.__name__
    try:
        found = function(**arguments)
    except NnliteError:
        raise
    except Exception as error:
        where = line_in(function.__code__.co_filename, error)
        raise DataError(f"the data source {name} fails{where}: {type(error).__name__}: {error}") from error
    if not isinstance(found, Dataset | Splits):
        raise DataError(f"the data source {name} returned a {type(found).__name__}; expected a Dataset, or Splits")
    return found
