"""The report of a run: its figures are scikit-learn's, it comes out the same again, and it may be left out."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nnlite
from nnlite.cli import main
from nnlite.config import training_config
from nnlite.runs import reporting
from nnlite.runs.folder import RunFolder
from tests.conftest import ROOT
from tests.helpers.own_tables import NAMES, rows, write_csv
from tests.helpers.page import Page

pytestmark = pytest.mark.slow

CONFIGS = ROOT / "configs"

FEW = ["training.epochs=8", "--quiet"]

TRAINED = {
    "classes": [str(CONFIGS / "breast_cancer.toml"), 'training.metrics=["F1","ROCAUC"]', "data.test_fraction=0.4"],
    "numbers": [str(CONFIGS / "diabetes.toml")],
    "table": ["shop.csv", "--target", "paid", "training.members=2"],
    "pictures": [str(CONFIGS / "digits_cnn.toml"), "training.epochs=1"],
    "validation": [str(CONFIGS / "wine.toml"), "data.test_fraction=0", "data.validation_fraction=0.3"],
    "nothing": [str(CONFIGS / "iris.toml"), "data.test_fraction=0", "data.validation_fraction=0"],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folder of a run of each kind, made when it is asked for."""
    place, made = tmp_path_factory.mktemp("runs"), {}
    write_csv(place / "shop.csv", rows(200))

    def run(kind):
        if kind not in made:
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(place)
                command, *more = TRAINED[kind]
                epochs = FEW[1:] if kind == "pictures" else FEW
                assert main(["train", command, *more, *epochs, "--out", kind]) == 0
            made[kind] = place / kind
        return made[kind]

    return run


def read(folder):
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "kind", [pytest.param(each, marks=() if each in ("table", "numbers") else pytest.mark.slow) for each in TRAINED]
)
def test_it_is_written_again_to_the_byte(kind, runs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(runs(kind).parent)
    folder = shutil.copytree(runs(kind), tmp_path / "moved")
    pictures = [*folder.glob("*.svg"), *folder.glob("*.png"), folder / "report.html"]
    before = {file: file.read_bytes() for file in pictures}
    for file in pictures:
        file.unlink()
    capsys.readouterr()
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder}/report.html\n"
    assert {file: file.read_bytes() for file in pictures} == before
    assert len(pictures) > 1 and not list(folder.glob(".*.tmp"))


@pytest.mark.parametrize("kind", ["classes", "table", "validation"])
def test_the_figures_of_a_classifier_are_scikit_learns(kind, runs, monkeypatch):
    monkeypatch.chdir(runs(kind).parent)
    page, config = read(runs(kind)), training_config.load(runs(kind) / "config.toml")
    splits = config.load_data()
    part, name = (splits.test, "test") if splits.test is not None else (splits.validation, "validation")
    p = nnlite.load(runs(kind)).model.predict(part.x).astype(np.float64)
    p = p / p.sum(axis=1, keepdims=True)  # scikit-learn takes float32's 1 + 1e-8 for a mistake
    found, y = p.argmax(axis=1), part.y
    exact = {"abs": 1e-12, "rel": 0}
    shown = page.column("figures", "model")
    assert shown["accuracy"] == pytest.approx(accuracy_score(y, found), **exact)
    if kind != "validation":
        assert shown["balanced accuracy"] == pytest.approx(balanced_accuracy_score(y, found), **exact)
        dummy = DummyClassifier(strategy="most_frequent").fit(splits.train.x, splits.train.y).predict(part.x)
        baseline = page.column("figures", "baseline")
        assert baseline["accuracy"] == pytest.approx(accuracy_score(y, dummy), **exact)
        assert baseline["balanced accuracy"] == pytest.approx(balanced_accuracy_score(y, dummy), **exact)
    if kind == "classes":
        assert shown["F1 macro"] == pytest.approx(f1_score(y, found, average="macro"), **exact)
        assert shown["ROC AUC"] == pytest.approx(roc_auc_score(y, p[:, 1]), **exact)

    columns = ("precision", "recall", "F1", "rows")
    theirs = precision_recall_fscore_support(y, found, zero_division=np.nan)
    for column, expected in zip(columns, theirs, strict=True):
        ours = page.column("classes", column)
        assert list(ours) == list(map(str, part.classes))
        values = [float("nan") if value == "–" else float(value) for value in ours.values()]
        assert values == pytest.approx(expected.tolist(), nan_ok=True, **exact)
    table = [[int(count) for count in row[1:]] for row in page.tables["answers"][0][1:]]
    assert table == confusion_matrix(y, found).tolist()

    right, sure = calibration_curve(found == y, p.max(axis=1), n_bins=10)
    bins = page.tables["calibration"][0][1:]
    assert [row[2] for row in bins] == pytest.approx(sure.tolist(), abs=1e-7)  # p is not quite theirs
    assert [row[3] for row in bins] == pytest.approx(right.tolist(), **exact)
    counts = np.array([int(row[1]) for row in bins])
    assert f"{np.abs(right - sure) @ counts / len(y):.4f}" in page.text
    brier = brier_score_loss(y, p, scale_by_half=len(part.classes) == 2, labels=range(len(part.classes)))
    assert f"{brier:.4f}" in page.text
    assert f"{len(y)} {name} rows" in page.text


