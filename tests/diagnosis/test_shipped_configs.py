"""On the shipped configs, trained to their end, no finding fires that is not true."""

import pytest

import nnlite
from tests.config.test_shipped_configs import CONFIGS, LONG, small_mnist  # noqa: F401 (a fixture)

pytestmark = pytest.mark.usefixtures("without_pictures")

TRUE = {"mnist_lenet": {"underfitting"}}
"""The stand-in for MNIST has 300 rows in place of 60,000: ten epochs of that are 50 steps, which are too few."""


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow if path.stem in LONG else ()) for path in CONFIGS],
    ids=[path.stem for path in CONFIGS],
)
def test_a_shipped_config_has_no_findings(path, small_mnist, here):  # noqa: F811
    changes = {"data.path": str(small_mnist)} if path.stem.startswith("mnist") else {}
    run = nnlite.train(path, changes, out="run")
    assert {finding.name for finding in run.findings} == TRUE.get(path.stem, set()), run.findings
    assert "failed" not in (here / "run/findings.json").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes", "one_digit", "order"])
def test_nor_with_other_seeds_unless_they_are_true(name, here):
    """Of the units of iris, whose numbers are never negative, some are dead from the start: that is true."""
    (path,) = (path for path in CONFIGS if path.stem == name)
    for seed in range(1, 6):
        found = {finding.name: finding for finding in nnlite.train(path, seed=seed, out=f"run-{seed}").findings}
        dead = found.pop("dead_units", None)
        assert not found
        assert dead is None or (name == "iris" and dead.severity != "high")
