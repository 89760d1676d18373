"""A dataset: what its rows, labels, weights and names may be."""

import tracemalloc

import numpy as np
import pytest

from nnlite import DataError, Dataset
from nnlite.data import from_arrays, regression_from_arrays, split


@pytest.mark.parametrize(
    "labels",
    [["b", "a", "b"], [7, 3, 7], [2.5, 0.5, 2.5], [True, False, True], np.array([b"b", b"a", b"b"])],
    ids=["text", "integers", "numbers", "booleans", "bytes"],
)
def test_labels_of_any_kind_become_indices(labels):
    data = from_arrays(np.zeros((3, 2)), labels)
    assert data.y.tolist() == [1, 0, 1]
    assert len(data.classes) == 2


def test_labels_of_another_set_get_the_indices_of_the_classes_they_are_given():
    train = from_arrays(np.zeros((3, 1)), ["b", "c", "a"])
    test = from_arrays(np.zeros((3, 1)), ["c", "b", "c"], classes=train.classes)
    assert test.y.tolist() == [2, 1, 2] and test.classes == ("a", "b", "c")
    assert from_arrays(np.zeros((1, 1)), ["b"], classes=["c", "b"]).y.tolist() == [1]  # in the order given
    assert from_arrays(np.zeros((2, 1)), [7, 3], classes=np.array([3, 5, 7])).classes == (3, 5, 7)
    with pytest.raises(DataError, match=r"labels 'd', 'e' are not among the classes 'a', 'b', 'c'"):
        from_arrays(np.zeros((3, 1)), ["e", "a", "d"], classes=train.classes)
    with pytest.raises(DataError, match=r"label '1' is not among the classes 1, 2"):
        from_arrays(np.zeros((1, 1)), ["1"], classes=[1, 2])
    for classes, text in [(["a", "a"], "twice"), (["a"], "at least two"), ([b"a", b"b"], r"class b'a' is a bytes")]:
        with pytest.raises(DataError, match=text):
            from_arrays(np.zeros((1, 1)), ["a"], classes=classes)


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        ([False, True, False], "b", (False, True)),
        ([3, np.int16(7), 3], "i", (3, 7)),
        ([3, 0.5, 3], "f", (0.5, 3.0)),
        ([3, True, 3], "i", (1, 3)),
        ([2**70, 0, 2**70], "f", (0, 2**70)),
    ],
)
def test_python_objects_become_the_plainest_numbers_they_are(values, kind, classes):
    objects = np.array(values, object)
    data = from_arrays(objects[:, None], objects)
    assert data.x.dtype.kind == kind
    assert list(map(repr, data.classes)) == list(map(repr, classes))


def test_names_become_tuples_of_plain_values():
    data = Dataset(
        np.zeros((8, 2)), np.arange(8) % 2, classes=np.array(["a", "b"]), feature_names=np.array(["p", "q"])
    )
    assert [type(name) for name in (*data.classes, *data.feature_names)] == [str] * 4
    assert data.classes == ("a", "b") and data.feature_names == ("p", "q")
    assert split(data, 0.25, 0.25).test.classes == ("a", "b")
    assert repr(Dataset(np.zeros((2, 1)), [0, 1], classes=np.array([3, 5])).classes) == "(3, 5)"
    with pytest.raises(DataError, match="class None is a NoneType; expected strings or finite numbers"):
        Dataset(np.zeros((2, 1)), [0, 1], classes=["a", None])
    with pytest.raises(DataError, match="classes is 3; expected a list of names"):
        Dataset(np.zeros((2, 1)), [0, 1], classes=3)


def test_some_of_the_rows_keep_all_that_belongs_to_them():
    data = Dataset(np.arange(6.0)[:, None], np.arange(6) % 2, np.arange(6.0), ("a", "b"), ("p",))
    for index in (slice(1, 4), np.array([1, 2, 3]), np.arange(6) % 5 % 4 > 0):
        part = data.rows(index)
        assert part.x[:, 0].tolist() == part.sample_weight.tolist() == [1, 2, 3]
        assert (part.y.tolist(), part.classes, part.feature_names) == ([1, 0, 1], ("a", "b"), ("p",))
    assert data.rows(slice(0, 2)).sample_weight.tolist() == [0, 1]
    for index in (slice(0, 0), 3):
        with pytest.raises(DataError, match="no rows"):
            data.rows(index)


def test_rows_of_a_checked_dataset_are_not_checked_again(monkeypatch):
    data = Dataset(np.zeros((6, 1)), np.zeros(6))

    def again(x):
        raise AssertionError("they are known to be finite")

    monkeypatch.setattr(np, "isfinite", again)
    assert len(data.rows(slice(2, 4))) == 2


def test_a_memory_map_stays_one_and_is_checked_in_parts(tmp_path):
    rows = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float64, (1_000_000, 8))  # 64 MB
    rows[:] = 1
    tracemalloc.start()
    data = Dataset(rows, np.zeros(len(rows), np.int8))
    data.check_range("float32")
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()
    assert np.shares_memory(data.x, rows)
    rows[999_999, 7] = 1e300
    with pytest.raises(DataError, match=r"x\[999999, 7\] is 1e\+300, more than float32 can hold"):
        data.check_range("float32")
    rows[900_000, 3] = np.nan
    with pytest.raises(DataError, match=r"x\[900000, 3\] is nan \(row 900000\)"):
        Dataset(rows, np.zeros(len(rows), np.int8)).refuse_gaps()


