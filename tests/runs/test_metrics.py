"""The metrics of a config stand in all that a run leaves, and in what `nnlite evaluate` says."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

import nnlite
from nnlite import plots
from nnlite.cli import command_line as cli
from nnlite.config import training_config
from nnlite.errors import ConfigError
from nnlite.runs.folder import RunFolder
from tests.helpers.rows import rows_of

CONFIG = """
[data]
source = "csv"
path = "rows.csv"
target = "kind"
[model]
layers = [{ type = "Columns" }, { type = "Dense" }, { type = "SoftmaxCrossEntropy" }]
[early_stopping]
monitor = "validation_f1_macro"
patience = 3
[training]
epochs = 6
metrics = ["F1", { type = "TopK", k = 2 }, "ROCAUC"]
"""
OWN = """
import numpy as np
from nnlite import Metric

class Certainty(Metric):
    tasks, rising = ("classification",), True
    def compute(self, predictions, targets, weights):
        return np.average(predictions.max(axis=1), weights=weights)

"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    kinds = ["oak", "elm", "ash"]
    y = rng.integers(0, 3, 150)
    x = rng.normal(size=(150, 2)) + y[:, None]
    lines = [f"{a:.3f},{b:.3f},{kinds[k]}" for (a, b), k in zip(x, y, strict=True)]
    Path("rows.csv").write_text("\n".join(["a,b,kind", *lines]) + "\n")
    Path("own.toml").write_text(CONFIG)
    return tmp_path


def strict(path):
    return json.loads(Path(path).read_text())


@pytest.mark.slow
def test_they_stand_in_the_history_the_figures_and_the_curves_of_a_run(here, capsys):
    assert cli.main(["train", "own.toml", "--out", "run"]) == 0
    said = capsys.readouterr().out
    figures = strict("run/metrics.json")
    for part in ("test", "validation"):
        assert {"f1_macro", "top_2", "roc_auc"} <= figures[part].keys()
    assert re.search(rf"^f1_macro +{figures['test']['f1_macro']:.4f} ", said, re.MULTILINE) and "\nroc_auc " in said
    history = RunFolder(Path("run")).read_history()
    assert {"training_f1_macro", "validation_f1_macro", "validation_top_2"} <= set(history.columns)
    assert history.metrics == ("f1_macro", "top_2", "roc_auc") and history.decisive == "validation_f1_macro"
    assert history.best_epoch == figures["best_epoch"]
    assert history["validation_f1_macro"][history.best_epoch - 1] == max(history["validation_f1_macro"])
    titles = [axes.get_title() for axes in plots.curves({"run": history}).axes]
    assert titles == ["loss", "accuracy", "f1_macro", "top_2", "roc_auc"]
    run = nnlite.train("own.toml", out="again")
    splits = training_config.load("own.toml").load_data()
    p = run.predictor.model.predict(splits.test.x)
    assert run.figures["test"]["f1_macro"] == f1_score(splits.test.y, p.argmax(axis=1), average="macro")
    assert run.figures["test"]["roc_auc"] == pytest.approx(roc_auc_score(splits.test.y, p, multi_class="ovr"))
    assert cli.main(["verify", "run"]) == 0


