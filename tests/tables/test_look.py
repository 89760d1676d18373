"""A look says what columns are, and names what is suspicious, and nothing that is not."""

import numpy as np
import pytest

from nnlite.errors import DataError
from nnlite.tables import as_table, read_csv
from nnlite.tables.look import look
from tests.helpers.own_tables import NAMES, rows, write_csv


def suspicious(columns, target=None, **how):
    return {column.name: column.suspicious for column in look(as_table(columns), target, **how).columns}


def test_each_column_is_counted(tmp_path):
    found = look(read_csv(write_csv(tmp_path / "shop.csv", rows())), "paid")
    table = dict(zip(NAMES, zip(*rows(), strict=True), strict=True))
    assert found.rows == 60 and found.repeated == 0
    assert [column.name for column in found.columns] == ["id", "age", "town", "born"]
    for column in found.columns:
        cells = [cell for cell in table[column.name] if cell != ""]
        assert column.distinct == len(set(cells)) and column.missing == 60 - len(cells)
    age = found.columns[1]
    assert age.kind == "number" and age.missing == 4
    assert age.between == (min(set(table["age"]) - {""}), max(set(table["age"]) - {""}))
    assert found.columns[3].kind == "date"
    assert found.spread == {label: table["paid"].count(label) for label in ("yes", "no")}


def test_the_most_common_values_are_the_examples():
    (column,) = look(as_table({"town": ["Rome"] * 2 + ["Bern"] * 5 + ["Oslo", "?"]})).columns
    assert column.examples == ("Bern", "Rome", "Oslo") and column.missing == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["x"] * 40, "constant: 'x' in every row"),
        ([7] * 40, "constant: '7' in every row"),
        (["", "?"] * 20, "no value at all"),
        (list(range(40)), "counts the rows: an id"),
        ([3 * row * row for row in range(40)], "perhaps an id"),
        ([f"name {row}" for row in range(40)], "names, ids or free text"),
        ([str(row % 13) for row in range(39)] + ["many"], "'many' taken for missing in 1 row"),
        ([f"{row % 28 + 1}.12.2024" for row in range(40)], "say how they are written"),
    ],
)
def test_a_column_that_is_odd_by_itself_is_named(cells, said):
    others = {"fine": [row % 7 for row in range(len(cells))]}
    found = suspicious({"odd": cells, **others})
    assert len(found["odd"]) == 1 and said in found["odd"][0]
    assert found["fine"] == ()


@pytest.mark.parametrize("text", ["perhaps an id", "is it? formats says", "names, ids or free text", "in every row"])
def test_words_in_a_cell_are_no_words_of_the_reason(text):
    cells = [text, ""] * 20
    assert suspicious({"odd": cells, "fine": [row % 7 for row in range(40)]})["odd"] == ()


def test_a_column_of_the_same_values_is_named_with_the_first_of_them():
    town = ["Bern", "Rome", "", "Rome"] * 10
    number = [1.5, 2.0, np.nan, 3.0] * 10
    found = suspicious(
        {
            "town": town,
            "place": town,
            "renamed": ["a", "b", "", "b"] * 10,
            "price": number,
            "cost": ["1.50", "2", "?", "3.0"] * 10,
            "scaled": [2 * each for each in number],
        }
    )
    assert found == {
        "town": (),
        "place": ("the same values as 'town'",),
        "renamed": (),
        "price": (),
        "cost": ("the same values as 'price'",),
        "scaled": (),
    }


def test_a_column_that_tells_the_class_is_named():
    rng = np.random.default_rng(0)
    y = np.array(["no", "yes"])[rng.integers(2, size=600)]
    other = np.where(rng.random(600) < 0.05, rng.permutation(y), y)  # right in 97.5 %
    found = suspicious(
        {
            "code": np.where(y == "no", "N", "Y").tolist(),
            "numbers": np.where(y == "no", rng.normal(size=600), 10 + rng.normal(size=600)),
            "gap": ["x" if label == "no" else None for label in y],
            "other": other.tolist(),
            "noise": rng.normal(size=600),
            "unique": rng.permutation(600).astype(str).tolist(),  # tells it of rows that were seen, and no others
            "y": y.tolist(),
        },
        "y",
    )
    assert [name for name, said in found.items() if any("tells the target" in each for each in said)] == [
        "code",
        "numbers",
        "gap",
    ]
    assert found["code"] == ("alone it tells the target in 100 % of the rows: is it known when you predict?",)


def test_of_a_rare_class_a_column_without_news_is_not_named():
    y = ["no"] * 1999 + ["yes"]
    assert suspicious({"a": [row % 3 for row in range(2000)], "y": y}, "y")["a"] == ()


def test_a_column_that_goes_with_the_number_to_predict_is_named():
    rng = np.random.default_rng(0)
    y = rng.normal(size=500)
    table = {"cents": -100 * y + 3, "near": y + 0.2 * rng.normal(size=500), "y": y}
    found = suspicious(table, "y")
    assert found["cents"] == ("its correlation with the target is -1: is it known when you predict?",)
    assert found["near"] == ()
    spread = look(as_table(table), "y").spread
    assert spread == {"lowest": y.min(), "median": np.median(y), "mean": y.mean(), "highest": y.max()}


def test_rows_that_come_again_are_counted():
    table = {"a": [1.0, 1.0, np.nan, np.nan, 2.0], "b": ["x", "x", "", "", "x"], "y": ["p", "p", "p", "q", "q"]}
    assert look(as_table(table)).repeated == 1  # the third and fourth differ in y
    assert look(as_table(table), "y").repeated == 1
    del table["y"]
    assert look(as_table(table)).repeated == 2


def test_a_target_without_values_in_some_rows_is_looked_at_in_the_others():
    found = look(as_table({"a": list(range(0, 80, 2)), "y": ["p", "q", "?", "q"] * 10}), "y")
    assert found.target.left_out == 10 and found.spread == {"q": 20, "p": 10} and found.rows == 40


def test_a_target_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(DataError, match="did you mean 'paid'"):
        look(as_table({"paid": [1, 2]}), "payed")


@pytest.mark.parametrize(
    ("cells", "kind", "said"),
    [
        (
            [f"{row % 7 + 1} kg" for row in range(40)],
            "category",
            "'1 kg' and the like look like numbers with a unit (kg)",
        ),
        (
            [f"({row % 30})" if row % 2 else f"{row}" for row in range(40)],
            "number",
            "'(1)' and the like read as negative",
        ),
        ([f"{row % 28 + 1}.12.2024" for row in range(39)] + ["unknown"], "ignore", "but for 'unknown'"),
        ([f"{row % 28 + 1}.12.2024" for row in range(39)] + ["unknown"], "ignore", 'formats, "%d.%m.%Y"'),
        ([f"text {row % 35}" for row in range(40)], "ignore", "names, ids or free text"),
        ([f"{1 + row % 3}{'ABC'[row % 3]}" for row in range(40)], "category", None),
    ],
)
def test_unusual_notations_are_suspicious(cells, kind, said):
    (column,) = look(as_table({"x": cells})).columns
    assert column.kind == kind
    assert any(said in each for each in column.suspicious) if said else not column.suspicious
