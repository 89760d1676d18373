"""The trainer: what an epoch is, what is recorded, and what stops it."""

import inspect
import math
import pydoc
import re

import numpy as np
import pytest

from nnlite import (
    SGD,
    BatchNorm,
    DataError,
    Dataset,
    Dense,
    DivergenceError,
    Dropout,
    ReLU,
    Residual,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
    evaluate,
)
from nnlite.data.batches import slices
from tests.helpers.callbacks import On


def network():
    return Sequential([Standardize(), Dense(8), ReLU(), Dropout(0.1), Dense(3), SoftmaxCrossEntropy()])


def fitted(blobs, fits=(4,), **kwargs):
    """A trainer after fits of so many epochs each."""
    trainer = Trainer(network(), SGD(0.1, momentum=0.9), batch_size=16, **kwargs)
    for epochs in fits:
        trainer.epochs = epochs
        trainer.fit(blobs, blobs)
    return trainer


def without_seconds(history):
    return [{name: figure for name, figure in row.items() if name != "seconds"} for row in history.rows]


def test_training_learns_and_records_every_epoch(blobs):
    history = fitted(blobs).history
    assert history.columns == [
        "epoch",
        "training_loss",
        "training_accuracy",
        "validation_loss",
        "validation_accuracy",
        "learning_rate",
        "seconds",
    ]
    assert history["epoch"] == [1, 2, 3, 4]
    assert history["validation_accuracy"][-1] == 1.0
    assert history["validation_loss"][-1] < history["validation_loss"][0]
    assert history["learning_rate"] == [0.1] * 4


def test_a_running_figure_that_is_not_finite_ends_training(blobs):
    model = Sequential([Dense(4), Residual([BatchNorm()]), Dense(3), SoftmaxCrossEntropy()])
    huge = Dataset(blobs.x * 1e25, blobs.y)
    with pytest.raises(
        DivergenceError, match=r"variance of model.layers\[1.0\] BatchNorm\(\) became infinite or NaN"
    ):
        Trainer(model, SGD(1e-30), epochs=2, batch_size=30).fit(huge)


def test_the_trainers_signature_shows_its_arguments():
    assert list(inspect.signature(Trainer).parameters)[:4] == ["model", "optimizer", "epochs", "batch_size"]
    shown = pydoc.render_doc(Trainer, renderer=pydoc.plaintext)
    assert re.search(r"batch_size: (typing\.)?Annotated\[int", shown)  # Python 3.11 names the module


def test_the_same_seed_gives_the_same_run_to_the_bit_and_another_seed_another(blobs):
    runs = [fitted(blobs, seed=seed) for seed in (3, 3, 4)]
    values = [run.model.parameters.values.tobytes() for run in runs]
    assert values[0] == values[1] != values[2]
    assert without_seconds(runs[0].history) == without_seconds(runs[1].history)


def test_a_second_fit_goes_on_where_the_first_one_ended(blobs):
    at_once, in_parts = fitted(blobs, (5,)), fitted(blobs, (2, 3))
    assert at_once.model.parameters.values.tobytes() == in_parts.model.parameters.values.tobytes()
    assert without_seconds(at_once.history) == without_seconds(in_parts.history)
    assert in_parts.history["epoch"] == [1, 2, 3, 4, 5]


def test_the_global_random_state_is_neither_used_nor_changed(blobs):
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = fitted(blobs).model.parameters.values.tobytes()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert fitted(blobs).model.parameters.values.tobytes() == first


