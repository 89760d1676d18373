"""Training goes through the data again and again, and after every batch takes a small step downhill."""

import math
from collections.abc import Callable

import numpy as np

from nnlite import chain, full_batch, seeding, threads
from nnlite.data.dataset import Dataset
from nnlite.errors import DataError, DivergenceError
from nnlite.evaluation import Means
from nnlite.feed import Feed
from nnlite.history import History
from nnlite.model import Sequential
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.recorder import Recorder
from nnlite.signature import Configured, NonNegativeInt, PositiveInt


class Trainer(Configured):
    """Fits a model to a dataset.

    Args:
        model: a `Sequential` that ends in a loss; `fit` builds it if nobody did.
        optimizer: the update rule, or a full-batch method such as `LBFGS`.
        epochs: how often one `fit` goes through all rows, or how many iterations a full-batch method may make.
        batch_size: rows per step. A last batch of one row joins the one before it. (No matter to a full batch.)
        seed: of the order of the rows (and of the model, if `fit` builds it).

    Attributes:
        history: a `History` with one row for each epoch so far.
        ended_early: why the last `fit` made fewer `epochs`, such as "converged after 57 iterations", or "".

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
        optimizer: Optimizer | FullBatchOptimizer,
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
        self.ended_early = ""
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
            ConfigError: when a full-batch method meets a layer that differs in training, such as Dropout.
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
            recorder = Recorder(self.history, self.model, validation_feed, on_epoch)
            self.ended_early = ""
            if isinstance(self.optimizer, FullBatchOptimizer):
                self.ended_early = full_batch.minimize(self.optimizer, feed, self.epochs, on_step, recorder.end_epoch)
                return self.history
            for _ in range(self.epochs):
                recorder.end_epoch(self._train_epoch(self.optimizer, feed, on_step), self.optimizer.learning_rate)
        return self.history

    def _train_epoch(
        self, optimizer: Optimizer, feed: Feed, on_step: Callable[[int, int], None] | None
    ) -> dict[str, float]:
        """One pass over the rows in a new order; returns the running figures."""
        network, parameters = self.model.network, self.model.parameters
        means, steps = Means(network.criterion), feed.steps(self.batch_size)
        batches = feed.batches(self.batch_size, self._shuffle.permutation(len(feed)))
        for step, (x, targets, weight) in enumerate(batches, start=1):
            loss = network.loss(x, targets, weight, training=True)
            if not math.isfinite(loss):
                raise self._divergence(f"the loss became {loss}", optimizer, step)
            network.backward()
            optimizer.step(parameters, optimizer.learning_rate)
            means.add(loss, network.outputs, targets, weight)
            if on_step is not None:
                on_step(step, steps)
        if not np.isfinite(parameters.values).all():
            raise self._divergence("a weight became infinite or NaN", optimizer, steps)
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
        rows = full_batch.ROWS_AT_ONCE if isinstance(self.optimizer, FullBatchOptimizer) else self.batch_size
        return threads.for_work(rows * chain.products(self.model.layers))

    def _divergence(self, what: str, optimizer: Optimizer, step: int) -> DivergenceError:
        epoch = len(self.history) + 1
        return DivergenceError(
            f"{what} in epoch {epoch}, step {step}, with learning rate {optimizer.learning_rate:g}; "
            "try a learning rate ten times smaller, and a Standardize layer first if the features are large"
        )


def _check_same_classes(train: Dataset, validation: Dataset) -> None:
    if train.classes and validation.classes and train.classes != validation.classes:
        raise DataError(
            f"the classes of the validation rows are {validation.classes}, those of the training rows "
            f"{train.classes}; make both with from_arrays(…, classes=…)"
        )
