"""Callbacks: what they are told, how they end a fit, what they add to its history, and that they are resumed."""

import copy
import json

import numpy as np
import pytest

from nnlite import (
    LBFGS,
    Adam,
    Callback,
    ConfigError,
    Dense,
    DivergenceError,
    Dropout,
    EarlyStopping,
    NnliteError,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
    plots,
)
from nnlite.config import training_config
from nnlite.core import snapshot
from nnlite.core.state import State
from nnlite.runs import start
from nnlite.runs.folder import RunFolder
from nnlite.training.history import History
from tests.conftest import ROOT

EVENTS = ("begin", "after_step", "before_portion", "after_epoch", "end")


def trainer(**given):
    model = Sequential([Dense(6), ReLU(), Dropout(0.3), Dense(3), SoftmaxCrossEntropy()])
    return Trainer(model, Adam(0.02), **({"epochs": 4, "batch_size": 20} | given))


class Log(Callback):
    """Notes every event with the place of the fit."""

    def __init__(self):
        self.seen = []

    def begin(self, fit):
        self.seen.append(("begin", fit.epoch, fit.step))

    def after_step(self, fit):
        self.seen.append(("step", fit.epoch, fit.step))

    def before_portion(self, fit):
        self.seen.append(("portion", fit.epoch, fit.step))

    def after_epoch(self, fit, row):
        self.seen.append(("epoch", fit.epoch, fit.step))
        assert row == fit.history.rows[-1] and fit.history.rows[-1]["epoch"] == len(fit.history)

    def end(self, fit):
        self.seen.append(("end", fit.epoch, fit.step))


def test_the_events_come_in_order_with_the_place_of_the_fit(blobs):
    log = Log()
    trainer(epochs=2, batch_size=45).fit(blobs, blobs, callbacks=[log])
    epoch = [("step", 1), ("step", 2), ("portion", 2), ("epoch", 0)]
    assert log.seen == [
        ("begin", 0, 0),
        *((event, number + (event == "epoch"), step) for number in (0, 1) for event, step in epoch),
        ("end", 2, 0),
    ]


def test_those_of_the_trainer_are_told_of_every_fit_before_those_of_one(blobs):
    class Named(Callback):
        def __init__(self, name: str):
            self.name = name

        def begin(self, fit):
            told.append(self.name)

    told, fitted = [], trainer(epochs=1, callbacks=[Named("first"), Named("second")])
    fitted.fit(blobs, callbacks=[Named("third")])
    fitted.fit(blobs)
    assert told == ["first", "second", "third", "first", "second"]


@pytest.mark.parametrize("error", [DivergenceError, KeyboardInterrupt])
def test_the_end_is_told_however_the_fit_ends(blobs, error):
    class Fail(Callback):
        def after_step(self, fit):
            raise error("now")

    log = Log()
    with pytest.raises(error, match="now"):
        trainer().fit(blobs, callbacks=[log, Fail()])
    assert log.seen[-1] == ("end", 0, 1)


class StopAfter(Callback):
    """Stops the fit at an event, the first time that it comes after this many steps in all."""

    def __init__(self, event: str, steps: int):
        self.event, self.steps = event, steps

    def _at(self, event, fit):
        if event == self.event and fit.epoch * fit.steps + fit.step >= self.steps:
            fit.stop("that was enough")

    def begin(self, fit):
        self._at("begin", fit)

    def after_step(self, fit):
        self._at("after_step", fit)

    def before_portion(self, fit):
        self._at("before_portion", fit)

    def after_epoch(self, fit, row):
        self._at("after_epoch", fit)


@pytest.mark.parametrize(
    ("event", "at", "epochs", "steps"),
    [("after_step", 6, 2, 6), ("after_epoch", 3, 1, 5), ("before_portion", 6, 2, 10), ("after_step", 5, 1, 5)],
)
def test_stop_ends_the_fit_after_the_step_or_the_epoch(blobs, event, at, epochs, steps):
    fitted, log = trainer(batch_size=18), Log()
    fitted.fit(blobs, blobs, callbacks=[log, StopAfter(event, at)])
    assert sum(each[0] == "step" for each in log.seen) == steps
    assert len(fitted.history) == epochs and "validation_loss" in fitted.history.rows[-1]
    assert fitted.ended_early == f"stopped after epoch {epochs}: that was enough"


