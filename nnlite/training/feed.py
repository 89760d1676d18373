"""A feed holds the rows of a dataset, checked and prepared for one model, and gives them batch after batch."""

import contextlib
import copy
import hashlib
import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.data.batches import chunks, portions
from nnlite.data.dataset import Dataset
from nnlite.data.naming import in_order
from nnlite.errors import DataError, RowError, ShapeError
from nnlite.text import counted
from nnlite.types import Array

Batch: TypeAlias = tuple[Array, Array, Array | None]
"""Rows ready for the network, their encoded targets, their sample weights."""


class Feed:
    """Rows that were checked against a model, and prepared for it once if memory allows.

    Rows for which memory does not allow it (`cost.memory_for_prepared_rows`), such as those of a memory-mapped file,
    stay where they are and are prepared half a megabyte at a time.

    Args:
        model: the model, which is built.
        data: the rows and their targets; columns and classes are put in the model's order, by their names.

    Attributes:
        classes, feature_names: the names of the classes and of the columns, in that order; None if the data has none.
        table: what made the rows of a table; None if nothing did.
        model: the model that the rows are for.
        x: the raw rows.
        targets: their targets as the model's loss takes them.
        sample_weight: a weight for each row, or None.

    Raises:
        DataError, ShapeError: where model and data do not belong together.
    """

    def __init__(self, model: Sequential, data: Dataset) -> None:
        if not isinstance(data, Dataset):
            raise DataError(
                f"got a {type(data).__name__}, expected a Dataset: nnlite.data.from_arrays(x, labels) makes one"
            )
        model.check_built()
        criterion = model.network.criterion
        if not model.takes_gaps:
            data.refuse_gaps()
        data = in_order(data, model.classes, model.feature_names)
        if data.table is not None and model.table is not None and data.table != model.table:
            raise DataError(
                "the rows were made of a table by another encoder than the model's, so that their numbers mean "
                "something else: model.table.dataset(rows, model.classes) makes them of the table"
            )
        if data.table is not None:
            data.table.check_codes(model.layers)
        _check_classes(model, data)
        model.check_shape(data.x)
        self.classes, self.feature_names, self.table = data.classes, data.feature_names, data.table
        self.model, self.x = model, np.asarray(data.x)
        self._numbers = data.numbers
        with self._numbered():
            self.targets = np.ascontiguousarray(criterion.encode(data.y, model.output_shape))
        weight = data.sample_weight
        self.sample_weight = None if weight is None else weight.astype(model.dtype)
        self._ready: Array | None = None
        self._plans: dict[int, list[tuple[slice, list[slice]]]] = {}

    def digest(self) -> str:
        """A hash of the rows, their targets and weights, which tells whether two feeds have the same rows."""
        found = hashlib.blake2b(repr((self.x.dtype, self.x.shape)).encode(), digest_size=16)
        weights = () if self.sample_weight is None else (self.sample_weight,)
        for array in (self.x, self.targets, *weights):
            for rows in portions(len(self)):
                found.update(np.ascontiguousarray(array[rows]).data)
        return found.hexdigest()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def mean_weight(self) -> float | None:
        """The mean over all rows of what each counts in the loss; None where none has a weight."""
        weights = self.model.network.criterion.weights(self.targets, self.sample_weight)
        return None if weights is None else float(np.mean(weights, dtype=np.float64))

    def try_one_row(self) -> None:
        """Runs one row as in training, on copies of the layers; a layer that cannot train on it raises its error."""
        x = self.model.preprocess(self.x[:1])
        with np.errstate(all="ignore"):  # layers that learn from the rows may not have seen them yet
            for layer in self.model.network.chain.layers:
                x = copy.deepcopy(layer).forward(x, training=layer.trainable)

    def try_values(self) -> None:
        """Runs all rows through the layers that refuse some; raises `RowError` with the row's number in the data."""
        layers = self.model.layers
        refusing = [index for index, top in enumerate(layers) if any(each.refuses_rows for _, each, _ in walk([top]))]
        if not refusing:
            return
        network = self.model.network.chain.layers
        needed = network[: len(network) - len(layers) + refusing[-1] + 1]
        for rows in portions(len(self), self.model.rows_at_once):
            with self._numbered(rows.start), np.errstate(all="ignore"):
                x = self.model.preprocess(self.x[rows])
                for layer in needed:
                    x = layer.forward(x)

    @contextlib.contextmanager
    def _numbered(self, start: int = 0) -> Iterator[None]:
        """Within the block an error about a row of a portion that starts here names the row's number in the data."""
        try:
            yield
        except RowError as error:
            raise error.numbered(int(self._numbers[start + error.row])) from None

    @property
    def row_bytes(self) -> int:
        """The bytes of one row as the network takes it, behind the preprocessing: its width there, its dtype."""
        return math.prod(self.model.prepared_shape) * np.dtype(self.model.dtype).itemsize

    def prepare(self, allowed: float) -> int:
        """Preprocesses all rows, once preprocessing has learnt from the training rows; unless they are too many.

        Args:
            allowed: the most bytes that they may take, beside the raw rows, which stay.

        Returns:
            How many bytes they take now.
        """
        if (needed := len(self) * self.row_bytes) > allowed:
            return 0
        self._ready = np.ascontiguousarray(self.model.preprocess(self.x))
        return 0 if np.may_share_memory(self._ready, self.x) else needed

    def steps(self, batch_size: int) -> int:
        """How many batches there are."""
        return sum(len(inner) for _, inner in self._plan(batch_size))

    def batches(self, batch_size: int, order: Array | None = None, start: int = 0) -> Iterator[Batch]:
        """The rows in batches.

        Args:
            batch_size: the rows of a batch.
            order: the order of the rows; their own if None.
            start: the number of batches to leave out at the beginning.
        """
        x = self.x if self._ready is None else self._ready
        for chunk, inner in self._plan(batch_size):
            left = inner[start:]
            start = max(start - len(inner), 0)
            if not left:
                continue
            rows = chunk if order is None else order[chunk]
            taken, targets = _gathered(x, rows), _gathered(self.targets, rows)
            if self._ready is None:
                taken = self.model.preprocess(taken)
            weights = None if self.sample_weight is None else _gathered(self.sample_weight, rows)
            for batch in left:
                yield taken[batch], targets[batch], None if weights is None else weights[batch]

    def _plan(self, batch_size: int) -> list[tuple[slice, list[slice]]]:
        """The chunks of an epoch, each with the batches in it; computed once for each batch size."""
        if batch_size not in self._plans:
            self._plans[batch_size] = chunks(len(self), batch_size, self.row_bytes)
        return self._plans[batch_size]


def _gathered(array: Array, rows: Array | slice) -> Array:
    if isinstance(rows, slice) or not array.flags.c_contiguous:
        return array[rows]
    return array.take(rows, axis=0)  # faster by far for few rows; it would copy the whole of any other array


def _check_classes(model: Sequential, data: Dataset) -> None:
    criterion = model.network.criterion
    if data.classes is None:
        return
    if criterion.task == "regression":
        raise DataError(
            f"the targets are classes, but {criterion!r} is a loss for numbers; regression_from_arrays(x, targets) "
            'makes a dataset of numbers, and task = "regression" does in [data] with source = "npz"'
        )
    if data.y.ndim != 1:
        return  # rows of probabilities or labels, whose width the loss checks itself
    needed = criterion.outputs_for(len(data.classes))
    if needed is not None and model.output_shape != (needed,):
        last = len(model.layers) - 1
        raise ShapeError(
            f"model.layers[{last}] {model.layers[last]!r} gives outputs of shape {model.output_shape}, but the "
            f"data has {counted(len(data.classes), 'class', 'classes')}, for which {criterion!r} needs "
            f"shape ({needed},)"
        )


Feeds: TypeAlias = tuple[Feed, Feed | None]
"""The training rows, and the validation rows if there are any."""
