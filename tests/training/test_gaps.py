"""Missing numbers: NaN reaches a model whose first layer fills gaps, and is refused by every other, row by row."""

import numpy as np
import pytest

import nnlite
from nnlite import (
    SGD,
    Columns,
    DataError,
    Dataset,
    Dense,
    Predictor,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.data import as_rows, from_arrays, regression_from_arrays, split
from nnlite.training.feed import Feed

NAMES = ("a", "b", "c")


def rows_with(value, row=7, column=1, count=40):
    x = np.random.default_rng(0).normal(size=(count, 3))
    x[row, column] = value
    return Dataset(x, np.arange(count) % 2, feature_names=NAMES)


def model(*layers):
    return Sequential([*layers, Dense(2), SoftmaxCrossEntropy()])


@pytest.mark.parametrize("make", [from_arrays, regression_from_arrays, Dataset])
def test_a_dataset_takes_nan_in_rows_of_features_and_says_so(make):
    data = make([[1.0, np.nan], [2.0, 3.0]], [0, 1])
    assert data.gaps and np.isnan(data.x[0, 1]) and data.rows(slice(0, 1)).gaps
    assert not make([[1.0, 2.0], [2.0, 3.0]], [0, 1]).gaps and not make([[1, 2], [3, 4]], [0, 1]).gaps
    data.check_range("float32")


def test_a_model_that_fills_gaps_trains_validates_evaluates_and_predicts():
    data = rows_with(np.nan)
    parts, filling = split(data, 0.2, 0.2, seed=0), model(Columns())
    history = Trainer(filling, SGD(0.1), epochs=2).fit(parts.train, parts.validation)
    assert np.isfinite(history["validation_loss"]).all()
    assert np.isfinite(nnlite.evaluate(filling, data)["loss"])
    assert np.isfinite(filling.predict(data.x)).all()
    assert np.isfinite(Predictor(filling).predict_proba([[np.nan, np.nan, 1.0]])).all()


@pytest.mark.parametrize("first", [Standardize(), Dense(4), Residual([Dense(3)])], ids=repr)
def test_any_other_model_refuses_it_with_its_row_in_the_data_and_its_column(first):
    data, other = rows_with(np.nan), model(first)
    said = r"x\[7, 1\] is nan \(row 7, column 'b'\); expected finite numbers: fill in or leave out such rows first"
    with pytest.raises(DataError, match=said):
        Trainer(other, SGD()).fit(data)
    other = model(Dense(4)).build((3,))
    with pytest.raises(DataError, match=said):
        Feed(other, data.rows(np.arange(39, 2, -1)))
    with pytest.raises(DataError, match=said):
        nnlite.evaluate(other, data)
    good = rows_with(0.5)
    with pytest.raises(DataError, match=f"the validation rows: {said}"):
        Trainer(other, SGD()).fit(good, data)
    with pytest.raises(DataError, match=f"the test rows: {said}"):
        Trainer(other, SGD()).check(good, test=data)
    other.feature_names = NAMES
    for call in (other.predict, other.adapt, other.check_input):
        with pytest.raises(DataError, match=said):
            call(data.x)
    with pytest.raises(DataError, match=r"x\[1, 0\] is nan \(row 1\)"):
        Predictor(other).predict([[1.0, 2.0, 3.0], [np.nan, 2.0, 3.0]])
    Feed(other, data.rows(np.arange(7)))  # these rows have none


def test_nan_behind_the_first_layer_is_refused_too():
    with pytest.raises(DataError, match=r"x\[7, 1\] is nan"):
        Trainer(model(Standardize(), Columns()), SGD()).fit(rows_with(np.nan))


@pytest.mark.parametrize("wrong", [np.inf, -np.inf])
def test_infinity_is_never_taken(wrong):
    with pytest.raises(DataError, match=r"x\[7, 1\] is -?inf \(row 7, column 'b'\)"):
        rows_with(wrong)
    x = rows_with(np.nan).x
    x[20, 2] = wrong
    with pytest.raises(DataError, match=r"x\[20, 2\] is -?inf \(row 20\)"):
        Dataset(x, np.zeros(40))
    filling = model(Columns()).build((3,))
    with pytest.raises(DataError, match=r"x\[0, 1\] is -?inf"):
        Predictor(filling).predict([[np.nan, wrong, 0.0]])


def test_as_rows_takes_nan_only_where_it_is_asked_to():
    with pytest.raises(DataError, match=r"x\[0, 0\] is nan"):
        as_rows([[np.nan, 1.0]])
    assert np.isnan(as_rows([[np.nan, 1.0]], gaps=True)[0, 0])


def test_clean_rows_are_not_looked_at_again(monkeypatch):
    data, other = rows_with(0.5), model(Dense(4)).build((3,))
    monkeypatch.setattr(np, "isnan", lambda x: 1 / 0)
    Feed(other, data)
