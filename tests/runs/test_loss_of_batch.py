"""A run with a loss that compares the rows of a batch says of its figures how many rows were compared at once."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite.cli import main
from nnlite.core import cost
from nnlite.runs.outlying import outlying

PLUGIN = """
import numpy as np
from nnlite import Loss

class Spread(Loss):
    \"\"\"The variance of the errors: mean over pairs of (eᵢ − eⱼ)²/2, so a constant error costs nothing.\"\"\"

    task = "regression"
    of_batch = True

    def __init__(self, factor: float = 1.0):
        self.factor = factor

    def encode(self, targets, output_shape):
        return np.asarray(targets, np.float64).reshape(len(targets), -1)

    def forward(self, outputs, targets, sample_weight=None):
        self.weight, self.dtype = float(len(outputs)), outputs.dtype
        error = outputs - targets
        self.gap = error - error.mean(axis=0)
        return self.factor * float(np.square(self.gap).mean())

    def backward(self):
        return (2 * self.factor * self.gap / self.gap.size).astype(self.dtype)

    def predict(self, outputs):
        return outputs

    def outputs_from(self, predictions):
        return np.asarray(predictions, np.float64)
"""


@pytest.fixture
def config(here, without_pictures):
    Path("spread.py").write_text(PLUGIN)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 2))
    with open("rows.csv", "w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "y"], *np.column_stack([x, x @ [1, 2]]).round(4).tolist()])
    data = {"source": "csv", "path": "rows.csv", "target": "y", "test_fraction": 0.2, "validation_fraction": 0.2}
    layers = [{"type": "Columns"}, {"type": "Dense"}, {"type": "Spread"}]
    return {"plugins": ["spread.py"], "data": data, "model": {"layers": layers}, "training": {"epochs": 2}}


@pytest.mark.parametrize(
    ("members", "most", "at_once"), [(1, 1024, [18, 18, 90]), (1, 10, [10] * 3), (2, 1024, [18, 18, 90])]
)
def test_its_figures_say_among_how_many_rows(config, members, most, at_once, monkeypatch, capsys):
    monkeypatch.setattr(cost, "MOST_ROWS", most)
    run = nnlite.train(config, out="run", progress=False, training__members=members)
    written = json.loads(Path("run/metrics.json").read_text())
    assert [written[part]["loss_of_rows_at_once"] for part in ("test", "validation")] == at_once[:2]
    said = "loss compares rows with each other, {} at once: it depends on which those are"
    assert f"test {said.format(at_once[0])}" in " ".join(str(run).split())
    capsys.readouterr()
    assert main(["evaluate", "run", "rows.csv"]) == 0
    assert f"the {said.format(at_once[2])}" in " ".join(capsys.readouterr().out.split())
    assert main(["evaluate", "run", "rows.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loss_of_rows_at_once"] == at_once[2]


def test_no_row_is_called_outlying_since_none_has_a_loss_of_its_own(config):
    run = nnlite.train(config, out="run", progress=False)
    model, data = run.predictor.model, run.predictor.dataset("rows.csv")
    model.criterion.factor = 1e30
    loss = nnlite.evaluate(model, data)["loss"]
    assert loss > 1e20
    assert outlying(model, data, loss, run.history) == []


def test_another_loss_says_nothing_of_it(config, capsys):
    config["model"]["layers"][-1] = {"type": "MeanSquaredError"}
    nnlite.train(config, out="run", progress=False)
    assert "at_once" not in Path("run/metrics.json").read_text()
    assert main(["evaluate", "run", "rows.csv"]) == 0
    assert "at once" not in capsys.readouterr().out
