"""What the shipped configs reach, on average over seeds 0 to 19."""

import statistics

import pytest

from benchmarks.studies import accuracy, cross_validation
from benchmarks.studies.accuracy import measure
from nnlite import Dataset
from nnlite.config import training_config as config
from nnlite.data import SOURCES
from tests.conftest import ROOT


def test_the_accuracy_is_that_of_the_validation_and_test_rows(monkeypatch):
    parts = config.load(ROOT / "configs/iris.toml", ["seed=3"]).load_data()
    scores = {parts.validation.x.tobytes(): 0.25, parts.test.x.tobytes(): 0.75}
    monkeypatch.setattr(accuracy, "evaluate", lambda model, part: {"accuracy": scores.pop(part.x.tobytes())})
    score = measure(ROOT / "configs/iris.toml", 3, test=True)
    assert (score.validation, score.test) == (0.25, 0.75)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "floor"),
    [
        ("iris", 0.95),
        ("wine", 0.97),
        ("breast_cancer", 0.965),
        ("digits", 0.975),
        ("digits_cnn", 0.985),
        ("digits_rows", 0.96),
        ("order", 0.99),
        ("diabetes", 0.44),
    ],
)
def test_the_mean_test_accuracy_of_a_shipped_config(name, floor, record_property):
    mean = statistics.fmean(measure(ROOT / f"configs/{name}.toml", seed, test=True).test for seed in range(20))
    record_property("said", f"{name}: mean test accuracy {mean:.4f}, at least {floor}")
    assert mean >= floor


def test_settings_of_the_cross_validation_are_chosen_without_the_test_fold(monkeypatch):
    """Whatever the targets of the test folds are, the same settings are chosen."""
    data, chosen = SOURCES["iris"](), {}
    few = [cross_validation.Smooth(0, 1e-3), cross_validation.Smooth(0, 1.0)]
    monkeypatch.setattr(cross_validation, "FEW", few)
    for name in ("true", "turned"):
        for fold, (train, test) in enumerate(cross_validation.folds(data, 10, 0)):
            y = data.y.copy()
            y[test] = (y[test] + (name == "turned")) % 3
            rows = Dataset(data.x, y, classes=data.classes).rows(train)
            chosen[name, fold] = cross_validation.chosen(rows, 0, 2)
            if fold == 1:
                break
    assert [chosen["true", fold] for fold in (0, 1)] == [chosen["turned", fold] for fold in (0, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "floor"),
    [("iris", 0.965), ("wine", 0.978), ("breast_cancer", 0.975), ("digits", 0.98), ("diabetes", 0.47)],
)
def test_the_cross_validated_score(name, floor, record_property):
    data = SOURCES[name]()
    mean = statistics.fmean(one for seed in range(5) for one in cross_validation.of_nnlite(data, seed, 5))
    record_property("said", f"{name}: cross-validated score {mean:.4f}, at least {floor}")
    assert mean >= floor
