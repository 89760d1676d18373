"""Schedules: PyTorch's learning rates, step after step; and that a fit uses the one that is due."""

import json
import math

import numpy as np
import pytest

import nnlite
from nnlite import (
    SGD,
    ConfigError,
    Cosine,
    Dense,
    ExponentialDecay,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    Sequential,
    SoftmaxCrossEntropy,
    StepDecay,
    Trainer,
    schedules,
)
from nnlite.config import training_config as config
from nnlite.schedules.schedule import Moment
from tests.conftest import ROOT
from tests.helpers.rows import rows_of

GOLDEN = {
    name: json.loads((ROOT / f"tests/oracles/golden/{name}.json").read_text())["cases"]
    for name in ("schedules", "plateaus")
}


def multipliers(schedule, epochs, steps, earlier=0):
    return [
        schedule.multiplier(Moment(epoch, step, epochs, steps, earlier, earlier * steps))
        for epoch in range(epochs)
        for step in range(steps)
    ]


@pytest.mark.parametrize("case", GOLDEN["schedules"].values(), ids=GOLDEN["schedules"].keys())
def test_every_step_has_the_rate_that_pytorch_gives_it(case):
    schedule = getattr(schedules, case["schedule"])(**case["arguments"])
    rates = [case["learning_rate"] * factor for factor in multipliers(schedule, case["epochs"], case["steps"])]
    assert np.abs(np.subtract(rates, case["rates"])).max() <= 1e-12
    assert len(rates) == 60


@pytest.mark.parametrize("case", GOLDEN["plateaus"].values(), ids=GOLDEN["plateaus"].keys())
def test_a_plateau_reduces_the_rate_when_pytorch_does(case):
    schedule, rates = ReduceOnPlateau(monitor=case["monitor"], **case["arguments"]), []
    for epoch, figure in enumerate(case["figures"], start=1):
        schedule.after_epoch({"epoch": epoch, case["monitor"]: math.nan if figure is None else figure})
        rates.append(case["learning_rate"] * schedule.multiplier(Moment(epoch, 0, 100, 5)))
    assert np.abs(np.subtract(rates, case["rates"])).max() <= 1e-12


def test_the_golden_files_hold_every_schedule():
    recorded = {case["schedule"] for case in GOLDEN["schedules"].values()} | {"ReduceOnPlateau"}
    assert recorded == set(schedules.__all__) <= set(nnlite.__all__)
    assert not [name for name in recorded if "Source" not in getattr(schedules, name).__doc__]


def test_the_first_and_the_last_step():
    # Cosine's last step is one short of the wave's end, so that no step is wasted; one cycle's is at its end.
    assert multipliers(Cosine(), 1, 4) == pytest.approx([1, 0.8535533905932737, 0.5, 0.14644660940672627])
    assert multipliers(Cosine(warmup=0.5), 1, 4) == pytest.approx([1 / 3, 2 / 3, 1, 0.5])
    assert multipliers(OneCycle(end=0.25), 5, 2)[-1] == 0.25


