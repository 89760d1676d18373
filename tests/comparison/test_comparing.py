"""Runs are compared on the same test rows alone, by tests whose figures can be worked out from their predictions."""

import csv
import json
import math
import re
import shutil

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import log_loss

import nnlite
from nnlite.cli import main
from nnlite.comparison.comparing import compare
from nnlite.comparison.results import in_words, spread_in_words
from nnlite.errors import RunError
from nnlite.runs.folder import RunFolder
from nnlite.text import rounded
from tests.helpers.trained import train

pytestmark = pytest.mark.slow

LAYERS = [{"type": "Rescale", "scale": 0.25}, {"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]
FLOWERS = {"name": "flowers", "data": {"source": "iris"}, "model": {"layers": LAYERS}, "training": {"epochs": 30}}
PATIENTS = {
    "name": "patients",
    "data": {"source": "diabetes"},
    "model": {"layers": [{"type": "Standardize"}, {"type": "Dense", "units": 1}, {"type": "MeanSquaredError"}]},
    "training": {"epochs": 3},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs of flowers at two rates and two seeds, and two of patients."""
    place = tmp_path_factory.mktemp("trained")
    for name, rate, seed in (("slow", 0.001, 0), ("fast", 0.05, 0), ("fast-1", 0.05, 1), ("fast-2", 0.05, 2)):
        train(FLOWERS, {"optimizer.learning_rate": rate, "seed": seed}, out=place / name)
    for name, rate in (("p-slow", 0.0003), ("p-fast", 0.05)):
        train(PATIENTS, {"optimizer.learning_rate": rate}, out=place / name)
    return place


@pytest.fixture
def runs(trained, tmp_path, monkeypatch):
    shutil.copytree(trained, tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def answers(folder):
    """The test rows' targets and what the run's model answers for them, by other ways than the comparison's."""
    config = RunFolder(folder).read_config()
    splits, _ = config.build()
    predictor = nnlite.load(folder)
    y = splits.test.y
    if predictor.classes is None:
        return y, predictor.predict(splits.test.x)
    return y, predictor.predict_proba(splits.test.x)


def test_two_classifiers_on_the_same_rows(runs):
    found = compare([runs / "slow", runs / "fast"])
    (only,) = found.comparable
    assert only.ranked_by == "test_accuracy" and only.differing == {"optimizer.learning_rate": [0.05, 0.001]}
    assert [group.runs for group in only.groups] == [(str(runs / "fast"),), (str(runs / "slow"),)]
    (test,) = only.tests
    (y, fast), (_, slow) = answers(runs / "fast"), answers(runs / "slow")
    right, other = fast.argmax(1) == y, slow.argmax(1) == y
    b, c = int((right & ~other).sum()), int((other & ~right).sum())
    assert (test.mcnemar.only_first, test.mcnemar.only_second, test.rows) == (b, c, 30)
    assert b + c >= 25 and test.p == pytest.approx(stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1))
    assert test.difference == pytest.approx(log_loss(y, fast) - log_loss(y, slow), rel=1e-9)
    assert test.interval[0] < test.difference < test.interval[1] < 0
    assert not found.said


def test_two_regressions_on_the_same_rows(runs):
    (only,) = compare([runs / "p-slow", runs / "p-fast"]).comparable
    assert only.ranked_by == "test_rmse" and only.groups[0].runs == (str(runs / "p-fast"),)
    (test,) = only.tests
    (y, fast), (_, slow) = answers(runs / "p-fast"), answers(runs / "p-slow")
    rmse = [np.sqrt(np.mean((each.ravel() - y) ** 2)) for each in (fast, slow)]
    assert test.difference == pytest.approx(rmse[0] - rmse[1]) and test.mcnemar is None and math.isnan(test.p)
    assert test.interval[0] < test.difference < test.interval[1]


def test_runs_of_several_seeds_are_grouped_with_their_spread_and_not_tested(runs):
    found = compare([runs / name for name in ("fast", "slow", "fast-1", "fast-2")])
    (only,) = found.comparable
    seeds = next(group for group in only.groups if len(group.runs) == 3)
    accuracy = [
        json.loads((runs / name / "metrics.json").read_text())["test"]["accuracy"]
        for name in ("fast", "fast-1", "fast-2")
    ]
    assert seeds.values == tuple(accuracy)
    assert (seeds.mean, seeds.spread) == pytest.approx((np.mean(accuracy), np.std(accuracy, ddof=1)))
    assert [{test.first, test.second} for test in only.tests] == [{str(runs / "fast"), str(runs / "slow")}]
    assert sum("another seed" in said for said in found.said) == 2


def test_copies_of_a_run_are_runs_not_seeds_and_equal_in_every_figure(runs):
    shutil.copytree(runs / "p-fast", runs / "copy")
    (comparable,) = compare([runs / "p-fast", runs / "copy"]).comparable
    (group,), (test,) = comparable.groups, comparable.tests
    figure = rounded(group.mean)
    assert spread_in_words(group) == f"{figure} ± 0.0000 (2 runs, {figure} to {figure})"
    assert list(in_words(test)) == ["rmse: the same in both"]


def test_several_tests_have_ps_raised_by_holms_method(runs):
    for name, units in (("a", 4), ("b", 5)):
        layers = [{"type": "Dense", "units": units}, {"type": "ReLU"}, {"type": "Dense", "units": 3}, LAYERS[-1]]
        train({**FLOWERS, "model": {"layers": layers}}, out=runs / name, training__epochs=1)
    (only,) = compare([runs / name for name in ("fast", "a", "b")]).comparable
    one, other = sorted(only.tests, key=lambda test: test.mcnemar.p)
    assert (one.p == pytest.approx(min(1, 2 * one.mcnemar.p)) and one.p < other.p) or other.p == one.p


def test_runs_of_another_task_or_other_rows_are_apart_and_it_is_said_why(runs):
    train({**FLOWERS, "data": {"source": "wine"}}, out=runs / "wine", training__epochs=2)
    found = compare([runs / name for name in ("fast", "p-fast", "slow", "wine", "p-slow")])
    names = [sorted(name for group in each.groups for name in group.runs) for each in found.comparable]
    assert names == [
        sorted([str(runs / "fast"), str(runs / "slow")]),
        sorted([str(runs / "p-fast"), str(runs / "p-slow")]),
        [str(runs / "wine")],
    ]
    assert any("their task is regression" in said for said in found.said)
    assert any("wine: their test rows are others" in said for said in found.said)


def test_the_same_rows_are_known_where_a_column_is_left_out_or_the_file_is_a_copy(runs, tmp_path):
    rng = np.random.default_rng(0)
    with open(tmp_path / "rows.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "y"])
        writer.writerows(
            [*map(float, row), "yes" if row.sum() + rng.normal() > 0 else "no"] for row in rng.normal(size=(100, 2))
        )
    shutil.copy(tmp_path / "rows.csv", tmp_path / "copy.csv")
    layers = [{"type": "Columns"}, {"type": "Dense"}, {"type": "SoftmaxCrossEntropy"}]
    for name, more in (("all", {}), ("one", {"drop": ["b"]}), ("copy", {"path": "copy.csv"})):
        section = {"source": "csv", "path": "rows.csv", "target": "y", **more}
        config = {"data": section, "model": {"layers": layers}, "training": {"epochs": 2}}
        train(config, out=runs / name)
    found = compare([runs / name for name in ("all", "one", "copy")])
    (only,) = found.comparable
    assert len(only.groups) == 3
    (left_out,) = compare([runs / "all", runs / "one"]).comparable
    assert len(left_out.tests) == 1
    (copied,) = compare([runs / "all", runs / "copy"]).comparable
    assert len(copied.tests) == 1


def test_data_that_has_changed_and_runs_that_are_not_done_are_in_no_test(runs):
    described = json.loads((runs / "slow" / "environment.json").read_text())
    (runs / "slow" / "environment.json").write_text(json.dumps({**described, "data_sha256": "0" * 64}))
    (runs / "fast-1" / "metrics.json").unlink()
    (runs / "fast-2" / "metrics.json").write_text("{")
    found = compare([runs / name for name in ("fast", "slow", "fast-1", "fast-2", "none")])
    said = "\n".join(found.said)
    assert "slow is in no test: its data is not what it was trained on any more" in said
    assert "fast-1 is unfinished: 30 epochs of 30; it is in no test" in said
    assert "fast-2 is left out" in said and "none is left out: there is no such folder" in said
    assert not any(each.tests for each in found.comparable) and len(found.runs) == 3


def test_without_test_rows_the_validation_rows_rank(runs):
    for name, rate in (("a", 0.001), ("b", 0.05)):
        changes = {"optimizer.learning_rate": rate, "data.test_fraction": 0.0}
        train(FLOWERS, changes, out=runs / name)
    found = compare([runs / "a", runs / "b"])
    assert found.comparable[0].ranked_by == "validation_accuracy" and not found.comparable[0].tests
    assert all("no test rows" in said for said in found.said)


def test_the_curves_are_labelled_by_rank_name_and_figure(runs):
    (only,) = compare([runs / "slow", runs / "fast"]).comparable
    accuracy = json.loads((runs / "fast" / "metrics.json").read_text())["test"]["accuracy"]
    assert next(iter(only.histories)) == f"1. {accuracy:.4f}, {runs / 'fast'}"
    assert [len(history) for history in only.histories.values()] == [30, 30]


def test_the_command_prints_lines_of_80_and_draws_each_kind_of_run_apart(runs, capsys):
    names = ["slow", "fast", "fast-1", "p-slow", "p-fast"]
    assert main(["compare", *(f"runs/{name}" for name in names), "-o", "found.svg"]) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "McNemar" in out and "rmse of runs/p-fast" in out and "±" in out
    assert "found.svg" in out and "found-2.svg" in out
    drawn = (runs.parent / "found.svg").read_text()
    assert "ranked by test accuracy" in drawn and re.search(r">1\. [01]\.\d{4}, runs/fast", drawn)
    text = (runs.parent / "found.svg").read_text()
    assert "fast" in text and "p-fast" not in text


def test_it_takes_two_runs(runs, capsys):
    assert main(["compare", "runs/fast", "runs/fast"]) == 4
    assert "there are not two runs to compare" in capsys.readouterr().err
    with pytest.raises(RunError, match="nowhere is left out"):
        compare([runs / "fast", "nowhere"])


def test_an_ensemble_is_compared_by_its_mean(runs):
    train(FLOWERS, {"training.members": 2}, out=runs / "two")
    (only,) = compare([runs / "two", runs / "fast"]).comparable
    assert len(only.tests) == 1 and len(only.histories) == 3
    y, found = answers(runs / "two")
    _, other = answers(runs / "fast")
    sign = 1 if only.tests[0].first == str(runs / "two") else -1
    assert only.tests[0].difference == pytest.approx(sign * (log_loss(y, found) - log_loss(y, other)), rel=1e-9)


def test_names_of_every_sort_are_printed_and_drawn_as_they_are_safe(runs, capsys):
    for name, new in (("slow", "<script>$x_1$"), ("fast", "\x1b[31m‮" + "y" * 100)):
        (runs / name).rename(runs / new)
    assert main(["compare", *(f"runs/{path.name}" for path in runs.iterdir()), "-o", "found.svg"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "‮" not in out and "\\x1b[31m" in out
    text = (runs.parent / "found.svg").read_text()
    assert "<script" not in text and "\x1b" not in text


def test_the_same_runs_give_the_same_bytes(runs):
    for file in ("a.svg", "b.svg"):
        assert main(["compare", "runs/slow", "runs/fast", "runs/fast-1", "-o", file]) == 0
    assert (runs.parent / "a.svg").read_bytes() == (runs.parent / "b.svg").read_bytes()
