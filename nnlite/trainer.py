"""Training goes through the data again and again, and after every batch takes a small step downhill."""

import math
import time
from collections.abc import Callable

import numpy as np

from nnlite import seeding, threads
from nnlite.data.dataset import Dataset
from nnlite.errors import DataError, DivergenceError
from nnlite.evaluation import Means, evaluate_feed
from nnlite.feed import Feed
from nnlite.history import History
from nnlite.model import Sequential
from nnlite.optimizers.optimizer import Optimizer
from nnlite.signature import Configured, NonNegativeInt, PositiveInt


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
        if self.model.built:
            self.model.follow_freezing()
        feed = self.feed(train)
        validation_feed = None if validation is None else self.feed(validation)
        if validation is not None:
            _check_same_classes(train, validation)
        if not self.model.adapted:
            self.model.adapt(feed.x, feed.targets)
        with threads.limited(self.threads), np.errstate(over="ignore", invalid="ignore"):  # it becomes an error
            for each in (feed, validation_feed):
                if each is not None:
                    each.prepare()
            done = len(self.history)
            for epoch in range(done + 1, done + self.epochs + 1):
                started = time.perf_counter()
                row: dict[str, float] = {"epoch": epoch}
                figures = self._train_epoch(epoch, feed, on_step)
                row |= {f"training_{name}": figure for name, figure in figures.items()}
                if validation_feed is not None:
                    figures = evaluate_feed(validation_feed)
                    row |= {f"validation_{name}": figure for name, figure in figures.items()}
                row["learning_rate"] = self.optimizer.learning_rate
                row["seconds"] = time.perf_counter() - started
                self.history.append(row)
                if on_epoch is not None:
                    on_epoch(row)
                    self.model.follow_freezing()  # it may have frozen a layer
        return self.history

    def _train_epoch(self, epoch: int, feed: Feed, on_step: Callable[[int, int], None] | None) -> dict[str, float]:
        """One pass over the rows in a new order; returns the running figures."""
        network, parameters, optimizer = self.model.network, self.model.parameters, self.optimizer
        means, steps = Means(network.criterion), feed.steps(self.batch_size)
        batches = feed.batches(self.batch_size, self._shuffle.permutation(len(feed)))
        for step, (x, targets, weight) in enumerate(batches, start=1):
            loss = network.loss(x, targets, weight, training=True)
            if not math.isfinite(loss):
                raise self._divergence(f"the loss became {loss}", epoch, step)
            network.backward()
            optimizer.step(parameters, optimizer.learning_rate)
            means.add(loss, network.outputs, targets, weight)
            if on_step is not None:
                on_step(step, steps)
        if not np.isfinite(parameters.values).all():
            raise self._divergence("a weight became infinite or NaN", epoch, steps)
        return means.figures()

    def feed(self, data: Dataset) -> Feed:
        """The rows, checked against the model, which is built for them if nobody did; `fit` begins with it.

        Raises `ShapeError` or `DataError` where model and data do not belong together.
        """
        if not self.model.built and isinstance(data, Dataset):
            self.model.build(data.x.shape[1:], seed=self.seed)
        return Feed(self.model, data)

    @property
    def threads(self) -> int:
        """On how many threads `fit` multiplies matrices: a matter of the model and the batch."""
        self.model.check_built()
        return threads.for_work(self.batch_size * sum(parameter.size for parameter in self.model.parameters))

    def _divergence(self, what: str, epoch: int, step: int) -> DivergenceError:
        return DivergenceError(
            f"{what} in epoch {epoch}, step {step}, with learning rate {self.optimizer.learning_rate:g}; "
            "try a learning rate ten times smaller, and a Standardize layer first if the features are large"
        )


def _check_same_classes(train: Dataset, validation: Dataset) -> None:
    if train.classes and validation.classes and train.classes != validation.classes:
        raise DataError(
            f"the classes of the validation rows are {validation.classes}, those of the training rows "
            f"{train.classes}; make both with from_arrays(…, classes=…)"
        )
