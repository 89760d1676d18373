"""One run as a table of runs shows it: read from its files alone, so that no code of a plug-in runs."""

import contextlib
import json
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nnlite.config import toml
from nnlite.errors import ConfigError, DataError
from nnlite.metrics.metric import Metric
from nnlite.metrics.monitor import RISING
from nnlite.plugins.registry import shipped
from nnlite.runs.folder import RunFolder
from nnlite.saving import checkpoint
from nnlite.text import counted
from nnlite.training.history import History

_SECTIONS = ("data", "model", "training")
_MOST_BYTES = 2**26  # of metrics or a history: those of a run are far smaller
_PARTS = ("test", "validation")


class Foreign(Exception):
    """A folder that is not one of a run; its message says why."""


@dataclass(frozen=True)
class ListedRun:
    """One run.

    Attributes:
        folder: the run folder.
        state: "finished"; "unfinished", where it was left or is being trained; "broken", where a file cannot be
            read.
        why: in words how far an unfinished run has come, or what is broken; "" of a finished one.
        config: its config as plain values, with all defaults; empty where that cannot be read.
        epochs: how many epochs each network has made: one number, or one for each member of an ensemble.
        best_epochs: which of them was the best, for each; empty of an unfinished run.
        seconds: how long all epochs took together; NaN where that is not known.
        figures: the figures of its test and validation rows: "test_accuracy", "validation_loss" and so on. NaN stands
            for one that is undefined.
        rising: those of them that are better the higher they are.
    """

    folder: Path
    state: Literal["finished", "unfinished", "broken"]
    why: str = ""
    config: dict[str, Any] = field(default_factory=dict, repr=False)
    epochs: tuple[int, ...] = ()
    best_epochs: tuple[int, ...] = ()
    seconds: float = math.nan
    figures: dict[str, float] = field(default_factory=dict)
    rising: frozenset[str] = frozenset()

    def row(self) -> dict[str, Any]:
        """All but the config as one flat dict of plain values, as a data frame takes them."""
        return {
            "run": str(self.folder),
            "state": self.state,
            "epochs": _together(self.epochs),
            "best_epoch": _together(self.best_epochs),
            "seconds": None if math.isnan(self.seconds) else self.seconds,
            **self.figures,
        }


def _together(epochs: tuple[int, ...]) -> int | str | None:
    """A number of epochs; of several networks the lowest and the highest: "28-35"."""
    if not epochs:
        return None
    low, high = min(epochs), max(epochs)
    return low if low == high else f"{low}-{high}"


def read(path: Path) -> ListedRun:
    """The run in a folder; whatever is damaged in it is said in the run's state.

    Raises:
        Foreign: where the folder is not one of a run.
    """
    folder = RunFolder(path)
    if not path.is_dir():
        raise Foreign("there is no such folder" if not path.exists() else "this is a file, not a folder")
    if not folder.begun:
        raise Foreign(f"it has no {folder.config.name}, so it is not one of a run")
    try:
        with open(folder.config, "rb") as file:
            config = toml.parse(file.read(toml.MAX_BYTES + 1))
    except (OSError, ConfigError) as error:
        why = getattr(error, "strerror", None) or str(error)
        if folder.metrics.exists() or folder.environment.exists():
            return ListedRun(path, "broken", f"{folder.config.name}: {why}")
        raise Foreign(f"its {folder.config.name} is none of a run: {why}") from None
    if not all(isinstance(config.get(section), dict) for section in _SECTIONS):
        raise Foreign(f"its {folder.config.name} is none of a run: it has no [data], [model] and [training]")
    try:
        return _finished(folder, config) if folder.finished else _unfinished(folder, config)
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return ListedRun(path, "broken", why, config)


def _finished(folder: RunFolder, config: dict[str, Any]) -> ListedRun:
    try:
        metrics = json.loads(_text(folder.metrics))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{folder.metrics.name} cannot be read: {error}") from None
    if not isinstance(metrics, dict):
        raise DataError(f"{folder.metrics.name} is not a table of figures")
    members = [each for each in metrics.get("members", ()) or (metrics,) if isinstance(each, dict)]
    best = tuple(each["best_epoch"] for each in members if type(each.get("best_epoch")) is int)
    lengths, seconds = _of_histories(folder, len(members))
    return ListedRun(
        folder.path,
        "finished",
        config=config,
        epochs=lengths,
        best_epochs=best,
        seconds=seconds,
        figures=dict(_figures(metrics)),
        rising=_rising(config),
    )


def _unfinished(folder: RunFolder, config: dict[str, Any]) -> ListedRun:
    training = config["training"]
    total, members = training.get("epochs"), training.get("members", 1)
    of = f" of {total:,}" if type(total) is int else ""
    of += f" of each of {members} networks" if type(members) is int and members > 1 else ""
    done = _epochs_of_checkpoint(folder)
    if lengths := _of_histories(folder, members if type(members) is int else 1)[0]:
        done = max(done, *lengths)
    how_far = f"{counted(done, 'epoch')}{of}" if done else "no epoch is written down yet"
    return ListedRun(
        folder.path, "unfinished", f"unfinished: {how_far}", config, epochs=lengths or ((done,) if done else ())
    )


def _epochs_of_checkpoint(folder: RunFolder) -> int:
    """The epoch of the newest checkpoint, which stands in its name; 0 without one."""
    found = checkpoint.paths(folder.path)
    return int(found[-1].name.split("-")[1]) if found else 0


def _of_histories(folder: RunFolder, members: int) -> tuple[tuple[int, ...], float]:
    """How many epochs each network has made, and how many seconds all took together; NaN where that is not said."""
    places = [folder, *(folder.member(index) for index in range(min(members, 1000) if members > 1 else 0))]
    histories = [History.from_csv(_text(place.history)) for place in places if place.history.is_file()]
    seconds = [row.get("seconds", math.nan) for history in histories for row in history.rows]
    return tuple(map(len, histories)), sum(seconds) if histories else math.nan


def _text(file: Path) -> str:
    if file.stat().st_size > _MOST_BYTES:
        raise DataError(f"{file.name} has {file.stat().st_size:,} bytes, more than that of a run")
    return file.read_text(encoding="utf-8")


def _figures(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The figures of the parts, such as "test_accuracy"; null, which stands for an undefined one, becomes NaN."""
    for part in _PARTS:
        figures = metrics.get(part)
        for name, figure in figures.items() if isinstance(figures, dict) else ():
            if figure is None or type(figure) is float:
                yield f"{part}_{name}", math.nan if figure is None else figure


def _rising(config: Mapping[str, Any]) -> frozenset[str]:
    """The figures that are better the higher they are: those of the losses, and nnlite's own metrics."""
    names = [*RISING, "balanced_accuracy"]
    asked = config["training"].get("metrics", ())
    for each in asked if isinstance(asked, list) else ():
        with contextlib.suppress(Exception), warnings.catch_warnings():  # a metric of a plug-in is not known here
            warnings.simplefilter("ignore")
            metric = shipped().make(each, Metric)
            names += [metric.name] if metric.rising else []
    return frozenset(f"{part}_{name}" for part in _PARTS for name in names)
