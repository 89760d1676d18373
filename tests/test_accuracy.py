"""What the shipped configs reach, on average over seeds 0 to 19."""

import statistics

import pytest

from benchmarks import accuracy
from benchmarks.accuracy import measure
from nnlite import config
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
    [("iris", 0.95), ("wine", 0.97), ("breast_cancer", 0.965), ("digits", 0.975), ("diabetes", 0.44)],
)
def test_the_mean_test_accuracy_of_a_shipped_config(name, floor, capsys):
    mean = statistics.fmean(measure(ROOT / f"configs/{name}.toml", seed, test=True).test for seed in range(20))
    with capsys.disabled():
        print(f"\n{name}: mean test accuracy {mean:.4f}, at least {floor}")
    assert mean >= floor