@pytest.mark.usefixtures("without_pictures")
def test_evaluate_takes_the_metrics_of_the_run_or_those_that_are_named(here, capsys):
    assert cli.main(["train", "own.toml", "--out", "run", "--quiet"]) == 0
    capsys.readouterr()
    assert cli.main(["evaluate", "run", "rows.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"f1_macro", "top_2", "roc_auc"} <= found.keys()
    words = ["--metric", "MCC", "--metric", '{type="F1", average="weighted"}']
    assert cli.main(["evaluate", "run/model.safetensors", "rows.csv", *words]) == 0
    said = capsys.readouterr().out
    assert "\nmcc " in said and "\nf1_weighted " in said and "roc_auc" not in said
    assert cli.main(["evaluate", "run", "rows.csv", "--metric", "ROCAUK"]) == 2
    assert "there is no metric 'ROCAUK'; did you mean 'ROCAUC'?" in " ".join(capsys.readouterr().err.split())
    assert cli.main(["evaluate", "run", "rows.csv", "--metric", "MAE"]) == 2
    assert "MAE() is not for this model" in " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("without_pictures")
def test_an_ensemble_has_them_too_and_its_members(here):
    run = nnlite.train("own.toml", training__members=2, out="run")
    assert run.figures["test"]["f1_macro"] <= 1
    members = [each["validation"]["f1_macro"] for each in run.figures["members"]]
    assert run.figures["validation"]["f1_macro"] == pytest.approx(np.mean(members))
    assert all("validation_roc_auc" in history for history in run.histories)
    found = nnlite.evaluate(run.predictor, "rows.csv", metrics=[nnlite.metrics.F1()])
    assert 0 < found["f1_macro"] <= 1


@pytest.mark.usefixtures("without_pictures")
def test_a_figure_that_is_undefined_is_said_with_what_it_needs(here, capsys):
    y = np.repeat([0, 1, 0], [30, 30, 15])  # the test rows are the last ones
    np.savez("rows.npz", x=np.random.default_rng(0).normal(size=(75, 2)), y=y)
    Path("own.toml").write_text(
        """
        [data]
        source = "npz"
        path = "rows.npz"
        shuffle = false
        [model]
        layers = [{ type = "Dense" }, { type = "SoftmaxCrossEntropy" }]
        [training]
        epochs = 1
        metrics = ["ROCAUC", "F1"]
        """
    )
    assert cli.main(["train", "own.toml", "--out", "run", "--quiet"]) == 3
    said = capsys.readouterr()
    assert "test roc_auc undefined\n" in said.out
    needs = (
        "undefined, and null in metrics.json: test roc_auc (it needs rows with and rows without each class or label)"
    )
    assert needs in " ".join(said.err.split())
    assert strict("run/metrics.json")["test"]["roc_auc"] is None


@pytest.mark.usefixtures("without_pictures")
def test_a_metric_of_a_plug_in_is_used_by_its_name(here):
    Path("mine.py").write_text(OWN)
    document = {"training.metrics": ["Certainty"], "plugins": ["mine.py"], "early_stopping": None}
    run = nnlite.train("own.toml", document, out="run")
    assert 0.3 < run.figures["test"]["certainty"] <= 1 and run.history.rising[-1] == "certainty"
    Path("mine.py").write_text(OWN.replace("class Certainty", "class F1"))
    with pytest.raises(ConfigError, match="the name 'F1' is defined twice, in nnlite itself and in "):
        nnlite.train("own.toml", document, out="again")


def test_a_plug_in_may_call_another_thing_as_a_metric_is_called(here):
    Path("mine.py").write_text(
        "import numpy as np\nfrom nnlite.losses import MeanSquaredError\nclass MAE(MeanSquaredError): pass\n"
    )
    changes = [
        'plugins=["mine.py"]',
        'model.layers[2]={type="MAE"}',
        "early_stopping=none",
        'training.metrics=["R2"]',
    ]
    config = training_config.load("own.toml", changes)
    trainer = config.build_trainer(config.build_model(rows_of((2,))))
    assert type(trainer.model.criterion).__module__.startswith("nnlite_plugin")
    assert config.metrics[0].name == "r2"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('["ROCAUK"]', "training.metrics[0].type = \"ROCAUK\": there is no metric 'ROCAUK'; did you mean 'ROCAUC'?"),
        ("F1", 'training.metrics = "F1": expected a list of metrics; write training.metrics=["F1"]'),
        ("3", "training.metrics = 3: expected a list of metrics"),
        ("[3]", "training.metrics[0] = 3: expected a table with a type"),
        ('[{type="TopK", k=0}]', "training.metrics[0].k = 0: expected an integer of at least 1"),
        ('[{type="TopK", n=2}]', "training.metrics[0].n: there is no such key. Valid: k"),
        ('[{type="F1", average="makro"}]', 'training.metrics[0].average = "makro": expected one of macro'),
        ('["F1", {type="F1"}]', "training.metrics[1] has the name 'f1_macro', as training.metrics[0] has"),
        ('["Dense"]', "Dense is a layer, which belongs among model.layers; expected a metric"),
        ('["Metric"]', "there is no metric 'Metric'"),
    ],
)
def test_a_wrong_one_in_a_config_is_told_with_its_place(here, given, said):
    with pytest.raises(ConfigError) as error:
        training_config.load("own.toml", [f"training.metrics={given}"])
    assert said in str(error.value)


def test_a_config_is_written_with_its_metrics_and_read_again(here):
    config = training_config.load("own.toml")
    assert config.document["training"]["metrics"] == [
        {"type": "F1", "average": "macro"},
        {"type": "TopK", "k": 2},
        {"type": "ROCAUC"},
    ]
    Path("again.toml").write_text(config.to_toml())
    again = training_config.load("again.toml", ["name=own"])
    assert again.document["training"] == config.document["training"]
    assert training_config.load("own.toml", ["training.metrics=none"]).document["training"]["metrics"] == []
