"""Training goes through the data again and again, and after every batch takes a small step downhill."""

import copy
import math
import time
from collections.abc import Callable

import numpy as np

from nnlite import clipping, seeding, threads
from nnlite.data.dataset import Dataset
from nnlite.early_stopping import EarlyStopping
from nnlite.errors import ConfigError, DataError, DivergenceError
from nnlite.evaluation import Means, evaluate_feed, figure_names
from nnlite.feed import Feed
from nnlite.history import History, monitored
from nnlite.keeping import Keeper
from nnlite.model import Sequential
from nnlite.optimizers.optimizer import Optimizer
from nnlite.pace import Pace
from nnlite.schedules import Schedule
from nnlite.signature import Configured, Fraction, NonNegativeInt, PositiveFloat, PositiveInt


class Trainer(Configured):
    """Fits a model to a dataset.

    Args:
        model: a `Sequential` that ends in a loss; `fit` builds it if nobody did.
        optimizer: the update rule.
        epochs: how often one `fit` goes through all rows.
        batch_size: rows per step. A last batch of one row joins the one before it.
        schedule: what the optimizer's learning rate is multiplied by as time goes on. The trainer keeps a copy
            of its own, as of `early_stopping`.
        early_stopping: when to end before all epochs are done, and to go back to the best weights.
        clip_norm: the greatest norm of all gradients together; longer ones are scaled down.
        clip_value: or the greatest absolute value of each gradient by itself.
        average: the decay of a moving average of the weights, such as 0.99. The average is what is validated,
            kept by early stopping, and left in the model by `fit`; the steps go on from the weights themselves.
            Running statistics of normalizations are those of the last step: they are averages already.
        max_seconds: the most that a `fit` may take. It ends after the step in which they are used up; schedules
            follow the clock where that is ahead of the steps, and so come to their end too. Such a run cannot
            be repeated to the bit.
        seed: of the order of the rows (and of the model, if `fit` builds it).

    Attributes:
        history: a `History` with one row for each epoch so far.
        ended_early: what ended the last fit before its epochs were done, in words; empty if nothing did.

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
        schedule: Schedule | None = None,
        early_stopping: EarlyStopping | None = None,
        clip_norm: PositiveFloat | None = None,
        clip_value: PositiveFloat | None = None,
        average: Fraction | None = None,
        max_seconds: PositiveFloat | None = None,
        seed: NonNegativeInt = 0,
    ) -> None:
        if clip_norm is not None and clip_value is not None:
            raise ConfigError("Trainer: clip_norm and clip_value are both given; choose one")
        self.model = model
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch_size = batch_size
        self.schedule = copy.deepcopy(schedule)
        self.early_stopping = copy.deepcopy(early_stopping)
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.average = average
        self.max_seconds = max_seconds
        self.seed = seed
        self.history = History()
        self.ended_early = ""
        self.keeper = Keeper(model)
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

        Where `fit` leaves other weights than the last step's in the model (the best ones, an average), the second
        call goes on from those of the last step all the same, unless somebody has changed the model since.

        Args:
            train: the rows to learn from.
            validation: rows to report on after every epoch; nothing is learnt from them.
            on_step: called after every step with its number in the epoch, from 1, and how many there are.
            on_epoch: called after every epoch with its row of the history; the model has the last step's weights.

        Raises:
            DataError: when the targets do not fit the loss.
            ConfigError: when the figure to monitor is none of those that are recorded.
            DivergenceError: as soon as the loss or a weight is no longer finite.
        """
        started = time.perf_counter()
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
            self._check_monitored(feed, validation_feed)
            self.keeper.begin(self.early_stopping, self.average)
            try:
                self.ended_early = self._train(feed, validation_feed, started, on_step, on_epoch)
            finally:
                self.keeper.leave()
        return self.history

    def _train(
        self,
        feed: Feed,
        validation_feed: Feed | None,
        started: float,
        on_step: Callable[[int, int], None] | None,
        on_epoch: Callable[[dict[str, float]], None] | None,
    ) -> str:
        """The epochs of a fit; returns what ended it before they were done, if something did."""
        done = len(self.history)
        pace = Pace(self.schedule, self.epochs, feed.steps(self.batch_size), done, self.max_seconds, started)
        for epoch in range(done + 1, done + self.epochs + 1):
            begun = time.perf_counter()
            figures, rate = self._train_epoch(epoch, feed, pace, on_step)
            row = {"epoch": epoch} | {f"training_{name}": figure for name, figure in figures.items()}
            with self.keeper.shown():
                if validation_feed is not None:
                    figures = evaluate_feed(validation_feed)
                    row |= {f"validation_{name}": figure for name, figure in figures.items()}
                row |= {"learning_rate": rate, "seconds": time.perf_counter() - begun}
                self.keeper.after_epoch(row)
            if self.schedule is not None:
                self.schedule.after_epoch(row)
            self.history.append(row)
            if on_epoch is not None:
                on_epoch(row)
                self.model.follow_freezing()  # it may have frozen a layer
            if why := self.keeper.verdict() or pace.verdict():
                return f"stopped after epoch {epoch}: {why}"
        return ""

    def _train_epoch(
        self, epoch: int, feed: Feed, pace: Pace, on_step: Callable[[int, int], None] | None
    ) -> tuple[dict[str, float], float]:
        """One pass over the rows in a new order; returns the running figures, and the last learning rate."""
        network, parameters, optimizer = self.model.network, self.model.parameters, self.optimizer
        clip, average = clipping.clip(self.clip_norm, self.clip_value), self.keeper.average
        scheduled, timed = self.schedule is not None, self.max_seconds is not None
        means, steps = Means(network.criterion), feed.steps(self.batch_size)
        batches = feed.batches(self.batch_size, self._shuffle.permutation(len(feed)))
        for step, (x, targets, weight) in enumerate(batches, start=1):
            rate = optimizer.learning_rate * pace.multiplier(epoch, step) if scheduled else optimizer.learning_rate
            loss = network.loss(x, targets, weight, training=True)
            if not math.isfinite(loss):
                raise _divergence(f"the loss became {loss}", epoch, step, rate)
            network.backward()
            if clip is not None and not math.isfinite(size := clip(parameters.grads)):
                raise _divergence(f"the gradients to clip became {size}", epoch, step, rate)
            optimizer.step(parameters, rate)
            if average is not None:
                average.add(parameters)
            means.add(loss, network.outputs, targets, weight)
            if on_step is not None:
                on_step(step, steps)
            if timed and pace.out_of_time:
                break
        if not np.isfinite(parameters.values).all():
            raise _divergence("a weight became infinite or NaN", epoch, step, rate)
        return means.figures(), rate

    def _check_monitored(self, feed: Feed, validation_feed: Feed | None) -> None:
        """Raises `ConfigError` where the figure that shall be monitored will not be recorded."""
        self.history.monitor = None if self.early_stopping is None else self.early_stopping.monitor
        for watcher in (self.schedule, self.early_stopping):
            if watcher is not None and watcher.monitor is not None:
                parts = ("training",) if validation_feed is None else ("training", "validation")
                monitored(watcher.monitor, [f"{part}_{name}" for name in figure_names(feed) for part in parts])

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


def _divergence(what: str, epoch: int, step: int, rate: float) -> DivergenceError:
    return DivergenceError(
        f"{what} in epoch {epoch}, step {step}, with learning rate {rate:g}; "
        "try a learning rate ten times smaller, and a Standardize layer first if the features are large"
    )


def _check_same_classes(train: Dataset, validation: Dataset) -> None:
    if train.classes and validation.classes and train.classes != validation.classes:
        raise DataError(
            f"the classes of the validation rows are {validation.classes}, those of the training rows "
            f"{train.classes}; make both with from_arrays(…, classes=…)"
        )
