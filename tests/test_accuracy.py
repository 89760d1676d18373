"""What the shipped configs reach, on average over seeds 0 to 19."""

import statistics

import pytest

from benchmarks.accuracy import measure
from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "floor"), [("iris", 0.95), ("wine", 0.97), ("breast_cancer", 0.965), ("digits", 0.975)]
)
def test_the_mean_test_accuracy_of_a_shipped_config(config, floor, capsys):
    mean = statistics.fmean(measure(ROOT / f"configs/{config}.toml", seed, test=True).test for seed in range(20))
    with capsys.disabled():
        print(f"\n{config}: mean test accuracy {mean:.4f}, at least {floor}")
    assert mean >= floor
