"""The target of a table: classes or numbers, and the rows that have one."""

import numpy as np
import pytest

import nnlite
from nnlite.data import from_table
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


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        (("0", "1", "2.5"), ["1.0", "0.0", "2.50", "1", "+1"]),
        (("0.0", "1.0"), ["1", "0", "1.00"]),
        (("false", "true"), ["True", "FALSE", "true"]),
        (("no", "1"), ["1.0", "no"]),
    ],
)
def test_a_label_is_the_class_of_its_value_in_another_spelling(classes, labels):
    found = targets(as_table({"y": labels}), "y", "classification", classes=classes)

    def value(text):
        return text.lower() if text.isalpha() else float(text)

    assert [value(classes[place]) for place in found.y] == [value(label) for label in labels]
    assert found.classes == classes


@pytest.mark.parametrize(
    ("classes", "label"),
    [
        (("0", "1"), "01"),
        (("01", "02"), "1"),
        (("1", "1.0"), "1.00"),
        (("9007199254740992", "1"), "9007199254740993"),
        (("Yes", "no"), "yes"),
        (("nan", "1"), "inf"),
        (("0", "1"), "true"),
    ],
)
def test_a_label_of_another_value_is_none_of_the_classes(classes, label):
    with pytest.raises(DataError, match=r"none of the classes"):
        targets(as_table({"y": [label]}), "y", "classification", classes=classes)


def test_a_model_of_numbers_as_classes_is_evaluated_on_a_file_that_spells_them_otherwise(tmp_path):
    rows = {"x": np.arange(40) % 7 * 1.5, "y": np.arange(40) % 2 * 1.0}
    parts = from_table(rows, "y")
    layers = [nnlite.Columns(parts.train.table.encoder.codes), nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]
    model = nnlite.Sequential(layers)
    nnlite.Trainer(model, nnlite.SGD(0.1), epochs=1).fit(parts.train, progress=False)
    path = tmp_path / "rows.csv"
    figures = []
    for form in ("{:.0f}", "{:.1f}"):
        lines = [f"{x},{form.format(y)}" for x, y in zip(*(cells.tolist() for cells in rows.values()), strict=True)]
        path.write_text("\n".join(["x,y", *lines]))
        figures.append(nnlite.evaluate(nnlite.Predictor(model), path))
    assert figures[0] == figures[1]


@pytest.mark.parametrize("classes", [(0, 1), (0.0, 1.0), (False, True), ("0", "1"), ("False", "True")])
def test_so_is_one_whose_classes_are_numbers_or_truths(classes, tmp_path):
    rows = {"x": np.arange(40) % 7 * 1.5, "y": np.arange(40) % 2}
    parts = from_table(rows, "y")
    layers = [nnlite.Columns(parts.train.table.encoder.codes), nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]
    model = nnlite.Sequential(layers)
    nnlite.Trainer(model, nnlite.SGD(0.1), epochs=1).fit(parts.train, progress=False)
    accuracy = nnlite.evaluate(nnlite.Predictor(model), rows)["accuracy"]
    nnlite.save(model, tmp_path / "model.safetensors", classes=classes)
    named = nnlite.load(tmp_path / "model.safetensors")
    truths = isinstance(classes[0], bool) or classes[0] == "False"
    spellings = [("false", "true"), ("False", "True")] if truths else [("0", "1"), ("0.0", "1.0")]
    for labels in [classes, *spellings]:
        again = {"x": rows["x"], "y": [labels[place] for place in rows["y"]]}
        assert nnlite.evaluate(named, again)["accuracy"] == accuracy, labels
