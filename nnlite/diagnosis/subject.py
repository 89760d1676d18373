"""The subject of a diagnosis: a trained model, its history and its rows, and what is computed from them once."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.data.dataset import Dataset
from nnlite.diagnosis.layer_record import LayerRecord, recorded
from nnlite.diagnosis.neighbours import Neighbours
from nnlite.diagnosis.settings import Settings
from nnlite.text import cut, printable
from nnlite.training.history import History
from nnlite.types import Array

_MOST_SAMPLED = 1000  # rows: enough to see what concerns one row in a hundred, and neighbours cost their square
_MOST_RECORDED, _LEAST_RECORDED = 256, 32  # rows that run through the layers and back
_MOST_OUTPUTS = 2_000_000  # of all layers together


@dataclass(frozen=True, eq=False)
class Subject:
    """What is looked at.

    Args:
        model: the trained model.
        history: the history of its training.
        settings: how it was trained.
        train: its training rows, in the order of the model's columns and classes, as all parts.
        validation: its validation rows, or None.
        test: its test rows, or None.
        figures: the figures of the test rows, as `metrics.json` has them; empty without any.
    """

    model: Sequential
    history: History
    settings: Settings
    train: Dataset
    validation: Dataset | None = None
    test: Dataset | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """What the model predicts: "classification", "multi-label" or "regression"."""
        return self.model.network.criterion.task

    @property
    def has_classes(self) -> bool:
        """Whether each row belongs to one class."""
        return self.task == "classification" and self.train.classes is not None and self.train.y.ndim == 1

    @property
    def has_one_number(self) -> bool:
        """Whether one number is predicted for each row."""
        return self.task == "regression" and self.train.y.size == len(self.train)

    @functools.cached_property
    def losses(self) -> Array:
        """(epochs,), the training loss of each epoch."""
        return np.array(self.history["training_loss"] if len(self.history) else (), np.float64)

    @functools.cached_property
    def sample(self) -> Dataset:
        """Some of the training rows from which the model has learnt, evenly spaced, since rows may be sorted."""
        return some_of(self.train.counted(), _MOST_SAMPLED)

    @functools.cached_property
    def predictions(self) -> Array:
        """(rows, …), the predictions of the model for the sample."""
        return self.model.predict(self.sample.x)

    @functools.cached_property
    def prepared(self) -> Array:
        """(rows, …), the sample behind the preprocessing, as the network takes it."""
        return self.model.preprocess(self.sample.x)

    @functools.cached_property
    def neighbours(self) -> Neighbours:
        """The rows of the sample that are most alike to each."""
        return Neighbours(self.prepared)

    @functools.cached_property
    def record(self) -> LayerRecord:
        """What the units do and which gradients reach the layers, on some of the training rows."""
        outputs = sum(math.prod(layer._output_shape or ()) for _, layer, _ in walk(self.model.layers))
        most = max(_LEAST_RECORDED, min(_MOST_RECORDED, _MOST_OUTPUTS // max(outputs, 1)))
        return recorded(self.model, some_of(self.sample, most))

    @functools.cached_property
    def constant_loss(self) -> float:
        """The loss on the sample if the shares of the classes, or the mean target, were predicted for each row.

        NaN where the loss cannot say.
        """
        criterion, rows = self.model.network.criterion, self.sample
        encoded = criterion.encode(rows.y, self.model.output_shape)
        weight = criterion.weights(encoded, rows.sample_weight)
        if self.has_classes:
            assert rows.classes is not None
            shares = np.bincount(rows.y, weight, len(rows.classes))
            answer = np.maximum(shares / shares.sum(), 1e-12)
        else:
            answer = np.average(rows.y.astype(np.float64), axis=0, weights=weight)
        outputs = criterion.outputs_from(np.broadcast_to(answer, (len(rows), *answer.shape)))
        # The loss is a copy's, since `forward` leaves something on the loss itself.
        loss = self.record.criterion.forward(outputs, encoded, rows.sample_weight)
        return loss if math.isfinite(loss) else math.nan

    def column(self, index: int) -> str:
        """How a column of x is called in a sentence."""
        names = self.train.feature_names
        return f"column {index}" if names is None else named(names[index])

    def is_of_users(self, index: int) -> bool:
        """Whether a column of x is one of the user's, not what was made of one, such as its flag of gaps."""
        table, names = self.train.table, self.train.feature_names
        return table is None or names is None or names[index] in {column.name for column in table.encoder.columns}

    def drop(self, columns: list[int]) -> str:
        """The line of a config that leaves columns of a table out; "" where the rows were made of no table."""
        names = self.train.feature_names
        if self.train.table is None or names is None or len(columns) > 5:
            return ""
        known = {column.name for column in self.train.table.encoder.columns}
        left = [names[index] for index in columns if names[index] in known]
        return f"data.drop = [{', '.join(map(quoted, left))}]" if left else ""


def some_of(rows: Dataset, most: int) -> Dataset:
    """At most so many of the rows, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows.rows(np.arange(most) * len(rows) // most)


def named(name: object, most: int = 30) -> str:
    """A name of a user's in a sentence: in quotes if it is a text, fit for a terminal, and not too long."""
    return cut(printable(repr(name)), most)


def quoted(text: str) -> str:
    """The text as a string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(escaped)}"'