def test_stop_at_the_beginning_makes_no_step_and_the_next_fit_is_a_whole_one(blobs):
    fitted = trainer()
    assert len(fitted.fit(blobs, callbacks=[StopAfter("begin", 0)])) == 0
    assert fitted.ended_early == "stopped before the first epoch: that was enough"
    assert len(fitted.fit(blobs)) == 4 and fitted.ended_early == ""


def test_stop_after_the_last_epoch_is_no_early_end(blobs):
    fitted = trainer()
    fitted.fit(blobs, callbacks=[StopAfter("after_epoch", 20)])
    assert len(fitted.history) == 4 and fitted.ended_early == ""


@pytest.mark.parametrize("at", [1, 5, 12])
def test_stop_ends_a_full_batch_method_too(blobs, at):
    model = Sequential([Dense(6), ReLU(), Dense(3), SoftmaxCrossEntropy()])
    fitted = Trainer(model, LBFGS(), epochs=20)
    fitted.fit(blobs, callbacks=[StopAfter("after_step", at)])
    assert fitted.ended_early == f"stopped after epoch {at}: that was enough" and len(fitted.history) == at


def test_the_best_weights_are_left_where_a_callback_ends_the_fit(blobs):
    fitted, plain = trainer(early_stopping=EarlyStopping(50), epochs=30), trainer(epochs=30)
    fitted.fit(blobs, blobs, callbacks=[StopAfter("after_step", 17)])
    best = fitted.history.best_epoch
    plain.epochs = best
    plain.fit(blobs, blobs)
    if best * 5 <= 17:  # of a whole epoch
        assert (fitted.model.parameters.values == plain.model.parameters.values).all()


# Resuming.


class Stop(BaseException):
    pass


class Patience(Callback):
    """Stops after this many steps in all fits, adds a figure of its own, and remembers both."""

    def __init__(self, steps: int = 13, name: str = "largest_gradient"):
        self.steps, self.name = steps, name
        self.made, self.sizes = 0, np.zeros(0)

    def after_step(self, fit):
        self.made += 1
        self.sizes = np.append(self.sizes, np.abs(fit.model.parameters.grads).max())
        if self.made == self.steps:
            fit.stop(f"{self.steps} steps are made")

    def after_epoch(self, fit, row):
        row[self.name] = self.sizes.max()

    @property
    def state(self):
        return State({"made": self.made}, {"sizes": self.sizes})

    @state.setter
    def state(self, state):
        self.made, self.sizes = state.values["made"], state.arrays["sizes"].copy()


class Leave(Callback):
    """Leaves the fit at the n-th event, with the trainer's state as it comes from a file."""

    def __init__(self, trainer, at):
        self.trainer, self.at, self.count = trainer, at, 0

    def after_step(self, fit):
        self.count += 1
        if self.count == self.at:
            state = self.trainer.state
            raise Stop(State(json.loads(json.dumps(state.values)), dict(state.arrays)))

    def before_portion(self, fit):
        self.after_step(fit)

    def after_epoch(self, fit, row):
        self.after_step(fit)


def outcome(fitted):
    rows = [{name: figure for name, figure in row.items() if name != "seconds"} for row in fitted.history.rows]
    arrays = snapshot.take(fitted.model) | {
        name: a for name, a in fitted.state.arrays.items() if "figures" not in name
    }
    return rows, {name: array.tobytes() for name, array in arrays.items()}, fitted.ended_early


@pytest.mark.parametrize("by_fit", [False, True])
def test_a_fit_that_a_callback_ends_resumes_from_everywhere_and_repeats(blobs, by_fit):
    def fitted(at=None, state=None):
        one = trainer(batch_size=18, **({} if by_fit else {"callbacks": [Patience()]}))
        if state is not None:
            one.state = state
        one.fit(blobs, blobs, callbacks=[*([Patience()] if by_fit else []), Leave(one, at)])
        return one

    whole = fitted()
    assert whole.ended_early == "stopped after epoch 3: 13 steps are made"
    assert outcome(fitted()) == outcome(whole)
    events = 13 + 3 + 3
    for at in range(1, events + 1):
        with pytest.raises(Stop) as left:
            fitted(at)
        assert outcome(fitted(state=left.value.args[0])) == outcome(whole), at


