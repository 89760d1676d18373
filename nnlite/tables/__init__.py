"""Tables of numbers, texts and dates: read, understood column by column, and encoded as numbers."""

from nnlite.tables.absent import MISSING
from nnlite.tables.column import Column
from nnlite.tables.encoder import TableEncoder
from nnlite.tables.guess import Guess, Kind
from nnlite.tables.kinds import infer
from nnlite.tables.numbers import NUMBER_FORMATS
from nnlite.tables.reading import chunks, read_csv, read_table
from nnlite.tables.sources import as_table
from nnlite.tables.table import Coded, Table
from nnlite.tables.targets import Targets, targets

__all__ = [
    "MISSING",
    "NUMBER_FORMATS",
    "Coded",
    "Column",
    "Guess",
    "Kind",
    "Table",
    "TableEncoder",
    "Targets",
    "as_table",
    "chunks",
    "infer",
    "read_csv",
    "read_table",
    "targets",
]