def test_every_row_is_seen_once_an_epoch_with_its_own_target_in_a_new_order_each_time():
    seen = []

    class Recorder(SoftmaxCrossEntropy):
        def forward(self, outputs, targets, sample_weight=None):
            seen.append((rows[-1][:, 0].astype(int).tolist(), targets.tolist()))
            return super().forward(outputs, targets, sample_weight)

    rows = []

    class Spy(Dense):
        def forward(self, x, *, training=False):
            rows.append(x)
            return super().forward(x, training=training)

    data = Dataset(np.arange(25.0)[:, None], np.arange(25) % 5)
    Trainer(Sequential([Spy(5), Recorder()]), SGD(1e-9), epochs=2, batch_size=8).fit(data)
    epochs = [[row for batch, _ in seen[start : start + 3] for row in batch] for start in (0, 3)]
    assert [len(batch[0]) for batch in seen] == [8, 8, 9] * 2
    for epoch in epochs:
        assert sorted(epoch) == list(range(25)) != epoch
    assert epochs[0] != epochs[1]
    assert all([x % 5 for x in xs] == labels for xs, labels in seen)


@pytest.mark.parametrize(
    ("rows", "batch_size", "sizes"),
    [(10, 3, [3, 3, 4]), (9, 3, [3, 3, 3]), (8, 3, [3, 3, 2]), (1, 3, [1]), (3, 1, [1, 1, 1]), (5, 100, [5])],
)
def test_a_last_batch_of_one_row_joins_the_one_before(rows, batch_size, sizes):
    assert [s.stop - s.start for s in slices(rows, batch_size)] == sizes


def test_the_epochs_loss_weighs_batches_by_their_rows():
    # With no learning the running loss is that of the whole data, though the last batch is a short one.
    data = Dataset(np.arange(11.0)[:, None], np.arange(11) % 2)
    trainer = Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(1e-30), epochs=1, batch_size=8)
    history = trainer.fit(data, data)
    assert history["training_loss"][0] == pytest.approx(history["validation_loss"][0], rel=1e-6)
    assert history["training_accuracy"] == history["validation_accuracy"]


def test_a_row_of_weight_two_counts_as_two_rows(rng):
    x, y = rng.normal(size=(6, 2)), np.array([0, 1, 0, 1, 0, 1])
    weighted = Dataset(x, y, sample_weight=np.array([2, 1, 1, 1, 1, 0]))
    repeated = Dataset(np.concatenate([x[:5], x[:1]]), np.concatenate([y[:5], y[:1]]))
    model = Sequential([Dense(2), SoftmaxCrossEntropy()]).build((2,), dtype="float64")
    assert evaluate(model, weighted) == pytest.approx(evaluate(model, repeated))


def test_an_outside_loop_of_three_calls_trains_the_same_weights(blobs):
    trainer = Trainer(network(), SGD(0.1), epochs=1, batch_size=len(blobs))
    trainer.fit(blobs)

    model = network().build((4,))
    model.adapt(blobs.x)
    order = np.random.Generator(np.random.PCG64(np.random.SeedSequence(0, spawn_key=(1,)))).permutation(len(blobs))
    model.loss(blobs.x[order], blobs.y[order], training=True)
    model.backward()
    SGD(0.1).step(model.parameters)
    assert (model.parameters.values == trainer.model.parameters.values).all()


def test_standardize_learns_once_from_the_training_rows(blobs):
    shifted = Dataset(blobs.x + 100, blobs.y)
    trainer = Trainer(network(), SGD(0.1), epochs=1)
    trainer.fit(blobs, shifted)
    assert np.allclose(trainer.model.layers[0].statistics["mean"], blobs.x.mean(axis=0))
    trainer.fit(shifted)
    assert np.allclose(trainer.model.layers[0].statistics["mean"], blobs.x.mean(axis=0))


def test_rows_of_bytes_train_to_the_bit_like_the_same_numbers_in_float64(rng):
    x, y = rng.integers(0, 256, size=(60, 4)).astype(np.uint8), np.arange(60) % 3
    trainers = [Trainer(network(), SGD(0.1, momentum=0.9), epochs=3, batch_size=16) for _ in range(2)]
    histories = [trainers[0].fit(Dataset(x, y)), trainers[1].fit(Dataset(x.astype(np.float64), y))]
    values = [trainer.model.parameters.values.tobytes() for trainer in trainers]
    assert values[0] == values[1]
    assert without_seconds(histories[0]) == without_seconds(histories[1])