def test_a_callback_that_remembers_must_be_there_when_the_fit_goes_on(blobs):
    left = trainer()
    with pytest.raises(Stop) as stopped:
        left.fit(blobs, callbacks=[Patience(), Patience(40, "the_same"), Leave(left, 3)])
    other = trainer()
    other.state = stopped.value.args[0]
    with pytest.raises(ConfigError, match="had the callbacks Patience-2, which remember something"):
        other.fit(blobs, callbacks=[Patience()])
    second = Patience(40, "the_same")
    other.fit(blobs, callbacks=[Patience(), second])
    assert second.made == 13  # the first has ended the fit


def test_between_two_fits_a_callback_goes_on_where_it_was(blobs):
    one, other = (trainer(epochs=2, batch_size=18, callbacks=[Patience()]) for _ in range(2))
    one.fit(blobs)
    other.state = one.state
    for each in (one, other):
        each.fit(blobs)
    assert outcome(one) == outcome(other) and one.ended_early.endswith("13 steps are made")


def test_the_same_trainer_finishes_an_interrupted_fit_from_a_state_that_a_callback_kept(blobs):
    class Keep(Callback):
        def __init__(self, trainer):
            self.trainer = trainer

        def after_epoch(self, fit, row):
            self.kept = self.trainer.state

    class Interrupt(Callback):
        def after_step(self, fit):
            if (fit.epoch, fit.step) == (2, 3):
                raise KeyboardInterrupt

    settings = {"early_stopping": EarlyStopping(50), "average": 0.9, "epochs": 6}
    whole, fitted = trainer(**settings), trainer(**settings)
    whole.fit(blobs, blobs)
    keep = Keep(fitted)
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(blobs, blobs, callbacks=[Interrupt(), keep])
    fitted.state = keep.kept
    fitted.fit(blobs, blobs)
    assert len(fitted.history) == 6 and outcome(fitted) == outcome(whole)


# Figures of one's own.


class Adds(Callback):
    def __init__(self, **figures):
        self.figures = figures

    def after_epoch(self, fit, row):
        row.update(self.figures)


def test_a_figure_that_is_added_stands_in_the_history_and_its_csv(blobs):
    fitted = trainer(epochs=2)
    fitted.fit(blobs, callbacks=[Adds(weight_norm=np.float32(1.5), steps=7, unknown=float("nan"))])
    assert fitted.history["weight_norm"] == [1.5, 1.5] and fitted.history["steps"] == [7, 7]
    again = History.from_csv(fitted.history.to_csv())
    assert again["weight_norm"] == [1.5, 1.5] and all(type(each) is float for each in fitted.history["steps"])


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"training_loss": 0.5}, "Adds.after_epoch changed 'training_loss' of the epoch's row"),
        ({"weight_norm": "large"}, "Adds.after_epoch added weight_norm = 'large'; expected a number"),
        ({"weight_norm": np.ones(2)}, r"added weight_norm = array\(\[1., 1.\]\); expected a number"),
        ({"weight_norm": True}, "added weight_norm = True; expected a number"),
        ({"weight_norm": None}, "added weight_norm = None; expected a number"),
        ({"weight_norm": 1j}, "added weight_norm = 1j; expected a number"),
    ],
)
def test_what_is_no_new_figure_is_refused(blobs, figures, said):
    with pytest.raises(ConfigError, match=said):
        trainer().fit(blobs, callbacks=[Adds(**figures)])


# Wrong callbacks.


class FewArguments(Callback):
    def after_epoch(self, fit):
        """Has forgotten the row."""


def test_a_callback_alone_is_no_list(blobs):
    with pytest.raises(
        ConfigError, match=r"callbacks is a Log, expected a list of callbacks, even of one: \[Log\(\)\]"
    ):
        trainer().fit(blobs, callbacks=Log())
    with pytest.raises(
        ConfigError, match=r"callbacks = Log\(\): expected a list, each a Callback: write \[Log\(\)\]"
    ):
        trainer(callbacks=Log())


def test_a_class_in_place_of_a_callback_is_told_by_the_trainer_too():
    for given in (Log, [Log], [Log(), Log]):
        with pytest.raises(ConfigError, match=r"callbacks = .*: expected .*; Log is a class: write Log\(…\)"):
            trainer(callbacks=given)


