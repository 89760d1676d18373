"""The table of a model in its file: a description and arrays become a table reader, which must fit the model."""

from typing import TYPE_CHECKING, Any

from nnlite.core.sequential import Sequential
from nnlite.errors import ModelFileError
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.data.table_reader import TableReader

TABLE = "table/"
"""What the names of a table's arrays begin with."""


def check_columns(table: dict[str, Any] | None, features: int) -> None:
    """Raises `ModelFileError` where a table's description has more columns than the model has features.

    It is checked before the table is read, since thousands of columns take a second.
    """
    encoder = (table or {}).get("encoder")
    columns = encoder.get("columns") if isinstance(encoder, dict) else None
    if isinstance(columns, list):
        used = sum(not isinstance(each, dict) or each.get("kind") != "ignore" for each in columns)
        if used > features:
            raise ModelFileError("the names of its features are not those of its table")


def table_in_file(values: dict[str, Any], arrays: dict[str, Array]) -> "TableReader":
    """The table reader in a file, whose arrays are taken out of `arrays`; raises `ModelFileError`."""
    from nnlite.data.table_reader import TableReader  # models without a table need not wait for it

    own = {name.removeprefix(TABLE): arrays.pop(name) for name in [*arrays] if name.startswith(TABLE)}
    return TableReader.from_description(values, own)


def check_fits_table(model: Sequential) -> None:
    """Raises `ModelFileError` where the columns of a model's table are not those that the model takes."""
    if model.table is None:
        return
    if model.feature_names != model.table.encoder.names:
        raise ModelFileError("the names of its features are not those of its table")
    model.table.check_codes(model.layers)