def test_fit_follows_a_layer_that_was_frozen_or_set_free_since_the_build(blobs):
    trainer = Trainer(network(), SGD(0.1), epochs=1)
    trainer.fit(blobs)
    layers = trainer.model.layers[1], trainer.model.layers[4]
    for trainable in (False, True):
        layers[0].trainable = trainable
        before = [layer.weight.value.copy() for layer in layers]
        trainer.fit(blobs)
        moved = [(layer.weight.value != old).any() for layer, old in zip(layers, before, strict=True)]
        assert moved == [trainable, True]


def test_divergence_stops_at_once_and_says_what_to_try(blobs):
    trainer = Trainer(Sequential([Dense(3), Dense(3), SoftmaxCrossEntropy()]), SGD(1e30), epochs=5, batch_size=16)
    with pytest.raises(
        DivergenceError, match=r"the loss became .* in epoch 1, step \d, with learning rate 1e\+30; try"
    ):
        trainer.fit(blobs)


def test_weights_that_diverge_in_the_very_last_step_are_noticed(blobs):
    trainer = Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), SGD(1e300), epochs=1, batch_size=len(blobs))
    with pytest.raises(DivergenceError, match="a weight became infinite"):
        trainer.fit(blobs)


def test_progress_is_told_after_every_step_and_every_epoch(blobs):
    steps, epochs = [], []
    trainer = Trainer(network(), SGD(0.1), epochs=2, batch_size=32)
    trainer.fit(blobs, callbacks=[On(step=lambda step, of: steps.append((step, of)), epoch=epochs.append)])
    assert steps == [(step, 3) for step in (1, 2, 3)] * 2
    assert epochs == trainer.history.rows


def test_the_history_has_the_epoch_when_it_is_told(blobs):
    lengths = []
    trainer = Trainer(network(), SGD(0.1), epochs=3)
    trainer.fit(blobs, callbacks=[On(epoch=lambda row: lengths.append((row["epoch"], len(trainer.history))))])
    assert lengths == [(1, 1), (2, 2), (3, 3)]


def test_validation_rows_are_checked_before_the_first_step(blobs):
    steps = []
    trainer = Trainer(network(), SGD(0.1), epochs=1)
    with pytest.raises(DataError, match="label 3 in row 1"):
        trainer.fit(
            blobs,
            Dataset(blobs.x[:2], [0, 3], classes=blobs.classes),
            callbacks=[On(step=lambda step, of: steps.append(step))],
        )
    assert not steps


@pytest.mark.parametrize(
    ("y", "text"),
    [
        (
            np.array([0, 1, 3]),
            r"label 3 in row 2 is not a class index: the model has 3 outputs, so labels are 0 to 2",
        ),
        (np.array([0, -1, 2]), r"label -1 in row 1"),
        (np.array(["a", "b", "c"]), r"dtype <U1 and shape \(3,\); expected class indices"),
        (np.array([0.0, 1.0, 2.0]), r"dtype float64"),
        (np.full((3, 3), 0.5), r"target row 0 is \[0.5, 0.5, 0.5\]; expected probabilities"),
        (
            np.array([[0, 1, 0], [-0.5, 1, 0.5], [1, 0, 0]]),
            r"target row 1 is \[-0.5, 1.0, 0.5\]; expected probabilities",
        ),
        (np.array([[0, 1, 0], [0.5, 1, 0], [1, 1, 0]]), r"target row 1 is \[0.5, 1.0, 0.0\]"),
        (np.zeros((3, 2)), r"shape \(3, 2\); expected class indices"),
    ],
)
def test_targets_that_do_not_fit_the_loss_are_refused(y, text):
    trainer = Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), SGD(0.1), epochs=1)
    with pytest.raises(DataError, match=text):
        trainer.fit(Dataset(np.zeros((3, 2)), y))


def test_a_model_of_another_width_than_the_classes_is_refused(blobs):
    trainer = Trainer(Sequential([Dense(4), SoftmaxCrossEntropy()]), SGD(0.1))
    with pytest.raises(ShapeError, match=r"layers\[0\] Dense\(4\) gives .* the data has 3 classes"):
        trainer.fit(blobs)


