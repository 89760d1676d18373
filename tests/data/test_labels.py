"""Labels: each keeps its value, none that is missing becomes a class, and the message names its row."""

from importlib.util import find_spec

import numpy as np
import pytest

import nnlite
from nnlite import DataError, Dataset, Dense, Predictor, Sequential, SoftmaxCrossEntropy
from nnlite.data import from_arrays, regression_from_arrays


class NAType:
    """As pandas.NA: compared with anything, itself too, it is NA, of which there is no truth."""

    def __eq__(self, other):
        return self

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")

    def __repr__(self):
        return "<NA>"

    __hash__ = object.__hash__


def rows(labels):
    return np.zeros((len(labels), 1))


@pytest.mark.parametrize("make", [list, lambda labels: np.array(labels, object)], ids=["list", "objects"])
@pytest.mark.parametrize(
    "nothing",
    [None, float("nan"), np.float32("nan"), np.datetime64("NaT"), NAType()],
    ids=["None", "nan", "float32", "NaT", "NA"],
)
def test_a_missing_label_is_an_error_that_names_its_row(nothing, make):
    labels = make(["a", "b", "a", nothing, "b", nothing])
    with pytest.raises(DataError, match=r"the label in row 3 is .*; every row needs a label"):
        from_arrays(rows(labels), labels)
    with pytest.raises(DataError, match="the label in row 3 is"):
        from_arrays(rows(labels), labels, classes=["a", "b"])


def test_a_missing_number_is_an_error_that_names_its_row():
    with pytest.raises(DataError, match="the label in row 2 is nan; every row needs"):
        from_arrays(np.zeros((3, 1)), np.array([1.0, 2.0, np.nan]))
    with pytest.raises(DataError, match="the label in row 1 is inf; every row needs"):
        from_arrays(np.zeros((3, 1)), [1.0, np.inf, 2.0])
    with pytest.raises(DataError, match="the label in row 1 is masked; every row needs"):
        from_arrays(np.zeros((3, 1)), np.ma.masked_equal([1, 2, 3], 2))


def test_an_empty_mask_hides_no_label():
    assert from_arrays(np.zeros((3, 1)), np.ma.masked_array([1, 2, 1], mask=[False] * 3)).y.tolist() == [0, 1, 0]


@pytest.mark.parametrize("mixed", [["1", "2", 2], np.array(["1", "2", 2], object), [2, "2"], ["1.0", 1.0]])
def test_two_labels_of_the_same_text_are_told_apart_or_refused(mixed):
    with pytest.raises(DataError, match=r"are two classes of the same text; make all labels text, or all numbers"):
        from_arrays(rows(mixed), mixed)
    with pytest.raises(DataError, match="of the same text"):
        Dataset(np.zeros((2, 1)), [0, 1], classes=(2, "2"))


def test_labels_keep_their_values():
    large = [2**63 + 5, 2**63 + 6, 2**63 + 5]
    for labels in (large, np.array(large, object), np.array(large, np.uint64)):
        data = from_arrays(np.zeros((3, 1)), labels)
        assert data.classes == (2**63 + 5, 2**63 + 6) and data.y.tolist() == [0, 1, 0]
    assert from_arrays(np.zeros((3, 1)), [-1, 2**63 + 5, 2**63 + 6]).classes == (-1, 2**63 + 5, 2**63 + 6)
    assert from_arrays(np.zeros((3, 1)), ["a\0", "a", "a\0"]).classes == ("a", "a\0")
    data = from_arrays(np.zeros((4, 1)), ["b", 7, "a", 3])  # numbers first
    assert data.classes == (3, 7, "a", "b") and data.y.tolist() == [3, 1, 2, 0]
    assert from_arrays(np.zeros((2, 1)), ["b", 7], classes=data.classes).y.tolist() == [3, 1]


@pytest.mark.parametrize("labels", [[["b"], ["a"]], np.array([["b"], ["a"]]), np.array([["b"], ["a"]], object)])
def test_a_column_of_labels_is_taken(labels):
    data = from_arrays(np.zeros((2, 1)), labels)
    assert data.classes == ("a", "b") and data.y.tolist() == [1, 0]


