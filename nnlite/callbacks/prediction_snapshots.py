"""PredictionSnapshots keeps what the model predicts in the course of a fit, for the same rows each time."""

import io
from typing import TYPE_CHECKING

import numpy as np

from nnlite import files
from nnlite.annotations import PositiveInt
from nnlite.training.callbacks import Callback

if TYPE_CHECKING:
    from nnlite.training.fit import Fit


class PredictionSnapshots(Callback):
    """Writes the predictions for some rows after every few epochs, each to a file that `numpy.load` reads.

    The files, such as epoch-0010.npz, have the arrays `predictions`, as the model's `predict` gives them: (rows,
    classes) or (rows, targets); and `targets`, as the loss takes them. The rows are the first validation rows, or
    training rows if there are no others. The weights are those of the last step.

    Args:
        every: after so many epochs.
        rows: of how many rows.
        path: the folder of the files, in the run folder if a config trains.

    Raises:
        RunError: when a file cannot be written.

    >>> from nnlite import PredictionSnapshots
    >>> PredictionSnapshots(every=5)
    PredictionSnapshots(every=5)
    """

    def __init__(self, every: PositiveInt = 10, rows: PositiveInt = 100, path: str = "predictions") -> None:
        self.every = every
        self.rows = rows
        self.path = path

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        if int(row["epoch"]) % self.every:
            return
        feed = fit.train if fit.validation is None else fit.validation
        content = io.BytesIO()
        np.savez(content, predictions=fit.model.predict(feed.x[: self.rows]), targets=feed.targets[: self.rows])
        folder = self.run_folder / self.path
        files.make_folder(folder)
        files.write(folder / f"epoch-{int(row['epoch']):04}.npz", content.getvalue())
