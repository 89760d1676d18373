"""FigureLog writes the figures of each epoch to a file as soon as they are there, for other programs to follow."""

import json
from collections.abc import Iterable, Mapping
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
        self._file, self._rows = self.run_folder / self.path, list(fit.history.rows)
        self._columns: list[str] = []
        self._write_anew()

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        self._rows.append(dict(row))
        if self.path.endswith(".csv") and not row.keys() <= set(self._columns):
            self._write_anew()
            return
        try:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(self._lines([row]))
        except OSError as error:
            raise RunError(f"cannot write {self._file}: {error.strerror or error}") from None

    def _write_anew(self) -> None:
        header = ""
        if self.path.endswith(".csv"):
            self._columns = list(dict.fromkeys(name for row in self._rows for name in row))
            header = ",".join(self._columns) + "\n" if self._columns else ""
        files.write(self._file, header + self._lines(self._rows))

    def _lines(self, rows: Iterable[Mapping[str, float]]) -> str:
        if self.path.endswith(".csv"):
            return "".join(",".join(str(row.get(name, "")) for name in self._columns) + "\n" for row in rows)
        return "".join(json.dumps({name: _of_json(figure) for name, figure in row.items()}) + "\n" for row in rows)


def _of_json(figure: float) -> float | None:
    return figure if abs(figure) < float("inf") else None
