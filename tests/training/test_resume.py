"""A trainer's state: whoever is given it goes on as if training had never stopped, to the last bit."""

import copy
import itertools
import json
import math
from types import MappingProxyType

import numpy as np
import pytest

from nnlite import (
    LBFGS,
    SGD,
    Adam,
    BatchNorm,
    ConfigError,
    Cosine,
    DataError,
    Dataset,
    Dense,
    DivergenceError,
    Dropout,
    EarlyStopping,
    GaussianNoise,
    Layer,
    MeanSquaredError,
    NnliteError,
    ReduceOnPlateau,
    ReLU,
    Residual,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Standardize,
    Tanh,
    Trainer,
    clock,
    seeding,
)
from nnlite.config import training_config as config
from nnlite.core import snapshot
from nnlite.core.state import State
from nnlite.data import Splits
from nnlite.training import full_batch
from nnlite.training.resume import model_state, restore_model
from tests.helpers import random_configs
from tests.helpers.callbacks import On

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
        model = self.settings.build_model(self.train)
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
            trainer.fit(self.train, self.validation, callbacks=[On(step=count, epoch=count)])
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
    """A run that is left after this share of its callbacks, another one meanwhile, equals one that never was.

    Returns the state that it was left with.
    """
    run = Run(number, folder)
    whole = run.trainer()
    callbacks, _ = run.fit(whole)
    left = run.trainer()
    left_after, state = run.fit(left, stop_at=1 + int(share * callbacks))
    if other is not None:
        other.fit(other.trainer(), stop_at=5)
    resumed = run.trainer(build=number % 3 > 0 and run.settings.dtype == "float32")
    resumed.state = state
    put_back = resumed._state()  # worked out; `resumed.state` would be what was given, as the fit is not begun
    assert json.dumps(resumed.state.values) == json.dumps(state.values)
    assert {name: array.tobytes() for name, array in put_back.arrays.items()} == {
        name: array.tobytes() for name, array in state.arrays.items() if not name.startswith("fit/")
    }
    made, none = run.fit(resumed)
    assert none is None
    again = made - (callbacks - left_after)
    assert 0 <= again <= (2 * TURN if isinstance(resumed.optimizer, LBFGS) else 0)  # it makes its turn again
    assert outcome(resumed) == outcome(whole)
    return state


@pytest.fixture(autouse=True)
def short_turns(monkeypatch):
    monkeypatch.setattr(full_batch, "ITERATIONS_PER_START", TURN)


@pytest.mark.parametrize("number", range(40))
def test_a_run_that_was_left_at_any_step_ends_as_one_that_never_was(number, tmp_path):
    share = np.random.default_rng(number).random()
    check_split(number, tmp_path, share, Run(number + 1, tmp_path))


@pytest.mark.slow
# 141, 317 and 1100 have few callbacks, an average of the weights and batch normalization.
@pytest.mark.parametrize("number", [*range(100, 110), 141, 317, 1100])
def test_a_run_may_be_left_again_and_again(number, tmp_path):
    run = Run(number, tmp_path)
    whole = run.trainer()
    callbacks, _ = run.fit(whole)
    state = None
    step = max(1, callbacks // 4) if number % 5 != 4 else 2 * TURN + 3  # L-BFGS makes its turn again
    for _ in range(callbacks + 1):  # with a step of 1 it is left in every callback, and then finished
        trainer = run.trainer()
        if state is not None:
            trainer.state = state
        _, state = run.fit(trainer, stop_at=step)
        if state is None:
            break
    assert state is None  # a fit that was cut off leaves no average, and so is another one
    assert outcome(trainer) == outcome(whole)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(200, 210))
def test_looking_at_the_state_changes_nothing(number, tmp_path):
    run = Run(number, tmp_path)
    one, other = run.trainer(), run.trainer()
    run.fit(one, look=True)
    run.fit(other)
    assert outcome(one) == outcome(other)


def test_looking_at_the_state_changes_nothing_of_a_regression_either():
    """Its figures are sums whose last digits tell in which portions they were added up."""
    rng = np.random.default_rng(0)
    data = Dataset(x := rng.normal(size=(90, 3)), x @ rng.normal(size=3) + rng.normal(size=90))
    looked, plain = (
        Trainer(Sequential([Dense(1), MeanSquaredError()]), SGD(0.01), epochs=2, batch_size=10) for _ in range(2)
    )
    looked.fit(data, callbacks=[On(step=lambda *_: looked.state)])
    plain.fit(data)
    assert outcome(looked) == outcome(plain)


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


