"""In a real notebook, with a kernel of its own, results show themselves without a line that turns that on."""

import base64
import re

import pytest

nbclient = pytest.importorskip("nbclient", reason="nbclient runs notebooks")
pytest.importorskip("ipykernel", reason="ipykernel is the kernel of notebooks")
nbformat = pytest.importorskip("nbformat")

pytestmark = pytest.mark.slow  # a kernel starts

CELLS = [
    """
import numpy as np
import nnlite
from nnlite import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, Standardize, Trainer
from nnlite.data import from_arrays, split

rng = np.random.default_rng(0)
x = rng.normal(size=(90, 2))
names = np.array(["<script>alert(1)</script>", "b & c", "d"])
data = from_arrays(x, names[x.sum(axis=1).round().clip(-1, 1).astype(int) + 1], feature_names=["<b>", "h"])
parts = split(data, seed=0)
model = Sequential([Standardize(), Dense(8), ReLU(), Dense(3), SoftmaxCrossEntropy()])
model
""",
    "history = Trainer(model, SGD(0.1), epochs=8).fit(parts.train, parts.validation, progress=False)\nhistory",
    "model.summary()",
    "print(model.summary())",
    "model",
    "nnlite.Predictor(model)",
    """
layers = [{"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]
config = {"name": "flowers", "data": {"source": "iris"}, "model": {"layers": layers}, "training": {"epochs": 6}}
run = nnlite.train(config, out="flowers", progress=False)
run
""",
    "run.history",
    "run.history.frame().tail(2)",
    "import pandas as pd\npd.DataFrame(history).shape",
    "'matplotlib.pyplot' in __import__('sys').modules",
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell shows: its outputs by media type, in one dict."""
    pytest.importorskip("pandas")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    place = tmp_path_factory.mktemp("notebook")
    nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(place)}}
    ).execute()
    found = []
    for cell in notebook.cells:
        shown = {}
        for each in cell.outputs:
            assert each.output_type in ("execute_result", "stream"), each
            assert each.get("name") != "stderr", each
            shown |= each.data if each.output_type == "execute_result" else {"printed": each.text}
        found.append(shown)
    return found


def test_histories_models_predictors_and_runs_show_themselves(outputs):
    unbuilt, history, summary, printed, model, predictor, run, of_run, frame, shape, pyplot = outputs
    assert "not built" in unbuilt["text/html"] and "Dense(8)" in unbuilt["text/html"]
    assert "8 epochs" in history["text/html"] and "<table>" in history["text/html"]
    assert "parameters" in summary["text/html"] and summary["text/plain"].count("\n") > 5
    assert printed["printed"].strip() == summary["text/plain"].strip()
    assert model["text/html"] == summary["text/html"]
    assert "&lt;script&gt;alert(1)" in predictor["text/html"] and "2 features" in predictor["text/html"]
    assert "flowers" in run["text/html"] and "test accuracy" in run["text/html"]
    assert "6 epochs" in of_run["text/html"] and "<table" in frame["text/html"]
    assert shape["text/plain"].startswith("(8, ") and pyplot["text/plain"] == "False"


def test_pictures_are_there_as_svg(outputs):
    for shown in (outputs[1], outputs[6], outputs[7]):
        encoded = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown["text/html"])[1]
        assert b"<svg" in base64.b64decode(encoded)


def test_no_name_of_a_users_is_a_tag(outputs):
    for shown in outputs:
        assert "<script" not in shown.get("text/html", "") and "<b>" not in shown.get("text/html", "")
