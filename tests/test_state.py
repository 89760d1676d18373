"""A trainer's state: whoever is given it goes on as if training had never stopped, to the last bit."""

import copy
import json

import numpy as np
import pytest

from nnlite import (
    Dataset,
    Sequential,
    config,
    full_batch,
    snapshot,
)
from nnlite.data import Splits
from nnlite.state import State
from tests import random_configs

TURN = 6
"""Iterations of L-BFGS after which it begins anew: few, so that a run has some such beginnings."""


class Stop(BaseException):
    """What an interrupted fit ends with."""


class Run:
    """A random config, which is trained again and again.

    Args:
        number: of the config; odd ones get sample weights.
        folder: for its data.
    """

    def __init__(self, number, folder):
        document = random_configs.make(number, folder)
        self.settings = config.check(document, folder / f"random-{number}.toml")
        splits = self.settings.load_data()
        if number % 2:
            weights = np.linspace(0, 2, len(splits.train)).tolist()
            train = Dataset(splits.train.x, splits.train.y, sample_weight=weights, classes=splits.train.classes)
            splits = Splits(train, splits.validation, splits.test)
        self.train, self.validation = splits.train, splits.validation

    def trainer(self, build=True):
        shape = self.train.x.shape[1:]
        model = self.settings.build_model(shape)
        if not build:
            model = Sequential(
                [self.settings.registry.make(layer) for layer in self.settings.document["model"]["layers"]]
            )
        return self.settings.build_trainer(model)

    def fit(self, trainer, stop_at=None, look=False):
        """Fits it until so many callbacks are over, and returns how many there were, and the state in the last."""
        made = 0

        def count(*_):
            nonlocal made
            made += 1
            if look:
                _ = trainer.state
            if made == stop_at:
                raise Stop(as_from_a_file(trainer.state))

        try:
            trainer.fit(self.train, self.validation, on_step=count, on_epoch=count)
        except Stop as stop:
            return made, stop.args[0]
        return made, None


def as_from_a_file(state):
    """The state after a way through JSON and bytes, its arrays in another order."""
    values = json.loads(json.dumps(state.values))
    arrays = {
        name: np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)
        for name, array in sorted(state.arrays.items())
    }
    return State(values, arrays)


def outcome(trainer):
    """All that a trainer is after a fit, but for the time it took; bits, so that NaN equals NaN."""
    state = trainer.state
    assert state.values["fit"] == {}
    rows = [{name: figure for name, figure in row.items() if name != "seconds"} for row in trainer.history.rows]
    arrays = {
        name: (array.dtype, array.shape, array.tobytes())
        for name, array in state.arrays.items()
        if name != "history/figures"  # the rows, seconds and all
    }
    left = {name: array.tobytes() for name, array in snapshot.take(trainer.model).items()}
    return json.dumps([state.values, rows], sort_keys=True), arrays, left, trainer.ended_early


def check_split(number, folder, share, other=None):
    """A run that is left after this share of its callbacks, another one meanwhile, equals one that never was."""
    run = Run(number, folder)
    whole = run.trainer()
    callbacks, _ = run.fit(whole)
    left = run.trainer()
    _, state = run.fit(left, stop_at=1 + int(share * callbacks))
    if other is not None:
        other.fit(other.trainer(), stop_at=5)
    resumed = run.trainer(build=number % 3 > 0 and run.settings.dtype == "float32")
    resumed.state = state
    again = resumed.state
    assert json.dumps(again.values) == json.dumps(state.values)
    _, none = run.fit(resumed)
    assert none is None
    assert outcome(resumed) == outcome(whole)


@pytest.fixture(autouse=True)
def short_turns(monkeypatch):
    monkeypatch.setattr(full_batch, "TURN", TURN)


@pytest.mark.parametrize("number", range(40))
def test_a_run_that_was_left_at_any_step_ends_as_one_that_never_was(number, tmp_path):
    share = np.random.default_rng(number).random()
    check_split(number, tmp_path, share, Run(number + 1, tmp_path))


@pytest.mark.parametrize("number", range(100, 110))
def test_a_run_may_be_left_again_and_again(number, tmp_path):
    run = Run(number, tmp_path)
    whole = run.trainer()
    callbacks, _ = run.fit(whole)
    state = None
    step = max(1, callbacks // 4) if number % 5 != 4 else 2 * TURN + 3  # L-BFGS makes its turn again
    for _ in range(callbacks):
        trainer = run.trainer()
        if state is not None:
            trainer.state = state
        _, state = run.fit(trainer, stop_at=step)
        if state is None:
            break
    assert outcome(trainer) == outcome(whole)


@pytest.mark.parametrize("number", range(200, 210))
def test_looking_at_the_state_changes_nothing(number, tmp_path):
    run = Run(number, tmp_path)
    one, other = run.trainer(), run.trainer()
    run.fit(one, look=True)
    run.fit(other)
    assert outcome(one) == outcome(other)


@pytest.mark.parametrize("number", range(300, 315))
def test_a_state_between_fits_lets_the_next_one_go_on_as_a_second_one(number, tmp_path):
    run = Run(number, tmp_path)
    one, other = run.trainer(), run.trainer(build=False)
    run.fit(one)
    other.state = as_from_a_file(one.state)
    assert outcome(other) == outcome(one)
    _, in_the_second = run.fit(copy.deepcopy(one), stop_at=3)
    for trainer in (one, other):
        trainer.epochs += 1
        run.fit(trainer)
    assert outcome(other) == outcome(one)
    assert in_the_second.values["fit"]