# With a little of everything, by hand.


def noisy(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 4)) * [1, 2, 3, 4] + 5
    return Dataset(x, (x[:, 0] + 2 * rng.normal(size=60) > 5).astype(int))


TRAIN, VALIDATION = noisy(0), noisy(1)


def everything(**given):
    """A trainer that remembers all that there is to be remembered."""
    branch = Residual([Dense(16), GaussianNoise(0.1), Tanh(), Dropout(0.2)])
    layers = [Standardize(), Dense(16), BatchNorm(), ReLU(), Dropout(0.3), branch, Dense(2)]
    model = Sequential([*layers, SoftmaxCrossEntropy(class_weight="balanced")])
    settings = {"epochs": 12, "batch_size": 9, "early_stopping": EarlyStopping(5), "average": 0.9, "clip_norm": 1.0}
    settings |= {"schedule": ReduceOnPlateau(patience=1, factor=0.5)} | given
    return Trainer(model, Adam(0.03), **settings)


def fit(trainer, at=None, **given):
    """Fits it, and leaves it in this callback, counted from 0, with the state."""
    seen = []

    def count(*_):
        seen.append(None)
        if len(seen) - 1 == at:
            raise Stop(as_from_a_file(trainer.state))

    try:
        trainer.fit(TRAIN, VALIDATION, callbacks=[On(**({"step": count, "epoch": count} | given))])
    except Stop as stop:
        return stop.args[0]
    return None


def resumed(state, make=everything, **given):
    trainer = make()
    trainer.state = state
    fit(trainer, **given)
    return trainer


# An epoch has seven steps and its end.
@pytest.mark.parametrize("at", [0, 3, 6, 7, 8, 37, 38, 39, 40, 60, 61])
def test_nothing_is_lost_on_the_way(at):
    whole = everything()
    fit(whole)
    assert whole.history.best_epoch < len(whole.history) < 12 and whole.ended_early  # so that all has its say
    assert len(set(whole.history["learning_rate"])) > 2
    assert outcome(resumed(fit(everything(), at))) == outcome(whole)


@pytest.mark.parametrize("at", [0, 2, 3, 18])  # an epoch has three steps, the last of one batch
def test_nothing_is_lost_between_steps_of_several_batches(at):
    def accumulating():
        return everything(accumulate=3, epochs=8)

    whole = accumulating()
    fit(whole)
    state = fit(accumulating(), at)
    assert outcome(resumed(state, accumulating)) == outcome(whole)
    with pytest.raises(ConfigError, match="whose accumulate is 1: it is that of a trainer with 3"):
        resumed(state, lambda: everything(epochs=8))


@pytest.mark.parametrize("given", [{}, {"average": None}, {"early_stopping": None}])
def test_a_run_may_be_left_in_every_callback(given):
    def make():
        return everything(epochs=2, batch_size=20, **given)

    whole, last = make(), make()
    fit(whole)
    state = fit(last, 0)
    for _ in range(8):  # two epochs, each of three steps and its end
        assert state is not None
        last = make()
        last.state = state
        state = fit(last, 0)
    assert state is None
    assert outcome(last) == outcome(whole)


@pytest.mark.parametrize("earlier", [1, 2])
def test_a_second_fit_may_be_left_too(earlier):
    def after_others():
        trainer = everything(epochs=2)
        for _ in range(earlier):
            fit(trainer)
        trainer.epochs = 4
        return trainer

    whole = after_others()
    fit(whole)
    state = fit(after_others(), 18)
    assert outcome(resumed(state, lambda: everything(epochs=4))) == outcome(whole)


