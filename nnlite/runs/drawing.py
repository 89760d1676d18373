"""The pictures of a finished run, each drawn once: for its file in the run folder, and for the report."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite import files, plots
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Dataset, Splits
from nnlite.metrics.calibration import reliability
from nnlite.plots.svg import DECLARATION
from nnlite.report import Picture
from nnlite.runs.against_baseline import beside_curves
from nnlite.runs.folder import RunFolder
from nnlite.runs.trained import Trained
from nnlite.training.history import History
from nnlite.types import Array


class Drawing:
    """Draws the pictures of a run.

    Args:
        folder: where files are written.
        config: the run's config.

    Attributes:
        pictures: those drawn so far, by name; that of a file in the run folder is its own, such as "loss".
    """

    def __init__(self, folder: RunFolder, config: TrainingConfig) -> None:
        self.pictures: dict[str, Picture] = {}
        self._folder, self._config = folder, config

    def add(self, name: str, figure: Any, *, file: bool = False) -> None:
        """Adds a picture, and writes its file if it is to have one."""
        svg = plots.as_svg(figure)
        self.pictures[name] = Picture(svg)
        if file:
            files.write(self._folder.path / f"{name}.svg", DECLARATION + svg)

    def some(self, *names: str) -> list[Picture]:
        """The pictures of these names, of those that there are."""
        return [self.pictures[name] for name in names if name in self.pictures]

    def training(self, trained: Trained, splits: Splits | None) -> None:
        """Draws the curves, and of a model of images the filters of its first layer.

        Args:
            trained: the model, and the history of each network.
            splits: the rows, in the model's order; None where they are not there.
        """
        histories = {name: history for name, history in trained.histories.items() if len(history)}
        if histories:  # a callback may have stopped it before the first epoch
            baseline = {} if splits is None else beside_curves(splits)
            curves = plots.curves(histories, baseline=baseline, kept=_kept(self._config, histories))
            self.add("loss", curves, file=True)
            plots.save(curves, self._folder.path / "loss.png")
        if (filters := plots.filters(trained.first, self._config.name)) is not None:
            self.add("filters", filters, file=True)

    def answers(
        self, trained: Trained, rows: Dataset, predicted: Array, figures: Mapping[str, Any], part: str
    ) -> None:
        """Draws true and predicted answers; files are written of test rows alone.

        Args:
            trained: the model.
            rows: the rows.
            predicted: what the model gives for them.
            figures: what is known of them; of a classifier `confusion`.
            part: what they are called, such as "test".
        """
        title, file = f"{self._config.name}, {part} rows", part == "test"
        if "confusion" in figures:
            matrix, classes = np.array(figures["confusion"]), rows.classes or ()
            accuracy, interval = figures.get("accuracy"), figures.get("accuracy_interval") or (None, None)
            confusion = plots.confusion(
                matrix, classes, title, accuracy=_number(accuracy), interval=[_number(end) for end in interval]
            )
            self.add("confusion", confusion, file=file)
            if (shape := plots.image_shape(trained.first)) is not None:
                images = rows.x.reshape(-1, *shape)
                self.add("mistakes", plots.mistakes(images, rows.y, predicted, classes, title), file=file)
            self._probabilities(rows, predicted, title)
        criterion = trained.first.criterion
        if criterion is not None and criterion.task == "regression":
            self.add("predictions", plots.predictions(rows.y, predicted, title, rows.sample_weight), file=file)

    def _probabilities(self, rows: Dataset, predicted: Array, title: str) -> None:
        """Draws how sure a classifier is and how often it is right, and of two classes what each threshold gives."""
        found, classes = reliability(predicted, rows.y, rows.sample_weight), rows.classes or ()
        if not found.rows.any():
            return
        self.add("calibration", plots.calibration(found.confidence, found.accuracy, found.rows, found.ece, title))
        if len(classes) == 2 and len(np.unique(rows.y)) == 2:
            labels = rows.y
            if 2 * np.average(labels, weights=rows.sample_weight) > 1:  # the rarer class, of which most is to be seen
                labels, predicted, classes = 1 - labels, predicted[:, ::-1], classes[::-1]
            for name, draw in (("roc", plots.roc), ("precision_recall", plots.precision_recall)):
                self.add(name, draw(labels, predicted, classes, title, sample_weight=rows.sample_weight))


def _number(figure: float | None) -> float:
    return math.nan if figure is None else figure  # null in a file


def _kept(config: TrainingConfig, histories: Mapping[str, History]) -> int | None:
    """The epoch whose weights a single network has; None of several, and where the weights are an average."""
    if len(histories) != 1:
        return None
    (history,) = histories.values()
    if "early_stopping" in config.document:
        return history.best_epoch
    return None if config.document["training"].get("average") else int(history.rows[-1]["epoch"])
