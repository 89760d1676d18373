"""Data frames of pandas and polars are fitted as they are: texts, categories, dates, truth values, gaps."""

import numpy as np
import pytest

import nnlite
from nnlite import NNClassifier, NNRegressor

QUICK = {"epochs": 20, "learning_rate": 0.01, "ensemble": 1, "random_state": 0}

pd = pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    n = 300
    town = rng.choice(["Bern", "Oslo", "Rome"], n)
    frame = pd.DataFrame(
        {
            "age": pd.array(np.where(rng.random(n) < 0.1, None, rng.integers(18, 80, n)), dtype="Int64"),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.normal(5e4, 1e4, n)),
            "town": pd.Categorical(town),
            "street": rng.choice(["north", "south", None], n),
            "member": rng.random(n) < 0.5,
            "since": pd.to_datetime("2015-01-01") + pd.to_timedelta(rng.integers(0, 3000, n), unit="D"),
            "born": [f"19{year:02}-03-01" for year in rng.integers(40, 99, n)],
            "code": rng.integers(1, 4, n),
        }
    )
    return frame, np.where((town == "Bern") ^ frame["member"].to_numpy(), "yes", "no")


def test_every_kind_of_column_is_taken_for_what_it_is(people):
    X, y = people
    found = NNClassifier(**QUICK, categorical_features=["code"]).fit(X, y)
    kinds = {column.name: column.kind for column in found.table_.encoder.columns}
    assert kinds == {
        "age": "number", "income": "number", "town": "category", "street": "category", "member": "category",
        "since": "date", "born": "date", "code": "category",
    }  # fmt: skip
    assert found.score(X, y) > 0.95
    assert found.feature_names_in_.tolist() == list(X.columns)


def test_a_file_takes_the_columns_in_any_order_where_scikit_learn_refuses(people, tmp_path):
    X, y = people
    found = NNClassifier(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match="feature names"):
        found.predict(X[X.columns[::-1]])
    found.save(tmp_path / "m.safetensors")
    again = nnlite.load(tmp_path / "m.safetensors")
    assert (again.predict_proba(X[X.columns[::-1]]) == found.predict_proba(X)).all()
    X.to_csv(tmp_path / "people.csv", index=False)
    np.testing.assert_allclose(again.predict_proba(tmp_path / "people.csv"), found.predict_proba(X), rtol=1e-9)


def test_categories_that_no_row_had_are_unknown_and_said(people):
    X, y = people
    found = NNClassifier(**QUICK).fit(X, y)
    other = X.head(3).assign(town="Paris")
    with pytest.warns(UserWarning, match=r"'town' has a text that no training row had, in 3 rows: 'Paris'"):
        assert np.isfinite(found.predict_proba(other)).all()


def test_columns_that_say_nothing_are_left_out_and_said(people):
    X, y = people
    with pytest.warns(UserWarning, match="'note'"):
        found = NNClassifier(**QUICK).fit(X.assign(note=[f"free text of row {row}" for row in range(300)]), y)
    assert "note" not in " ".join(found.model_.feature_names)


def test_an_empty_frame_is_refused_and_other_columns_too(people):
    X, y = people
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        NNClassifier(**QUICK).fit(X.head(0), y[:0])
    found = NNRegressor(**QUICK).fit(X, X["code"])
    with pytest.raises(ValueError, match="town"):
        found.predict(X.drop(columns="town"))


def test_two_columns_of_one_name_are_told_by_it(people):
    frame, y = people
    twice = frame.copy()
    twice.columns = [frame.columns[0]] * 2 + list(frame.columns[2:])
    fitted = NNClassifier(**QUICK).fit(frame, y)
    for call in (lambda: NNClassifier(**QUICK).fit(twice, y), lambda: fitted.predict(twice)):
        with pytest.raises(nnlite.errors.DataError, match=f"two columns are called {frame.columns[0]!r}"):
            call()


def test_polars_gives_the_same_bits(people):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    X, y = people
    ours = NNClassifier(**QUICK).fit(X, y)
    theirs = NNClassifier(**QUICK).fit(pl.from_pandas(X), y)
    assert (ours.predict_proba(X) == theirs.predict_proba(pl.from_pandas(X))).all()
