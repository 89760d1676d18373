"""The study of tables: all methods get the same rows with the same encoding, and its figures are kept."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks import report
from benchmarks.studies import estimators, table_study, tables
from benchmarks.studies.table_figures import FOLDS, Figure, means, ranks, read, write
from benchmarks.studies.table_list import TABLES, Listed
from benchmarks.studies.table_study import PAGE, folds
from benchmarks.studies.tables import METHODS
from nnlite import DataError, NNClassifier
from nnlite.data.table_rows import table_rows
from nnlite.tables import as_table

IRIS = next(listed for listed in TABLES if listed.name == "iris")


def mixed(rng, rows=120):
    """Numbers with gaps, a category, and two classes that depend on both."""
    number, town = rng.normal(50, 10, rows), np.array(["Bern", "Oslo", "Rome"])[rng.integers(0, 3, rows)]
    paid = np.where(number + 10 * (town == "Rome") + rng.normal(0, 5, rows) > 53, "yes", "no")
    number[rng.random(rows) < 0.1] = np.nan
    return {"number": number, "town": town, "paid": paid}


def test_the_folds_are_all_rows_once_and_keep_the_classes(rng):
    columns = mixed(rng)
    rows = table_rows(as_table(columns), "paid")
    found = list(folds(rows, 0))
    assert len(found) == FOLDS
    seen = np.concatenate([[float(cell) for cell in fold.test.columns["number"]] for fold in found])
    np.testing.assert_array_equal(np.sort(seen), np.sort(columns["number"]))
    for fold in found:
        assert len(fold.train.table) + len(fold.test) == 120
        assert "paid" not in fold.test.columns
        assert np.isin(fold.train.table.columns["number"], fold.test.columns["number"]).sum() == 0
        assert fold.y.mean() == pytest.approx((columns["paid"] == "yes").mean(), abs=0.04)


def test_the_encoding_is_the_usual_one_of_scikit_learn(rng):
    columns = mixed(rng)
    fold = next(folds(table_rows(as_table(columns), "paid"), 0))
    given = METHODS["linear"](fold, 0)

    def arrays(table):
        numbers = np.array([float(cell) for cell in table.columns["number"]])
        return np.column_stack([numbers, np.isnan(numbers), np.array(list(table.columns["town"]), object)])

    usual = make_pipeline(
        ColumnTransformer(
            [
                ("number", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), [0]),
                ("missing", "passthrough", [1]),
                ("town", OneHotEncoder(handle_unknown="ignore"), [2]),
            ]
        ),
        LogisticRegression(max_iter=1000),
    ).fit(arrays(fold.train.table), fold.train.found.y)
    np.testing.assert_allclose(given, usual.predict_proba(arrays(fold.test)), atol=1e-6)


def test_the_recipe_learns_what_is_there_and_is_told_nothing_of_the_test_rows(rng):
    fold = next(folds(table_rows(as_table(mixed(rng)), "paid"), 0))
    given = tables.with_nnlite(fold, 0)
    assert given.shape == (24, 2) and (given.argmax(axis=1) == fold.y).mean() > 0.7
    np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-6)


def test_equal_values_share_their_rank():
    assert ranks([0.3, 0.1, 0.3, 0.2]) == [3.5, 1.0, 3.5, 2.0]


def figures(table="iris", rows=150, task="classification", repetition=0, first=0.9, methods=METHODS):
    return [
        Figure(table, rows, task, repetition, method, first - place / 10, 0.2 + place / 10, 1.0 + place)
        for place, method in enumerate(methods)
    ]


def test_the_results_give_back_what_was_written(tmp_path):
    path = tmp_path / "tables.csv"
    assert read(path) == []
    found = figures() + figures("diabetes", 442, "regression")
    write(path, found, ["measured", "by whom"])
    for one, again in zip(found, read(path), strict=True):
        assert (again.table, again.method, again.rows) == (one.table, one.method, one.rows)
        assert (again.score, again.loss, again.seconds) == pytest.approx((one.score, one.loss, one.seconds), rel=1e-4)


def test_tables_show_the_best_and_ranks_are_parted_by_rows():
    text = tables.STUDY.markdown(
        figures("phoneme", 5404, first=0.5)[::-1] + figures() + figures(repetition=1, first=0.8)
    )
    assert "**0.850** / **0.200**" in text and "0.450 / 0.600" not in text.split("phoneme")[0]
    assert "accuracy, 1 tables below 2,000 rows" in text and "log loss, 1 tables from 2,000 rows on" in text
    assert "**1.00**" in text


def test_what_is_measured_is_not_measured_again(tmp_path, monkeypatch, capsys):
    path, asked = tmp_path / "tables.csv", []
    write(path, figures(), [])

    def measured(methods, work, folder, processes):
        asked.extend((listed.name, repetition) for listed, repetition in work)
        yield figures(repetition=1)

    monkeypatch.setattr(table_study, "_at_once", measured)
    words = ["--only", "iris", "--repetitions", "2", "--results", str(path)]
    assert tables.main(words) == 0
    assert asked == [("iris", 1)]
    assert [one.repetition for one in read(path)] == [0] * 5 + [1] * 5
    assert tables.main(words) == 0
    assert asked == [("iris", 1)]
    assert "| iris" in capsys.readouterr().out


@pytest.mark.parametrize("study", [tables.STUDY, estimators.STUDY], ids=lambda study: study.name)
def test_the_page_has_a_place_for_the_figures(study):
    page = report.insert(PAGE.read_text(), {study.name: "the figures"})
    assert f"<!-- figures: {study.name} -->\n\nthe figures\n\n<!-- end of figures -->" in page


@pytest.mark.parametrize("study", [tables.STUDY, estimators.STUDY], ids=lambda study: study.name)
def test_other_processes_get_the_methods(study):
    assert pickle.loads(pickle.dumps(dict(study.methods))).keys() == study.methods.keys()


def test_without_a_folder_the_tables_that_are_files_are_left_out(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(table_study, "_at_once", lambda methods, work, *_: asked.extend(work) or ())
    words = ["--repetitions", "1", "--results", str(tmp_path / "estimators.csv")]
    assert estimators.main(words) == 0
    own = ["digits", "iris", "wine", "breast_cancer", "diabetes"]
    assert [listed.name for listed, _ in asked] == own
    asked.clear()
    assert estimators.main([*words, "--tables", str(tmp_path)]) == 0
    assert len(asked) == len(own) + 10 and {"abalone", *own} < {listed.name for listed, _ in asked}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("method", list(estimators.METHODS)[1:])
def test_the_methods_beside_the_estimators_learn_classes_and_numbers(rng, method):
    columns = mixed(rng)
    classes = next(folds(table_rows(as_table(columns), "paid"), 0))
    given = estimators.METHODS[method](classes, 0)
    assert given.shape == (24, 2)
    np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-6)
    x = rng.normal(size=120)
    y = 1000 + 50 * x + 20 * rng.normal(size=120)
    numbers = next(folds(table_rows(as_table({"x": x, "town": columns["town"], "y": y}), "y"), 0))
    assert r2_score(numbers.y, estimators.METHODS[method](numbers, 0)) > (-1 if "stopping" in method else 0.5)


@pytest.mark.parametrize(("method", "settings"), [("nnlite", {}), ("ensemble=1", {"ensemble": 1})])
def test_an_estimator_gets_what_users_have(rng, monkeypatch, method, settings):
    asked = {}

    def fit(self, X, y):
        asked.update(X=X, categorical=self.categorical_features, y=y, settings=self.get_params())
        return self

    monkeypatch.setattr(NNClassifier, "fit", fit)
    monkeypatch.setattr(NNClassifier, "predict_proba", lambda self, X: asked.update(test=X))
    fold = next(folds(table_rows(as_table(mixed(rng)), "paid"), 3))
    estimators.METHODS[method](fold, 3)
    numbers = np.array([float(cell) for cell in fold.train.table.columns["number"]])
    np.testing.assert_array_equal(asked["X"][:, 0], numbers)  # as they are, gaps too
    assert np.isnan(numbers).any()
    assert asked["X"].shape == (96, 2) and asked["test"].shape == (24, 2)
    assert asked["categorical"].tolist() == [False, True]
    expected = NNClassifier(random_state=3, **settings).get_params()
    assert asked["settings"] | {"categorical_features": "from_dtype"} == expected


def test_the_best_solver_is_the_best_in_each_figure():
    methods = estimators.METHODS
    one = means(figures(methods=methods), methods)[0]  # scores 0.9, 0.8, …; losses 0.2, 0.3, …; seconds 1, 2, …
    assert estimators.beside_best(one).score == pytest.approx([0.9, 0.8, 0.7, 0.4])
    swapped = replace(one, score=[0.9, 0.8, 0.5, 0.95, 0.7, 0.4])
    best = estimators.beside_best(swapped)
    assert best.score == [0.9, 0.8, 0.95, 0.4]
    assert best.loss == pytest.approx([0.2, 0.3, 0.4, 0.7]) and best.seconds == [1, 2, 4, 6]
    assert "MLP best" in estimators.markdown(figures(methods=methods)).splitlines()[0]


def test_tables_are_found_or_said_to_be_missing(tmp_path):
    assert len({listed.name for listed in TABLES}) == len(TABLES)
    rows = IRIS.load(None)
    assert (len(rows.table), rows.found.classes) == (150, ("setosa", "versicolor", "virginica"))
    tmp_path.joinpath("x.csv").write_text("1,7,a\n2,8,b\n3,9,?\n4,6,b\n")
    rows = Listed("x", "folder", "x.csv", "2", "a file", drop=("1",)).load(tmp_path)
    assert (len(rows.table), rows.table.names, rows.target) == (3, ("0",), "2")
    with pytest.raises(DataError, match="--tables"):
        Listed("x", "folder", "x.csv", "2", "a file").load(None)
    with pytest.raises(DataError, match="nothing-there"):
        Listed("x", "folder", "nothing-there.csv", "2", "a file").load(tmp_path)
