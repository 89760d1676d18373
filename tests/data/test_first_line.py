"""A model of rows without names takes files whose first line has the places of the columns, and refuses names."""

import warnings

import numpy as np
import pytest

import nnlite
from nnlite.data import from_table
from nnlite.errors import DataError


@pytest.fixture(scope="module")
def unnamed():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 5))
    x[:, 4] = x[:, 0] + x[:, 1] > 0
    parts = from_table(x, "4")
    layers = [nnlite.Columns(parts.train.table.encoder.codes), nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]
    model = nnlite.Sequential(layers)
    nnlite.Trainer(model, nnlite.Adam(0.05), epochs=2).fit(parts.train, parts.validation, progress=False)
    return nnlite.Predictor(model), x


def written(path, first, rows):
    path.write_text("\n".join([first, *(",".join(f"{cell:.17g}" for cell in row) for row in rows)]) + "\n")
    return path


@pytest.mark.parametrize("columns", [4, 5])
def test_places_as_pandas_writes_them_are_no_row(unnamed, columns, tmp_path):
    predictor, x = unnamed
    path = written(tmp_path / "a.csv", ",".join(map(str, range(columns))), x[:, :columns].tolist())
    with pytest.warns(UserWarning, match=r"the first line, 0, 1, 2, .*taken for the places of the columns"):
        found = predictor.predict_proba(path)
    np.testing.assert_array_equal(found, predictor.predict_proba(x[:, :4]))
    if columns == 5:
        with pytest.warns(UserWarning, match="places"):
            assert len(predictor.dataset(path)) == 60


def test_a_file_without_a_first_line_of_places_loses_no_row(unnamed, tmp_path):
    predictor, x = unnamed
    path = written(tmp_path / "a.csv", "0,1,2,4", x[:, :4].tolist())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(predictor.predict(path)) == 61


def test_places_alone_are_no_rows(unnamed, tmp_path):
    with pytest.warns(UserWarning), pytest.raises(DataError, match="a header and no rows"):
        unnamed[0].predict(written(tmp_path / "a.csv", "0,1,2,3", []))


@pytest.mark.filterwarnings("ignore:.*looks like the names")
def test_names_above_rows_without_are_an_error_that_can_be_followed(unnamed, tmp_path):
    predictor, x = unnamed
    path = written(tmp_path / "a.csv", "age,height,weight,size", x[:, :4].tolist())
    with pytest.raises(DataError, match=r"line 1: age, height, weight, size look like .* take that line out"):
        predictor.predict(path)


def test_two_places_may_be_a_row(tmp_path):
    x = np.arange(60.0).reshape(20, 3) % 7
    x[:, 2] = np.arange(20) % 2
    parts = from_table(x, "2")
    table = parts.train.table
    with pytest.warns(UserWarning, match="taken for a row, though"):
        assert len(table.read(written(tmp_path / "a.csv", "0,1", [[3, 4]]))) == 2
