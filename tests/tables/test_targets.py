"""The target of a table: classes or numbers, and the rows that have one."""

import numpy as np
import pytest

from nnlite.errors import ConfigError, DataError
from nnlite.tables import as_table, targets


def of(values, **arguments):
    return targets(as_table({"y": values, "x": range(len(values))}), "y", **arguments)


def test_texts_are_classes_and_rows_without_a_target_are_left_out():
    found = of(["yes", "", "no ", None, "yes", "?"])
    assert found.classes == ("no", "yes") and found.y.tolist() == [1, 0, 1] and found.y.dtype == np.int64
    assert found.rows.tolist() == [0, 2, 4] and found.left_out == 3
    assert found.task == "classification" and found.why == "2 different labels" and found.format == ""


def test_few_numbers_are_classes_in_the_order_of_their_size():
    for values in (["10", "2", "2", "1"], [10, 2, 2, 1], [10.0, 2.0, 2.0, 1.0], np.array([10, 2, 2, 1], np.uint8)):
        found = of(values)
        assert found.classes == ("1", "2", "10") and found.y.tolist() == [2, 1, 1, 0]


def test_labels_keep_their_text():
    assert of(["01", "1", "1.0"]).classes == ("01", "1", "1.0")
    assert of(["<=50K.", ">50K."]).classes == ("<=50K.", ">50K.")
    assert of([True, False, True]).classes == ("false", "true")


def test_more_than_20_numbers_are_predicted_as_numbers():
    assert of([str(n) for n in range(20)] * 2).task == "classification"
    found = of([*(f"{n},5" for n in range(21)), ""])
    assert found.task == "regression" and found.y[:2].tolist() == [0.5, 1.5] and found.classes is None
    assert found.format == "decimal comma" and found.why == "21 different numbers" and found.left_out == 1


def test_the_task_is_the_users():
    assert of(["1", "2", "2"], task="regression").y.tolist() == [1, 2, 2]
    assert of([str(n) for n in range(30)] * 3, task="classification").classes[-2:] == ("28", "29")
    assert of(["1,234", "2,345"], task="regression", format="decimal comma").y.tolist() == [1.234, 2.345]
    with pytest.raises(ConfigError, match="task is 'sorting'"):
        of(["a"], task="sorting")


def test_plus_and_minus_are_classes():
    assert of(["+", "-", "-"]).classes == ("+", "-")
    with pytest.raises(DataError, match="is 'a' in every row that has one"):
        of(["a", "-", "-"])


def test_known_classes_decide_at_evaluation():
    found = of(["no", "no"], classes=("yes", "no"))
    assert found.y.tolist() == [1, 1] and found.classes == ("yes", "no")
    with pytest.raises(DataError, match="row 2, column 'y': the label 'perhaps' is none of the classes 'yes', 'no'"):
        of(["no", None, "perhaps"], classes=("yes", "no"))
    assert of([str(n) for n in range(30)], classes=[str(n) for n in range(30)]).task == "classification"


REFUSED = {
    "one class": (["a", "a", ""], {}, "the target 'y' is 'a' in every row that has one; expected two classes"),
    "nothing": (["", "?"], {}, "the target 'y' is missing in every row"),
    "one number": (
        [1.0, 1.0],
        {"task": "regression"},
        "the target 'y' is 1 in every row; there is nothing to predict",
    ),
    "names": ([f"name {n}" for n in range(30)], {}, '30 different labels in 30 rows.*task = "regression"'),
    "a stray number": (["1", "x", "3"], {"task": "regression"}, "row 1, column 'y': 'x' is no number"),
    "infinity": (["1", "inf", "3"], {"task": "regression"}, "row 1, column 'y': infinity"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_target_that_cannot_be_learnt_is_refused(name):
    values, arguments, message = REFUSED[name]
    with pytest.raises(DataError, match=message):
        of(values, **arguments)


def test_a_target_that_is_no_column_is_named():
    with pytest.raises(DataError, match="there is no column 'Y'; did you mean 'y'"):
        targets(as_table({"y": [1, 2]}), "Y")
