"""Training goes through the data again and again, and after every batch takes a small step downhill."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nnlite import seeding
from nnlite.data.batches import slices
from nnlite.data.dataset import Dataset
from nnlite.errors import ConfigError, DataError, DivergenceError, ShapeError
from nnlite.history import History
from nnlite.model import Sequential
from nnlite.optimizers import Optimizer
from nnlite.signature import Configured, NonNegativeInt, PositiveInt
from nnlite.types import Array

_ROWS_AT_ONCE = 1024


class Trainer(Configured):
    """Fits a model to a dataset.

    Args:
        model: a `Sequential` that ends in a loss; `fit` builds it if nobody did.
        optimizer: the update rule.
        epochs: how often one `fit` goes through all rows.
        batch_size: rows per step. A last batch of one row joins the one before it.
        seed: of the order of the rows (and of the model, if `fit` builds it).

    Attributes:
        history: a `History` with one row for each epoch so far.

    >>> import numpy as np
    >>> from nnlite import SGD, Dataset, Dense, Sequential, SoftmaxCrossEntropy, Trainer
    >>> data = Dataset(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([0, 0, 1, 1]))
    >>> trainer = Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(1.0), epochs=50, batch_size=2)
    >>> trainer.fit(data)["training_accuracy"][-1]
    1.0
    """

    def __init__(
        self,
        model: Sequential,
        optimizer: Optimizer,
        *,
        epochs: PositiveInt = 10,
        batch_size: PositiveInt = 32,
        seed: NonNegativeInt = 0,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.history = History()
        self._shuffle = seeding.generator(seed, "shuffle")

    def fit(
        self,
        train: Dataset,
        validation: Dataset | None = None,
        *,
        on_step: Callable[[int, int], None] | None = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> History:
        """Trains for `epochs` epochs, changing the model's weights in place; a second call goes on from there.

        Args:
            train: the rows to learn from.
            validation: rows to report on after every epoch; nothing is learnt from them.
            on_step: called after every step with its number in the epoch, from 1, and how many there are.
            on_epoch: called after every epoch with its row of the history.

        Raises:
            DataError: when the targets do not fit the loss.
            DivergenceError: as soon as the loss or a weight is no longer finite.
        """
        train = self.check(train)
        validation = None if validation is None else self.check(validation)
        if not self.model.adapted:
            self.model.adapt(train.x, train.y)
        done, batches = len(self.history), slices(len(train), self.batch_size)
        for epoch in range(done + 1, done + self.epochs + 1):
            started = time.perf_counter()
            row: dict[str, float] = {"epoch": epoch}
            with np.errstate(over="ignore", invalid="ignore"):  # what is not finite becomes an error instead
                figures = self._train_epoch(epoch, train, batches, on_step)
                row |= {f"training_{name}": figure for name, figure in figures.items()}
                if validation is not None:
                    figures = evaluate(self.model, validation)
                    row |= {f"validation_{name}": figure for name, figure in figures.items()}
            row["learning_rate"] = self.optimizer.learning_rate
            row["seconds"] = time.perf_counter() - started
            self.history.append(row)
            if on_epoch is not None:
                on_epoch(row)
        return self.history

    def _train_epoch(
        self, epoch: int, train: Dataset, batches: list[slice], on_step: Callable[[int, int], None] | None
    ) -> dict[str, float]:
        """One pass over the rows in a new order; returns the running figures."""
        order = self._shuffle.permutation(len(train))
        x, y = train.x[order], train.y[order]  # gathered at once: a batch is then a slice
        weights = None if train.sample_weight is None else train.sample_weight[order]
        running = _Running(self.model)
        for step, batch in enumerate(batches, start=1):
            weight = None if weights is None else weights[batch]
            loss = self.model.loss(x[batch], y[batch], weight, training=True)
            if not math.isfinite(loss):
                raise self._divergence(f"the loss became {loss}", epoch, step)
            running.add(loss, y[batch], weight)
            self.model.backward()
            self.optimizer.step(self.model.parameters, self.optimizer.learning_rate)
            if on_step is not None:
                on_step(step, len(batches))
        if not np.isfinite(self.model.parameters.values).all():
            raise self._divergence("a weight became infinite or NaN", epoch, len(batches))
        return running.figures()

    def check(self, data: Dataset) -> Dataset:
        """The rows with their targets checked and encoded, and the model built for them, if nobody did.

        Raises `ShapeError` or `DataError` where model and data do not belong together; `fit` begins with it.
        """
        criterion = self.model.criterion
        _check_is_dataset(data)
        if criterion is None:
            raise ConfigError(
                "the model has no loss to train on; end its layers with one, such as SoftmaxCrossEntropy()"
            )
        if not self.model.built:
            self.model.build(data.x.shape[1:], seed=self.seed)
        needed = None if data.classes is None else criterion.outputs_for(len(data.classes))
        if needed is not None and self.model.output_shape != (needed,):
            last = len(self.model.layers) - 1
            raise ShapeError(
                f"model.layers[{last}] {self.model.layers[last]!r} gives outputs of shape "
                f"{self.model.output_shape}, but the data has {len(data.classes or ())} classes, for which "
                f"{criterion!r} needs shape ({needed},)"
            )
        targets = criterion.encode(data.y, self.model.output_shape)
        weight = data.sample_weight
        return replace(data, y=targets, sample_weight=None if weight is None else weight.astype(self.model.dtype))

    def _divergence(self, what: str, epoch: int, step: int) -> DivergenceError:
        return DivergenceError(
            f"{what} in epoch {epoch}, step {step}, with learning rate {self.optimizer.learning_rate:g}; "
            "try a learning rate ten times smaller, and a Standardize layer first if the features are large"
        )


def evaluate(model: Sequential, data: Dataset) -> dict[str, float]:
    """The loss and its metrics on some rows, which teach the model nothing.

    >>> import numpy as np
    >>> from nnlite import Dataset, Dense, Sequential, SoftmaxCrossEntropy, evaluate
    >>> model = Sequential([Dense(2, weight_init="ones"), SoftmaxCrossEntropy()]).build((3,))
    >>> figures = evaluate(model, Dataset(np.ones((4, 3)), np.array([0, 0, 0, 1])))
    >>> round(figures["loss"], 6), figures["accuracy"]
    (0.693147, 0.75)
    """
    if model.criterion is None:
        raise ConfigError("the model has no loss to evaluate; end its layers with one")
    _check_is_dataset(data)
    targets = model.criterion.encode(data.y, model.output_shape)
    running = _Running(model)
    for rows in slices(len(data), _ROWS_AT_ONCE):
        weight = None if data.sample_weight is None else data.sample_weight[rows].astype(model.dtype)
        running.add(model.loss(data.x[rows], targets[rows], weight), targets[rows], weight)
    return running.figures()


def _check_is_dataset(data: object) -> None:
    if not isinstance(data, Dataset):
        raise DataError(
            f"got a {type(data).__name__}, expected a Dataset: nnlite.data.from_arrays(x, labels) makes one"
        )


class _Running:
    """Weighted means of the loss and its metrics over batches: Σ(figure × weight) / Σweight."""

    def __init__(self, model: Sequential) -> None:
        assert model.criterion is not None
        self.model, self.criterion = model, model.criterion
        self.weight = 0.0
        self.sums = dict.fromkeys(("loss", *self.criterion.metrics), 0.0)

    def add(self, loss: float, targets: Array, sample_weight: Array | None) -> None:
        """Counts the batch of the model's last `loss`."""
        weight, outputs = self.criterion.weight, self.model.outputs
        self.weight += weight
        self.sums["loss"] += loss * weight
        for name, metric in self.criterion.metrics.items():
            self.sums[name] += metric(outputs, targets, sample_weight) * weight

    def figures(self) -> dict[str, float]:
        """The means, by name."""
        return {name: total / self.weight if self.weight else 0.0 for name, total in self.sums.items()}
