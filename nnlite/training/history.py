"""A history is a table of what training recorded: one row per epoch."""

import io
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.core.state import State
from nnlite.errors import DataError
from nnlite.metrics.monitor import RISING, Best, monitored
from nnlite.text import as_html, counted
from nnlite.training import drawing

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

_SHOWN = 5
"""How many epochs the table in a notebook has."""


class History:
    """Rows of figures, one per epoch, in the order they were recorded.

    The columns of a classifier: `epoch` (from 1), `training_loss` and `training_accuracy` (running
    figures of the epoch's batches, while the weights were changing), `validation_loss` and
    `validation_accuracy` (at the epoch's end; absent from the rows of epochs without validation rows), the trainer's
    own metrics in the same way,
    `learning_rate` (of the epoch's last step; absent where the optimizer is a full-batch one) and `seconds` (of the
    whole epoch). A regression has `r2`, `mae` and `rmse` in place of the accuracy. `history[column]` has NaN where
    a row lacks the figure. A loop over a history goes through its rows, so that `pandas.DataFrame(history)` is the
    table. In a notebook a history shows its curves and its last epochs.

    Attributes:
        monitor: the column that decides which epoch is the best; None for the validation loss, or else the
            training loss. `Trainer` sets it to the column that early stopping looks at.
        rising: the metrics that are better the higher they are; `Trainer` has them from the loss.
        metrics: the names of the trainer's own `metrics`, which the curves show beside the loss's main one.
        since: the first epoch that can be compared with the last; `Trainer` sets it when early stopping restarts.
        min_delta, ties: which epochs are better, and which of equal ones is the best, as in `EarlyStopping`, from
            which `Trainer` has them.

    >>> from nnlite import History
    >>> history = History()
    >>> history.append({"epoch": 1, "training_loss": 0.5})
    >>> history.append({"epoch": 2, "training_loss": 0.25})
    >>> history["training_loss"]
    [0.5, 0.25]
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.monitor: str | None = None
        self.rising: tuple[str, ...] = RISING
        self.metrics: tuple[str, ...] = ()
        self.since = 1
        self.min_delta = 0.0
        self.ties = "first"

    @property
    def state(self) -> State:
        """The whole table, as arrays since it may be long, and what decides which epoch is the best."""
        columns = self.columns
        figures = np.array([[row.get(name, math.nan) for name in columns] for row in self.rows], np.float64)
        present = np.array([[name in row for name in columns] for row in self.rows], np.bool_)
        values: dict[str, Any] = {"columns": columns, "monitor": self.monitor, "rising": list(self.rising)}
        values |= {"since": self.since, "min_delta": self.min_delta, "ties": self.ties}
        values |= {"metrics": list(self.metrics)} if self.metrics else {}
        shape = len(self), len(columns)
        return State(values, {"figures": figures.reshape(shape), "present": present.reshape(shape)})

    @state.setter
    def state(self, state: State) -> None:
        values, columns = state.values, state.values["columns"]
        table = zip(state.arrays["figures"].tolist(), state.arrays["present"].tolist(), strict=True)
        rows = [
            {name: figure for name, figure, there in zip(columns, figures, present, strict=True) if there}
            for figures, present in table
        ]
        self.rows = [row | {"epoch": int(row["epoch"])} for row in rows]
        self.monitor, self.since, self.rising = values["monitor"], values["since"], tuple(values["rising"])
        self.min_delta, self.ties = values.get("min_delta", 0.0), values.get("ties", "first")  # later additions
        self.metrics = tuple(values.get("metrics", ()))

    def append(self, row: Mapping[str, float]) -> None:
        """Adds a row: the figures of one epoch."""
        self.rows.append(dict(row))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        """The rows, one for each epoch, as dicts of their figures."""
        return (dict(row) for row in self.rows)

    def __getitem__(self, column: str) -> list[float]:
        if column not in self:
            raise KeyError(column)
        return [row.get(column, math.nan) for row in self.rows]

    def __contains__(self, column: object) -> bool:
        return any(column in row for row in self.rows)

    @property
    def columns(self) -> list[str]:
        """The names of all figures, in the order in which they first came."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    @property
    def decisive(self) -> str:
        """The column that decides which epoch is the best: `monitor`, or else a loss."""
        return monitored(self.monitor, self.columns)

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose monitored figure is the best of all that can be compared; None if none has one.

        Without a `monitor` that is the lowest validation loss, or, if no epoch has one, the lowest training
        loss. A figure that is NaN or infinite is never the best.
        """
        best, column = Best(), self.decisive if len(self) else ""
        for row in (row for row in self.rows if row["epoch"] >= self.since):
            figure = {"epoch": row["epoch"], column: row.get(column, math.nan)}
            best.update(figure, column, self.rising, least=self.min_delta, ties=self.ties)
        return best.epoch or None

    def to_csv(self) -> str:
        """The table as CSV text; a missing figure is an empty cell, and reading it gives the same bits."""
        import csv  # here, like below, since it takes time to import

        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

    @classmethod
    def from_csv(cls, text: str) -> "History":
        """The table that `to_csv` wrote; raises `DataError`."""
        import csv

        history = cls()
        try:
            rows = csv.reader(io.StringIO(text), strict=True)
            columns = next(rows, [])
            for row in rows:
                if len(row) != len(columns):
                    raise ValueError(f"it has {len(row)} figures for {len(columns)} columns")
                figures = {name: float(cell) for name, cell in zip(columns, row, strict=True) if cell}
                epoch = figures.get("epoch", math.nan if "epoch" in columns else 0.0)
                if not epoch.is_integer():
                    raise ValueError(f"epoch {epoch:g} is not a whole number")
                history.append(figures | {"epoch": int(epoch)})
        except (csv.Error, ValueError) as error:
            raise DataError(f"row {len(history) + 1} of the history is not a row of figures: {error}") from None
        if "epoch" not in history or "training_loss" not in history:
            raise DataError("the history has no rows with the columns epoch and training_loss")
        return history

    def frame(self) -> "pandas.DataFrame":
        """The table as a data frame, a row for each epoch; pandas has to be installed."""
        import pandas

        return pandas.DataFrame(list(self), columns=self.columns)

    def plot(self) -> "Figure":
        """The curves: the loss, and the metric beside it, over the epochs, as a figure of Matplotlib.

        `nnlite.plots.save(figure, path)` writes it to a file; `nnlite.plots.curves` draws several histories.
        """
        figure: Figure = drawing.curves({"": self})
        return figure

    def _repr_html_(self) -> str:
        """What a notebook shows: the curves, and the figures of the last epochs and of the best one."""
        if not len(self):
            return as_html(repr(self))
        best = self.best_epoch
        words = f"{counted(len(self), 'epoch')}{'' if best is None else f', the best was epoch {best}'}"
        shown = [*self.rows[-_SHOWN:]]
        if best is not None and all(row["epoch"] != best for row in shown):
            shown.insert(0, next(row for row in self.rows if row["epoch"] == best))
        columns = self.columns
        heading = "".join(f'<th scope="col">{as_html(name.replace("_", " "))}</th>' for name in columns)
        rows = "".join(f"<tr>{''.join(_cell(row, name, best) for name in columns)}</tr>" for row in shown)
        picture = drawing.image(self.plot(), f"curves of {words}")
        table = f'<div style="overflow-x: auto"><table><tr>{heading}</tr>{rows}</table></div>'
        return f"<p>{as_html(words)}</p>{picture}{table}"

    def __repr__(self) -> str:
        columns = f": {', '.join(self.columns)}" if len(self) else ""
        return f"History({counted(len(self), 'epoch')}{columns})"


def _cell(row: Mapping[str, float], column: str, best: int | None) -> str:
    """A figure in a table of HTML; those of the best epoch are bold."""
    if column not in row:
        return "<td></td>"
    text = as_html(f"{row[column]:.4g}" if column != "epoch" else f"{row[column]}")
    return f"<td><strong>{text}</strong></td>" if row["epoch"] == best else f"<td>{text}</td>"