def test_the_linear_model_beside_a_classifier_is_scikit_learns(runs):
    page, splits = read(runs("classes")), training_config.load(runs("classes") / "config.toml").load_data()
    model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-12, solver="newton-cg", max_iter=1000))
    p = model.fit(splits.train.x, splits.train.y).predict_proba(splits.test.x)
    shown, y = page.column("figures", "linear model"), splits.test.y
    assert shown["accuracy"] == pytest.approx(accuracy_score(y, p.argmax(axis=1)), abs=1e-12)
    assert shown["balanced accuracy"] == pytest.approx(balanced_accuracy_score(y, p.argmax(axis=1)), abs=1e-12)
    assert shown["F1 macro"] == pytest.approx(f1_score(y, p.argmax(axis=1), average="macro"), abs=1e-12)
    assert shown["loss"] == pytest.approx(log_loss(y, p), abs=1e-5)  # the preprocessing is in float32
    assert shown["ROC AUC"] == pytest.approx(roc_auc_score(y, p[:, 1]), abs=1e-3)


def test_the_figures_of_a_regression_are_scikit_learns(runs):
    page, splits = read(runs("numbers")), training_config.load(runs("numbers") / "config.toml").load_data()
    found, y = nnlite.load(runs("numbers")).model.predict(splits.test.x).astype(np.float64), splits.test.y
    mean = DummyRegressor().fit(splits.train.x, splits.train.y).predict(splits.test.x)
    ridge = make_pipeline(StandardScaler(), Ridge()).fit(splits.train.x, splits.train.y).predict(splits.test.x)
    scores = {"R²": r2_score, "MAE": mean_absolute_error, "RMSE": root_mean_squared_error}
    for name, score in scores.items():
        assert page.column("figures", "model")[name] == pytest.approx(score(y, found), rel=1e-12)
        assert page.column("figures", "linear model")[name] == pytest.approx(score(y, ridge), rel=1e-5)
        if name != "R²":
            assert page.column("figures", "baseline")[name] == pytest.approx(score(y, mean), rel=1e-12)
    by = [row[3] for row in page.tables["mistakes"][0][1:]]
    order = np.argsort(-np.abs(y - found))[:10]
    assert by == pytest.approx((y - found)[order].tolist(), rel=1e-12)
    assert [row[0] for row in page.tables["mistakes"][0][1:]] == [f"row {n}" for n in splits.test.numbers[order]]


