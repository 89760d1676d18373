"""A table becomes training, validation and test rows in Python, from any source, and a model is evaluated on one."""

import warnings

import numpy as np
import pytest

import nnlite
from nnlite.data import Dataset, from_arrays, from_table
from nnlite.runs.evaluating import evaluated
from nnlite.tables import as_table, read_csv
from tests.helpers.own_tables import NAMES, rows, write_csv

pytestmark = pytest.mark.filterwarnings("ignore:columns are left out")


def shop(count=80, seed=0):
    return dict(zip(NAMES, map(list, zip(*rows(count, seed), strict=True)), strict=True))


@pytest.fixture(scope="module")
def trained():
    parts = from_table(shop(), "paid", seed=3)
    model = nnlite.Sequential(
        [nnlite.Columns(parts.train.table.encoder.codes), nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]
    )
    nnlite.Trainer(model, nnlite.Adam(0.05), epochs=5).fit(parts.train, parts.validation, progress=False)
    return model, parts


def test_a_table_of_any_source_gives_the_same_parts(tmp_path):
    path = write_csv(tmp_path / "shop.csv", rows(80))
    for source in (path, str(path), read_csv(path), as_table(shop())):
        for one, other in zip(
            vars(from_table(source, "paid")).values(), vars(from_table(shop(), "paid")).values(), strict=True
        ):
            assert np.array_equal(one.x, other.x, equal_nan=True) and (one.y == other.y).all()
    pandas = pytest.importorskip("pandas")
    found = from_table(pandas.DataFrame(shop()), "paid").test
    assert np.array_equal(found.x, from_table(shop(), "paid").test.x, equal_nan=True)


@pytest.mark.filterwarnings("ignore:5 rows have no target")
def test_what_is_said_of_columns_and_parts_is_heeded():
    parts = from_table(shop(), "age", test_fraction=0.5, drop=["town"], kinds={"paid": "ignore"}, task="regression")
    assert parts.train.feature_names == ("born days", "born year sin", "born year cos", "born weekday")
    assert len(parts.test) == round(0.5 * (len(parts.train) + len(parts.validation) + len(parts.test)))


@pytest.mark.parametrize("make", [Dataset, from_arrays])
def test_text_in_rows_names_the_way(make):
    with pytest.raises(nnlite.DataError, match=r"nnlite\.data\.from_table\(table, target\)"):
        make(np.array([["Bern", 1], ["Oslo", 2]], object), [0, 1])


def test_a_model_is_evaluated_on_a_table_that_has_the_target(trained, tmp_path):
    model, _ = trained
    path = tmp_path / "model.safetensors"
    nnlite.save(model, path)
    predictor, new = nnlite.load(path), shop(50, seed=1)
    right = np.mean(predictor.predict(new) == np.array(new["paid"]))
    file = write_csv(tmp_path / "new.csv", rows(50, seed=1))
    for source in (new, file, str(file), as_table(new), predictor.dataset(new)):
        for each in (predictor, predictor.model, model):
            assert nnlite.evaluate(each, source)["accuracy"] == pytest.approx(right)
    del new["paid"]
    with pytest.raises(nnlite.DataError, match="the target 'paid' is missing"):
        nnlite.evaluate(predictor, new)


def test_a_model_of_arrays_names_what_it_is_evaluated_on(tmp_path):
    model = nnlite.Sequential([nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]).build((2,))
    predictor = nnlite.Predictor(model)
    assert nnlite.evaluate(predictor, Dataset(np.ones((3, 2)), [0, 1, 1])) == nnlite.evaluate(
        model, Dataset(np.ones((3, 2)), [0, 1, 1])
    )
    for source in ("x.csv", {"a": [1]}):
        with pytest.raises(nnlite.DataError, match=r"trained on arrays.*evaluate\(model, Dataset\(x, y\)\)"):
            nnlite.evaluate(predictor, source)
    with pytest.raises(nnlite.DataError, match="got a dict, expected a Dataset"):
        nnlite.evaluate(model, {"a": [1]})


def test_columns_that_are_left_out_are_told():
    with pytest.warns(UserWarning, match=r"^columns are left out: 'id': counts the rows$"):
        from_table(shop(), "paid")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from_table(shop(), "paid", drop=["id"])


@pytest.mark.filterwarnings("ignore:5 rows have no target")
def test_rows_of_one_target_can_be_evaluated():
    parts = from_table(shop(), "age", drop=["id"])
    model = nnlite.Sequential(
        [nnlite.Columns(parts.train.table.encoder.codes), nnlite.Dense(1), nnlite.MeanSquaredError()]
    )
    nnlite.Trainer(model, nnlite.Adam(0.05), epochs=2).fit(parts.train, parts.validation, progress=False)
    same = shop(6) | {"age": ["40"] * 6}
    figures = evaluated(nnlite.Predictor(model), same, "none")
    found = nnlite.Predictor(model).predict(same)
    assert figures["mae"] == pytest.approx(np.abs(found - 40).mean()) and figures["r2"] is None
