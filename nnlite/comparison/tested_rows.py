"""The test rows of a run and what its model answers for them, so that runs can be compared row by row."""

import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnlite import threads
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Dataset
from nnlite.data.naming import in_order
from nnlite.errors import NnliteError
from nnlite.metrics import classification as metrics
from nnlite.metrics.probabilities import log_losses
from nnlite.runs import environment
from nnlite.runs.folder import RunFolder
from nnlite.saving import model_file
from nnlite.types import Array, Task

_OF_COLUMNS = {"missing", "kinds", "formats", "drop", "weight", "feature_names"}
"""Keys of a source that say what becomes of its columns, and not which rows there are."""


class NotTested(Exception):
    """A run whose answers for its test rows cannot be had; its message says why."""


@dataclass(frozen=True, eq=False)
class TestedRows:
    """The test rows of a run, and its model's answers.

    Attributes:
        task: what is predicted.
        keys: what the rows are known by: two runs have the same test rows where they share a key.
        rows: how many there are.
        weights: (rows,), how much each counts; None if all count alike.
        right: (rows,), of a classifier whether the likeliest class is the true one; None of others.
        log_losses: (rows,), of a classifier −log of the probability of the true class; None of others.
        errors: (rows, outputs), of a regression what was predicted less what is true; None of others.
    """

    __test__ = False  # no test of pytest's

    task: Task
    keys: frozenset[str]
    rows: int
    weights: Array | None
    right: Array | None = None
    log_losses: Array | None = None
    errors: Array | None = None


def tested_rows(folder: RunFolder, config: TrainingConfig, read: dict[str, Any]) -> TestedRows:
    """The test rows of a finished run, which are read again, and its model's answers for them, in float64.

    Args:
        folder: the run folder.
        config: the run's config.
        read: the data that was read so far, by its source, to which this run's is added: several runs have the same.

    Raises:
        NotTested: where the run has no test rows, they cannot be read any more, or are not what they were.
    """
    try:
        source = json.dumps(config.source(), default=str)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the training has said what is odd about the data
            if source not in read:
                read[source] = config.read_data()
            splits = config.split_data(read[source])
        if splits.test is None:
            raise NotTested("it has no test rows")
        if environment.data_hash(splits) != folder.read_environment().get("data_sha256"):
            raise NotTested("its data is not what it was trained on any more")
        predictor = model_file.load(folder.path, plugins=config.document["plugins"])
        model = predictor.model
        test = in_order(splits.test, model.classes, model.feature_names)
        with threads.limited(1), np.errstate(over="ignore", invalid="ignore"):
            found = predictor.in_float64(test.x)
    except (NnliteError, OSError) as error:
        raise NotTested(str(error)) from None
    task = predictor.members[0].network.criterion.task
    answered = TestedRows(task, _keys(config, splits.test), len(test), test.sample_weight)
    if task == "regression":
        return replace(answered, errors=(found - test.y.reshape(found.shape)).reshape(len(test), -1))
    if task == "classification" and test.y.ndim == 1:
        right = metrics.likeliest(found) == test.y
        return replace(answered, right=right, log_losses=log_losses(found, test.y))
    return answered


def _keys(config: TrainingConfig, test: Dataset) -> frozenset[str]:
    """What the rows are known by: by their features, and by where in which source they stand; each with the targets.

    The second tells the same rows of which one run leaves out a column.
    """
    y = test.y if test.classes is None or test.y.ndim != 1 else np.array([str(test.classes[each]) for each in test.y])
    source: Mapping[str, Any] = {
        key: value for key, value in config.source().items() if key not in _OF_COLUMNS and value is not None
    }
    place = json.dumps(source, default=str, sort_keys=True).encode()
    return frozenset({_digest(b"features", test.x, y), _digest(place, test.numbers, y)})


def _digest(begin: bytes, *arrays: Array) -> str:
    digest = hashlib.sha256(begin)
    for array in arrays:
        digest.update(f" {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
