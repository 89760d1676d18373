"""Arrays of objects, as a data frame becomes one on the way through scikit-learn, are taken with their texts."""

import warnings

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnlite import NNClassifier, NNRegressor

QUICK = {"epochs": 20, "learning_rate": 0.01, "ensemble": 1, "random_state": 0}

pd = pytest.importorskip("pandas", reason="pandas is not installed")

rng = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "age": np.where(rng.random(200) < 0.1, np.nan, rng.integers(18, 80, 200)),
        "town": rng.choice(["Bern", "Oslo", None], 200),
        "since": pd.to_datetime("2015-01-01") + pd.to_timedelta(rng.integers(0, 3000, 200), unit="D"),
        "member": rng.random(200) < 0.5,
    }
)
Y = np.where((FRAME["town"] == "Bern") ^ FRAME["member"], "yes", "no")


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_the_array_of_a_frame_is_learnt_as_the_frame_is():
    frame = NNClassifier(**QUICK).fit(FRAME, Y)
    array = NNClassifier(**QUICK).fit(FRAME.to_numpy(), Y)
    assert [column.kind for column in array.table_.encoder.columns] == ["number", "category", "date", "category"]
    assert (array.predict_proba(FRAME.to_numpy()) == frame.predict_proba(FRAME)).all()
    assert array.score(FRAME.to_numpy(), Y) > 0.95


def test_a_list_of_rows():
    rows = FRAME[["age", "town"]].to_numpy().tolist()
    found = NNClassifier(**QUICK).fit(rows, Y)
    assert [column.kind for column in found.table_.encoder.columns] == ["number", "category"]
    assert (found.predict(rows[:1]) == found.predict(rows)[:1]).all()


def test_bagging():
    found = BaggingClassifier(NNClassifier(**QUICK), n_estimators=2, random_state=0).fit(FRAME, Y)
    assert found.score(FRAME, Y) > 0.9


def test_behind_a_column_transformer():
    scaled = ColumnTransformer([("numbers", StandardScaler(), ["age"])], remainder="passthrough")
    assert make_pipeline(scaled, NNClassifier(**QUICK)).fit(FRAME, Y).score(FRAME, Y) > 0.95


def test_places_say_which_are_categories():
    array = np.array([[row % 3, "ab"[row % 2]] for row in range(60)], object)
    found = NNClassifier(**QUICK, categorical_features=[0]).fit(array, np.arange(60) % 3)
    assert [column.kind for column in found.table_.encoder.columns] == ["category", "category"]


def test_what_is_no_number_text_or_time_is_refused():
    array = FRAME.to_numpy()
    array[3, 0] = {"a": 1}
    with pytest.raises(ValueError, match="row 3, column '0': a dict; expected a number, text or a date"):
        NNClassifier(**QUICK).fit(array, Y)


NUMBERS = np.round(np.random.default_rng(1).normal(size=(60, 2)), 3)
TEXTS = np.array([["Bern", "1.5"], ["Oslo", "2.5"], ["Bern", "4.5"]] * 20)


@pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])
@pytest.mark.parametrize("dtype", ["U", "S", getattr(np.dtypes, "StringDType", lambda: "U")()])
@pytest.mark.parametrize(
    ("texts", "kinds"), [(NUMBERS.astype(str), ["number", "number"]), (TEXTS, ["category", "number"])]
)
def test_an_array_of_texts_is_learnt_as_one_of_objects(estimator, dtype, texts, kinds):
    texts, y = texts.astype(dtype), np.arange(60) % 2
    with pytest.warns(UserWarning, match="columns of texts are taken for numbers"):
        given, want = (
            estimator(**QUICK | {"epochs": 2}).fit(x, y, X_val=x, y_val=y) for x in (texts, texts.astype("O"))
        )
    assert [column.kind for column in given.table_.encoder.columns] == kinds
    assert (given.predict(texts) == want.predict(texts.astype(object))).all()
    assert (given.predict(texts) == given.predict(texts.tolist())).all()
    assert given.score(texts, y) == want.score(texts, y)


@pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])
def test_an_estimator_that_has_learnt_numbers_reads_them_in_texts(estimator):
    fitted = estimator(**QUICK | {"epochs": 2}).fit(NUMBERS, np.arange(60) % 2)
    assert (fitted.predict(NUMBERS.astype(str)) == fitted.predict(NUMBERS)).all()
    assert (fitted.predict(NUMBERS.astype("S")) == fitted.predict(NUMBERS)).all()
    with pytest.raises(ValueError, match="row 0, column '0': 'Bern' is no number"):
        fitted.predict(TEXTS)


def test_no_rows_and_one_axis_of_texts_are_refused_as_of_numbers():
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
        NNClassifier().fit(TEXTS[:, 0], np.arange(60) % 2)
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\)"):
        NNClassifier().fit(TEXTS[:0], [])