def test_a_layer_that_is_frozen_on_the_way_stays_so():
    def freezing(trainer, at=None):
        def on_epoch(row):
            trainer.model.layers[1].trainable = row["epoch"] not in (2, 3, 4)
            trainer.model.layers[5].layers[0].trainable = row["epoch"] != 3
            if row["epoch"] - 1 == at:
                raise Stop(as_from_a_file(trainer.state))

        return on_epoch

    whole = everything()
    fit(whole, epoch=freezing(whole))
    for at in range(5):
        left, other = everything(), everything()
        other.state = fit(left, epoch=freezing(left, at))
        assert other.model.layers[1].trainable is (at + 1 not in (2, 3, 4))
        fit(other, epoch=freezing(other))
        assert outcome(other) == outcome(whole)
    in_an_epoch = everything()
    state = fit(in_an_epoch, 26, epoch=freezing(in_an_epoch))  # where the first layer is frozen
    other = everything()
    other.state = state
    assert not other.model.layers[1].trainable
    fit(other, epoch=freezing(other))
    assert outcome(other) == outcome(whole)


def test_the_vectors_may_lag_behind_the_layers():
    """Who freezes a layer in the middle of an epoch, too early, gets the same with a stop as without one."""

    def trainer():
        return everything(schedule=None)

    def on_step(step, _):
        if len(one.history) == 2 and step == 3:
            one.model.layers[6].trainable = False
        if len(one.history) == 2 and step == 5 and stop:
            raise Stop(as_from_a_file(one.state))

    outcomes = []
    for stopping in (False, True):
        stop = stopping
        one = trainer()
        state = fit(one, step=on_step)
        if state is not None:
            one = resumed(state, trainer, step=None)
        outcomes.append(outcome(one))
    assert outcomes[0] == outcomes[1]


def test_a_layer_a_schedule_and_an_optimizer_of_ones_own_go_on_too():
    class Jitter(Layer):
        def build(self, input_shape, rng):
            self.own, self.inner = rng, rng.spawn(1)[0]
            self.statistics["seen"] = np.zeros((), np.int64)
            return input_shape

        def forward(self, x, *, training=False):
            if not training:
                return x
            self.statistics["seen"] += 1
            return x + (self.own.normal() + self.inner.normal(size=x.shape)).astype(x.dtype)

        def backward(self, dy):
            return dy

    class Counting(Cosine):
        remembers = MappingProxyType({"epochs": 0})

        def after_epoch(self, row):
            self.memory["epochs"] += 1

        def multiplier(self, moment):
            return 1 / (1 + self.memory["epochs"])

    class Averaging(SGD):
        remembers = ("mean",)

        def update(self, values, grads, decayed, learning_rate, *memory):
            memory[0][:] = (memory[0] + grads) / 2
            values -= learning_rate * memory[0]

    def trainer():
        model = Sequential([Dense(8), Jitter(), Dense(2), SoftmaxCrossEntropy()])
        return Trainer(model, Averaging(0.1), epochs=4, batch_size=9, schedule=Counting())

    whole = trainer()
    fit(whole)
    assert outcome(resumed(fit(trainer(), 18), trainer)) == outcome(whole)


def test_a_state_may_be_a_number_of_numpys():
    class Counter(Layer):
        def build(self, input_shape, rng):
            self.add_statistic("n", ())
            return input_shape

        def forward(self, x, *, training=False):
            if training:
                self.statistics["n"] = self.statistics["n"] + 1  # an array without axes has become a number
            return x

        def backward(self, dy):
            return dy

    def trainer():
        model = Sequential([Dense(2), Counter(), SoftmaxCrossEntropy()])
        return Trainer(model, SGD(1.0), epochs=8, batch_size=9, early_stopping=EarlyStopping(3))

    whole = trainer()
    fit(whole)
    assert whole.history.best_epoch < len(whole.history)
    assert whole.model.layers[1].statistics["n"] == 7 * whole.history.best_epoch
    assert outcome(resumed(fit(trainer(), 10), trainer)) == outcome(whole)


class Plain(Layer):
    def build(self, input_shape, rng):
        self.prepare(input_shape)
        return input_shape

    def forward(self, x, *, training=False):
        return x

    def backward(self, dy):
        return dy


def test_a_layer_that_uses_the_former_name_of_statistics_is_told_the_new_one():
    class Old(Plain):
        def prepare(self, shape):
            self.state["mean"] = np.zeros(shape)

    class Own(Plain):
        def prepare(self, shape):
            self.state = np.zeros(shape)  # its own affair, such as a recurrent layer's

    with pytest.raises(AttributeError, match=r"^the state of Old is called statistics now: declare an array"):
        Sequential([Old()]).build((3,))
    assert not hasattr(Old(), "state") and not hasattr(SoftmaxCrossEntropy(), "state")
    model = copy.deepcopy(Sequential([Own()]).build((3,)))
    assert model.layers[0].state.shape == (3,) and not model.layers[0].statistics