def test_per_epoch_the_rate_is_that_of_the_epochs_first_step():
    per_epoch, per_step = multipliers(Cosine(per="epoch"), 4, 3), multipliers(Cosine(), 4, 3)
    assert per_epoch == [per_step[3 * (step // 3)] for step in range(12)]


@pytest.mark.parametrize("epochs", [1, 2, 3, 7, 97])
@pytest.mark.parametrize(("restarts", "lengthening"), [(0, 1), (2, 1), (6, 1), (3, 2), (4, 3)])
def test_cycles_begin_at_the_step_where_they_are_due(epochs, restarts, lengthening):
    """However the cycles' lengths come out, each begins with the whole rate, and the rate falls within it."""
    found = multipliers(Cosine(restarts=restarts, lengthening=lengthening), epochs, 5)
    units = sum(lengthening**cycle for cycle in range(restarts + 1))
    edges = [sum(lengthening**i for i in range(cycle)) * 5 * epochs for cycle in range(restarts + 1)]
    begun = {-(-edge // units) for edge in edges}
    rises = {0} | {step for step in range(1, len(found)) if found[step] > found[step - 1]}
    assert rises <= begun
    assert all(found[step] == 1 for edge in edges if edge % units == 0 for step in [edge // units])
    assert all(0 < factor <= 1 for factor in found)


@pytest.mark.parametrize(
    "schedule",
    [
        StepDecay(),
        ExponentialDecay(),
        Cosine(warmup=0.9, restarts=3),
        OneCycle(),
        OneCycle(rise=0.0),
        OneCycle(0.5),
        OneCycle(0.99),
    ],
    ids=repr,
)
@pytest.mark.parametrize(("epochs", "steps"), [(1, 1), (1, 2), (2, 1), (1, 3), (10, 1)])
def test_very_short_trainings_have_rates_too(schedule, epochs, steps):
    assert all(0 < factor <= 1 for factor in multipliers(schedule, epochs, steps))


def test_decays_go_on_in_the_next_fit_and_waves_begin_anew():
    for schedule in (StepDecay(2), StepDecay(3, per="step"), ExponentialDecay(), ExponentialDecay(0.9, "step")):
        assert multipliers(schedule, 2, 4) + multipliers(schedule, 3, 4, earlier=2) == multipliers(schedule, 5, 4)
    for schedule in (Cosine(), OneCycle()):
        assert multipliers(schedule, 3, 4, earlier=2) == multipliers(schedule, 3, 4)


class Spy(SGD):
    """Writes down the rate of every step."""

    def step(self, parameters, learning_rate=None):
        self.rates = [*getattr(self, "rates", []), learning_rate]
        super().step(parameters, learning_rate)


def trained(blobs, schedule, fits=(4,), validation=None):
    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    trainer = Trainer(model, Spy(0.1), batch_size=32, schedule=schedule)
    for epochs in fits:
        trainer.epochs = epochs
        trainer.fit(blobs, validation)
    return trainer


@pytest.mark.parametrize(
    "schedule", [StepDecay(1, 0.5), StepDecay(2, 0.5, "step"), Cosine(0.2), OneCycle()], ids=repr
)
def test_a_fit_makes_every_step_with_the_rate_that_is_due_and_records_the_epochs_last(blobs, schedule):
    trainer = trained(blobs, schedule)  # 90 rows in batches of 32: 3 steps an epoch
    due = [0.1 * factor for factor in multipliers(schedule, 4, 3)]
    assert trainer.optimizer.rates == due
    assert trainer.history["learning_rate"] == due[2::3]


def test_a_second_fit_goes_on_with_a_decay_as_if_it_had_been_one(blobs):
    at_once, in_parts = trained(blobs, StepDecay(2), (5,)), trained(blobs, StepDecay(2), (2, 3))
    assert at_once.optimizer.rates == in_parts.optimizer.rates
    assert at_once.model.parameters.values.tobytes() == in_parts.model.parameters.values.tobytes()
    plateau = ReduceOnPlateau(0.5, patience=0, threshold=0.9)  # reduces after every epoch but the first
    for fits in ((5,), (2, 3)):
        assert trained(blobs, plateau, fits).history["learning_rate"] == pytest.approx(
            [0.1, 0.1, 0.05, 0.025, 0.0125]
        )
    assert plateau.memory["multiplier"] == 1  # the trainers have their own


def test_a_decay_counts_the_steps_that_were_made_however_many_an_epoch_has(blobs):
    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    trainer = Trainer(model, Spy(1.0), epochs=2, batch_size=9, schedule=StepDecay(1, 0.5, "step"))
    trainer.fit(blobs)  # 20 steps of 9 rows, then 3 of 32
    trainer.epochs, trainer.batch_size = 1, 32
    trainer.fit(blobs)
    assert trainer.optimizer.rates == [0.5**step for step in range(23)]


def test_a_change_of_the_optimizers_rate_is_multiplied_too(blobs):
    trainer = trained(blobs, StepDecay(1, 0.5), (1,))
    trainer.optimizer.learning_rate = 0.2
    trainer.fit(blobs)
    assert trainer.history["learning_rate"] == [0.1, 0.1]


def test_a_figure_that_is_not_recorded_is_told_before_the_first_step(blobs):
    said = (
        r"monitor = 'validation_los': no such figure is recorded; did you mean 'validation_loss'\? Valid: "
        "training_loss, validation_loss, training_accuracy, validation_accuracy"
    )
    for given in ({"schedule": ReduceOnPlateau(monitor="validation_los")},):
        trainer = Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), Spy(0.1), **given)
        with pytest.raises(ConfigError, match=said):
            trainer.fit(blobs, blobs)
        assert not hasattr(trainer.optimizer, "rates")


def test_a_schedule_of_ones_own_is_a_class_with_one_method(blobs, tmp_path):
    class Half(Schedule):
        def multiplier(self, moment):
            return 0.5 if moment.progress >= 0.5 else 1.0

    assert trained(blobs, Half()).optimizer.rates == [0.1] * 6 + [0.05] * 6
    (tmp_path / "half.py").write_text(
        "from nnlite import Schedule\nclass Half(Schedule):\n    def __init__(self, at: float = 0.5):\n"
        "        self.at = at\n    def multiplier(self, moment):\n        return float(moment.progress < self.at)\n"
    )
    changes = [f'plugins=["{tmp_path}/half.py"]', "schedule.type=Half", "schedule.at=0.25"]
    settings = config.load(ROOT / "configs/iris.toml", changes)
    assert settings.build_trainer(settings.build_model(rows_of((4,)))).schedule.at == 0.25


@pytest.mark.parametrize(
    ("schedule", "fits"),
    [
        (Cosine(restarts=11), True),
        (Cosine(restarts=12), False),
        (Cosine(restarts=5, warmup=0.5), True),
        (Cosine(restarts=6, warmup=0.5), False),
        (Cosine(restarts=2, per="epoch"), True),
        (Cosine(restarts=3, per="epoch"), False),
        (Cosine(restarts=2, lengthening=2), True),  # 1 + 2 + 4 of 12 steps
        (Cosine(restarts=3, lengthening=2), False),
        (Cosine(restarts=10**9, lengthening=10**9), False),
    ],
    ids=str,
)
def test_more_restarts_than_a_fit_has_room_for_are_refused(schedule, fits, blobs):
    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    trainer = Trainer(model, SGD(0.1), epochs=3, batch_size=24, schedule=schedule)  # of 4 steps each
    if fits:
        assert len(trainer.fit(blobs)) == 3
    else:
        with pytest.raises(
            ConfigError, match=r"^schedule.restarts = \d+ with .*; take fewer restarts, or more epochs"
        ):
            trainer.check(blobs)


def test_a_plateau_watches_validation_rows_where_there_are_any(blobs):
    seen = []

    class Watch(ReduceOnPlateau):
        def after_epoch(self, row):
            super().after_epoch(row)
            seen.append((self.memory["best"]["figure"], row))

    trained(blobs, Watch(), (1,), blobs)
    trained(blobs, Watch(), (1,))
    assert [best for best, _ in seen] == [seen[0][1]["validation_loss"], seen[1][1]["training_loss"]]
