"""An ensemble predicts the mean of its members, is evaluated by it, and lies in one file."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error

import nnlite
from nnlite import (
    SGD,
    BinaryCrossEntropy,
    Callback,
    ConfigError,
    Dataset,
    Dense,
    Ensemble,
    Huber,
    Loss,
    MeanSquaredError,
    ModelFileError,
    NnliteError,
    Predictor,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
    train_members,
)
from nnlite.data import from_arrays, regression_from_arrays


def trained(loss, outputs, data, seed):
    model = Sequential([Standardize(), Dense(6), ReLU(), Dense(outputs), loss])
    Trainer(model, SGD(0.1), epochs=3, seed=seed).fit(data.rows(np.arange(len(data)) % 3 != seed), progress=False)
    return model


@pytest.fixture
def flowers(rng):
    return from_arrays(
        rng.normal(size=(90, 4)) + np.arange(90)[:, None] % 3, np.array(["a", "b", "c"])[np.arange(90) % 3]
    )


@pytest.mark.parametrize(("loss", "outputs", "classes"), [(SoftmaxCrossEntropy, 3, 3), (BinaryCrossEntropy, 1, 2)])
def test_the_figures_of_classes_are_those_of_the_mean_probabilities(loss, outputs, classes, flowers):
    data = flowers.rows(flowers.y < classes)
    data = Dataset(data.x, data.y)
    ensemble = Ensemble(trained(loss(), outputs, data, seed) for seed in range(3))
    mean = np.mean([member.predict(data.x).astype(np.float64) for member in ensemble.members], axis=0)
    assert ensemble.predict(data.x) == pytest.approx(mean, rel=1e-15)
    figures = nnlite.evaluate(ensemble, data)
    assert figures["loss"] == pytest.approx(log_loss(data.y, mean), rel=1e-6)  # members in float32: sums are not 1
    assert figures["accuracy"] == accuracy_score(data.y, mean.argmax(axis=1))


@pytest.mark.parametrize("loss", [MeanSquaredError, Huber])
def test_the_figures_of_numbers_are_those_of_the_mean_numbers(loss, rng):
    x = rng.normal(size=(90, 4))
    data = regression_from_arrays(x, 1e3 + 20 * x @ [1.0, 2.0, 3.0, 4.0])
    ensemble = Ensemble(trained(loss(), 1, data, seed) for seed in range(3))  # each has learnt other means
    mean = np.mean([member.predict(x) for member in ensemble.members], axis=0)
    figures = nnlite.evaluate(ensemble, data)
    assert figures["r2"] == pytest.approx(r2_score(data.y, mean), rel=1e-12)
    assert figures["rmse"] == pytest.approx(root_mean_squared_error(data.y, mean), rel=1e-12)


def test_the_figures_of_several_labels(rng):
    x = rng.normal(size=(90, 4))
    data = Dataset(x, (x[:, :2] > 0).astype(int))
    ensemble = Ensemble(trained(BinaryCrossEntropy(), 2, data, seed) for seed in range(2))
    p = ensemble.predict(x)
    assert nnlite.evaluate(ensemble, data)["loss"] == pytest.approx(
        -np.mean(np.log(np.where(data.y == 1, p, 1 - p))), rel=1e-6
    )


def test_an_ensemble_of_one_has_the_figures_of_its_member(flowers):
    model = trained(SoftmaxCrossEntropy(class_weight="balanced", label_smoothing=0.1), 3, flowers, 0)
    alone = nnlite.evaluate(model, flowers)
    assert nnlite.evaluate(Ensemble([model]), flowers) == pytest.approx(alone, rel=1e-6)


def test_an_ensemble_comes_back_from_its_file_to_the_bit(flowers, tmp_path):
    ensemble = Ensemble(trained(SoftmaxCrossEntropy(), 3, flowers, seed) for seed in range(3))
    nnlite.save(ensemble, tmp_path / "m.safetensors")
    predictor = nnlite.load(tmp_path / "m.safetensors")
    assert len(predictor.members) == 3 and predictor.classes.tolist() == ["a", "b", "c"]
    assert (predictor.predict_proba(flowers.x) == Predictor(ensemble).predict_proba(flowers.x)).all()
    assert predictor.predict(flowers.x[:1]).tolist() == ["abc"[ensemble.predict(flowers.x[:1]).argmax()]]
    nnlite.save(Ensemble([ensemble.members[0]]), tmp_path / "one.safetensors")
    nnlite.save(ensemble.members[0], tmp_path / "alone.safetensors")
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "alone.safetensors").read_bytes()


def test_members_that_do_not_belong_together_are_refused(flowers, tmp_path):
    one = trained(SoftmaxCrossEntropy(), 3, flowers, 0)
    with pytest.raises(ConfigError, match="an ensemble needs at least one model"):
        Ensemble([])
    with pytest.raises(ConfigError, match=r"the output_shape of member 1 is \(4,\), that of member 0 \(3,\)"):
        Ensemble([one, Sequential([Dense(4), SoftmaxCrossEntropy()]).build((4,))])
    with pytest.raises(ConfigError, match="the classes of member 1 is None"):
        Ensemble([one, Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,))])
    with pytest.raises(ConfigError, match=r"the loss of member 1 is MeanSquaredError\(\)"):
        Ensemble(Sequential([Dense(3), loss()]).build((4,)) for loss in (SoftmaxCrossEntropy, MeanSquaredError))
    with pytest.raises(NnliteError, match="the model is not built"):
        Ensemble([Sequential([Dense(3)])])
    others = Ensemble(Sequential([Dense(3, use_bias=use)]).build((4,)) for use in (True, False))
    with pytest.raises(ModelFileError, match="member 1 has other layers than member 0"):
        nnlite.save(others, tmp_path / "m.safetensors")


def test_a_loss_without_an_inverse_is_told(flowers):
    class Own(SoftmaxCrossEntropy):
        outputs_from = Loss.outputs_from

    with pytest.raises(NnliteError, match=r"Own has no outputs_from\(predictions\), the inverse of its predict"):
        nnlite.evaluate(Ensemble([trained(Own(), 3, flowers, 0)]), flowers)


def test_train_members_gives_each_its_own_validation_rows_and_start(flowers):
    seen = []

    class Notes(Callback):
        def begin(self, fit):
            seen.append((len(fit.train), fit.validation.x.tobytes()))

    def make(member):
        model = Sequential([Standardize(), Dense(3), SoftmaxCrossEntropy()])
        return Trainer(model, SGD(0.1), epochs=2, seed=member, callbacks=[Notes()])

    ensemble = train_members(make, flowers, 3, progress=False)
    assert [rows for rows, _ in seen] == [72] * 3 and len({rows for _, rows in seen}) == 3
    again = train_members(make, flowers, 3, progress=False)
    assert ensemble.predict(flowers.x).tobytes() == again.predict(flowers.x).tobytes()
    assert len({member.parameters.values.tobytes() for member in ensemble.members}) == 3
    trainer = make(0)
    with pytest.raises(ConfigError, match="make gave member 1 the model of another one; make a new model each time"):
        train_members(lambda member: trainer, flowers, 2, progress=False)
    with pytest.raises(ConfigError, match="members is 0; expected 1 or more"):
        train_members(make, flowers, 0)