def test_a_statistic_is_declared_once():
    class Twice(Plain):
        def prepare(self, shape):
            self.add_statistic("mean", shape)
            self.add_statistic("mean", shape)

    with pytest.raises(ConfigError, match=r"^Twice declares the statistic 'mean' twice$"):
        Sequential([Twice()]).build((3,))


def test_a_parameter_and_a_statistic_of_one_name_are_refused():
    class Twice(Plain):
        def prepare(self, shape):
            self.add_parameter("gain", shape, "ones")
            self.add_statistic("gain", shape)

    with pytest.raises(
        ConfigError,
        match=r"^model\.layers\[1\]\.layers\[0\] Twice\(\) has a parameter and a statistic named 'gain': rename one$",
    ):
        Sequential([Dense(2), Residual([Twice()])]).build((3,))


def by_lbfgs():
    model = Sequential([Standardize(), Dense(6), Tanh(), Dense(2), SoftmaxCrossEntropy()])
    return Trainer(model, LBFGS(weight_decay=0.01), epochs=40, early_stopping=EarlyStopping(30))


@pytest.mark.parametrize("at", [0, 5, 11, 12, 13, 40, 50])
def test_a_full_batch_method_makes_its_turn_again(at):
    whole = by_lbfgs()
    fit(whole)
    state = fit(by_lbfgs(), at)
    assert len(state.arrays["history/figures"]) == at // 2 // TURN * TURN
    assert outcome(resumed(state, by_lbfgs)) == outcome(whole)


def test_a_full_batch_methods_state_is_one_object_for_the_length_of_a_turn():
    trainer, seen = by_lbfgs(), []
    fit(trainer, step=lambda *_: seen.append(trainer.state))
    assert all(state is seen[0] for state in seen[:TURN]) and seen[TURN] is not seen[0]


def test_the_length_of_a_turn_changes_no_fit_that_is_shorter(monkeypatch):
    outcomes = []
    for turn in (40, 10**6):
        monkeypatch.setattr(full_batch, "ITERATIONS_PER_START", turn)
        trainer = by_lbfgs()
        fit(trainer)
        outcomes.append(outcome(trainer))
    assert outcomes[0] == outcomes[1]


def test_time_that_was_used_is_used(monkeypatch):
    state = fit(everything(max_seconds=1000.0), 10)
    state.values["fit"]["own"]["seconds"] = 1000.0
    trainer = resumed(state, lambda: everything(max_seconds=1000.0))
    assert trainer.ended_early == "stopped after epoch 2: 1000 seconds are used up"
    now = itertools.count()
    monkeypatch.setattr(clock, "seconds", lambda: float(next(now)))
    own = fit(everything(), 10).values["fit"]["own"]
    assert 0 < own["epoch_seconds"] < own["seconds"]


# What a state is.


def test_a_state_is_plain_values_and_copies_of_arrays():
    trainer = everything()
    state = fit(trainer, 10)
    again = everything()
    again.state = state
    before = as_from_a_file(again.state)
    again.state.arrays["model/1.weight"][:] = 7
    again.state.values["history"]["columns"].clear()
    fit(trainer)
    for name, array in again.state.arrays.items():
        assert array.flags.c_contiguous and (array == before.arrays[name]).all()
    assert json.dumps(again.state.values) == json.dumps(before.values)
    assert state.arrays["fit/own/order"].dtype == np.uint8
    assert sorted(state.arrays["fit/own/order"]) == list(range(60))


def test_between_two_epochs_no_order_is_kept():
    assert "fit/own/order" not in fit(everything(), 7).arrays
    trainer = everything()
    fit(trainer)
    assert not any(name.startswith("fit/") for name in trainer.state.arrays) and trainer.state.values["fit"] == {}


def test_the_model_is_where_the_state_was_before_the_fit_goes_on():
    trainer = everything()
    state = fit(trainer, 9)
    other = everything()
    other.state = state
    assert other.model.layers[1].weight.value.tobytes() == state.arrays["model/1.weight"].tobytes()
    assert len(other.history) == 1 and other.model.adapted