def test_the_worst_mistakes_of_a_table_have_their_lines_and_values(runs, monkeypatch):
    monkeypatch.chdir(runs("table").parent)
    heading, *found = read(runs("table")).tables["mistakes"][0]
    assert set(heading[4:]) <= set(NAMES) and "paid" not in heading
    lines = Path("shop.csv").read_text().splitlines()
    sure = [row[3] for row in found]
    assert found and sure == sorted(sure, reverse=True)
    for row in found:
        cells = dict(zip(NAMES, lines[int(row[0].removeprefix("line ")) - 1].split(","), strict=True))
        assert row[1] == cells["paid"] != row[2]
        for name, value in zip(heading[4:], row[4:], strict=True):
            assert value == (cells[name] or "missing")


def test_what_the_model_goes_by_comes_first(runs):
    importance = read(runs("table")).tables["importance"][0][1:]
    assert {row[0] for row in importance} == {"age", "town", "born"}  # the id is left out
    assert [row[0] for row in importance][:2] in (["age", "town"], ["town", "age"])
    assert importance[0][1] > 0


@pytest.mark.parametrize(
    "kind",
    [
        "table",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("classes", "numbers", "pictures", "nothing")),
    ],
)
def test_the_code_that_loads_the_model_runs(kind, runs, monkeypatch):
    monkeypatch.chdir(runs(kind))
    code, _ = read(runs(kind)).code
    code = code.replace("predictor.predict(rows)", "print(predictor.predict(rows))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("["), done.stderr


def test_without_test_rows_it_is_about_the_validation_rows_and_without_these_it_says_so(runs):
    assert "Of 53 validation rows the model gets" in read(runs("validation")).text
    page = read(runs("nothing"))
    assert "neither test nor validation rows" in page.text and "no rows that no network" in page.text
    assert not {"mistakes", "importance", "calibration", "figures"} & page.tables.keys()


def test_where_the_rows_are_gone_it_has_what_the_folder_has(runs, tmp_path, capsys):
    folder = shutil.copytree(runs("table"), tmp_path / "run")
    text = (folder / "config.toml").read_text().replace("shop.csv", "gone.csv")
    (folder / "config.toml").write_text(text)
    assert main(["report", str(folder)]) == 0
    assert "warning: The rows are not there any more" in capsys.readouterr().err.replace("\n  ", " ")
    page, whole = read(folder), read(runs("table"))
    assert page.column("figures", "model") == whole.column("figures", "model")
    assert page.tables["classes"] == whole.tables["classes"] and "mistakes" not in page.tables
    assert "The rows could not be read again" in page.text


def test_other_rows_are_not_taken_for_those_of_the_run(runs, tmp_path):
    folder = shutil.copytree(runs("numbers"), tmp_path / "run")
    environment = json.loads((folder / "environment.json").read_text())
    (folder / "environment.json").write_text(json.dumps(environment | {"data_sha256": "0" * 64}))
    assert "others than those of the run" in reporting.again(RunFolder(folder))
    assert "mistakes" not in read(folder).tables


def test_what_has_no_report_yet_is_said(refused, here):
    refused(4, ["report", "nowhere"], "nowhere is not a run folder")
    (here / "half").mkdir()
    (here / "half/config.toml").write_text("")
    refused(4, ["report", "half"], "the run in half is not finished")


WITHOUT = """
import sys
from nnlite.cli import main
assert main(["train", {config!r}, "training.epochs=2", "output.pictures=false", "--out", "run"]) == 0
heavy = {{"matplotlib", "jinja2", "markupsafe"}} & {{module.partition(".")[0] for module in sys.modules}}
assert not heavy, heavy
"""


def test_without_pictures_there_are_none_and_nothing_is_imported_for_them(here):
    code = WITHOUT.format(config=str(CONFIGS / "iris.toml"))
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    names = {file.name for file in (here / "run").iterdir()}
    assert names == {
        "config.toml",
        "environment.json",
        "findings.json",
        "history.csv",
        "metrics.json",
        "model.safetensors",
        "weights.csv",
    }
    assert main(["report", "run"]) == 0 and (here / "run/loss.svg").exists()
    assert main(["verify", "run"]) == 0


def test_whether_there_are_pictures_may_change_while_a_run_goes_on(here, without_pictures):
    command = ["train", str(CONFIGS / "iris.toml"), "training.epochs=2", "--out", "run"]
    assert main([*command, "output.pictures=false"]) == 0
    (here / "run/metrics.json").unlink()
    assert main([*command, "--resume", "output.pictures=true"]) == 0
    assert (here / "run/report.html").exists()


@pytest.mark.parametrize("said", ["output.pictures=5", "output.picture=false", "output=3"])
def test_a_wrong_key_of_output_is_told(said, refused):
    refused(2, ["train", str(CONFIGS / "iris.toml"), said], "output")


RARE = """
import numpy as np
from nnlite import Dataset
from nnlite.data import from_arrays

def rare(first: str = "a", weighted: bool = False) -> Dataset:
    '''Rows of which one in five is of a class that comes first by name, or second.'''
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    names = [first, "m"]
    y = np.where(x[:, 0] > 0.85, *names)
    return from_arrays(x, y, sample_weight=rng.integers(1, 4, 200) if weighted else None)
"""


def trained_on_rare(here, **data):
    (here / "rare.py").write_text(RARE)
    layers = [{"type": "Standardize"}, {"type": "Dense", "units": 2}, {"type": "SoftmaxCrossEntropy"}]
    document = {"name": "rare", "plugins": ["rare.py"], "model": {"layers": layers}, "optimizer": {"type": "Adam"}}
    document |= {"data": {"source": "rare", "test_fraction": 0.3} | data, "training": {"epochs": 3}}
    document |= {"early_stopping": {"patience": 5, "monitor": "training_loss"}}
    nnlite.train(document, out=here / "run")
    return read(here / "run")


@pytest.mark.parametrize("rare", ["a", "z"])
def test_of_two_classes_the_thresholds_are_of_the_rarer_one(rare, here):
    text = trained_on_rare(here, first=rare).text
    assert f"ROC of {rare}" in text and f"precision and recall of {rare}" in text
    assert "where rows are counted" not in text


def test_that_rows_count_by_their_weights_is_said(here):
    assert (
        "Each row counts by its weight; where rows are counted, each is one."
        in trained_on_rare(here, weighted=True).text
    )


def test_the_words_on_the_mean_and_on_an_early_end_are_sentences(runs, here):
    said = read(runs("numbers")).text
    assert re.search(r"Always answering [\d.]+, the mean of the training targets, gives", said)
    options = {"early_stopping": {"patience": 1}}
    nnlite.train(
        CONFIGS / "iris.toml", options, optimizer__learning_rate=5.0, training__epochs=40, out=here / "ended"
    )
    page = read(here / "ended")
    assert re.search(r"by the validation loss. Stopped after epoch \d+: .*; weights of epoch \d+", page.text)


def test_of_several_labels_each_has_a_row_with_scikit_learns_figures(here):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    np.savez("own.npz", x=x, y=(x + rng.normal(size=(200, 3)) > [0, 0.5, 1]).astype(int))
    layers = [{"type": "Dense", "units": 3}, {"type": "BinaryCrossEntropy"}]
    data = {"source": "npz", "path": str(here / "own.npz"), "task": "multi-label", "test_fraction": 0.4}
    config = {"name": "labels", "data": data, "model": {"layers": layers}, "training": {"epochs": 40}}
    nnlite.train(config, out=here / "run")
    part = training_config.load(here / "run/config.toml").load_data().test
    found = nnlite.load(here / "run").predict(part.x)
    theirs = precision_recall_fscore_support(part.y, found, zero_division=np.nan)
    (table,) = read(here / "run").tables["classes"]
    assert table[0] == ["label", "rows", "precision", "recall", "F1"] and [row[0] for row in table[1:]] == list("012")
    for ours, count, *figures in zip(table[1:], theirs[3], *theirs[:3], strict=True):
        assert int(ours[1]) == count and ours[2:] == pytest.approx(figures, abs=1e-12)
