"""Data frames of pandas and polars are fitted as they are: texts, categories, dates, truth values, gaps."""

import warnings

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


def kinds(found):
    return {column.name: column.kind for column in found.table_.encoder.columns}


def test_texts_of_digits_are_categories_and_this_is_said():
    frame = pd.DataFrame({"zip": ["8001", "3000", "4051"] * 20, "price": ["1.5", "2.25", "3"] * 20})
    y = np.array(["a", "b", "c"] * 20)
    with pytest.warns(UserWarning) as said:
        found = NNClassifier(**QUICK).fit(frame, y)
    assert kinds(found) == {"zip": "category", "price": "number"}
    assert [str(each.message).partition(". ")[0] for each in said] == [
        "columns of texts of digits are taken for categories: 'zip'",
        "columns of texts are taken for numbers: 'price'",
    ]
    number = NNClassifier(**QUICK)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = NNClassifier(**QUICK, categorical_features=["zip", "price"]).fit(frame, y)
        number.fit(frame.apply(pd.to_numeric), y)
    assert kinds(found) == {"zip": "category", "price": "category"}
    assert kinds(number) == {"zip": "number", "price": "number"}


def test_numbers_that_became_texts_by_a_mark_of_missing_ones_are_numbers():
    ages = [str(age) for age in range(20, 79)] + ["?"]
    with pytest.warns(UserWarning, match=r"columns of texts are taken for numbers: 'age'\. If"):
        found = NNClassifier(**QUICK).fit(pd.DataFrame({"age": ages}), np.arange(60) % 2)
    assert kinds(found) == {"age": "number"}


def test_digits_of_a_file_are_numbers(tmp_path):
    (tmp_path / "f.csv").write_text("age\n" + "\n".join(str(30 + row % 7) for row in range(60)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = NNClassifier(**QUICK).fit(nnlite.tables.read_table(tmp_path / "f.csv"), np.arange(60) % 2)
    assert kinds(found) == {"age": "number"}


def test_dates_that_are_left_out_say_what_a_frame_does_about_it():
    frame = pd.DataFrame({"born": ["31.12.1999", "01.02.2001", "15.06.1987"] * 20, "x": np.arange(60) % 7})
    with pytest.warns(
        UserWarning, match=r"of which pandas.to_datetime\(…, format=\"%d.%m.%Y\"\) makes times"
    ) as said:
        NNClassifier(**QUICK).fit(frame, np.arange(60) % 2)
    assert "formats" not in str(said[0].message)


def test_a_frame_without_columns_is_told_so():
    with pytest.raises(ValueError, match=r"0 feature\(s\)"):
        NNClassifier(**QUICK).fit(pd.DataFrame(index=range(60)), np.arange(60) % 2)


def test_objects_that_no_text_names_are_refused():
    frame = pd.DataFrame({"x": np.arange(60.0), "thing": [object() for _ in range(60)]})
    with pytest.raises(
        ValueError, match="row 0, column 'thing': an object of 'object'; expected a number, text or a date"
    ):
        NNClassifier(**QUICK).fit(frame, np.arange(60) % 2)


def test_a_cell_that_is_no_number_is_told_in_words_for_a_frame():
    frame = pd.DataFrame({"x": np.arange(60.0)})
    found = NNClassifier(**QUICK).fit(frame, np.arange(60) % 2)
    odd = pd.DataFrame({"x": ["1", "many", "3"]})
    for call in (
        lambda: found.predict(odd),
        lambda: NNClassifier(**QUICK).fit(frame, np.arange(60) % 2, X_val=odd, y_val=[0, 1, 0]),
    ):
        with pytest.raises(ValueError, match="'many' is no number; write it as the training rows") as raised:
            call()
        assert "kinds" not in str(raised.value) and "missing = " not in str(raised.value)


def test_the_reason_for_a_kind_has_no_words_of_a_config():
    frame = pd.DataFrame({"price": ["1,234", "2,500", "3,750"] * 20})
    with pytest.warns(UserWarning, match="texts are taken for numbers: 'price'"):
        found = NNClassifier(**QUICK).fit(frame, np.arange(60) % 2)
    assert "(or is it a decimal comma?)" in str(found.table_) and "formats" not in str(found.table_)
