"""The learning-rate range test: what it suggests, and that it leaves no trace."""

import copy

import numpy as np
import pytest

from nnlite import (
    LBFGS,
    SGD,
    ConfigError,
    Dataset,
    Dense,
    DivergenceError,
    Dropout,
    EarlyStopping,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
    plots,
)
from nnlite.cli import command_line as cli
from nnlite.config import training_config as config
from nnlite.training.learning_rate_finder import range_test
from tests.conftest import ROOT


@pytest.fixture
def rows(rng):
    """Three classes that overlap: certain mistakes are costly, so that the loss explodes."""
    y = np.arange(90) % 3
    return Dataset(rng.normal(size=(90, 4)) + np.eye(3, 4)[y], y)


def trainer(**given):
    model = Sequential([Standardize(), Dense(8), ReLU(), Dropout(0.1), Dense(3), SoftmaxCrossEntropy()])
    return Trainer(model, SGD(0.1, momentum=0.9), batch_size=16, **given)


def test_rates_grow_exponentially_and_the_test_ends_when_the_loss_explodes(rows):
    found = range_test(trainer(), rows)
    assert found.rates[0] == 1e-6 and 1 < found.rates[-1] <= 10
    ratios = np.divide(found.rates[1:], found.rates[:-1])
    assert ratios == pytest.approx(1e7 ** (1 / 299))
    assert len(found.losses) == len(found.rates) < 300
    assert all(loss <= 4 * min(found.losses[: step + 1]) for step, loss in enumerate(found.losses))
    down = (found.losses[0] - np.array(found.losses)) / (found.losses[0] - min(found.losses))
    assert found.suggestion == pytest.approx(found.rates[int(np.argmax(down >= 0.98))] / 10, rel=0.05)


def test_a_loss_that_never_explodes_is_followed_to_the_highest_rate():
    data = Dataset(np.zeros((4, 2)), np.array([0, 1, 0, 1]))
    found = range_test(Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(), batch_size=4), data)
    assert len(found.rates) == 300 and found.rates[-1] == pytest.approx(10)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize("name", ["iris", "digits", "wine", "breast_cancer"])
def test_the_suggestion_depends_little_on_the_seed(name, optimizer):
    found = []
    for seed in range(3):
        settings = config.load(
            ROOT / f"configs/{name}.toml",
            [f"seed={seed}", *([] if optimizer == "SGD" else ["optimizer={type='Adam'}"])],
        )
        rows = settings.load_data().train
        found.append(range_test(settings.build_trainer(settings.build_model(rows)), rows).suggestion)
    assert min(found) > 0.002 and max(found) < 0.2 and max(found) < 3 * min(found)


def test_rows_that_are_learnt_by_heart_do_not_lead_to_the_highest_rate(blobs):
    found = range_test(trainer(), blobs)
    assert found.rates[int(np.argmin(found.losses))] > 5  # the higher the rate, the surer the model is
    assert 0.01 < found.suggestion < 0.3


def test_everything_is_left_as_it_was(rows):
    """A trainer that was tested goes on as its twin that was not; also in the middle of its training."""
    tested, twin = (trainer(epochs=2, early_stopping=EarlyStopping(50), average=0.9) for _ in range(2))
    for _ in range(2):
        range_test(tested, rows)
        for each in (tested, twin):
            each.fit(rows, rows)
        assert tested.model.parameters.values.tobytes() == twin.model.parameters.values.tobytes()
        assert tested.optimizer.steps == twin.optimizer.steps
        assert tested.history["validation_loss"] == twin.history["validation_loss"]


def test_a_model_that_is_not_built_stays_so(rows):
    fresh = trainer()
    range_test(fresh, rows)
    assert not fresh.model.built and not len(fresh.history)


def test_it_is_the_same_every_time_and_begins_with_the_weights_as_they_are(rows):
    fitted = trainer(epochs=20)
    first = range_test(fitted, rows)
    assert first == range_test(copy.deepcopy(fitted), rows)
    fitted.fit(rows)
    assert range_test(fitted, rows).losses[0] < 0.8 * first.losses[0]


def test_clipping_is_part_of_it(rows):
    assert range_test(trainer(clip_norm=1e-3), rows).suggestion > 3 * range_test(trainer(), rows).suggestion


def test_a_loss_that_is_no_number_at_once_is_told():
    class Broken(SoftmaxCrossEntropy):
        def forward(self, outputs, targets, sample_weight=None):
            return super().forward(outputs, targets, sample_weight) * np.inf

    data = Dataset(np.ones((4, 2)), np.array([0, 1, 0, 1]))
    with pytest.raises(DivergenceError, match="infinite or NaN at the lowest learning rate"):
        range_test(Trainer(Sequential([Dense(2), Broken()]), SGD()), data)


def test_an_optimizer_without_a_learning_rate_is_refused(rows):
    with pytest.raises(ConfigError, match=r"LBFGS\(\) has no learning rate"):
        range_test(Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), LBFGS()), rows)


def test_the_picture_has_a_log_axis_and_the_suggestion():
    picture = plots.range_test([1e-4, 1e-3, 1e-2], [1.0, 0.5, 3.0], 1e-4, "wine")
    (axes,) = picture.axes
    assert axes.get_xscale() == "log" and picture.get_suptitle() == "wine: learning-rate range test"
    assert axes.lines[0].get_ydata().tolist() == [1.0, 0.5, 3.0]
    labels = [text.get_text() for text in axes.texts]
    assert labels == ["lowest loss, at 0.001", "suggested: 0.0001"]


@pytest.mark.parametrize(
    "given",
    [
        ["optimizer.momentum=0", "-o", "rate.pdf", "seed=3"],
        *(pytest.param(each, marks=pytest.mark.slow) for each in ([], ["-o", "rate.png"])),
    ],
)
def test_the_command_prints_the_key_to_set_and_leaves_only_the_picture(given, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lr-find", str(ROOT / "configs/iris.toml"), *given]) == 0
    suggestion, picture = capsys.readouterr().out.splitlines()
    key = suggestion.removeprefix("suggested: ")
    assert config.load(ROOT / "configs/iris.toml", [key]).document["optimizer"]["learning_rate"] > 0
    assert [file.name for file in tmp_path.iterdir()] == [picture]
    assert picture == (given[given.index("-o") + 1] if given else "learning_rate.svg")


@pytest.mark.parametrize(("output", "said"), [("no/such/rate.svg", "No such file"), ("a.svg", "Is a directory")])
def test_the_command_refuses_a_place_where_it_cannot_write_before_it_trains(
    output, said, tmp_path, monkeypatch, capsys
):
    (tmp_path / "a.svg").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nnlite.training.learning_rate_finder.range_test", lambda *_: pytest.fail("it has trained"))
    assert cli.main(["lr-find", str(ROOT / "configs/iris.toml"), "-o", output]) == 4
    assert f"cannot write {output}: {said}" in capsys.readouterr().err


def test_the_command_refuses_another_format_before_it_trains(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lr-find", str(ROOT / "configs/iris.toml"), "-o", "rate.gif"]) == 4
    assert "does not end in .svg, .png or .pdf" in capsys.readouterr().err


def test_a_model_of_frozen_layers_is_refused(rows):
    frozen = Trainer(Sequential([Dense(3, trainable=False), SoftmaxCrossEntropy()]), SGD())
    with pytest.raises(ConfigError, match="no parameter is trained, so no learning rate is better than another"):
        range_test(frozen, rows)
