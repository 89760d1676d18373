"""The pictures of a finished run, each drawn once: for its file in the run folder, and for the report."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite import files, plots
from nnlite.data import Dataset
from nnlite.report import Picture
from nnlite.runs.folder import RunFolder
from nnlite.runs.trained import Trained
from nnlite.types import Array

_AS_FILE = '<?xml version="1.0" encoding="utf-8"?>\n'

Pictures = dict[str, Picture]
"""The pictures by name; that of a file in the run folder is its own, such as "loss"."""


def draw(
    folder: RunFolder,
    name: str,
    trained: Trained,
    rows: Dataset | None,
    predicted: Array,
    figures: Mapping[str, Any],
    part: str,
) -> Pictures:
    """Draws a run's pictures, and writes those that have a file.

    Args:
        folder: where they are written.
        name: the name of the config, for titles.
        trained: the model and its history.
        rows: the rows that the report is about; None without any.
        predicted: what the model gives for them.
        figures: `classes` and `confusion` of these rows, of a classifier.
        part: what they are called, such as "test".
    """
    drawn: Pictures = {}

    def add(key: str, figure: Any, words: str, caption: str = "") -> None:
        if not getattr(figure, "words", ""):
            figure.words = words
        text = plots.as_svg(figure)
        drawn[key] = Picture(text, caption)
        files.write(folder.path / f"{key}.svg", _AS_FILE + text)

    histories = {key: history for key, history in trained.histories.items() if len(history)}
    if histories:  # a callback may have stopped it before the first epoch
        curves = plots.curves(histories)
        add("loss", curves, "The loss and the metrics over the epochs.")
        plots.save(curves, folder.path / "loss.png")
    title = f"{name}, {part} rows"
    if (filters := plots.filters(trained.first, name)) is not None:
        add(
            "filters", filters, "The weights of each unit of the first layer, as images.", "The first layer's weights"
        )
    if rows is None:
        return drawn
    if "confusion" in figures:
        matrix, classes = np.array(figures["confusion"]), rows.classes or ()
        add("confusion", plots.confusion(matrix, classes, title), "The confusion matrix.")
        if (shape := plots.image_shape(trained.first)) is not None:
            images = rows.x.reshape(-1, *shape)
            add(
                "mistakes",
                plots.mistakes(images, rows.y, predicted, classes, title),
                "Images that it is wrong about.",
            )
    criterion = trained.first.criterion
    if criterion is not None and criterion.task == "regression":
        add("predictions", plots.predictions(rows.y, predicted, title), "Predicted numbers over the true ones.")
    return drawn
