"""A plot is a picture of what training recorded; every function returns a figure, `save` writes it."""

import io
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlite import files
from nnlite.history import History, falls, monitored, words
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Matplotlib's own first colours: told apart by most colour-blind eyes, and on paper by their line styles.
_TRAINING, _VALIDATION = "tab:blue", "tab:orange"


def curves(histories: Mapping[str, History]) -> "Figure":
    """Loss, and the main metric beside it (the first in the history), over the epochs.

    One history: training and validation, the best epoch marked. Several: each in
    its own colour, training dashed, validation solid.

    Args:
        histories: name of the run to its history.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figures = list(dict.fromkeys(f for history in histories.values() for f in _figures(history)[:2]))
    picture = Figure(figsize=(5.2 * len(figures), 4), layout="constrained")
    for position, figure in enumerate(figures, start=1):
        axes = picture.add_subplot(1, len(figures), position)
        if len(histories) == 1:
            _one_run(axes, figure, *histories.values())
        else:
            _several_runs(axes, figure, histories)
        axes.set_xlabel("epoch")
        axes.set_ylabel(figure)
        axes.set_title(figure)
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        drawn = [value for history in histories.values() for value in _finite(history, figure)]
        if figure == "loss" and drawn and max(drawn) > 1000 * min(drawn) > 0:
            axes.set_yscale("log")  # one huge loss would press all others flat
        if len(histories) == 1:
            axes.legend()
    if len(histories) > 1:
        handles, labels = picture.axes[0].get_legend_handles_labels()
        picture.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4))
        picture.suptitle("validation solid, training dashed")
    else:
        picture.suptitle(_plain(next(iter(histories))))
    return picture


def range_test(rates: Sequence[float], losses: Sequence[float], suggestion: float, name: str) -> "Figure":
    """A learning-rate range test: the smoothed loss over the learning rate, the suggested one marked.

    Args:
        rates: of the steps.
        losses: the smoothed loss at each.
        suggestion: a learning rate.
        name: of what was trained, above the picture.
    """
    from matplotlib.figure import Figure

    picture = Figure(figsize=(6, 4), layout="constrained")
    axes = picture.add_subplot()
    lowest = min(range(len(losses)), key=losses.__getitem__)
    axes.plot(rates, losses, color=_TRAINING)
    axes.plot([rates[lowest]], [losses[lowest]], "o", color=_TRAINING, label=f"lowest loss, at {rates[lowest]:.2g}")
    axes.axvline(suggestion, color=_VALIDATION, linestyle="--", label=f"suggested: {suggestion:g}")
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss, smoothed")
    axes.set_title(_plain(f"{name}: learning-rate range test"))
    axes.grid(alpha=0.3)
    axes.legend()
    return picture


def confusion(matrix: Array, classes: Sequence[Any], title: str = "") -> "Figure":
    """A confusion matrix: how many rows of each true class were given each class.

    Args:
        matrix: (classes, classes) counts; rows are the true classes, columns the predicted ones.
        classes: their names.
        title: above the picture.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    size = min(max(4.0, 0.5 * len(classes) + 2), 12.0)
    picture = Figure(figsize=(size + 1, size), layout="constrained")
    axes = picture.add_subplot()
    image = axes.imshow(matrix, cmap="Blues", vmin=0)
    every = 1 + (len(classes) - 1) // 50  # more names would not be read
    ticks, names = range(0, len(classes), every), [_shortened(_plain(name)) for name in classes[::every]]
    longest = max(map(len, names))
    axes.set_xticks(ticks, names, rotation=45 if longest > 3 else 0, ha="right" if longest > 3 else "center")
    axes.set_yticks(ticks, names)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if title:
        axes.set_title(_plain(title))
    if len(classes) <= 25:
        for true, row in enumerate(matrix):
            for predicted, count in enumerate(row):
                if count:
                    colour = "white" if count > matrix.max() / 2 else "black"
                    axes.text(predicted, true, str(count), ha="center", va="center", color=colour)
    else:
        picture.colorbar(image, ax=axes, label="rows", shrink=0.8, ticks=MaxNLocator(integer=True))
    return picture