def test_a_feature_beyond_the_models_dtype_is_told():
    data = Dataset(np.array([[1.0], [1e39]]), [0, 1])
    data.check_range("float64")
    with pytest.raises(DataError, match=r"x\[1, 0\] is 1e\+39, more than float32 can hold"):
        data.check_range("float32")


def test_masked_values_are_refused():
    with pytest.raises(DataError, match=r"x has masked values \(see row 1\)"):
        Dataset(np.ma.masked_equal([[1.0], [2.0]], 2.0), [0, 1])
    with pytest.raises(DataError, match="the label in row 1 is masked"):
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


class Table:
    """As pandas has it: an array, and columns."""

    columns = ("height", "colour", "tall")

    def __init__(self, *rows):
        self.rows = rows

    def __array__(self, dtype=None, copy=None):
        return np.array(self.rows, object)


@pytest.mark.parametrize("make", [from_arrays, regression_from_arrays, Dataset])
def test_what_is_wrong_in_a_table_is_told_with_its_column(make):
    with pytest.raises(DataError, match=r"x\[1, 1\] is inf \(row 1, column 'colour'\); expected finite"):
        make(Table([1.5, 3, True], [0.5, np.inf, False]), [0, 1])
    with pytest.raises(
        DataError, match="dtype object, for something else stands in the column 'colour'; expected numb"
    ):
        make(Table([1.5, "red", True], [0.5, "blue", False]), [0, 1])
    with pytest.raises(DataError, match="in the columns 'height', 'colour'; expected numbers"):
        make(Table([None, "red", True], [0.5, "blue", False]), [0, 1])
    with pytest.raises(DataError, match=r"\(row 0, column 'b'\)"):
        Dataset(np.array([[1.0, np.inf]]), [0], feature_names=("a", "b"))


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        ([[1.0], [2.0]], [0], "x has 2 rows, but y has shape"),
        ([1.0, 2.0], [0, 1], r"x has shape \(2,\); expected \(rows, features\): .* one feature alone x\[:, None\]"),
        (np.full((2, 1, 1), np.nan), [0, 1], r"x\[0, 0, 0\] is nan \(row 0\); expected finite"),
        ([[np.nan], [np.inf]], [0, 1], r"x\[1, 0\] is inf \(row 1\); expected finite"),
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
    with pytest.raises(DataError, match=r"sample_weight has shape \(1,\) and dtype float64; expected \(2,\)"):
        Dataset(np.zeros((2, 1)), [0, 1], sample_weight=[1.0])
    with pytest.raises(DataError, match="none negative"):
        Dataset(np.zeros((2, 1)), [0, 1], sample_weight=[1.0, -1.0])
    for beyond in (1e300, 1e-50):
        with pytest.raises(DataError, match="expected weights of 0 or from 1e-30 to 1e30: only their ratios count"):
            Dataset(np.zeros((2, 1)), [0, 1], sample_weight=[0.0, beyond])
    with pytest.raises(DataError, match="2 feature names for rows of shape"):
        Dataset(np.zeros((2, 1)), [0, 1], feature_names=("a", "b"))


def test_numbers_to_be_predicted_stay_numbers():
    data = regression_from_arrays(np.zeros((3, 2)), [3, 1, 2])
    assert data.y.tolist() == [3.0, 1.0, 2.0] and data.y.dtype == np.float64 and data.classes is None
    assert regression_from_arrays(np.zeros((3, 2)), np.ones((3, 4), np.float32)).y.shape == (3, 4)
    assert regression_from_arrays(np.zeros((2, 1)), np.array([1, 2.5], object)).y.tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        (["a", "b"], r"dtype <U1 and shape \(2,\); expected numbers for each row \(from_arrays takes labels\)"),
        ([1.0, np.nan], "the target in row 1 is nan"),
        ([[1.0], [1.0, 2.0]], "different lengths"),
        ([1.0], "x has 2 rows"),
        (np.ma.masked_equal([1, 2], 2), "targets has masked values"),
    ],
)
def test_targets_that_are_no_numbers_are_refused(targets, text):
    with pytest.raises(DataError, match=text):
        regression_from_arrays([[1.0], [2.0]], targets)


def test_labels_and_amounts_may_come_with_sample_weights():
    assert from_arrays([[1.0], [2.0]], ["a", "b"], sample_weight=[1, 3]).sample_weight.tolist() == [1.0, 3.0]
    assert regression_from_arrays([[1.0], [2.0]], [5, 6], sample_weight=[1, 3]).sample_weight.tolist() == [1.0, 3.0]


def test_amounts_that_look_like_labels_are_told_where_they_belong():
    with pytest.raises(DataError, match=r"if they are amounts, this is a regression: regression_from_arrays\(x, y\)"):
        split(Dataset(np.zeros((40, 1)), np.arange(40)))
