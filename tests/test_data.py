"""Datasets, their sources and their parts."""

import numpy as np
import pytest

from nnlite import DataError, Dataset
from nnlite.data import SOURCES, from_arrays, split


@pytest.mark.parametrize(
    ("source", "shape", "classes"),
    [("iris", (150, 4), 3), ("digits", (1797, 64), 10), ("wine", (178, 13), 3), ("breast_cancer", (569, 30), 2)],
)
def test_the_sources_give_scikit_learns_data(source, shape, classes):
    data = SOURCES[source]()
    assert data.x.shape == shape
    assert len(data.classes) == classes == len(np.unique(data.y))
    assert len(data.feature_names) == shape[1]


def test_the_class_names_stand_at_their_indices():
    assert SOURCES["iris"]().classes == ("setosa", "versicolor", "virginica")
    assert SOURCES["digits"]().classes == tuple(range(10))


def test_the_parts_share_out_all_rows_with_the_same_mix_of_classes():
    data = Dataset(np.arange(200.0)[:, None], np.repeat([0, 1], [150, 50]))
    parts = split(data, test_fraction=0.2, validation_fraction=0.1, seed=5)
    three = (parts.train, parts.validation, parts.test)
    assert [len(part) for part in three] == [140, 20, 40]  # both fractions are of all rows
    assert sorted(np.concatenate([part.x[:, 0] for part in three])) == list(range(200))
    assert [int(part.y.sum()) for part in three] == [35, 5, 10]


def test_the_parts_follow_from_the_seed():
    data = Dataset(np.arange(100.0)[:, None], np.arange(100) % 2)
    first, again, other = (split(data, 0.2, 0.1, seed).test.x.tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_parts_of_fraction_0_are_not_there():
    parts = split(Dataset(np.zeros((10, 1)), np.arange(10) % 2), 0.0, 0.0, 0)
    assert parts.test is None and parts.validation is None and len(parts.train) == 10


@pytest.mark.parametrize(
    ("y", "test", "validation", "text"),
    [
        (np.arange(10) % 2, 0.6, 0.4, "leave nothing to train on"),
        (np.arange(10) % 2, 0.1, 0.0, "gives 1 of the 10 .* every part needs a row of each of the 2 classes"),
        (np.array([0] * 9 + [1]), 0.2, 0.0, "class 1 has too few rows"),
    ],
)
def test_fractions_that_cannot_be_served_are_refused(y, test, validation, text):
    with pytest.raises(DataError, match=text):
        split(Dataset(np.zeros((10, 1)), y), test, validation, 0)


@pytest.mark.parametrize(
    "labels",
    [["b", "a", "b"], [7, 3, 7], [2.5, 0.5, 2.5], [True, False, True], np.array([b"b", b"a", b"b"])],
    ids=["text", "integers", "numbers", "booleans", "bytes"],
)
def test_labels_of_any_kind_become_indices(labels):
    data = from_arrays(np.zeros((3, 2)), labels)
    assert data.y.tolist() == [1, 0, 1]
    assert len(data.classes) == 2


def test_npz_reads_the_arrays_it_is_told(tmp_path):
    path = tmp_path / "flowers.npz"
    np.savez(path, petals=np.ones((4, 2), np.uint8), kind=np.array(["rose", "lily", "rose", "lily"]))
    data = SOURCES["npz"](str(path), x="petals", y="kind")
    assert data.classes == ("lily", "rose")
    assert data.x.dtype == np.uint8  # integers stay what they are until the model has seen them


def test_a_feature_beyond_the_models_dtype_is_told():
    data = Dataset(np.array([[1.0], [1e39]]), [0, 1])
    data.check_range("float64")
    with pytest.raises(DataError, match=r"x\[1, 0\] is 1e\+39, more than float32 can hold"):
        data.check_range("float32")


def test_masked_values_are_refused():
    with pytest.raises(DataError, match="x has masked values"):
        Dataset(np.ma.masked_equal([[1.0], [2.0]], 2.0), [0, 1])
    with pytest.raises(DataError, match="labels has masked values"):
        from_arrays([[1.0], [2.0]], np.ma.masked_equal([1, 2], 2))


def test_a_data_frame_gives_its_columns_and_text_labels():
    class Frame:  # as pandas has it: an array of objects, and columns
        columns = ("height", "tall")

        def __array__(self, dtype=None, copy=None):
            return np.array([[1.5, True], [0.5, False]], object)

    data = from_arrays(Frame(), np.array(["yes", "no"], object))
    assert data.x.tolist() == [[1.5, 1.0], [0.5, 0.0]]
    assert data.feature_names == ("height", "tall")
    assert data.classes == ("no", "yes")
    with pytest.raises(DataError, match="dtype object"):
        from_arrays([[1.0], [2.0]], np.array(["a", None], object))


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        ([[1.0], [2.0]], [0], "x has 2 rows, but y has shape"),
        ([1.0, 2.0], [0, 1], r"x has shape \(2,\); expected \(rows, features\): .* one feature alone x\[:, None\]"),
        ([[1.0], [np.nan]], [0, 1], r"x\[1, 0\] is nan \(row 1\); expected finite"),
        ([[1.0], [np.inf]], [0, 1], r"x\[1, 0\] is inf"),
        ([["red"], ["blue"]], [0, 1], "x has dtype <U4; expected numbers"),
        ([[1.0], [1.0, 2.0]], [0, 1], "rows have different lengths"),
        (np.zeros((0, 3)), [], "there are no rows"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(x, y, text):
    with pytest.raises(DataError, match=text):
        Dataset(x, y)


def test_sample_weights_and_names_must_fit():
    with pytest.raises(DataError, match=r"sample_weight has shape \(1,\); expected \(2,\)"):
        Dataset(np.zeros((2, 1)), [0, 1], sample_weight=[1.0])
    with pytest.raises(DataError, match="none negative"):
        Dataset(np.zeros((2, 1)), [0, 1], sample_weight=[1.0, -1.0])
    with pytest.raises(DataError, match="2 feature names for rows of shape"):
        Dataset(np.zeros((2, 1)), [0, 1], feature_names=("a", "b"))
