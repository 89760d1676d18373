"""The settings of a trainer are what it is told before it trains."""

import copy

from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.errors import ConfigError
from nnlite.optimizers import clipping
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.schedules.schedule import Schedule
from nnlite.signature import Configured, Fraction, NonNegativeInt, PositiveFloat, PositiveInt, ThreadCount
from nnlite.training import full_batch
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.feed import Feed
from nnlite.training.final_weights import Keeper
from nnlite.training.history import History
from nnlite.training.session import Session


class Settings(Configured):
    """The arguments of `Trainer`: what a config file says in `[optimizer]`, `[schedule]`, `[training]` and so on."""

    def __init__(
        self,
        model: Sequential,
        optimizer: Optimizer | FullBatchOptimizer,
        *,
        epochs: PositiveInt = 10,
        batch_size: PositiveInt = 32,
        schedule: Schedule | None = None,
        early_stopping: EarlyStopping | None = None,
        clip_norm: PositiveFloat | None = None,
        clip_value: PositiveFloat | None = None,
        average: Fraction | None = None,
        max_seconds: PositiveFloat | None = None,
        threads: ThreadCount | None = None,
        seed: NonNegativeInt = 0,
    ) -> None:
        """A trainer with these settings, each of which may be changed between one fit and the next.

        But for `seed`, whose random numbers go on. Another `model` is trained from its own beginning, while the
        history and a decay of the learning rate go on; an optimizer that remembers gradients of the one before
        refuses it.

        Args:
            model: a `Sequential` that ends in a loss; `fit` builds it if nobody did.
            optimizer: the update rule, or a full-batch method such as `LBFGS`.
            epochs: how often one `fit` goes through all rows, or how many iterations a full-batch method may make.
            batch_size: rows per step. A last batch of one row joins the one before it. (No matter to a full batch.)
            schedule: what the optimizer's learning rate is multiplied by as time goes on. The trainer keeps a
                copy of its own, and of `early_stopping`, so that one object serves many trainers.
            early_stopping: when to end before all epochs are done, and to go back to the best weights.
            clip_norm: the greatest norm of the gradients of all parameters together; longer ones are scaled down.
            clip_value: or the greatest absolute value of each gradient by itself.
            average: the decay, such as 0.99, of a moving average of the weights. The average is what is
                validated, kept by early stopping, and left in the model; the steps go on from the weights
                themselves. Running statistics of normalizations, averages already, are those of the last step.
            max_seconds: what a `fit` may take. It ends after the step in which they are used up, and validates once
                more. `Cosine` and `OneCycle` follow the clock where it is ahead of the steps, so that they come to
                their end too; decays count the steps or epochs that were made. Such a run cannot be repeated to the
                bit.
            threads: that multiply matrices. If None, one for small models and batches, and for convolutions, whose
                products are many and small, and two for large ones, as their sizes alone say, since another number
                gives other last bits. One is many times faster where a large model has a single core, or its
                neighbours keep the other ones busy.
            seed: of the order of the rows (and of the model, if `fit` builds it).
        """
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
        self.threads = threads
        self.seed = seed
        self.history = History()
        self.ended_early = ""
        self._keeper = Keeper()
        self._steps = 0  # that all fits have made
        self._session: Session | None = None  # of the fit that is under way
        self._interrupted: State | None = None  # of a fit that the next one finishes
        self.check_together()

    def check_together(self) -> None:
        """Raises `ConfigError` where two settings exclude each other."""
        clipping.clip(self.clip_norm, self.clip_value)  # refuses both at once
        if isinstance(self.optimizer, FullBatchOptimizer):
            full_batch.check_alone(self, "schedule", "clip_norm", "clip_value", "average")

    def check_with_rows(self, feed: Feed) -> None:
        """Raises `ConfigError` or `DataError` where a fit of these rows would do nothing, or fail at a step."""
        if not feed.model.parameters.values.size:
            raise ConfigError(
                "no parameter is trained, so a fit would change nothing: set a layer free (trainable = true), or "
                "give the model one with parameters, such as Dense"
            )
        if isinstance(self.optimizer, FullBatchOptimizer):
            return
        if self.batch_size == 1 or len(feed) == 1:
            feed.try_one_row()
        if self.schedule is not None:
            try:
                self.schedule.check(self.epochs, feed.steps(self.batch_size))
            except ConfigError as error:
                raise ConfigError(f"schedule.{error}") from None