def test_probability_rows_train_like_labels(blobs):
    by_label, by_row = (Trainer(network(), SGD(0.1), epochs=2) for _ in range(2))
    by_label.fit(blobs)
    by_row.fit(Dataset(blobs.x, np.eye(3)[blobs.y]))
    assert np.allclose(by_label.model.parameters.values, by_row.model.parameters.values, atol=1e-6)
    assert math.isclose(by_label.history["training_accuracy"][-1], by_row.history["training_accuracy"][-1])


def test_sample_weights_reach_the_gradient_and_the_figures(rng):
    # Two rows at the same place with labels that disagree: the weights decide which one wins.
    x, y = np.zeros((2, 1)), np.array([0, 1])
    for weights in ([1.0, 9.0], [9.0, 1.0]):
        data = Dataset(x, y, sample_weight=weights)
        trainer = Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(0.5), epochs=200, batch_size=2)
        history = trainer.fit(data, data)
        assert trainer.model.predict(x)[0] == pytest.approx(np.array(weights) / 10, abs=0.01)
        assert history["training_accuracy"][-1] == history["validation_accuracy"][-1] == 0.9


def test_the_seed_is_that_of_the_order_of_the_rows_and_of_a_model_built_by_fit(blobs):
    starts, ends = [], []
    for seed in (1, 2):
        built = Trainer(network(), SGD(1e-30), epochs=1, seed=seed)
        built.fit(blobs)
        starts.append(built.model.layers[1].weight.value.tobytes())
        ordered = Trainer(network().build((4,), seed=0), SGD(0.1), epochs=1, seed=seed)
        ordered.fit(blobs)
        ends.append(ordered.model.layers[1].weight.value.tobytes())
    assert starts[0] != starts[1] and ends[0] != ends[1]


def test_figures_of_validation_are_of_the_validation_rows_in_prediction(blobs):
    half = blobs.rows(slice(0, 45))
    model = Sequential([Dense(30), Dropout(0.8), Dense(3), SoftmaxCrossEntropy()])
    history = Trainer(model, SGD(1e-30), epochs=1).fit(blobs, half)
    plain = model.criterion.forward(model.forward(half.x), half.y)
    assert history["validation_loss"][0] == pytest.approx(plain, rel=1e-6)
    assert evaluate(model, half) == evaluate(model, half)  # dropout would draw
    assert history["validation_loss"][0] != history["training_loss"][0]
    assert (model.predict(half.x) == model.predict(half.x)).all()


def test_arrays_in_place_of_a_dataset_are_told(blobs):
    trainer = Trainer(network(), SGD(0.1))
    for call in (lambda: trainer.fit(blobs.x), lambda: evaluate(network().build((4,)), blobs.x)):
        with pytest.raises(DataError, match=r"got a ndarray, expected a Dataset: nnlite.data.from_arrays"):
            call()


def test_soft_targets_are_learnt_as_they_are():
    data = Dataset(np.zeros((2, 1)), np.array([[0.7, 0.3], [0.7, 0.3]]))
    trainer = Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(0.5), epochs=200)
    trainer.fit(data)
    assert trainer.model.predict(np.zeros((1, 1)))[0] == pytest.approx([0.7, 0.3], abs=1e-3)


def test_the_loss_learns_from_the_encoded_targets_once(blobs):
    seen = []

    class Learning(SoftmaxCrossEntropy):
        def adapt(self, targets):
            seen.append(targets.tolist())

    trainer = Trainer(Sequential([Dense(3), Learning()]), SGD(0.1), epochs=1)
    trainer.fit(blobs)
    trainer.fit(blobs)
    assert seen == [blobs.y.tolist()]


def test_the_rate_that_is_recorded_is_the_one_in_use(blobs):
    trainer = Trainer(network(), SGD(0.1), epochs=1)
    trainer.fit(blobs)
    trainer.optimizer.learning_rate = 0.02
    assert trainer.fit(blobs)["learning_rate"] == [0.1, 0.02]