def test_a_state_of_a_trainer_that_has_done_nothing_yet():
    one, other = everything(), everything(seed=4)
    assert not one.model.built
    other.state = one.state
    assert not other.model.built
    for trainer in (one, other):
        trainer.seed = 0
        fit(trainer)
    assert outcome(one) == outcome(other)


def test_a_generator_of_another_kind_is_brought_back_too():
    one, other = (np.random.Generator(np.random.MT19937(seed)) for seed in (1, 2))
    seeding.restore(json.loads(json.dumps(seeding.state(one))), other)
    assert one.random() == other.random()


# What is refused, before anything changes.


def everything_of(model, optimizer=None, **given):
    settings = {"epochs": 12, "batch_size": 9, "early_stopping": EarlyStopping(5), "average": 0.9, "clip_norm": 1.0}
    settings |= {"schedule": ReduceOnPlateau(patience=1, factor=0.5)} | given
    return Trainer(Sequential([*model, SoftmaxCrossEntropy()]), optimizer or Adam(0.03), **settings)


def small():
    return [Dense(4), Dropout(0.1), Dense(2)]


@pytest.mark.parametrize(
    ("other", "error", "text"),
    [
        (
            lambda: everything_of([Dense(5), Dropout(0.1), Dense(2)]),
            ConfigError,
            r"of another model: .*Dense\(4\).* where this one is .*Dense\(5\)",
        ),
        (
            lambda: everything_of([Dense(4), Dropout(0.2), Dense(2)]),
            ConfigError,
            r"of another model: .*Dropout\(rate=0.1\).* where this one",
        ),
        (
            lambda: everything_of(small(), SGD(0.03)),
            ConfigError,
            r"whose optimizer is SGD\(learning_rate=0.03\): it is that of a trainer with Adam\(learning_rate=0.03\)",
        ),
        (lambda: everything_of(small(), Adam(0.02)), ConfigError, r"whose optimizer is Adam\(learning_rate=0.02\)"),
        (
            lambda: everything_of(small(), LBFGS(), schedule=None, average=None, clip_norm=None),
            ConfigError,
            "whose optimizer is LBFGS",
        ),
        (
            lambda: everything_of(small(), schedule=None),
            ConfigError,
            r"whose schedule is None: it is that of a trainer with ReduceOnPlateau\(",
        ),
        (lambda: everything_of(small(), schedule=Cosine()), ConfigError, r"whose schedule is Cosine\(\)"),
        (
            lambda: everything_of(small(), early_stopping=EarlyStopping(6)),
            ConfigError,
            r"whose early_stopping is EarlyStopping\(patience=6\)",
        ),
        (
            lambda: everything_of(small(), epochs=11),
            ConfigError,
            "whose epochs is 11: it is that of a trainer with 12",
        ),
        (lambda: everything_of(small(), batch_size=10), ConfigError, "whose batch_size is 10: .* with 9"),
        (lambda: everything_of(small(), average=None), ConfigError, "whose average is None"),
    ],
)
def test_a_state_that_does_not_belong_is_refused(other, error, text):
    state = fit(everything_of(small()), 10)
    trainer = other()
    trainer.model.build((4,), seed=3)
    before = as_from_a_file(trainer.state)
    with pytest.raises(error, match=text):
        trainer.state = state
    assert json.dumps(trainer.state.values) == json.dumps(before.values)
    assert all((array == before.arrays[name]).all() for name, array in trainer.state.arrays.items())


def test_between_fits_only_the_kinds_of_the_settings_have_to_be_the_same():
    one = everything_of(small())
    fit(one)
    other = everything_of(small(), Adam(0.001), epochs=2, early_stopping=EarlyStopping(9), batch_size=5)
    other.state = one.state
    fit(other)
    assert len(other.history) == len(one.history) + 2
    with pytest.raises(ConfigError, match="whose optimizer is SGD"):
        everything_of(small(), SGD(0.1)).state = one.state


@pytest.mark.parametrize(("shape", "dtype"), [((4,), "float64"), ((5,), "float32")])
def test_a_model_that_was_built_otherwise_is_told(shape, dtype):
    trainer = everything_of(small())
    trainer.model.build(shape, dtype=dtype)
    with pytest.raises(
        ShapeError, match=rf"in float32 for examples of shape \(4,\), where this one is in {dtype} for"
    ):
        trainer.state = fit(everything_of(small()), 10)


