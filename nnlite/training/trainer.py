"""A trainer fits a model to data: epoch after epoch, batch after batch, a small step downhill each."""

import copy
import functools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from nnlite import seeding, threads
from nnlite.core import cost, snapshot
from nnlite.core.layer import Layer
from nnlite.core.network import Network
from nnlite.core.predictor import classes_fit
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.data.dataset import Dataset
from nnlite.data.naming import in_order
from nnlite.errors import ConfigError, DataError, DivergenceError, NnliteError, ShapeError
from nnlite.finite import all_finite
from nnlite.metrics.metric import Metric
from nnlite.optimizers import clipping
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.schedules.schedule import Schedule
from nnlite.signature import (
    Configured,
    Fraction,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ThreadCount,
    configuration,
)
from nnlite.training import callback_checks, callback_states, checks, full_batch, progress_bar, resume
from nnlite.training.accumulation import Accumulated
from nnlite.training.callbacks import Callback, listeners, under_way
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.evaluation import metrics_of
from nnlite.training.feed import Feed, Feeds
from nnlite.training.final_weights import FinalWeights
from nnlite.training.fit import Fit
from nnlite.training.history import History


class Trainer(Configured):
    """Fits a model to a dataset.

    Without its checks and options, `fit` is this loop:

        for epoch in range(epochs):
            for x, y in batches(train):                     # in a new order each epoch
                loss = model.loss(x, y, training=True)      # forward
                model.backward()                            # the gradient of the loss for every parameter
                optimizer.step(model.parameters)            # a small step downhill
            history.append(evaluate(model, validation))

    What `fit` adds to it, each where its name stands in the code below: everything that can be wrong is checked first
    (`check`); preprocessing learns from the training rows, once (`adapt`); the `schedule` multiplies the learning
    rate; gradients are clipped; the weights are averaged; a loss or weight that is not finite raises an error; early
    stopping, `max_seconds` and callbacks may end the fit; the best weights are kept (`FinalWeights`); and all of it
    can be interrupted and resumed at any step (`state`).

    Args:
        model: a `Sequential` that ends in a loss; `fit` builds it if it is not built.
        optimizer: the update rule, or a full-batch method such as `LBFGS`.
        epochs: how often one `fit` goes through all rows, or how many iterations a full-batch method may make.
        batch_size: rows per batch. A last batch of one row joins the one before it. Full-batch methods ignore it.
        accumulate: how many batches make a step, whose gradient is the mean over all their rows (gradient
            accumulation): a step as of `batch_size * accumulate` rows, of which the layers hold one batch at a time;
            the last one of an epoch may have fewer. Steps are what schedules, clipping, `average`, `max_seconds`,
            callbacks, and states to resume from, go by. `BatchNorm`, and a loss over pairs, compare the rows of one
            batch alone.
        schedule: what the learning rate is multiplied by as training goes on. The trainer keeps a copy of its own,
            and of `early_stopping`, so that one object serves many trainers.
        early_stopping: when to end before all epochs are done, and to go back to the best weights.
        clip_norm: the greatest norm of the gradients of all parameters together; longer ones are scaled down.
        clip_value: the greatest absolute value of a single gradient; excludes `clip_norm`.
        average: the decay, such as 0.99, of a moving average of the weights. The average is validated, kept by
            early stopping, and left in the model; training continues from the weights themselves. Running
            statistics, such as those of `BatchNorm`, are then estimated from the training rows for the averaged
            weights, after each epoch: with b such layers by b passes over the rows, each up to its layer.
        max_seconds: how long a `fit` may take. It ends after the step in which the time is used up, and validates
            once more. `Cosine` and `OneCycle` follow the clock where it is ahead of the steps, so that they come to
            their end too. Such a run cannot be repeated to the bit.
        threads: threads for matrix products. None chooses 1 or 2 from the sizes of model and batch. No more are taken
            than the process was given by its cores, its control group (a container's quota), a variable such as
            `OMP_NUM_THREADS`, joblib or threadpoolctl. Another number changes the last bits: with 1 they are the
            same everywhere.
        seed: the seed of the order of the rows (and of the model, if `fit` builds it).
        callbacks: called at the events of every fit; see `Callback`.
        metrics: figures of the training and the validation rows beside those of the loss, such as
            `nnlite.metrics.F1()`: over all rows of a part, the training rows as they were predicted during the
            epoch's steps. Early stopping and schedules can monitor them.

    All but the seed, whose random numbers go on, may be changed between two fits. Another `model` is trained from
    its own beginning, while the history and a decay of the learning rate go on; an optimizer that remembers
    gradients of the model before refuses it.

    Attributes:
        history: a `History` with one row for each epoch so far.
        ended_early: why the last `fit` made fewer `epochs`, such as "converged after 57 iterations", or "".
        threads_taken: how many threads multiplied matrices in the last `fit`; 0 before the first.

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
        accumulate: PositiveInt = 1,
        schedule: Schedule | None = None,
        early_stopping: EarlyStopping | None = None,
        clip_norm: PositiveFloat | None = None,
        clip_value: PositiveFloat | None = None,
        average: Fraction | None = None,
        max_seconds: PositiveFloat | None = None,
        threads: ThreadCount | None = None,
        seed: NonNegativeInt = 0,
        callbacks: Sequence[Callback] = (),
        metrics: Sequence[Metric] = (),
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch_size = batch_size
        self.accumulate = accumulate
        self.schedule = copy.deepcopy(schedule)
        self.early_stopping = copy.deepcopy(early_stopping)
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.average = average
        self.max_seconds = max_seconds
        self.threads = threads
        self.seed = seed
        self.callbacks = tuple(callbacks)
        self.metrics = tuple(metrics)
        self.history = History()
        self.ended_early = ""
        self.threads_taken = 0
        self._final_weights = FinalWeights(model)
        self._steps = 0  # how many steps all fits have made
        self._fit: Fit | None = None  # the fit that is under way
        self._called: tuple[Callback, ...] = ()  # the callbacks of that fit
        self._interrupted: State | None = None  # the state of a fit that the next one finishes
        self._check_settings_together()

    def fit(
        self,
        train: Dataset,
        validation: Dataset | None = None,
        *,
        callbacks: Sequence[Callback] = (),
        progress: bool = True,
    ) -> History:
        """Trains for `epochs` epochs, changing the model's weights in place; a second call continues from there.

        A second fit continues from the last step's weights, even if the first left the best or averaged ones in the
        model. If the first was interrupted, or you changed the model since, it starts from the model as it is, and
        makes all its epochs. To finish a fit that was interrupted, read `state` in a callback while it runs, and set
        it before the next `fit`; `docs/callbacks.md` shows how.

        Args:
            train: the rows to learn from.
            validation: rows to report on after every epoch; nothing is learnt from them.
            callbacks: called at the events of this fit, after those of the trainer; see `Callback`.
            progress: whether to show a progress bar on a terminal or in a notebook; elsewhere there is none.

        Returns:
            The trainer's history.

        Raises:
            DataError: when the targets do not fit the loss.
            DivergenceError: as soon as the loss or a weight is no longer finite.
            ConfigError: when a full-batch method meets a layer that differs in training, such as Dropout; when
                the figure to monitor is not recorded.
        """
        if self._fit is not None:
            raise NnliteError("fit was called in the middle of a fit of the same trainer, by a callback perhaps")
        bar = (progress_bar.ProgressBar(),) if progress and progress_bar.possible() else ()
        own = (*callback_checks.checked(callbacks), *bar)
        if self.model.built:
            self.model.follow_freezing()
        feeds = self.check(train, validation, own)
        count = self.thread_count
        with threads.limited(count):
            self.threads_taken = threads.in_force(count)
            self._prepare(feeds)
            with (
                np.errstate(over="ignore", invalid="ignore"),  # what overflows is reported as a DivergenceError
                self._final_weights.during(feeds[0], self.early_stopping, self.average),
                self._under_way(feeds, (*self.callbacks, *own)) as fit,
            ):
                self.ended_early = ""
                self.ended_early = fit.ended_early = self._train(fit)
                fit.over = True
        return self.history

    def _train(self, fit: Fit) -> str:
        """Makes the epochs that are left to the fit; returns why they were fewer, or ""."""
        if isinstance(self.optimizer, FullBatchOptimizer):
            return full_batch.minimize(self.optimizer, fit, self._state)
        learning = snapshot.stateful(self.model)
        while not (why := fit.verdict()) and fit.epochs_left:
            self._train_epoch(self.optimizer, fit)
            self._check_finite(fit, learning)
            fit.end_epoch(fit.means.figures(), fit.learning_rate)
        return why

    def _train_epoch(self, optimizer: Optimizer, fit: Fit) -> None:
        """Goes through the rows once in a new order, or through the rest of an epoch that was interrupted."""
        # Local names, since this is the loop in which a small network spends its time.
        network, parameters, schedule = self.stepping, self.model.parameters, self.schedule
        clip, average = clipping.clip(self.clip_norm, self.clip_value), self._final_weights.average
        batches = fit.batches(self._shuffle)
        means, watched, mean_weight = fit.means, fit.watched, fit.mean_weight
        for x, targets, weight in batches:
            loss = network.loss(x, targets, weight, training=True)
            rate = optimizer.learning_rate
            if schedule is not None:
                rate *= schedule.checked_multiplier(fit.moment)
            if not math.isfinite(loss):
                raise self._diverged(f"the loss became {loss}", fit.step + 1, rate)
            network.backward(None if mean_weight is None else network.criterion.batch_scale(len(x), mean_weight))
            if clip is not None and not math.isfinite(size := clip(parameters.grads)):
                raise self._diverged(f"the gradients to clip became {size}", fit.step + 1, rate)
            optimizer.step(parameters, rate)
            if average is not None:
                average.add(parameters)
            means.add(loss, network.outputs, targets, weight)
            fit.step, fit.learning_rate = fit.step + 1, rate
            self._steps += 1
            if watched and fit.ends_here():
                break

    def _check_finite(self, fit: Fit, learning: list[tuple[str, Layer]]) -> None:
        """Raises `DivergenceError` where a weight, or a statistic of these layers, is infinite or NaN."""
        if not all_finite(self.model.parameters.values):
            raise self._diverged("a weight became infinite or NaN", fit.steps, fit.learning_rate)
        if where := snapshot.spoilt(learning):
            raise self._diverged(f"{where} became infinite or NaN", fit.steps, fit.learning_rate)

    def _diverged(self, what: str, step: int, rate: float) -> DivergenceError:
        """The error that says what became infinite or NaN, where, and what to do about it."""
        return DivergenceError(
            f"{what} in epoch {len(self.history) + 1}, step {step}, with learning rate {rate:g}; "
            f"try a learning rate ten times smaller{checks.about_large_features(self.model, ', and ')}"
        )

    def check(
        self,
        train: Dataset,
        validation: Dataset | None = None,
        callbacks: Sequence[Callback] = (),
        *,
        test: Dataset | None = None,
    ) -> tuple[Feed, Feed | None]:
        """Checks all that can be wrong before a fit, which begins with it; builds the model if it is not built.

        Args:
            train: the training rows.
            validation: the validation rows, if there are any.
            callbacks: the callbacks of this fit beside those of the trainer.
            test: the rows to evaluate the model on after the fit, so that what is wrong with them is said before it.

        Returns:
            The rows as a fit takes them.

        Raises:
            ConfigError, ShapeError, DataError: as `fit` does.
        """
        callbacks = (*callback_checks.checked(self.callbacks), *callback_checks.checked(callbacks))
        callback_checks.check_each_once(callbacks)
        self._check_settings_together()
        feed = self.training_feed(train)
        feed.try_values()
        feeds = feed, self._other(validation, "validation", feed)
        self._other(test, "test", feed)
        if self._interrupted is not None:
            resume.check_settings(self._interrupted, self._settings())
            resume.check_rows(self._interrupted.part("fit"), feeds)
            if lacking := callback_states.missing(self._interrupted.part("callbacks"), callbacks):
                raise ConfigError(
                    f"the fit to go on with had the callbacks {', '.join(lacking)}, which remember something: pass "
                    "such callbacks to the trainer, or to fit, again"
                )
        checks.check_codes(feed)
        checks.check_weights(feeds)
        metrics = metrics_of(self.metrics, feeds[0])
        if feeds[1] is not None:
            metrics_of(metrics, feeds[1])
        checks.check_monitored(self.schedule, self.early_stopping, feeds, metrics)
        checks.check_something_to_train(feeds[0])
        checks.warn_of_ignored_rates(self.optimizer, self.model)
        if isinstance(self.optimizer, Optimizer):
            checks.check_steps(feeds[0], self.batch_size, self.schedule, self.epochs, feeds[0].steps(self.step_rows))
        return feeds

    def _other(self, data: Dataset | None, part: str, train: Feed) -> Feed | None:
        """Rows beside the training rows, checked; an error says which part of the data it is about."""
        if data is None:
            return None
        try:
            if isinstance(data, Dataset):
                data = in_order(data, train.classes, train.feature_names, "those of the training rows")
            feed = self.feed(data)
            feed.try_values()
        except (DataError, ShapeError) as error:
            error.args = (f"the {part} rows: {error}",)
            raise
        return feed

    def feed(self, data: Dataset) -> Feed:
        """The rows, checked against the model, which is built for them if it is not built.

        Its loss learns the names of the classes. Raises `ShapeError`, `DataError` or `ConfigError` where model and
        data do not belong together.
        """
        if not self.model.built and isinstance(data, Dataset):
            self.model.build(data.x.shape[1:], seed=self.seed)
        feed = Feed(self.model, data)
        if (classes := self.model.classes or feed.classes) is not None:
            self.model.network.criterion.name_classes(classes)
        return feed

    def training_feed(self, data: Dataset) -> Feed:
        """The training rows, as `feed` takes them; those of weight 0, from which nothing is learnt, are left out."""
        return self.feed(data.counted() if isinstance(data, Dataset) else data)

    @property
    def step_rows(self) -> int:
        """The rows of a step: those of all its batches."""
        return self.batch_size * self.accumulate

    @property
    def stepping(self) -> Network | Accumulated:
        """What computes the loss of a step and its gradient: the network, in portions if batches accumulate."""
        network = self.model.network
        return network if self.accumulate == 1 else Accumulated(network, self.model.parameters, self.batch_size)

    @property
    def thread_count(self) -> int:
        """How many threads multiply matrices in `fit`: those wanted, or as many as the process was given."""
        return threads.taken(self.threads_wanted)

    @property
    def threads_wanted(self) -> int:
        """How many threads are to multiply matrices: `threads`, or what the work of a step is worth."""
        self.model.check_built()
        rows = full_batch.ROWS_AT_ONCE if isinstance(self.optimizer, FullBatchOptimizer) else self.batch_size
        return self.threads or threads.for_work(rows * cost.shared_products(self.model.layers))

    @functools.cached_property
    def _shuffle(self) -> np.random.Generator:
        """Draws the order of the rows."""
        return seeding.generator(self.seed, "shuffle")

    def _check_settings_together(self) -> None:
        checks.check_settings_together(
            self.optimizer, self.schedule, self.clip_norm, self.clip_value, self.average, self.accumulate
        )

    def _prepare(self, feeds: Feeds) -> None:
        """Lets the model learn preprocessing, targets and names from the training rows, once; preprocesses all."""
        if not self.model.adapted:
            self.model.adapt(feeds[0].x, feeds[0].targets)
        names, model = feeds[0], self.model
        if model.classes is None and names.classes is not None and classes_fit(names.classes, model):
            model.classes = names.classes
        if model.feature_names is None:
            model.feature_names, model.table = names.feature_names, names.table
        elif model.table is None and model.feature_names == names.feature_names:  # it goes on from a state
            model.table = names.table
        allowed = cost.memory_for_prepared_rows()
        with np.errstate(over="ignore", invalid="ignore"):
            for feed in feeds:
                if feed is not None:
                    allowed -= feed.prepare(allowed)

    @contextmanager
    def _under_way(self, feeds: Feeds, callbacks: tuple[Callback, ...]) -> Iterator[Fit]:
        """Within the block the fit is under way, from where an interrupted one was left if there is one."""
        fit = Fit(
            feeds,
            None if isinstance(self.optimizer, FullBatchOptimizer) else self.step_rows,
            self.epochs,
            self.history,
            self._final_weights,
            schedule=self.schedule,
            max_seconds=self.max_seconds,
            earlier_steps=self._steps,
            listeners=listeners(callbacks),
            metrics=metrics_of(self.metrics, feeds[0]),
        )
        if self._interrupted is not None:
            self._restore(self._interrupted)
            callback_states.restore(self._interrupted.part("callbacks"), callbacks)
            fit.state = self._interrupted.part("fit")
            if not fit.step:
                self.model.follow_freezing()  # as after every epoch
        self._fit, self._called = fit, callbacks
        try:
            with under_way(fit, callbacks):
                self._interrupted = None  # not before all callbacks have begun, so that the fit can be tried again
                yield fit
        except DivergenceError:
            if isinstance(self.optimizer, Optimizer):  # what it remembers would spoil the next fit too
                self.optimizer.state = State({"steps": 0})
            raise
        finally:
            self._fit, self._called = None, ()

    # Resuming: another trainer with the same settings continues from the state of this one.

    @property
    def state(self) -> State:
        """All that training needs to go on from here: `other.state = trainer.state`, then `other.fit(…)`.

        Reading it changes nothing, between fits or in a callback, which should be the last in the list if others
        remember something too. In a fit it is the state after the last step: another trainer with the same settings,
        whose model need not be built, finishes the fit when its `fit` is given the same rows, and ends with the same
        weights and history (but for the `seconds`) to the last bit. A full-batch method resumes from its last
        restart, and makes the iterations since then again. Between fits it lets the next fit continue as a second
        fit of this trainer would.

        Setting a state that does not belong to such a trainer raises `ConfigError`, `ShapeError` or (in `fit`, if
        the rows are others) `DataError`, and changes nothing.
        """
        if self._interrupted is not None:
            return self._interrupted.copy()
        if self._fit is not None and self._fit.restart is not None:
            return self._fit.restart
        return self._state()

    @state.setter
    def state(self, state: State) -> None:
        if self._fit is not None:
            raise NnliteError("a trainer takes a state between fits, not in the middle of one")
        try:
            state = resume.upgraded(state)
            self.copy_without_callbacks()._restore(state)  # so that one which does not belong changes nothing
        except NnliteError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            raise ConfigError(f"this is no state of such a trainer ({type(error).__name__}: {error})") from None
        self._restore(state)
        self._interrupted = state.copy() if state.values["fit"] else None

    def _state(self) -> State:
        return State.of(
            trainer=State({"settings": self._settings(), "steps": self._steps, "ended_early": self.ended_early}),
            model=resume.model_state(self.model),
            optimizer=self.optimizer.state if isinstance(self.optimizer, Optimizer) else State(),
            schedule=State() if self.schedule is None else self.schedule.state,
            early_stopping=State() if self.early_stopping is None else self.early_stopping.state,
            final_weights=self._final_weights.state,
            history=self.history.state,
            shuffle=State(seeding.state(self._shuffle)),
            callbacks=callback_states.states_of(self._called if self._fit is not None else self.callbacks),
            fit=State() if self._fit is None else self._fit.state,
        ).copy()

    def _restore(self, state: State) -> None:
        resume.check_settings(state, self._settings())
        own = state.part("trainer").values
        callback_states.restore(state.part("callbacks"), self.callbacks)
        resume.restore_model(state.part("model"), self.model)
        if isinstance(self.optimizer, Optimizer):
            self.optimizer.state = state.part("optimizer")
            if self.model.built:
                self.optimizer.check_memory(self.model.parameters)
        if self.schedule is not None:
            self.schedule.state = state.part("schedule")
        if self.early_stopping is not None:
            self.early_stopping.state = state.part("early_stopping")
        self._final_weights.model, self._final_weights.stopping = self.model, self.early_stopping
        self._final_weights.state = state.part("final_weights")
        self.history.state = state.part("history")
        seeding.restore(state.values["shuffle"], self._shuffle)
        self._steps, self.ended_early = own["steps"], own["ended_early"]

    def copy_without_callbacks(self) -> "Trainer":
        """A copy to try something with; callbacks are left out, since they may hold a file or a lock."""
        return copy.deepcopy(self, {id(self.callbacks): ()})

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_fit": None, "_called": ()}  # a copy is in no fit

    def _settings(self) -> dict[str, str]:
        """The settings that decide about the weights, in words."""
        return {
            name: repr(value) for name, value in configuration(self).items() if name not in ("model", "callbacks")
        }
