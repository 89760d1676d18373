"""`nnlite runs` shows runs side by side; folders that are damaged, or of something else, spoil nothing."""

import csv
import io
import json
import math
import shutil

import pytest

from nnlite.cli import main
from nnlite.comparison.config_differences import differing
from nnlite.comparison.listing import listing
from nnlite.errors import ConfigError, RunError
from tests.helpers.trained import train

LAYERS = [{"type": "Rescale", "scale": 0.25}, {"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]
FLOWERS = {"name": "flowers", "data": {"source": "iris"}, "model": {"layers": LAYERS}, "training": {"epochs": 3}}
PATIENTS = {
    "name": "patients",
    "data": {"source": "diabetes"},
    "model": {"layers": [{"type": "Standardize"}, {"type": "Dense", "units": 1}, {"type": "MeanSquaredError"}]},
    "training": {"epochs": 2},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with three runs of flowers, at three rates."""
    place = tmp_path_factory.mktemp("trained")
    for name, rate in (("run-2", 0.001), ("run-10", 0.03), ("other", 0.01)):
        changes = {"optimizer.learning_rate": rate, "seed": int(name == "other")}
        train(FLOWERS, changes, out=place / name)
    return place


@pytest.fixture
def runs(trained, tmp_path, monkeypatch):
    """A working folder of its own, with those runs in runs/."""
    shutil.copytree(trained, tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def figures(folder):
    return json.loads((folder / "metrics.json").read_text())


def test_it_shows_what_differs_and_the_figures_in_lines_of_80(runs, capsys):
    assert main(["runs"]) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.splitlines())
    table = [line.split() for line in out.splitlines() if line.startswith("runs/")]
    assert [row[0] for row in table[:3]] == ["runs/other", "runs/run-2", "runs/run-10"]  # 2 before 10
    assert [row[1:3] for row in table[:3]] == [["1", "0.01"], ["0", "0.001"], ["0", "0.03"]]
    accuracy = f"{figures(runs / 'run-10')['test']['accuracy']:.4f}"
    assert accuracy in table[2]
    assert "3 runs" in out and "units" not in out and "name" not in out


@pytest.mark.parametrize("name", ["accuracy", "test_accuracy", "test accuracy"])
def test_the_best_comes_first_by_a_figure_that_rises(runs, capsys, name):
    assert main(["runs", "--sort", name]) == 0
    out = capsys.readouterr().out
    order = [line.split()[0] for line in out.splitlines() if line.startswith("runs/")][:3]
    accuracy = {f"runs/{run.name}": figures(run)["test"]["accuracy"] for run in runs.iterdir()}
    assert [accuracy[run] for run in order] == sorted(accuracy.values(), reverse=True)
    assert "sorted by test_accuracy, highest first" in out


def test_by_a_loss_and_by_a_key_of_the_config_the_lowest_comes_first(runs):
    losses = [run.figures["validation_loss"] for run in listing([runs], "validation_loss").runs]
    assert losses == sorted(losses)
    rates = listing([runs], "optimizer.learning_rate")
    assert rates.differing["optimizer.learning_rate"] == [0.001, 0.01, 0.03] and not rates.falling
    assert listing([runs], "model.layers[1].units").runs[0].folder.name == "other"


def test_a_metric_of_nnlites_own_rises_where_it_says_so(tmp_path):
    for name, rate in (("a", 1e-5), ("b", 0.03)):
        changes = {"optimizer.learning_rate": rate, "training.metrics": ["MCC"], "training.epochs": 20}
        train(FLOWERS, changes, out=tmp_path / name)
    found = listing([tmp_path], "mcc")
    assert found.falling and found.sorted_by == "test_mcc"
    assert found.runs[0].figures["test_mcc"] > found.runs[1].figures["test_mcc"]


def test_csv_and_json_have_every_figure_to_the_bit(runs, capsys):
    assert main(["runs", "--csv"]) == 0
    captured = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(captured.out)))
    assert [row["run"] for row in rows] == ["runs/other", "runs/run-2", "runs/run-10"]
    assert float(rows[2]["test_loss"]) == figures(runs / "run-10")["test"]["loss"]
    assert "3 runs" in captured.err
    assert main(["runs", "--json"]) == 0
    documents = json.loads(capsys.readouterr().out)
    assert documents[2]["figures"]["test_loss"] == figures(runs / "run-10")["test"]["loss"]
    assert documents[2]["config"]["optimizer"]["learning_rate"] == 0.03
    assert documents[2]["epochs"] == 3 and documents[2]["best_epoch"] == figures(runs / "run-10")["best_epoch"]


def test_rows_are_a_data_frame(runs):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(listing([runs]).rows()).set_index("run")
    assert frame.loc[str(runs / "run-10"), "optimizer.learning_rate"] == 0.03
    history = (runs / "run-10" / "history.csv").read_text().splitlines()
    seconds = sum(float(line.rpartition(",")[2]) for line in history[1:])
    assert frame.loc[str(runs / "run-10"), "seconds"] == pytest.approx(seconds)


def damaged(runs):
    """Folders of every sort beside the three runs."""
    for name in ("unfinished", "no-json", "a-list", "odd-figures", "no-history", "binary", "deep"):
        shutil.copytree(runs / "other", runs / name)
    (runs / "unfinished" / "metrics.json").unlink()
    (runs / "no-json" / "metrics.json").write_text('{"test": ')
    (runs / "a-list" / "metrics.json").write_text("[1, 2]")
    odd = '{"test": {"loss": "low", "accuracy": null, "confusion": {}}, "validation": 3, "best_epoch": 0.5}'
    (runs / "odd-figures" / "metrics.json").write_text(odd)
    (runs / "no-history" / "history.csv").unlink()
    (runs / "binary" / "history.csv").write_bytes(b"\xff\x00epoch")
    (runs / "deep" / "metrics.json").write_text("[" * 100_000)
    (runs / "empty").mkdir()
    (runs / "site").mkdir()
    (runs / "site" / "config.toml").write_text('baseURL = "x"')
    (runs / "begun").mkdir()
    (runs / "begun" / "config.toml").write_text((runs / "other" / "config.toml").read_text())
    (runs / "half").mkdir()
    (runs / "half" / "config.toml").write_text("[data")
    (runs / "half" / "environment.json").write_text("{}")
    (runs / "a-file").write_text("")


def test_damaged_and_foreign_folders_are_said_and_spoil_nothing(runs, capsys):
    damaged(runs)
    found = listing([runs, runs / "nowhere"])
    states = {run.folder.name: run.state for run in found.runs}
    assert {name for name, state in states.items() if state == "broken"} == {
        "no-json", "a-list", "binary", "deep", "half",
    }  # fmt: skip
    assert states["unfinished"] == states["begun"] == "unfinished"
    assert states["no-history"] == states["odd-figures"] == "finished"
    assert {str(runs / "empty"), str(runs / "site"), str(runs / "nowhere")} == set(found.others)
    by_name = {run.folder.name: run for run in found.runs}
    assert list(by_name["odd-figures"].figures) == ["test_accuracy"]
    assert math.isnan(by_name["odd-figures"].figures["test_accuracy"])
    assert math.isnan(by_name["no-history"].seconds)
    assert by_name["unfinished"].epochs == (3,) and "3 epochs of 3" in by_name["unfinished"].why
    for arguments in (["runs"], ["runs", "--csv"], ["runs", "--json"], ["runs", "--sort", "accuracy"]):
        assert main(arguments) == 0
        captured = capsys.readouterr()
        assert "runs/site" in captured.out + captured.err
    assert main(["runs", "--sort", "accuracy"]) == 0
    order = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("runs/")]
    assert set(order[:4]) == {"runs/no-history", "runs/run-2", "runs/run-10", "runs/other"}  # those with the figure


@pytest.mark.slow
def test_runs_of_other_tasks_and_of_several_networks_stand_beside_them(runs, capsys):
    train(PATIENTS, out=runs / "patients")
    train(FLOWERS, {"training.members": 2}, out=runs / "several")
    found = listing([runs])
    assert found.differing["data.source"].count("diabetes") == 1
    several = next(run for run in found.runs if run.folder.name == "several")
    assert several.epochs == (3, 3) and len(several.best_epochs) == 2 and several.row()["epochs"] == 3
    assert not any(run.folder.name.startswith("member") for run in found.runs)
    assert main(["runs"]) == 0
    assert all(len(line) <= 80 for line in capsys.readouterr().out.splitlines())


def test_no_code_of_a_plug_in_runs(runs):
    text = (runs / "other" / "config.toml").read_text()
    (runs / "evil.py").write_text("raise SystemExit('it ran')")
    (runs / "other" / "config.toml").write_text(text.replace("plugins = []", f'plugins = ["{runs / "evil.py"}"]'))
    assert "plugins" in listing([runs]).differing


def test_names_of_every_sort_are_printed_as_they_are_safe(runs, capsys):
    (runs / "other").rename(runs / ("<script>\x1b[31m‮" + "x" * 150))
    assert main(["runs"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "‮" not in out and "<script>\\x1b[31m" in out


def test_what_cannot_be_sorted_by_is_an_error_with_the_nearest_figure(runs, capsys):
    with pytest.raises(ConfigError, match="did you mean 'test_accuracy'"):
        listing([runs], "test_acuracy")
    assert main(["runs", "--sort", "speed"]) == 2
    assert "seconds" in capsys.readouterr().err


def test_without_any_run_it_says_where_it_looked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["runs"]) == 4
    assert "runs: there is no such folder" in capsys.readouterr().err
    with pytest.raises(RunError, match="there are no runs"):
        listing([tmp_path])


def test_differences_of_objects_of_several_types_are_of_their_types_and_what_they_share():
    sgd = {"optimizer": {"type": "SGD", "learning_rate": 0.1, "momentum": 0.9}}
    fast = {"optimizer": {"type": "SGD", "learning_rate": 0.1, "momentum": 0.5}}
    adam = {"optimizer": {"type": "Adam", "learning_rate": 0.1, "beta1": 0.9}}
    assert differing([sgd, adam]) == {"optimizer.type": ["SGD", "Adam"]}
    assert differing([sgd, fast, adam])["optimizer.momentum"] == [0.9, 0.5, None]
    longer = {"layers": [{"type": "Dense", "units": 3}, {"type": "ReLU"}]}
    shorter = {"layers": [{"type": "Dense", "units": 3}]}
    assert differing([longer, shorter]) == {"layers": [longer["layers"], shorter["layers"]]}
    assert differing([{"a": 1}, {"a": 1.0}]) == {} and differing([{"a": 1}, {"a": True}]) == {"a": [1, True]}
    assert differing([{"a": 1}, {}, {"a": 1}]) == {"a": [1, None, 1]}
