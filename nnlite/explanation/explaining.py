"""A config explained before it is trained: its rows, its network, what it costs, what it means, what is unusual."""

from dataclasses import dataclass

import numpy as np

from nnlite.config.training_config import TrainingConfig
from nnlite.core.diagram import diagram
from nnlite.core.summary import Summary
from nnlite.data import Splits
from nnlite.explanation.meaning import Meaning, meanings
from nnlite.explanation.measured import Measured, measured
from nnlite.explanation.unusual import unusual
from nnlite.report.network import Network, network_of
from nnlite.runs import environment
from nnlite.text import counted, cut


@dataclass(frozen=True)
class Explanation:
    """What can be said of a config before training.

    Attributes:
        name: the name of the config.
        rows: how many rows each part has.
        target: what is predicted, in words.
        summary: the network as a table.
        diagram: the network as a drawing in text.
        network: the network as a report has it, of which `nnlite.report.diagram_file` makes a drawing.
        parameters: how many numbers are trained.
        bytes: the memory in bytes of the "rows" of all parts, the "weights" of all members, and of what "training"
            one takes beside them.
        measured: what a few steps have shown.
        epochs: how many epochs there are at most, those of all members together.
        meanings: what each section means.
        unusual: sentences on what is unusual.
    """

    name: str
    rows: dict[str, int]
    target: str
    summary: Summary
    diagram: str
    network: Network
    parameters: int
    bytes: dict[str, int]
    measured: Measured
    epochs: int
    meanings: tuple[Meaning, ...]
    unusual: tuple[str, ...]


def explain(config: TrainingConfig) -> Explanation:
    """Explains a config: reads its data, builds its model, and makes a few steps with copies, which are thrown away.

    Raises:
        ConfigError, DataError, ShapeError: as a training would, before its first step.

    >>> from pathlib import Path
    >>> from nnlite.config.training_config import check
    >>> from nnlite.explanation.explaining import explain
    >>> layers = [{"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]
    >>> found = explain(check({"data": {"source": "wine"}, "model": {"layers": layers}}, Path("wine.toml")))
    >>> found.rows, found.parameters, found.measured.steps
    ({'train': 124, 'validation': 18, 'test': 36}, 42, 4)
    >>> found.unusual[0].partition(";")[0]
    "unscaled inputs: the feature 'proline' reaches Dense(3) with a root mean square of 801"
    """
    splits, trainer = config.build()
    trainer.check(splits.train, splits.validation, test=splits.test)
    found = measured(trainer, splits.train, splits.validation)
    said = unusual(trainer, splits)
    if found.diverged:
        said.insert(0, f"training diverges within {counted(found.made + 1, 'step')}: {found.diverged}")
    model, members = trainer.model, config.members
    parts = [part for part in (splits.train, splits.validation, splits.test) if part is not None]
    return Explanation(
        config.name,
        environment.rows(splits),
        _target(splits),
        model.summary(),
        diagram(model),
        network_of(model, members),
        model.parameters.values.size,
        {
            "rows": sum(part.x.nbytes + part.y.nbytes for part in parts),
            "weights": members * sum(each.value.nbytes for each in model.parameters),
            "training": found.memory,
        },
        found,
        members * trainer.epochs,
        tuple(meanings(config)),
        tuple(said),
    )


def _target(splits: Splits) -> str:
    """What is predicted: how many classes, each with its rows, or between which numbers."""
    train = splits.train
    if train.classes is None:
        numbers = train.y.reshape(len(train), -1)
        if numbers.shape[1] > 1:
            return f"{numbers.shape[1]} numbers for each row"
        return f"a number, {float(numbers.min()):.4g} to {float(numbers.max()):.4g} in the training rows"
    if train.y.ndim != 1:
        return f"{counted(len(train.classes), 'label')} for each row"
    counts = np.bincount(train.y, minlength=len(train.classes))
    shown = [f"{cut(str(name), 30)} ({count:,})" for name, count in zip(train.classes, counts, strict=True)][:10]
    more = ", …" if len(train.classes) > len(shown) else ""
    return f"one of {len(train.classes)} classes, with their training rows: {', '.join(shown)}{more}"