class Idle(Callback):
    def compute(self, fit):
        """No event."""


def misspelt(name, beside="after_epoch"):
    """A callback with a method of this name beside a right one."""
    methods = {each: lambda self, fit, row=None: None for each in (name, beside)}
    return type("Mine", (Callback,), methods)()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("after_steps", "after_step"),
        ("befor_portion", "before_portion"),
        ("ends", "end"),
        ("afterEpoch", "after_epoch"),
        ("begn", "begin"),
        ("on_batch_end", None),
        ("before_step", None),
        ("after_fit", None),
    ],
)
def test_a_method_that_looks_like_an_event_is_refused_before_the_first_step(blobs, name, meant):
    log = Log()
    with pytest.raises(ConfigError) as raised:
        trainer().fit(blobs, callbacks=[log, misspelt(name)])
    said = str(raised.value)
    assert said.startswith(f"Mine.{name} would never be called") and ", ".join(EVENTS) in said and log.seen == []
    assert meant is None or f"did you mean {meant!r}?" in said


@pytest.mark.parametrize("event", ["after_step", "before_portion", "after_epoch"])
def test_a_value_that_a_callback_returns_is_refused_since_nothing_would_be_done_with_it(blobs, event):
    mine = type("Mine", (Callback,), {event: lambda self, fit, row=None: True})
    with pytest.raises(ConfigError, match=rf"Mine.{event} returned True, .* fit.stop\(why\) ends a fit"):
        trainer().fit(blobs, blobs, callbacks=[mine()])


@pytest.mark.parametrize("name", ["compute", "append", "plot", "_after_steps", "restart"])
def test_a_method_for_other_purposes_is_none_of_our_business(blobs, name):
    trainer(epochs=1).fit(blobs, callbacks=[misspelt(name)])


def test_one_object_is_not_called_twice(blobs):
    log = Log()
    for of_trainer, of_fit in (([log], [log]), ([], [log, log]), ([log, log], [])):
        with pytest.raises(ConfigError, match=r"Log\(\) is there twice, and would be called twice"):
            trainer(callbacks=of_trainer).fit(blobs, callbacks=of_fit)
    assert log.seen == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (FewArguments(), r"FewArguments.after_epoch is called with \(fit, row\), but cannot take that"),
        (Log, r"has the class Log, expected an object: write Log\(\)"),
        (print, "has a builtin_function_or_method, expected objects of classes derived from nnlite.Callback"),
        (Idle(), "Idle overrides none of begin, after_step, before_portion, after_epoch, end.* it has compute"),
    ],
)
def test_what_is_no_callback_is_refused_before_the_first_step(blobs, given, said):
    log = Log()
    with pytest.raises(ConfigError, match=said):
        trainer().fit(blobs, callbacks=[log, given])
    assert log.seen == []


def test_arguments_of_a_callback_are_checked_as_those_of_a_layer():
    with pytest.raises(ConfigError, match="Patience: steps = 'many': expected an integer"):
        Patience("many")
    assert repr(StopAfter("begin", 3)) == "StopAfter('begin', 3)"


def test_two_callbacks_may_not_add_one_name(blobs):
    class Other(Adds):
        pass

    for figure in (1.0, 2.0):
        said = (
            "Other.after_epoch: 'norm' was already added by Adds, another callback of this fit; give it another name"
        )
        with pytest.raises(ConfigError, match=said):
            trainer().fit(blobs, callbacks=[Adds(norm=float("1.0")), Other(norm=figure)])


@pytest.mark.parametrize("runs", [1, 2])
def test_a_figure_that_is_added_is_drawn_in_the_curves(blobs, runs):
    class Grows(Callback):
        def after_epoch(self, fit, row):
            row["weight_norm"], row["validation_certainty"] = 2.5 * fit.epoch, 0.5 + fit.epoch / 10

    histories = {}
    for number in range(runs):
        fitted = trainer(epochs=3)
        fitted.fit(blobs, blobs, callbacks=[Grows()])
        histories[f"run {number}"] = fitted.history
    axes = plots.curves(histories).axes
    assert [each.get_title() for each in axes] == ["loss", "accuracy", "weight_norm", "certainty"]
    assert axes[2].lines[0].get_xydata().tolist() == [[1, 2.5], [2, 5.0], [3, 7.5]]
    assert axes[3].lines[0].get_ydata().tolist() == [0.6, 0.7, 0.8]