@pytest.mark.parametrize(
    ("train", "validation", "text"),
    [
        (
            slice(0, 59),
            slice(0, 60),
            "has 60 rows to train and 60 to validate, but was given 59 rows to train and 60",
        ),
        (slice(0, 60), slice(0, 10), "but was given 60 rows to train and 10 to validate"),
        (slice(0, 60), None, "but was given 60 rows to train and none to validate"),
    ],
)
def test_other_rows_are_refused_and_the_right_ones_may_still_be_given(train, validation, text):
    whole = everything()
    fit(whole)
    trainer = everything()
    trainer.state = fit(everything(), 10)
    with pytest.raises(DataError, match=text):
        trainer.fit(TRAIN.rows(train), None if validation is None else VALIDATION.rows(validation))
    fit(trainer)
    assert outcome(trainer) == outcome(whole)


def test_settings_that_were_changed_after_the_state_was_given_are_told_by_the_fit():
    trainer = everything()
    trainer.state = fit(everything(), 10)
    trainer.batch_size = 12
    with pytest.raises(ConfigError, match="whose batch_size is 12"):
        fit(trainer)


def damaged(change):
    state = fit(everything(), 10)
    change(state)
    return state


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.values.pop("history"),
        lambda state: state.values["trainer"].pop("steps"),
        lambda state: state.values["model"]["generators"].clear(),
        lambda state: state.values["model"]["generators"]["4.rng"].clear(),
        lambda state: state.values.update(shuffle=3),
        lambda state: state.arrays.pop("model/1.weight"),
        lambda state: state.arrays.update({"model/1.weight": np.zeros((4, 15), np.float32)}),
        lambda state: state.arrays.update({"model/1.weight": np.zeros((4, 16))}),
        lambda state: state.arrays.update({"optimizer/mean/1.weight": np.zeros(3, np.float32)}),
        lambda state: state.arrays.update({"optimizer/mean/9.weight": np.zeros(3, np.float32)}),
        lambda state: state.arrays.update({"optimizer/depth/1.weight": np.zeros(3, np.float32)}),
        lambda state: state.arrays.pop("optimizer/mean/1.weight"),
    ],
)
def test_a_damaged_state_is_refused(change):
    trainer = everything()
    with pytest.raises((ConfigError, ShapeError)):
        trainer.state = damaged(change)
    assert not trainer.model.built and not len(trainer.history)


def test_an_order_that_is_none_is_refused():
    trainer = everything()
    trainer.state = damaged(lambda state: state.arrays.update({"fit/own/order": np.zeros(60, np.uint8)}))
    with pytest.raises(ConfigError, match="its order of the rows is none"):
        fit(trainer)


def test_a_state_is_not_given_in_the_middle_of_a_fit():
    trainer = everything()

    def on_step(*_):
        trainer.state = trainer.state

    with pytest.raises(NnliteError, match="between fits"):
        fit(trainer, step=on_step)


def test_a_fit_that_diverged_leaves_nothing_behind_that_spoils_the_next_one():
    trainer = Trainer(
        Sequential([Standardize(), Dense(8), Tanh(), Dense(2), SoftmaxCrossEntropy()]),
        SGD(0.1, momentum=0.9),
        epochs=3,
        early_stopping=EarlyStopping(5),
    )
    fit(trainer)
    trainer.optimizer.learning_rate = 1e40
    with pytest.raises(DivergenceError):
        fit(trainer)
    trainer.optimizer.learning_rate = 0.1
    fit(trainer)
    assert math.isfinite(trainer.history["training_loss"][-1])


class Keyed(Layer):
    """A layer whose argument is a mapping to pairs."""

    def __init__(self, pairs: dict[str, tuple[int, ...]]):
        self.pairs = pairs

    def build(self, input_shape, rng):
        return input_shape

    def forward(self, x, *, training=False):
        return x

    def backward(self, dy):
        return dy


def test_mappings_whose_pairs_share_numbers_are_told_apart():
    one, other = (Sequential([Keyed(pairs)]) for pairs in ({"a": (1, 2), "b": (3, 4)}, {"a": (1, 4), "b": (3, 2)}))
    with pytest.raises(ConfigError, match="the state is of another model"):
        restore_model(model_state(one), other)
