"""What is drawn and written of a run never costs the run; and a damaged file of it is told wherever it is read."""

import pytest

import nnlite
from nnlite import RunError
from nnlite.cli import main
from nnlite.runs import finished_run, report_words, reporting
from nnlite.runs.folder import RunFolder
from tests.conftest import ROOT
from tests.helpers.own_tables import rows, write_csv

pytestmark = pytest.mark.usefixtures("without_pictures")

IRIS = str(ROOT / "configs/iris.toml")

LOSS = '''
import numpy as np
from nnlite import MeanSquaredError


class RootAlone(MeanSquaredError):
    """The mean squared error, with no figure beside it but its root."""

    def row_figures(self, outputs, targets):
        return {"rmse": ((outputs - targets) ** 2).mean(axis=1)}

    def metrics(self, means):
        return {"rmse": float(np.sqrt(means["rmse"]))}
'''

CONFIG = """
plugins = ["loss.py"]
data = { source = "diabetes" }
model = { layers = [{ type = "Standardize" }, { type = "Dense", units = 1 }, { type = "RootAlone" }] }
training = { epochs = 2 }
"""


def test_a_loss_of_ones_own_with_an_rmse_and_no_r2_has_a_report(here):
    (here / "loss.py").write_text(LOSS)
    (here / "c.toml").write_text(CONFIG)
    assert main(["train", "c.toml", "--out", "run", "--quiet"]) == 0
    page = (here / "run/report.html").read_text()
    assert "the root of the mean square." in page and "of the variance" not in page


@pytest.mark.filterwarnings("always:run has no report")
def test_a_run_whose_report_fails_is_finished_and_says_so(here, monkeypatch, capsys):
    with monkeypatch.context() as broken:
        broken.setattr(report_words, "summary", lambda *_: 1 / 0)
        assert main(["train", IRIS, "training.epochs=2", "--out", "run"]) == 0
    out, err = capsys.readouterr()
    said = err.replace("\n  ", " ")
    assert "warning: run has no report, or not all pictures: ZeroDivisionError" in said and "Traceback" not in err
    assert "and nnlite report run tries again" in said
    assert out.endswith("run\n") and RunFolder(here / "run").finished and not (here / "run/report.html").exists()
    assert (here / "run/findings.json").exists() and nnlite.load("run").predict([[5.1, 3.5, 1.4, 0.2]])
    assert main(["report", "run"]) == 0 and (here / "run/report.html").exists()


def test_a_report_that_cannot_be_written_is_an_error(here, monkeypatch):
    def full(*_):
        raise RunError("no space left")

    monkeypatch.setattr(reporting, "write", full)
    assert main(["train", IRIS, "training.epochs=2", "--out", "run", "--quiet"]) == 4
    assert not RunFolder(here / "run").finished


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[1]", "is damaged: expected the figures"),
        ('{"test": [1]}', "is damaged: expected the figures"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_damaged_figures_are_told_wherever_they_are_read(here, refused, written, said):
    assert main(["train", IRIS, "training.epochs=1", "--out", "run", "--quiet"]) == 0
    (here / "run/metrics.json").write_text(written)
    with pytest.raises(RunError, match=said):
        finished_run.read(RunFolder(here / "run"))
    for command in (["report", "run"], ["inspect", "run"]):
        refused(4, command, f"metrics.json {said}")


def test_the_baseline_of_damaged_figures_is_not_guessed(here, refused):
    write_csv("shop.csv", rows(60))
    few = ["training.epochs=1", "training.members=1", "--out", "run", "--quiet"]
    assert main(["train", "shop.csv", "--target", "paid", *few]) == 0
    (here / "run/metrics.json").write_text("[1]")
    refused(4, ["evaluate", "run", "shop.csv"], "metrics.json is damaged")
