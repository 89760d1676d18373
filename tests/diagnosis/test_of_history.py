"""Findings from the history: each fires on curves made for it, and not on curves just beyond its threshold."""

import re

import numpy as np
import pytest

from nnlite.diagnosis import Settings, fitting, rates
from tests.helpers.diagnosed import clouds, fitted, history_of, look, subject_of


@pytest.fixture(scope="module")
def trained():
    data = clouds()
    return fitted(data, epochs=5), data


def found(trained, looks, training, validation=None, settings=None, **figures):
    trainer, data = trained
    return look(
        looks, subject_of(trainer, data, history=history_of(training, validation, **figures), settings=settings)
    )


CONSTANT = np.log(2)  # the loss of two equally frequent classes, always predicted alike


def zigzag(rise, epochs=20):
    """A curve from 1 that goes down and up by `rise` in turns."""
    return [1.0] + [0.3 + rise * (epoch % 2) for epoch in range(epochs - 1)]


def test_the_constant_loss_is_that_of_the_shares(trained):
    assert subject_of(*trained).constant_loss == pytest.approx(CONSTANT, rel=1e-6)


def test_a_loss_that_jumps_until_the_end_tells_of_too_high_a_rate(trained):
    # Half of the steps rise, so that the mean rise is half of the height of a jump; at first the loss is 1.
    finding = found(trained, rates.too_high, zigzag(0.14))
    assert finding.name == "rate_too_high" and finding.severity == "high"
    assert finding.change == "optimizer.learning_rate = 0.01"
    assert "from 0.3000 at the lowest to 0.4400 at the highest" in finding.evidence
    assert found(trained, rates.too_high, zigzag(0.10)) is None


def test_jumps_that_are_over_tell_of_no_rate(trained):
    assert found(trained, rates.too_high, [*zigzag(0.5, 20), *np.linspace(0.3, 0.1, 21)]) is None


def test_weights_that_the_first_steps_ruined_tell_of_too_high_a_rate(trained):
    assert "ruined" in found(trained, rates.too_high, [3.1 * CONSTANT, *[CONSTANT] * 9]).sentence
    assert found(trained, rates.too_high, [2.9 * CONSTANT, *[CONSTANT] * 9]) is None  # as weights drawn at random
    assert found(trained, rates.too_high, [3.1 * CONSTANT, *[0.9 * CONSTANT] * 9]) is None  # it has learnt something
    assert found(trained, rates.too_high, np.linspace(90, 60, 10)) is None  # unscaled inputs, and a rate too low


@pytest.mark.parametrize("looks", [rates.too_high, rates.too_low, fitting.overfitting])
@pytest.mark.parametrize("curve", [[], [1.0], [1.0, 5.0, 1.0, 5.0], [1.0, float("nan"), *[0.5] * 9]])
def test_nothing_is_told_of_a_curve_that_is_too_short_or_undefined(trained, looks, curve):
    assert found(trained, looks, curve, curve) is None


def test_a_loss_that_still_falls_in_a_straight_line_tells_of_too_low_a_rate(trained):
    line = np.linspace(1, 0.7, 20)
    finding = found(trained, rates.too_low, line, line + 0.01)
    assert finding.severity == "medium" and finding.change == "optimizer.learning_rate = 1"
    assert "from 1.0000 to 0.7000" in finding.evidence
    assert found(trained, rates.too_low, np.linspace(1, 0.95, 20)).severity == "high"
    assert found(trained, rates.too_low, np.linspace(1, 0.59, 20)) is None  # it has learnt enough
    assert found(trained, rates.too_low, line, np.full(20, 1.0)) is None  # by heart alone


@pytest.mark.parametrize(("pace", "fires"), [(0.03, True), (0.06, False)])
def test_a_loss_that_bends_to_its_floor_tells_of_no_rate(trained, pace, fires):
    bent = 0.7 + 0.3 * np.exp(-pace * np.arange(20))  # its last quarter has 17 %, or 12 %, of the fall
    assert (found(trained, rates.too_low, bent) is not None) is fires


def test_a_full_batch_method_has_no_rate_to_change(trained):
    assert found(trained, rates.too_high, zigzag(0.2), settings=Settings()).change == ""


def turning(rise, best=10, epochs=30, low=0.3):
    """A validation loss that falls to `low` in epoch 10 and rises again by a factor."""
    return [*np.linspace(0.6, low, best), *np.linspace(low, low * (1 + rise), epochs - best)]


FALLING = np.geomspace(0.6, 0.01, 30)


def test_a_validation_loss_that_rises_again_tells_of_overfitting_and_from_which_epoch(trained):
    finding = found(trained, fitting.overfitting, FALLING, turning(0.40), validation_accuracy=[0.9] * 10 + [0.8] * 20)
    assert finding.severity == "medium" and finding.change == "early_stopping.patience = 10"
    assert re.match("From about epoch 1[01] on the model learns", finding.sentence)
    assert "validation loss 0.3" in finding.evidence and "0.4200 at the end" in finding.evidence
    assert found(trained, fitting.overfitting, FALLING, turning(0.20)) is None


def test_overfitting_that_costs_no_answer_matters_little(trained):
    finding = found(trained, fitting.overfitting, FALLING, turning(0.5), validation_accuracy=[0.9] * 30)
    assert finding.severity == "low" and "no more answers are wrong" in finding.sentence


def test_no_overfitting_is_told_where_the_best_epoch_was_kept_or_nothing_was_learnt(trained):
    curves = FALLING, turning(1.0)
    assert found(trained, fitting.overfitting, *curves) is not None
    assert found(trained, fitting.overfitting, *curves, settings=Settings(0.1, early_stopping=True)) is None
    assert found(trained, fitting.overfitting, FALLING) is None  # there are no validation rows
    assert found(trained, fitting.overfitting, np.full(30, 0.6), turning(1.0)) is None  # training does not fall
    assert found(trained, fitting.overfitting, FALLING + 0.7, turning(1.0)) is None  # no better than a constant
    tiny = np.array(turning(1.0, low=0.02))
    assert found(trained, fitting.overfitting, FALLING, tiny) is None  # 0.02 more of a loss of 0.69 is nothing