def test_columns_that_only_a_later_fit_has_are_no_added_figures(blobs):
    fitted = trainer(epochs=1)
    fitted.fit(blobs)
    fitted.fit(blobs, blobs)
    assert [each.get_title() for each in plots.curves({"run": fitted.history}).axes] == ["loss", "accuracy"]


# What can go wrong in a callback.


class FailsAt(Callback):
    """Raises an error at one event."""

    def __init__(self, event: str):
        self.event = event
        self.ended = 0

    def begin(self, fit):
        if self.event == "begin":
            raise OSError("begin failed")

    def after_step(self, fit):
        if self.event == "after_step":
            raise OSError("a step failed")

    def end(self, fit):
        self.ended += 1
        if self.event in ("end", "after_step"):
            raise ValueError("end failed")


def test_an_error_in_an_end_keeps_nobody_elses_end_and_leaves_the_trainer_free(blobs):
    fitted, log = trainer(epochs=1), Log()
    with pytest.raises(ValueError, match="end failed"):
        fitted.fit(blobs, callbacks=[FailsAt("end"), log])
    assert log.seen[-1] == ("end", 1, 0)
    fitted.state = fitted.state
    fitted.fit(blobs)
    assert len(fitted.history) == 2


def test_the_first_error_stays_and_that_of_an_end_is_a_note(blobs):
    with pytest.raises(OSError, match="a step failed") as raised:
        trainer().fit(blobs, callbacks=[FailsAt("after_step")])
    assert raised.value.__notes__ == ["FailsAt.end failed too: ValueError: end failed"]


def test_what_has_not_begun_is_not_ended(blobs):
    first, second, third = FailsAt("never"), FailsAt("begin"), FailsAt("never")
    with pytest.raises(OSError, match="begin failed"):
        trainer().fit(blobs, callbacks=[first, second, third])
    assert (first.ended, second.ended, third.ended) == (1, 1, 0)


def test_a_fit_whose_begin_failed_can_still_be_gone_on_with(blobs):
    whole, left, other = (trainer() for _ in range(3))
    whole.fit(blobs)
    with pytest.raises(Stop) as stopped:
        left.fit(blobs, callbacks=[Leave(left, 7)])
    other.state = stopped.value.args[0]
    with pytest.raises(OSError, match="begin failed"):
        other.fit(blobs, callbacks=[FailsAt("begin")])
    other.fit(blobs)
    assert outcome(other) == outcome(whole)


def test_a_callback_may_hold_what_cannot_be_copied(blobs, tmp_path):
    class Holds(Callback):
        def __init__(self, file):
            self.file = file

        def after_epoch(self, fit, row):
            print(row["epoch"], file=self.file)

    with open(tmp_path / "log", "w") as file:
        one, other = (trainer(epochs=1, callbacks=[Holds(file)]) for _ in range(2))
        one.fit(blobs)
        other.state = one.state
        other.fit(blobs)
    assert (tmp_path / "log").read_text() == "1\n2\n"


def test_a_trainer_that_goes_on_can_be_checked_before(blobs):
    left, other = (trainer(callbacks=[Patience()]) for _ in range(2))
    with pytest.raises(Stop) as stopped:
        left.fit(blobs, callbacks=[Leave(left, 3)])
    other.state = stopped.value.args[0]
    other.check(blobs)
    other.callbacks = ()
    with pytest.raises(ConfigError, match="had the callbacks Patience"):
        other.check(blobs)


class Remembers(Callback):
    def __init__(self, what):
        self.what = what

    def after_step(self, fit):
        """Nothing."""

    @property
    def state(self):
        return self.what

    @state.setter
    def state(self, state):
        raise RuntimeError("no")


class StateIsMethod(Callback):
    def state(self):
        return State({"n": 1})

    def after_step(self, fit):
        """Nothing."""


