"""Findings from the layers: dead and saturated units, gradients that vanish or explode, inputs without a scale."""

import numpy as np
import pytest

from nnlite import (
    BatchNorm,
    Conv2D,
    Dataset,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    ReLU,
    Residual,
    Sequential,
    Shared,
    Sigmoid,
    SoftmaxCrossEntropy,
    Standardize,
    Tanh,
)
from nnlite.core import snapshot
from nnlite.data import from_arrays
from nnlite.diagnosis import gradients, inputs, units
from nnlite.diagnosis.layer_record import recorded
from tests.helpers.diagnosed import clouds, fitted, look, subject_of, untrained


def with_dead(count, of=20):
    """A model in which so many of the units are below 0 for every row."""
    data = clouds(120)
    trainer = untrained(data, [Standardize(), Dense(of), ReLU(), Dense(2), SoftmaxCrossEntropy()])
    bias = trainer.model.layers[1].parameters[1]
    bias.value[:] = 100.0
    bias.value[:count] = -100.0
    return subject_of(trainer, data)


@pytest.mark.parametrize(
    ("count", "severity"), [(0, None), (9, None), (10, "low"), (16, "medium"), (18, "medium"), (19, "high")]
)
def test_half_of_the_units_dead_is_a_finding_and_less_is_none(count, severity):
    finding = look(units.dead, with_dead(count))
    assert (finding and finding.severity) == severity
    if finding:
        assert finding.sentence.startswith(f"{count} of 20 units of model.layers[2] ReLU are dead")
        assert finding.change == "optimizer.learning_rate = 0.01" and "120 training rows" in finding.evidence


def test_a_channel_is_dead_where_all_its_places_are_and_not_where_one_lives():
    x = np.random.default_rng(0).normal(size=(40, 1, 6, 6))
    data = Dataset(x, np.arange(40) % 2, classes=("a", "b"))
    trainer = untrained(data, [Conv2D(4, 3), ReLU(), Flatten(), Dense(2), SoftmaxCrossEntropy()])
    trainer.model.layers[0].parameters[1].value[:] = [-100, -100, 0, 0]
    (found,) = subject_of(trainer, data).record.units
    assert (found.idle == 1).tolist() == [True, True, False, False] and found.place == "model.layers[1]"
    assert look(units.dead, subject_of(trainer, data)).sentence.startswith("2 of 4 units")


@pytest.mark.parametrize("activation", [Tanh, Sigmoid])
@pytest.mark.parametrize(("count", "severity"), [(0, None), (9, None), (10, "medium"), (19, "high")])
def test_half_of_the_units_saturated_is_a_finding_and_less_is_none(activation, count, severity):
    data = clouds(120)
    trainer = untrained(data, [Standardize(), Dense(20), activation(), Dense(2), SoftmaxCrossEntropy()])
    bias = trainer.model.layers[1].parameters[1]
    bias.value[:count] = np.where(np.arange(count) % 2, 100, -100)
    finding = look(units.saturated, subject_of(trainer, data))
    assert (finding and finding.severity) == severity
    if finding:
        assert f"{count} of 20 units of model.layers[2] {activation.__name__} are saturated" in finding.sentence
        assert finding.change == 'model.layers[2].type = "ReLU"'
    assert look(units.dead, subject_of(trainer, data)) is None


def test_an_output_is_flat_from_a_fiftieth_of_the_steepest_slope_on():
    data = clouds(40)
    trainer = untrained(data, [Dense(2, weight_init="zeros"), Tanh(), Dense(2), SoftmaxCrossEntropy()])
    trainer.model.layers[0].parameters[1].value[:] = np.arctanh(np.sqrt(1 - np.array([0.019, 0.021])))
    (found,) = subject_of(trainer, data).record.units
    assert found.idle.tolist() == [1, 0]


def test_an_activation_at_the_end_may_be_flat_and_one_within_another_layer_is_found():
    data = clouds(60)
    layers = [Standardize(), Residual([Dense(4), ReLU()]), Dense(2), Sigmoid(), SoftmaxCrossEntropy()]
    trainer = untrained(data, layers)
    assert look(units.dead, subject_of(trainer, data)) is None
    assert not subject_of(trainer, data).record.units  # the first trained layer is the one around it
    layers = [Dense(4), Residual([Dense(4), ReLU()]), Dense(2), SoftmaxCrossEntropy()]
    trainer = untrained(data, layers)
    trainer.model.layers[1].children[0].parameters[1].value[:] = -100
    assert look(units.dead, subject_of(trainer, data)).sentence.startswith(
        "4 of 4 units of model.layers[1], layer 1 in it ReLU are dead"
    )


def chain(factor, layers=5):
    """A chain of linear layers in which each multiplies by a factor."""
    data = clouds(60, features=3)
    trainer = untrained(data, [*(Dense(3) for _ in range(layers)), Dense(2), SoftmaxCrossEntropy()])
    for layer in trainer.model.layers[:-1]:
        layer.parameters[0].value[:] = factor * np.eye(3)
    last = trainer.model.layers[-1].parameters[0]
    last.value[:] = np.eye(3)[:, :2] / np.sqrt(2)
    return subject_of(trainer, data)


def test_gradients_that_vanish_are_a_finding_below_a_thousandth():
    # Five layers: the gradient by the output of the first has gone through four of them and the last.
    norms = [norm for _, _, norm in chain(0.1).record.gradients]
    assert norms[0] / norms[-1] == pytest.approx(1e-4 / np.sqrt(2), rel=0.5)
    finding = look(gradients.vanishing, chain(0.1))
    assert finding.severity == "high" and "model.layers[0] Dense gets hardly any" in finding.sentence
    assert len(finding.evidence.split(": ")[1].split(", ")) == 6
    assert look(gradients.vanishing, chain(0.3)) is None and look(gradients.exploding, chain(0.3)) is None


