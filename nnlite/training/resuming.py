"""Resuming goes on with training from a state, in another trainer or another process, as if it had never stopped."""

import contextlib
import copy
import functools
from collections.abc import Iterator

import numpy as np

from nnlite import seeding
from nnlite.core.parameters import Layout
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.errors import ConfigError, DivergenceError, NnliteError, ShapeError
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.signature import configuration
from nnlite.training import model_state, session
from nnlite.training.session import Feeds, Session
from nnlite.training.settings import Settings


class Resumable(Settings):
    """A trainer whose state can be read at any step and given to another one with the same settings."""

    @functools.cached_property
    def _shuffle(self) -> np.random.Generator:
        return seeding.generator(self.seed, "shuffle")

    @property
    def state(self) -> State:
        """All that training needs to go on from here: `other.state = trainer.state`, then `other.fit(…)`.

        It may be read between fits, and in the callbacks of a fit, which goes on as if nobody had. In a fit it is
        that after the last step: another trainer with the same settings, whose model need not be built, finishes
        the fit when its `fit` is given the same rows, and ends with the same weights and history (but for the
        `seconds`) to the last bit. A full-batch method goes on from where it last began anew, and makes the
        iterations since then again. Read between fits it lets the next fit go on as a second one would.

        A state that is none of such a trainer raises `ConfigError`, `ShapeError` or (in `fit`, if the rows are
        others) `DataError`, and changes nothing.
        """
        if self._interrupted is not None:
            return self._interrupted.copy()
        if self._session is not None and self._session.turn is not None:
            return self._session.turn
        return self._state()

    @state.setter
    def state(self, state: State) -> None:
        if self._session is not None:
            raise NnliteError("a trainer takes a state between fits, not in the middle of one")
        try:
            copy.deepcopy(self)._put_back(state)  # so that one which does not belong changes nothing
        except NnliteError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            raise ConfigError(f"this is no state of such a trainer ({type(error).__name__}: {error})") from None
        self._put_back(state)
        self._interrupted = state.copy() if state.values["fit"] else None

    def _state(self) -> State:
        parts = {
            "model": model_state.of(self.model),
            "optimizer": _optimizer_state(self.optimizer, self.model),
            "schedule": State() if self.schedule is None else State(self.schedule.state),
            "early_stopping": State() if self.early_stopping is None else self.early_stopping.state,
            "keeping": self._keeper.state,
            "history": self.history.state,
            "shuffle": State(seeding.state(self._shuffle)),
            "fit": State() if self._session is None else self._session.state,
        }
        trainer = State({"settings": self._told(), "steps": self._steps, "ended_early": self.ended_early})
        return State.of(trainer=trainer, **parts).copy()

    def _put_back(self, state: State) -> None:
        own = state.part("trainer").values
        self._check_settings(state)
        model_state.put_back(state.part("model"), self.model)
        if isinstance(self.optimizer, Optimizer):
            _put_back_optimizer(state.part("optimizer"), self.optimizer, self.model)
        if self.schedule is not None:
            self.schedule.state = state.part("schedule").copy().values
        if self.early_stopping is not None:
            self.early_stopping.state = state.part("early_stopping")
        self._keeper.put_back(state.part("keeping"), self.model, self.early_stopping)
        self.history.state = state.part("history")
        seeding.put_back(state.values["shuffle"], self._shuffle)
        self._steps, self.ended_early = own["steps"], own["ended_early"]

    @contextlib.contextmanager
    def _during(self, fit: Session) -> Iterator[Session]:
        """For the length of a fit this is its session, brought to where the fit was if one was interrupted."""
        if self._interrupted is not None:
            state, self._interrupted = self._interrupted, None
            self._put_back(state)
            fit.state = state.part("fit")
            if not fit.step:
                self.model.follow_freezing()  # as after every epoch
        self._session = fit
        try:
            yield fit
        except DivergenceError:
            if isinstance(self.optimizer, Optimizer):  # what it remembers would spoil the next fit too
                self.optimizer.steps, self.optimizer.state = 0, {}
            raise
        finally:
            self._session = None

    def _check_interrupted(self, feeds: Feeds) -> None:
        """Raises `ConfigError` or `DataError` where an interrupted fit cannot go on with these rows."""
        if self._interrupted is not None:
            self._check_settings(self._interrupted)
            session.check(self._interrupted.part("fit"), feeds)

    def _check_settings(self, state: State) -> None:
        """Raises `ConfigError` where the settings are not those of the state.

        In the middle of a fit all of them have to be; between fits, when they may be changed, the kinds of things.
        """
        theirs, mine = state.values["trainer"]["settings"], self._told()
        whole = bool(state.values["fit"])
        for name in mine if whole else ("optimizer", "schedule", "early_stopping"):
            same = theirs[name] == mine[name] if whole else _kind(theirs[name]) == _kind(mine[name])
            if not same:
                raise ConfigError(
                    f"the state does not belong to this trainer, whose {name} is {mine[name]}: it is that of a "
                    f"trainer with {theirs[name]}; make one with the same settings"
                )

    def _told(self) -> dict[str, str]:
        """The settings, in words."""
        return {name: repr(value) for name, value in configuration(self).items() if name != "model"}


def _kind(told: str) -> str:
    return told.partition("(")[0]


def _optimizer_state(optimizer: Optimizer | FullBatchOptimizer, model: Sequential) -> State:
    """What an optimizer remembers, each parameter's part by its path; a full-batch one remembers nothing."""
    if isinstance(optimizer, FullBatchOptimizer):
        return State()
    if not optimizer.state:
        return State({"steps": optimizer.steps})
    model.check_built()
    layout = optimizer.layout or model.parameters.layout
    memory = {name: State(arrays=layout.parts(array)) for name, array in optimizer.state.items()}
    return State({"steps": optimizer.steps}, State.of(**memory).arrays)


def _put_back_optimizer(state: State, optimizer: Optimizer, model: Sequential) -> None:
    """Gives an optimizer what another of its kind remembered."""
    memory = {name: parts for name in optimizer.remembers if (parts := state.arrays_of(name))}
    paths = sorted(next(iter(memory.values()), {}))
    if set(state.arrays) != {f"{name}/{path}" for name in optimizer.remembers for path in paths}:
        raise ConfigError(
            f"{optimizer!r} remembers {list(optimizer.remembers)}, but was given {sorted(state.arrays)}"
        )
    for path in paths:
        for name, parts in memory.items():
            if path not in model.parameters.paths or parts[path].shape != (model.parameters.paths[path].size,):
                raise ShapeError(f"{name} of {path} has shape {parts[path].shape}, but the parameter has another")
    joined = {
        name: Layout.joined(model.parameters.layout.model, {path: parts[path] for path in paths})
        for name, parts in memory.items()
    }
    optimizer.steps = state.values["steps"]
    optimizer.state = {name: vector for name, (_, vector) in joined.items()}
    optimizer.layout = next((layout for layout, _ in joined.values()), None)
