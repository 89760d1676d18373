"""Training goes through the data again and again, and after every batch takes a small step downhill."""

import math
from collections.abc import Callable

import numpy as np

from nnlite import threads
from nnlite.core import cost, snapshot
from nnlite.data.dataset import Dataset
from nnlite.errors import diverged
from nnlite.optimizers import clipping
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.training import full_batch
from nnlite.training.feed import Feed, check_same_classes
from nnlite.training.history import History
from nnlite.training.pace import Pace
from nnlite.training.recorder import Recorder, check_monitored
from nnlite.training.resuming import Resumable
from nnlite.training.session import OnStep, Session


class Trainer(Resumable):
    """Fits a model to a dataset.

    Its arguments, `help(Trainer.__init__)`, are explained in `settings.py`.

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

    def fit(
        self,
        train: Dataset,
        validation: Dataset | None = None,
        *,
        on_step: OnStep = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
        on_portion: Callable[[], None] | None = None,
    ) -> History:
        """Trains for `epochs` epochs, changing the model's weights in place; a second call goes on from there.

        It goes on from the weights of the last step, also where a fit left the best ones or an average in the model;
        unless that fit was interrupted, or somebody changed the model since.

        Args:
            train: the rows to learn from.
            validation: rows to report on after every epoch; nothing is learnt from them.
            on_step: called after every step with its number in the epoch, from 1, and how many there are.
            on_epoch: called after every epoch with its row of the history; the model has the last step's weights.
            on_portion: called before rows are validated, some at a time; and, full-batch, before they are trained on.

        Raises:
            DataError: when the targets do not fit the loss.
            DivergenceError: as soon as the loss or a weight is no longer finite.
            ConfigError: when a full-batch method meets a layer that differs in training, such as Dropout; when
                the figure to monitor is not recorded.
        """
        if self.model.built:
            self.model.follow_freezing()
        feeds = feed, _ = self.check(train, validation)
        with threads.limited(self.thread_count):
            if not self.model.adapted:
                self.model.adapt(feed.x, feed.targets)
        with threads.limited(self.thread_count), np.errstate(over="ignore", invalid="ignore"):  # it becomes an error
            for each in feeds:
                if each is not None:
                    each.prepare()
            steps, earlier = feed.steps(self.batch_size), (len(self.history), self._steps)
            pace = Pace(self.schedule, self.epochs, steps, earlier, self.max_seconds)
            with self._keeper.fit(self.model, self.early_stopping, self.average):
                self.ended_early = ""
                recorder = Recorder(self.history, self._keeper, pace, feeds, on_epoch, on_portion)
                with self._during(Session(feeds, self.batch_size, pace, recorder)) as session:
                    self.ended_early = self._train(session, on_step)
        return self.history

    def _train(self, session: Session, on_step: OnStep) -> str:
        """The epochs of a fit that are still to come; returns why they were fewer, or ""."""
        self._stateful = snapshot.stateful(self.model)
        if isinstance(self.optimizer, FullBatchOptimizer):
            return full_batch.minimize(self.optimizer, session, on_step, self._state)
        while not (why := session.verdict()) and session.epochs_left:
            self._train_epoch(self.optimizer, session, on_step)
            session.end_epoch()
        return why

    def _train_epoch(self, optimizer: Optimizer, session: Session, on_step: OnStep) -> None:
        """One pass over the rows in a new order, or the rest of one that was begun."""
        network, parameters, epoch = self.model.network, self.model.parameters, len(self.history) + 1
        clip, average = clipping.clip(self.clip_norm, self.clip_value), self._keeper.average
        pace, batches, rate = session.pace, session.batches(self._shuffle), session.rate
        means, steps, constant, timed = session.means, pace.steps, pace.constant, pace.timed
        for step, (x, targets, weight) in enumerate(batches, start=session.step + 1):
            loss = network.loss(x, targets, weight, training=True)
            rate = optimizer.learning_rate * (1.0 if constant else pace.multiplier(epoch, step))
            if not math.isfinite(loss):
                raise diverged(f"the loss became {loss}", epoch, step, rate)
            network.backward()
            if clip is not None and not math.isfinite(size := clip(parameters.grads)):
                raise diverged(f"the gradients to clip became {size}", epoch, step, rate)
            optimizer.step(parameters, rate)
            self._steps += 1
            if average is not None:
                average.add(parameters)
            means.add(loss, network.outputs, targets, weight)
            session.step, session.rate = step, rate
            if on_step is not None:
                on_step(step, steps)
            if timed and pace.out_of_time:
                pace.cut_short = step < steps
                break
        if not np.isfinite(parameters.values).all():
            raise diverged("a weight became infinite or NaN", epoch, steps, rate)
        if where := snapshot.spoilt(self._stateful):
            raise diverged(f"{where} became infinite or NaN", epoch, steps, rate)

    def check(self, train: Dataset, validation: Dataset | None = None) -> tuple[Feed, Feed | None]:
        """All that can be said to be wrong before a fit, which begins with it; returns the feeds of the rows.

        Raises `ConfigError`, `ShapeError` or `DataError`, as `fit` does.
        """
        self.check_together()
        feeds = self.feed(train), None if validation is None else self.feed(validation)
        if validation is not None:
            check_same_classes(train, validation)
        self._check_interrupted(feeds)
        check_monitored(self.schedule, self.early_stopping, *feeds)
        self.check_with_rows(feeds[0])
        return feeds

    def feed(self, data: Dataset) -> Feed:
        """The rows, checked against the model, which is built for them if nobody did.

        Raises `ShapeError` or `DataError` where model and data do not belong together.
        """
        if not self.model.built and isinstance(data, Dataset):
            self.model.build(data.x.shape[1:], seed=self.seed)
        return Feed(self.model, data)

    @property
    def thread_count(self) -> int:
        """On how many threads `fit` multiplies matrices: as `threads` says, or the work of a step."""
        self.model.check_built()
        rows = full_batch.ROWS_AT_ONCE if isinstance(self.optimizer, FullBatchOptimizer) else self.batch_size
        return self.threads or threads.for_work(rows * cost.shared_products(self.model.layers))