def predictions(true: Array, predicted: Array, title: str = "") -> "Figure":
    """Predicted against true numbers, a point for each row: on the diagonal the two are the same.

    Args:
        true: (rows,), or (rows, …) for several outputs, each of which has a square of its own, six at most.
        predicted: as many.
        title: above the picture.
    """
    from matplotlib.figure import Figure

    true, predicted = true.reshape(len(true), -1), predicted.reshape(len(true), -1)
    outputs = min(true.shape[1], 6)
    picture = Figure(figsize=(4.8 * outputs, 4.8), layout="constrained")
    for output in range(outputs):
        axes = picture.add_subplot(1, outputs, output + 1)
        low, high = _range(true[:, output], predicted[:, output])
        axes.plot([low, high], [low, high], color="0.5", linewidth=1)
        axes.plot(true[:, output], predicted[:, output], ".", color=_TRAINING, alpha=0.6)
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.set_aspect("equal")
        axes.set_xlabel("true")
        axes.set_ylabel("predicted")
        axes.grid(alpha=0.3)
        if outputs > 1:
            axes.set_title(f"output {output}")
    if title:
        picture.suptitle(_plain(title))
    return picture


def _range(*values: Array) -> tuple[float, float]:
    """From a little below all of them to a little above."""
    low, high = min(float(each.min()) for each in values), max(float(each.max()) for each in values)
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin


def save(picture: "Figure", path: Path) -> None:
    """Writes the picture in the format of the file's ending; the same picture gives the same bytes.

    Its parts stay where the first writing puts them. Raises `RunError` when the file cannot be written.
    """
    import matplotlib

    kind = path.suffix.lstrip(".").lower()
    undated: dict[str, dict[str, Any]] = {
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
        "png": {"Software": None},
    }
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "nnlite"}), warnings.catch_warnings():
        # Names of runs and classes are the user's. Where the font lacks a letter, or a label is too long for the
        # margin, the picture shows it.
        for message in ("Glyph .* missing from", "constrained_layout not applied"):
            warnings.filterwarnings("ignore", message, UserWarning)
        _lay_out(picture)
        picture.savefig(buffer, format=kind, dpi=150, metadata=undated.get(kind))
    files.write(path, buffer.getvalue())


def _lay_out(picture: "Figure") -> None:
    """Puts the parts of the picture in their places, once: Matplotlib would do it, and draw twice, for every file."""
    engine = picture.get_layout_engine()
    if engine is not None:
        engine.execute(picture)
        picture.set_layout_engine(None)


def _figures(history: History) -> list[str]:
    return [name.removeprefix("training_") for name in history.columns if name.startswith("training_")]


def _one_run(axes: "Axes", figure: str, history: History) -> None:
    _curve(axes, history, f"training_{figure}", color=_TRAINING, label="training")
    if f"validation_{figure}" not in history:
        return
    _curve(axes, history, f"validation_{figure}", color=_VALIDATION, label="validation")
    best, column = history.best_epoch, monitored(history.monitor, history.columns)
    if best is not None and column.startswith("validation_"):
        value = history[f"validation_{figure}"][history["epoch"].index(best)]
        extreme = "lowest" if falls(column, history.rising) else "highest"
        axes.axvline(best, color="0.5", linestyle=":", linewidth=1)
        axes.plot(
            [best],
            [value],
            "o",
            color=_VALIDATION,
            label=f"best epoch {best} ({extreme} {words(column)}): {figure} {value:.4g}",
        )


def _finite(history: History, figure: str) -> list[float]:
    columns = (f"training_{figure}", f"validation_{figure}")
    return [row[name] for row in history.rows for name in columns if math.isfinite(row.get(name, math.nan))]


def _several_runs(axes: "Axes", figure: str, histories: Mapping[str, History]) -> None:
    for index, (name, history) in enumerate(histories.items()):
        parts = [part for part in ("training", "validation") if f"{part}_{figure}" in history]
        for part in parts:
            style = "--" if part == "training" else "-"
            label = _plain(name) if part == parts[-1] else None
            _curve(axes, history, f"{part}_{figure}", linestyle=style, color=f"C{index % 10}", label=label)


def _curve(axes: "Axes", history: History, column: str, **style: Any) -> None:
    """A line through the epochs that have the figure; a single one is a point, since it shows no line."""
    points = [(row["epoch"], row[column]) for row in history.rows if column in row]
    epochs, figures = zip(*points, strict=True)
    axes.plot(epochs, figures, marker="." if len(points) == 1 else "", **style)


def _shortened(name: str) -> str:
    """The name, its end left out where it would take the picture's place."""
    return name if len(name) <= 20 else f"{name[:19]}…"


def _plain(name: object) -> str:
    """A user's name as text: Matplotlib takes what stands between dollar signs for a formula."""
    return str(name).encode("utf-8", "replace").decode().replace("$", r"\$")
