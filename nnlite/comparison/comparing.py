"""Runs compared: what differs in their configs, which is better, and whether that is more than chance."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnlite import seeding
from nnlite.comparison.config_differences import differing
from nnlite.comparison.listed_run import Foreign, ListedRun, read
from nnlite.comparison.results import Comparable, Comparison, Group, PairedTest
from nnlite.comparison.tested_rows import NotTested, TestedRows, tested_rows
from nnlite.config.training_config import TrainingConfig
from nnlite.core.loss import Loss
from nnlite.errors import NnliteError, RunError
from nnlite.metrics.monitor import falls
from nnlite.metrics.paired import holm, mcnemar, mean_difference, rmse_difference
from nnlite.runs.folder import RunFolder
from nnlite.text import rounded
from nnlite.training.history import History
from nnlite.types import Task

_MAIN: dict[Task, str] = {"classification": "accuracy", "regression": "rmse", "multi-label": "loss"}
"""The figure that decides which of two runs is better; other losses would depend on class weights and smoothing."""


@dataclass(eq=False)
class _Opened:
    """A run with all that can be had of it."""

    listed: ListedRun
    config: TrainingConfig
    task: Task
    histories: dict[str, History]
    tested: TestedRows | None = None
    keys: set[str] = field(default_factory=set)  # of its data, of which one is enough to be comparable

    @property
    def name(self) -> str:
        return str(self.listed.folder)


def compare(folders: Iterable[str | Path]) -> Comparison:
    """Compares runs: their data is read again, and their models answer for the test rows.

    Runs of several tasks, or of data that is not the same, are not compared: each kind has a ranking of its own. A
    test is made only of runs with the same test rows, to the last number: another seed parts the rows otherwise.

    Args:
        folders: run folders; one that is damaged, or not one of a run, is said in `said`.

    Raises:
        RunError: when fewer than two of them are runs.

    >>> import nnlite, tempfile
    >>> from nnlite.comparison.comparing import compare
    >>> layers = [{"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]
    >>> config = {"data": {"source": "iris"}, "model": {"layers": layers}, "training": {"epochs": 5}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     places = [f"{folder}/{rate}" for rate in (0.0001, 0.01)]
    ...     for rate, place in zip((0.0001, 0.01), places):
    ...         _ = nnlite.train(config, {"optimizer.learning_rate": rate}, out=place, progress=False)
    ...     found = compare(places)
    >>> found.differing, found.comparable[0].ranked_by, found.comparable[0].tests[0].rows
    ({'optimizer.learning_rate': [0.0001, 0.01]}, 'test_accuracy', 30)
    """
    said: list[str] = []
    opened: dict[Path, _Opened] = {}
    data: dict[str, Any] = {}
    for path in map(Path, folders):
        if path.resolve() in opened:
            continue
        try:
            opened[path.resolve()] = _opened(path, data, said)
        except (Foreign, NnliteError, OSError) as error:
            said.append(f"{path} is left out: {error}")
    runs = list(opened.values())
    if len(runs) < 2:
        why = "".join(f"\n  {each}" for each in said)
        raise RunError(f"there are not two runs to compare: name two run folders, or more{why}")
    parts = _parted(runs)
    comparable = tuple(_comparable(part, said) for part in parts)
    if len(parts) > 1:
        said += _why_apart(parts)
    return Comparison(
        tuple(run.listed for run in runs),
        differing([run.listed.config for run in runs]),
        comparable,
        tuple(said),
    )


def _opened(path: Path, data: dict[str, Any], said: list[str]) -> _Opened:
    """A run with its histories and, if it is finished, its answers; raises an `NnliteError` or `Foreign`."""
    listed, folder = read(path), RunFolder(path)
    if listed.state == "broken":
        raise RunError(listed.why)
    config = folder.read_config()
    loss = config.document["model"]["layers"][-1]["type"]
    kind = config.registry.find(loss, Loss)
    assert issubclass(kind, Loss)
    run = _Opened(listed, config, kind.task, {})
    if folder.history.exists() or folder.member(0).history.exists():
        run.histories = folder.read_histories()
    run.keys = {json.dumps(config.document["data"], default=str, sort_keys=True)}
    if listed.state == "unfinished":
        said.append(f"{path} is {listed.why}; it is in no test")
        return run
    try:
        run.tested = tested_rows(folder, config, data)
        run.keys |= run.tested.keys
    except NotTested as why:
        said.append(f"{path} is in no test: {why}")
    return run


def _parted(runs: Sequence[_Opened]) -> list[list[_Opened]]:
    """The runs that can be compared with each other: of one task, and linked by a key of their data."""
    parts: list[list[_Opened]] = []
    for run in runs:
        same = [part for part in parts if any(run.task == other.task and run.keys & other.keys for other in part)]
        parts = [part for part in parts if part not in same] + [[each for part in same for each in part] + [run]]
    order = {id(run): place for place, run in enumerate(runs)}
    for part in parts:
        part.sort(key=lambda run: order[id(run)])
    return sorted(parts, key=lambda part: order[id(part[0])])


def _why_apart(parts: Sequence[Sequence[_Opened]]) -> Iterator[str]:
    first = parts[0][0]
    for part in parts[1:]:
        other = part[0]
        names = ", ".join(run.name for run in part)
        if other.task != first.task:
            why = f"their task is {other.task}, that of {first.name} is {first.task}"
        else:
            why = f"their test rows are others than those of {first.name}"
        yield f"not beside the others: {names}: {why}"


def _comparable(part: Sequence[_Opened], said: list[str]) -> Comparable:
    task = part[0].task
    ranked_by = _ranked_by(part, task)
    falling, by_name = falls(ranked_by), {run.name: run for run in part}
    values = {run.name: _value(run, ranked_by) for run in part}
    groups = [
        Group(tuple(run.name for run in group), tuple(values[run.name] for run in group)) for group in _groups(part)
    ]
    groups.sort(key=lambda group: math.inf if math.isnan(group.mean) else group.mean if falling else -group.mean)
    configs = [by_name[name].listed.config for group in groups for name in group.runs]
    histories = _labelled(part, groups, ranked_by)
    return Comparable(task, ranked_by, tuple(groups), differing(configs), histories, _tests(part, groups, said))


def _ranked_by(part: Sequence[_Opened], task: Task) -> str:
    """The main figure of the test rows, or of the validation rows where some run has no test rows."""
    main = _MAIN[task]
    finished = [run for run in part if run.listed.state == "finished"]
    for name in (f"test_{main}", f"validation_{main}", "test_loss", "validation_loss"):
        if finished and all(name in run.listed.figures for run in finished):
            return name
    return "training_loss"


def _value(run: _Opened, name: str) -> float:
    """The figure of a run; without test and validation rows that of its last epoch."""
    if name in run.listed.figures:
        return run.listed.figures[name]
    last = [history[name][-1] for history in run.histories.values() if name in history and len(history)]
    return float(np.mean(last)) if name == "training_loss" and last else math.nan


def _groups(part: Sequence[_Opened]) -> list[list[_Opened]]:
    """The runs that differ in nothing but their seed, together."""
    groups: list[list[_Opened]] = []
    for run in part:
        for group in groups:
            if not differing([group[0].listed.config, run.listed.config], leaving_out=["seed"]):
                group.append(run)
                break
        else:
            groups.append([run])
    return groups


def _labelled(part: Sequence[_Opened], groups: Sequence[Group], ranked_by: str) -> dict[str, History]:
    """The histories, the best run first, by labels that say rank, figure and name: of a long one the end is cut."""
    by_name = {run.name: run for run in part}
    falling = falls(ranked_by)
    found: dict[str, History] = {}
    for rank, group in enumerate(groups, start=1):
        pairs = sorted(
            zip(group.values, group.runs, strict=True),
            key=lambda pair: math.inf if math.isnan(pair[0]) else pair[0] if falling else -pair[0],
        )
        for value, name in pairs:
            figure = "" if math.isnan(value) else f"{rounded(value)}, "
            for member, history in by_name[name].histories.items():
                of = f", {member}" if len(by_name[name].histories) > 1 else ""
                if len(history):
                    found[f"{rank}. {figure}{name}{of}"] = history
    return found


def _tests(part: Sequence[_Opened], groups: Sequence[Group], said: list[str]) -> tuple[PairedTest, ...]:
    """The best run beside each of the others that has the same test rows; so for each set of rows."""
    by_name = {run.name: run for run in part}
    left = [(by_name[name], tested) for group in groups for name in group.runs if (tested := by_name[name].tested)]
    found: list[PairedTest] = []
    while left:
        (best, rows), *others = left
        same = [(run, tested) for run, tested in others if tested.keys & rows.keys]
        left = [pair for pair in others if pair not in same]
        if not same and (others or found):
            said.append(
                f"{best.name} has test rows that no other run has (another seed parts them otherwise): in no test"
            )
        found += [_test(best.name, rows, run.name, tested) for run, tested in same if rows.task != "multi-label"]
    raised = iter(holm([each.p for each in found if each.mcnemar is not None]))
    return tuple(
        PairedTest(**{**vars(each), "p": next(raised)}) if each.mcnemar is not None else each for each in found
    )


def _test(first: str, one: TestedRows, second: str, other: TestedRows) -> PairedTest:
    rng = seeding.generator(0, "bootstrap")
    if one.errors is not None and other.errors is not None:
        difference, interval = rmse_difference(one.errors, other.errors, rng, one.weights)
        return PairedTest(first, second, one.rows, None, math.nan, "rmse", difference, interval)
    assert one.right is not None and other.right is not None
    assert one.log_losses is not None and other.log_losses is not None
    difference, interval = mean_difference(one.log_losses, other.log_losses, rng, one.weights)
    found = mcnemar(one.right, other.right)
    return PairedTest(first, second, one.rows, found, found.p, "log_loss", difference, interval)