def test_what_is_no_column_of_labels_is_refused():
    for labels in ([["a", "b"], ["a", "c"]], [["a"], ["a", "b"]], np.zeros((2, 2)), 3, [{"a": 1}, {}]):
        with pytest.raises(DataError, match=r"the labels have dtype .* expected one number or text for each row"):
            from_arrays(np.zeros((2, 1)), labels)
    with pytest.raises(DataError, match="the label in row 1 is a complex, 1j; expected a number or text"):
        from_arrays(np.zeros((2, 1)), ["a", 1j])
    with pytest.raises(DataError, match=r"the label in row 0 is bytes that are not UTF-8 text \(b'.xff'\)"):
        from_arrays(np.zeros((2, 1)), [b"\xff", b"a"])


def test_what_has_no_order_is_refused():
    for kind in (set, frozenset):
        with pytest.raises(
            DataError, match=rf"the labels are a {kind.__name__}; expected a list of them, in the ord"
        ):
            from_arrays(np.zeros((2, 1)), kind(["a", "b"]))
        with pytest.raises(DataError, match=f"classes is a {kind.__name__}; expected a list of names, in the order"):
            from_arrays(np.zeros((2, 1)), ["a", "b"], classes=kind(["a", "b"]))
        with pytest.raises(DataError, match=f"feature_names is a {kind.__name__}; expected a list"):
            Dataset(np.zeros((2, 2)), [0, 1], feature_names=kind(["a", "b"]))
    model = Sequential([Dense(2), SoftmaxCrossEntropy()]).build((2,))
    with pytest.raises(DataError, match="classes is a set"):
        Predictor(model, classes={"a", "b"})
    with pytest.raises(DataError, match="feature_names is a set"):
        Predictor(model, feature_names={"a", "b"})


@pytest.mark.parametrize("classes", [("1", 2), (2**63 + 5, -1), (2**70, 0), ("a\0", "a"), (True, "no")])
def test_a_predictor_gives_the_labels_themselves(classes, tmp_path):
    model = Sequential([Dense(2, weight_init="ones"), SoftmaxCrossEntropy()]).build((1,))
    model.parameters.values[:2] = [1, -1]
    nnlite.save(model, tmp_path / "model.safetensors", classes=classes)
    for predictor in (Predictor(model, classes), nnlite.load(tmp_path / "model.safetensors")):
        found = predictor.predict([[1.0], [-1.0]]).tolist()
        assert found == list(classes) and list(map(type, found)) == list(map(type, classes))


def test_a_missing_feature_or_target_is_an_error_that_names_its_row():
    for nothing in (None, NAType()):
        x = np.array([[1.0, 2], [3.0, 4], [5.0, nothing]], object)
        with pytest.raises(DataError, match=r"x\[2, 1\] is (None|<NA>) \(row 2, column 'b'\); expected finite"):
            Dataset(x, [0, 1, 0], feature_names=("a", "b"))
        with pytest.raises(DataError, match=r"the target in row 1 is (None|<NA>); expected finite numbers"):
            regression_from_arrays(np.zeros((3, 1)), np.array([1.0, nothing, 2], object))


@pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")
def test_tables_of_pandas():
    import pandas

    table = pandas.DataFrame({"kind": ["b", "a", "b"], "size": [1.0, 2.0, 3.0]})
    data = from_arrays(table[["size"]], table[["kind"]])
    assert data.classes == ("a", "b") and data.feature_names == ("size",)
    for labels in (
        pandas.Series(["a", None, "b"]),
        pandas.Series(["a", pandas.NA, "b"], dtype="string"),
        pandas.Series([1, pandas.NA, 2], dtype="Int64"),
        pandas.Series(["a", None, "b"], dtype="category"),
        pandas.Series(pandas.to_datetime(["2020-01-01", None, "2020-01-02"])),
    ):
        with pytest.raises(DataError, match=r"the label in row [01] is"):
            from_arrays(np.zeros((3, 1)), labels)
    with pytest.raises(DataError, match=r"x\[1, 0\] is (<NA>|nan) \(row 1, column 'size'\)"):
        from_arrays(pandas.DataFrame({"size": pandas.array([1, None, 2], "Int64")}), ["a", "b", "a"]).refuse_gaps()


def test_numbers_with_decimals_are_amounts_where_they_are_many(rng):
    amounts = rng.normal(size=100)
    with pytest.raises(DataError, match=r"the labels are 100 different numbers, such as .* this is a regression"):
        from_arrays(np.zeros((100, 1)), amounts)
    ratings = np.arange(100) % 11 / 2
    assert len(from_arrays(np.zeros((100, 1)), ratings).classes) == 11
    assert len(from_arrays(np.zeros((100, 1)), np.arange(100.0)).classes) == 100
    assert len(from_arrays(np.zeros((100, 1)), amounts, classes=np.unique(amounts)).classes) == 100
