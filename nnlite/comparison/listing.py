"""A table of runs: what differs in their configs, their best epoch, figures and seconds."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlite.comparison.config_differences import differing
from nnlite.comparison.listed_run import Foreign, ListedRun, read
from nnlite.errors import ConfigError, RunError, nearest
from nnlite.runs.folder import RUNS

_DEEPEST = 4
"""How far below a named folder runs are searched for."""


@dataclass(frozen=True)
class Listing:
    """Runs side by side.

    Attributes:
        runs: the runs, in the order that was asked for.
        differing: for each key of the config that is not the same in all of them its values, in the same order; None
            where a run has nothing there.
        others: folders that are not those of runs, each with the reason.
        sorted_by: the name of the figure, or the key of the config, that they are sorted by; "" by their folders.
        falling: whether the run with the highest value comes first.
    """

    runs: tuple[ListedRun, ...]
    differing: dict[str, list[Any]]
    others: dict[str, str]
    sorted_by: str = ""
    falling: bool = False

    def rows(self) -> list[dict[str, Any]]:
        """One flat dict for each run: its folder, what differs in its config, epochs, seconds, figures.

        All have the same keys, with None where a run lacks the value, so that `pandas.DataFrame(listing.rows())` is
        the table.
        """
        figures = list(dict.fromkeys(name for run in self.runs for name in run.figures))
        return [
            {
                **{name: value for name, value in run.row().items() if name not in run.figures},
                **{key: values[place] for key, values in self.differing.items()},
                **{name: _number(run.figures.get(name)) for name in figures},
            }
            for place, run in enumerate(self.runs)
        ]


def _number(figure: float | None) -> float | None:
    return None if figure is None or not math.isfinite(figure) else figure


def listing(folders: Iterable[str | Path] = (RUNS,), sort: str | None = None) -> Listing:
    """The runs in some folders, side by side; no code of a plug-in runs, and no data is read.

    A folder that is damaged, or not one of a run, spoils nothing: it is said in the run's state, or in `others`.

    Args:
        folders: run folders, and folders that have some in them.
        sort: a figure, such as "test_accuracy", "validation_loss", "seconds" or "best_epoch", or a key of the config,
            such as "optimizer.learning_rate". "accuracy" is that of the test rows, or else of the validation rows.
            The best comes first, and runs without the figure last; None sorts by the folders' names.

    Raises:
        RunError: when no run is found at all.
        ConfigError: when no run has such a figure, and no config such a key.

    >>> import nnlite, tempfile
    >>> from nnlite.comparison.listing import listing
    >>> layers = [{"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]
    >>> config = {"data": {"source": "iris"}, "model": {"layers": layers}, "training": {"epochs": 2}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for rate in (0.0001, 0.01):
    ...         _ = nnlite.train(config, {"optimizer.learning_rate": rate}, out=f"{folder}/{rate}", progress=False)
    ...     found = listing([folder], sort="accuracy")
    >>> [run.folder.name for run in found.runs], found.differing, found.sorted_by
    (['0.01', '0.0001'], {'optimizer.learning_rate': [0.01, 0.0001]}, 'test_accuracy')
    """
    found: dict[Path, ListedRun] = {}  # each once, whatever ways lead to it
    others: dict[str, str] = {}
    for folder in map(Path, folders):
        inside, apart = _searched(folder)
        found |= {run.folder.resolve(): run for run in reversed(inside) if run.folder.resolve() not in found}
        others |= apart
    runs = sorted(found.values(), key=lambda run: _natural(str(run.folder)))
    if not runs:
        said = "".join(f"\n  {name}: {why}" for name, why in others.items())
        raise RunError(f"there are no runs{said}" if said else "there are no runs: name their folders")
    by, falling = "", False
    if sort is not None:
        by = _named(sort, runs)
        falling = any(by in run.rising for run in runs)
        runs.sort(key=lambda run: _order(_value(run, by), falling))
    known = [run for run in runs if run.config]
    differences = differing([run.config for run in known])
    places = {id(run): place for place, run in enumerate(known)}
    values = {
        key: [each[places[id(run)]] if id(run) in places else None for run in runs]
        for key, each in differences.items()
    }
    return Listing(tuple(runs), values, others, by, falling)


def _searched(path: Path, depth: int = 0) -> tuple[list[ListedRun], dict[str, str]]:
    """The run in a folder, or all those below it, and the folders that have none, each with the reason."""
    try:
        return [read(path)], {}
    except Foreign as foreign:
        why = str(foreign)
    try:
        inner = sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError as error:
        inner, why = [], why if isinstance(error, FileNotFoundError | NotADirectoryError) else str(error.strerror)
    runs: list[ListedRun] = []
    others: dict[str, str] = {}
    for each in inner if depth < _DEEPEST else ():
        found, apart = _searched(each, depth + 1)
        runs += found
        others |= apart
    return (runs, others) if runs else ([], {str(path): f"{why}; nor is any folder in it" if inner else why})


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key to sort by in which iris-2 comes before iris-10."""
    parts = re.split(r"([0-9]{1,18})", name)
    return [(0, int(part), "") if place % 2 else (1, 0, part) for place, part in enumerate(parts)]


def _named(sort: str, runs: list[ListedRun]) -> str:
    """The full name of what to sort by; raises `ConfigError`."""
    figures = list(dict.fromkeys(name for run in runs for name in run.figures))
    asked = sort.strip().replace(" ", "_")
    for name in (asked, f"test_{asked}", f"validation_{asked}"):
        if name in figures or name in ("seconds", "epochs", "best_epoch"):
            return name
    if any(_at(run.config, sort) is not None for run in runs):
        return sort
    valid = [*figures, "seconds", "epochs", "best_epoch", "or a key of the config, such as optimizer.learning_rate"]
    raise ConfigError(f"no run has a figure {sort!r} to sort by{nearest(asked, valid)}")


def _value(run: ListedRun, name: str) -> Any:
    """What a run is sorted by."""
    if name == "seconds":
        return run.seconds
    if name in ("epochs", "best_epoch"):
        return max(run.epochs if name == "epochs" else run.best_epochs, default=None)
    return run.figures.get(name) if name in run.figures else _at(run.config, name)


def _at(config: Any, key: str) -> Any:
    """The value at a key such as "model.layers[1].units"; None where there is none."""
    value = config
    for step in re.findall(r"[^.\[\]]+", key):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _order(value: Any, falling: bool) -> tuple[int, float, str]:
    """Numbers first, the best of them before the others; then texts; then what is missing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return (2, 0.0, "") if value is None else (1, 0.0, str(value))
    if math.isnan(value):
        return 2, 0.0, ""
    return 0, -value if falling else value, ""