def test_gradients_that_explode_are_a_finding_above_a_thousandfold():
    finding = look(gradients.exploding, chain(8))
    assert finding.severity == "high" and finding.change == "training.clip_norm = 1.0"
    assert look(gradients.exploding, chain(4)) is None and look(gradients.vanishing, chain(8)) is None


def test_sigmoids_behind_each_other_vanish_and_with_normalization_do_not():
    data = clouds(200)
    deep = [layer for _ in range(10) for layer in (Dense(8), Sigmoid())]
    trainer = fitted(data, [Standardize(), *deep, Dense(2), SoftmaxCrossEntropy()], epochs=3)
    finding = look(gradients.vanishing, subject_of(trainer, data))
    assert finding.change == 'model.layers[2].type = "ReLU"'
    normal = [layer for _ in range(10) for layer in (Dense(8), BatchNorm(), ReLU())]
    trainer = fitted(data, [Standardize(), *normal, Dense(2), SoftmaxCrossEntropy()], epochs=3)
    assert look(gradients.vanishing, subject_of(trainer, data)) is None


def test_the_record_leaves_the_model_as_it_is_and_is_the_same_each_time():
    data = clouds(80)
    layers = [Standardize(), Shared("a", [Dense(4), ReLU()]), Dropout(0.5), BatchNorm(), Shared("a"), Dense(2)]
    trainer = fitted(data, [*layers, SoftmaxCrossEntropy()], epochs=2)
    before = snapshot.digest(trainer.model)
    first, second = (recorded(trainer.model, data) for _ in range(2))
    assert snapshot.digest(trainer.model) == before
    assert [norm for _, _, norm in first.gradients] == [norm for _, _, norm in second.gradients]
    assert "forward" not in vars(trainer.model.layers[1].children[1])


def test_the_gradients_are_those_of_a_training_step():
    data = clouds(50)
    trainer = fitted(data, [Dense(4), Tanh(), Dense(2), SoftmaxCrossEntropy()], epochs=2)
    found = [norm for _, _, norm in recorded(trainer.model, data).gradients]
    model = trainer.model
    model.loss(data.x, data.y, training=True)
    dy = model.criterion.backward()
    assert found[-1] == pytest.approx(np.linalg.norm(dy), rel=1e-6)
    through = dy @ model.layers[2].parameters[0].value.T  # by hand: through the last layer, then Tanh's slope
    hidden = np.tanh(
        data.x.astype(np.float32) @ model.layers[0].parameters[0].value + model.layers[0].parameters[1].value
    )
    assert found[0] == pytest.approx(np.linalg.norm(through * (1 - hidden**2)), rel=1e-4)


@pytest.mark.parametrize(("size", "fires"), [(19.0, False), (21.0, True), (1100.0, True)])
def test_inputs_above_twenty_are_a_finding(size, fires):
    rng = np.random.default_rng(0)
    x = np.stack(
        [rng.choice([-1.0, 1.0], 100), size * rng.choice([-1.0, 1.0], 100)], axis=1
    )  # of these sizes exactly
    data = from_arrays(x, x[:, 1] > 0, feature_names=["age", "income"])
    trainer = untrained(data, [Dense(2), SoftmaxCrossEntropy()])
    finding = look(inputs.unscaled, subject_of(trainer, data))
    assert (finding is not None) is fires
    if finding:
        assert f"'income' has a size of about {size:.3g} where the network begins" in finding.sentence
        assert "Standardize" in finding.change and finding.severity == "medium"
    scaled = untrained(data, [Standardize(), Dense(2), SoftmaxCrossEntropy()])
    assert look(inputs.unscaled, subject_of(scaled, data)) is None


@pytest.mark.parametrize(("size", "fires"), [(0.0009, True), (0.0011, False)])
def test_inputs_that_are_next_to_nothing_are_a_finding(size, fires):
    x = size * np.random.default_rng(0).choice([-1.0, 1.0], (100, 3))
    data = from_arrays(x, x[:, 0] > 0)
    trainer = untrained(data, [Dense(2), SoftmaxCrossEntropy()])
    assert (look(inputs.unscaled, subject_of(trainer, data)) is not None) is fires


def test_inputs_are_no_finding_where_the_first_layer_takes_any():
    data = from_arrays(1000 * np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 2)
    normal = untrained(data, [BatchNorm(), Dense(2), SoftmaxCrossEntropy()])
    assert look(inputs.unscaled, subject_of(normal, data)) is None
    codes = from_arrays(np.random.default_rng(0).integers(0, 500, (50, 3)), np.arange(50) % 2)
    embedded = untrained(codes, [Embedding(500, 2), Flatten(), Dense(2), SoftmaxCrossEntropy()])
    assert look(inputs.unscaled, subject_of(embedded, codes)) is None


def test_where_nothing_was_learnt_unscaled_inputs_are_grave():
    data = from_arrays(1000 * np.random.default_rng(0).normal(size=(100, 3)), np.arange(100) % 2)
    trainer = fitted(data, [Dense(2), SoftmaxCrossEntropy()], epochs=3)
    assert look(inputs.unscaled, subject_of(trainer, data)).severity == "high"


def test_a_model_without_anything_to_train_has_no_findings_of_layers():
    data = clouds(60)
    trainer = untrained(data, [Dense(2, trainable=False), SoftmaxCrossEntropy()])
    subject = subject_of(trainer, data)
    assert not subject.record.gradients and look(units.dead, subject) is None
    assert look(gradients.vanishing, subject) is None
    assert isinstance(trainer.model, Sequential)
