"""FigureLog writes the figures of each epoch to a file as soon as they are there, for other programs to follow."""

import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from nnlite import files
from nnlite.errors import ConfigError, RunError
from nnlite.training.callbacks import Callback

if TYPE_CHECKING:
    from nnlite.training.fit import Fit


class FigureLog(Callback):
    """Writes the figures of each epoch to a file, a line for each.

    A file that is there is replaced when the fit begins, by the epochs that the history has already. A figure that is
    infinite or NaN is null in JSON. Callbacks behind this one add their figures too late for it.

    Args:
        path: the file, in the run folder if a config trains. It ends in .jsonl, for an object of JSON on each line;
            or in .csv, for a table with a header. A figure that comes first in a later epoch begins the table anew.

    Raises:
        ConfigError: when the path ends in something else.
        RunError: when the file cannot be written.

    >>> from nnlite import FigureLog
    >>> FigureLog("figures.csv")
    FigureLog(path='figures.csv')
    """

    def __init__(self, path: str = "figures.jsonl") -> None:
        if not path.endswith((".jsonl", ".csv")):
            raise ConfigError(f"path is {path!r}; expected one that ends in .jsonl or in .csv")
        self.path = path

    def begin(self, fit: "Fit") -> None:
        self._file = self.run_folder / self.path
        self._columns: list[str] = []
        files.make_folder(self._file.parent)
        self._write_anew(fit.history.rows)

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        if self.path.endswith(".csv") and not row.keys() <= set(self._columns):
            self._write_anew([*fit.history.rows[:-1], row])
            return
        try:
            with self._file.open("a", encoding="utf-8", newline="") as file:
                file.write(self._lines([row]))
        except OSError as error:
            raise RunError(f"cannot write {self._file}: {error.strerror or error}") from None

    def _write_anew(self, rows: Sequence[Mapping[str, float]]) -> None:
        header = ""
        if self.path.endswith(".csv"):
            self._columns = list(dict.fromkeys(name for row in rows for name in row))
            header = self._lines([dict(zip(self._columns, self._columns, strict=True))]) if rows else ""
        files.write(self._file, header + self._lines(rows))

    def _lines(self, rows: Iterable[Mapping[str, object]]) -> str:
        """A line for each row."""
        if not self.path.endswith(".csv"):
            return "".join(json.dumps({name: _of_json(cell) for name, cell in row.items()}) + "\n" for row in rows)
        import csv  # here, since it takes time to import

        text = io.StringIO()
        csv.DictWriter(text, self._columns, lineterminator="\n").writerows(rows)
        return text.getvalue()


def _of_json(cell: object) -> object:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
