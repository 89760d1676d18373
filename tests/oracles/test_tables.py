"""The study of tables: all methods get the same rows with the same encoding, and its figures are kept."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks import report
from benchmarks.studies import tables
from benchmarks.studies.table_list import TABLES, Listed
from benchmarks.studies.tables import METHODS, Figure
from nnlite import DataError
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
    folds = list(tables.folds(rows, 0))
    assert len(folds) == tables.FOLDS
    seen = np.concatenate([[float(cell) for cell in fold.test.columns["number"]] for fold in folds])
    np.testing.assert_array_equal(np.sort(seen), np.sort(columns["number"]))
    for fold in folds:
        assert len(fold.train.table) + len(fold.test) == 120
        assert "paid" not in fold.test.columns
        assert np.isin(fold.train.table.columns["number"], fold.test.columns["number"]).sum() == 0
        assert fold.y.mean() == pytest.approx((columns["paid"] == "yes").mean(), abs=0.04)


def test_the_encoding_is_the_usual_one_of_scikit_learn(rng):
    columns = mixed(rng)
    fold = next(tables.folds(table_rows(as_table(columns), "paid"), 0))
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
    fold = next(tables.folds(table_rows(as_table(mixed(rng)), "paid"), 0))
    given = tables.with_nnlite(fold, 0)
    assert given.shape == (24, 2) and (given.argmax(axis=1) == fold.y).mean() > 0.7
    np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-6)


def test_equal_values_share_their_rank():
    assert tables.ranks([0.3, 0.1, 0.3, 0.2]) == [3.5, 1.0, 3.5, 2.0]


def figures(table="iris", rows=150, task="classification", repetition=0, first=0.9):
    return [
        Figure(table, rows, task, repetition, method, first - place / 10, 0.2 + place / 10, 1.0 + place)
        for place, method in enumerate(METHODS)
    ]


def test_the_results_give_back_what_was_written(tmp_path):
    path = tmp_path / "tables.csv"
    assert tables.read(path) == []
    found = figures() + figures("diabetes", 442, "regression")
    tables.write(path, found, ["measured", "by whom"])
    for one, again in zip(found, tables.read(path), strict=True):
        assert (again.table, again.method, again.rows) == (one.table, one.method, one.rows)
        assert (again.score, again.loss, again.seconds) == pytest.approx((one.score, one.loss, one.seconds), rel=1e-4)


def test_tables_show_the_best_and_ranks_are_parted_by_rows():
    text = tables.markdown(figures() + figures("phoneme", 5404, first=0.5)[::-1] + figures(repetition=1, first=0.8))
    assert "**0.850** / **0.200**" in text and "0.450 / 0.600" not in text.split("phoneme")[0]
    assert "accuracy, 1 tables below 2,000 rows" in text and "log loss, 1 tables from 2,000 rows on" in text
    assert "**1.00**" in text


def test_what_is_measured_is_not_measured_again(tmp_path, monkeypatch, capsys):
    path, asked = tmp_path / "tables.csv", []
    tables.write(path, figures(), [])

    def measured(work, folder, processes):
        asked.extend((listed.name, repetition) for listed, repetition in work)
        yield figures(repetition=1)

    monkeypatch.setattr(tables, "_at_once", measured)
    words = ["--only", "iris", "--repetitions", "2", "--results", str(path)]
    assert tables.main(words) == 0
    assert asked == [("iris", 1)]
    assert [one.repetition for one in tables.read(path)] == [0] * 5 + [1] * 5
    assert tables.main(words) == 0
    assert asked == [("iris", 1)]
    assert "| iris" in capsys.readouterr().out


def test_the_page_has_a_place_for_the_tables():
    page = report.insert(tables.PAGE.read_text(), {"tables": "the figures"})
    assert "<!-- figures: tables -->\n\nthe figures\n\n<!-- end of figures -->" in page


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