class CannotBeSet(Callback):
    state = property(lambda self: State({"n": 1}))

    def after_step(self, fit):
        """Nothing."""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Remembers({"n": 1}), r"Remembers.state is a dict, expected an nnlite.State"),
        (Remembers(None), "Remembers.state is a NoneType, expected"),
        (Remembers(State({"n": np.int64(3)})), r"state.values\['n'\] is a int64, .* plain number: write int\(…\)"),
        (Remembers(State({"n": [{"m": (1, 2)}]})), r"values\['n'\]\[0\]\['m'\] is a tuple, .* write list\(…\)"),
        (Remembers(State({"n": np.ones(2)})), r"values\['n'\] is a ndarray, .* State\(values, {name: array}\)"),
        (Remembers(State({"n": 1j})), r"values\['n'\] is a complex, expected a plain number, text, a list"),
        (Remembers(State({1: 2})), r"state.values has the key 1, a int; expected a string: write str\(…\)"),
        (Remembers(State({"n": {1: 2}})), r"state.values\['n'\] has the key 1, a int; expected a string"),
        (Remembers(State([1, 2])), r"state.values is a list, expected a dict: State\(values, arrays\) takes both"),
        (Remembers(State({}, [np.ones(1)])), r"state.arrays is a list, expected a dict"),
        (Remembers(State({}, {2: np.ones(1)})), r"state.arrays has the key 2, a int; expected a string"),
        (Remembers(State({}, {"a": [1.0]})), r"state.arrays\['a'\] is a list, expected a NumPy array"),
        (Remembers(State({}, {"a": np.array([object()])})), r"arrays\['a'\] is an array of object, expected"),
        (Remembers(State({}, {"a": np.array(["text"])})), r"arrays\['a'\] is an array of <U4, expected"),
        (Remembers(State({}, {"a": np.ones(1, "M8[s]")})), r"arrays\['a'\] is an array of datetime64"),
        (StateIsMethod(), "StateIsMethod.state is a method; write @property above it, and add a @state.setter"),
        (CannotBeSet(), "CannotBeSet.state can be read but not set; add a @state.setter"),
    ],
)
def test_a_state_that_no_checkpoint_could_keep_is_told_before_the_first_step(blobs, given, said):
    log = Log()
    with pytest.raises(ConfigError, match=said):
        trainer().fit(blobs, callbacks=[log, given])
    assert log.seen == []


def test_a_callback_that_does_not_take_its_state_back_is_named(blobs):
    one = trainer(epochs=1, callbacks=[Remembers(State({"n": 1}))])
    one.fit(blobs)
    with pytest.raises(ConfigError, match="Remembers cannot take its state back: RuntimeError: no"):
        one.state = one.state


def test_two_classes_of_one_name_keep_states_of_their_own(blobs):
    def classes():
        made = []
        for first_count in (0, 1000):

            class Counts(Callback):
                def __init__(self, start: int):
                    self.count = start

                def after_step(self, fit):
                    self.count += 1

                @property
                def state(self):
                    return State({"count": self.count})

                @state.setter
                def state(self, state):
                    self.count = state.values["count"]

            made.append(Counts(first_count))
        return made

    left, first = trainer(), classes()
    with pytest.raises(Stop) as stopped:
        left.fit(blobs, callbacks=[*first, Leave(left, 3)])
    other, second = trainer(), classes()
    other.state = stopped.value.args[0]
    other.fit(blobs, callbacks=second)
    assert [each.count for each in second] == [20, 1020]


def test_a_fit_within_a_fit_is_refused_and_a_copy_made_in_one_is_free(blobs):
    fitted, copies = trainer(epochs=2), []

    class Nests(Callback):
        def after_epoch(self, fit, row):
            copies.append(copy.deepcopy(fitted))
            with pytest.raises(NnliteError, match="in the middle of a fit of the same trainer"):
                fitted.fit(blobs)

    fitted.fit(blobs, callbacks=[Nests()])
    copies[0].state = fitted.state
    assert len(copies[0].fit(blobs)) == 4


def test_a_run_that_a_callback_stops_before_its_first_epoch_is_finished_without_curves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = training_config.load(ROOT / "configs" / "iris.toml")
    with start.new(config, tmp_path / "run") as run:
        run.train([StopAfter("begin", 0)])
        figures = run.finish()
    assert figures["ended_early"] == "stopped before the first epoch: that was enough"
    assert RunFolder(tmp_path / "run").finished and not (tmp_path / "run" / "loss.svg").exists()
