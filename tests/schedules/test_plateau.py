"""A plateau's own memory of the best figure."""

import copy
import json

from nnlite import ReduceOnPlateau
from nnlite.core.state import State
from tests.helpers.noisy import TRAIN, VALIDATION, noisy, trainer


def test_a_plateau_does_not_compare_figures_of_other_rows_or_columns():
    fitted = trainer(epochs=2, schedule=ReduceOnPlateau(0.5, patience=0))
    fitted.schedule.after_epoch({"epoch": 1, "validation_loss": 1e-9, "training_loss": 1e-9})
    fitted.schedule.after_epoch({"epoch": 2, "training_loss": 1.0})
    assert fitted.schedule.memory["multiplier"] == 1
    assert fitted.schedule.memory["best"]["column"] == "training_loss"
    fitted.fit(TRAIN, VALIDATION)
    fitted.schedule.memory["best"]["figure"] = 1e-9
    multiplier = fitted.schedule.memory["multiplier"]
    fitted.epochs = 1
    fitted.fit(TRAIN, noisy(2))
    assert fitted.schedule.memory["multiplier"] == multiplier
    fitted.schedule.memory["best"]["figure"] = 1e-9
    fitted.fit(TRAIN, noisy(2))
    assert fitted.schedule.memory["multiplier"] == multiplier / 2


def test_a_plateaus_state_is_plain_numbers_and_all_that_another_one_needs():
    losses = [3, 2, 1, 1, 1, 1, 0.5, 1, 1, 1, 1, 1]
    whole, first, second = (ReduceOnPlateau(0.5, patience=1, cooldown=1) for _ in range(3))
    for loss in losses:
        whole.after_epoch({"training_loss": loss})
    for loss in losses[:4]:
        first.after_epoch({"training_loss": loss})
    second.state = State(json.loads(json.dumps(first.state.values)))
    for loss in losses[4:]:
        second.after_epoch({"training_loss": loss})
    assert second.memory == whole.memory and whole.memory["multiplier"] < 0.5


def test_a_copy_of_a_schedule_has_a_state_of_its_own():
    schedule = ReduceOnPlateau(patience=0)
    twin = copy.copy(schedule)
    for _ in range(2):
        twin.after_epoch({"training_loss": 1.0})
    assert twin.memory["multiplier"] == 0.1 and schedule.memory["multiplier"] == 1
