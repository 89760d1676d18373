"""What is said of a table's columns is heeded, or an error says what is in conflict: time, drop, group, kinds."""

import numpy as np
import pytest

from nnlite.data import from_table
from nnlite.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:columns are left out", "ignore:column .* tells")

ROWS = 40
ORDER = np.random.default_rng(0).permutation(ROWS)  # the place in time of each row


def shop(times=None):
    """A table in which `size` says the place in time."""
    table = {"size": ORDER % 23 * 1.5, "age": [20 + row % 13 for row in range(ROWS)], "y": ["no", "yes"] * 20}
    return table if times is None else table | {"t": times}


ISO = [str(np.datetime64("2023-12-20") + place) for place in ORDER.tolist()]
GERMAN = [".".join(reversed(day.split("-"))) for day in ISO]
OFFSET = [f"{day} 12:30 +02:00" for day in GERMAN]


def parted(times, **said):
    """The places in time of the rows to train, to validate and to test."""
    parts = from_table(shop(times) | {"place": ORDER.tolist()}, "y", time="t", kinds={"place": "number"}, **said)
    column = parts.train.feature_names.index("place")
    return parts.train.feature_names, [part.x[:, column].tolist() for part in vars(parts).values()]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (ISO, {}),
        (ORDER.tolist(), {}),
        (GERMAN, {"formats": {"t": "%d.%m.%Y"}}),
        (OFFSET, {"formats": {"t": "%d.%m.%Y %H:%M %z"}}),
    ],
    ids=["ISO", "numbers", "a pattern", "an offset"],
)
def test_a_column_that_orders_the_rows_may_be_one_to_learn_nothing_from(times, said):
    names, places = parted(times, drop=["t"], **said)
    assert not [name for name in names if name.startswith("t")]
    assert [sorted(part) for part in places] == [list(range(28)), list(range(28, 32)), list(range(32, 40))]
    learnt, again = parted(times, **said)
    assert again == places and [name for name in learnt if name.startswith("t")]


@pytest.mark.parametrize(("times", "pattern"), [(GERMAN, "%d.%m.%Y"), (OFFSET, "%d.%m.%Y %H:%M %z")])
def test_a_date_that_is_not_iso_is_told_with_its_pattern(times, pattern):
    with pytest.raises(DataError, match=r"time: the column .t. has dates such as ") as caught:
        parted(times)
    said = str(caught.value)
    assert f'say how they are written: formats, "{pattern}"' in said and "missing" not in said


def test_a_moment_with_an_offset_is_in_utc():
    times = [f"01.02.2024 {12 + place % 5:02}:00 +0{place % 5}:00" for place in range(ROWS)]  # all at 12:00 UTC
    with pytest.raises(DataError, match=r"1 different time in 40 rows"):
        parted(times, formats={"t": "%d.%m.%Y %H:%M %z"})


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"kinds": {"y": "category"}}, "kinds: the column 'y' is the target, of which task says"),
        ({"drop": ["age"], "kinds": {"age": "number"}}, "column 'age': drop says .* and kinds, that it is a number"),
        ({"group": "age", "kinds": {"age": "category"}}, "column 'age': group says .* and kinds, .* a category"),
        ({"drop": ["age"], "formats": {"age": "plain"}}, "column 'age': drop says .* and formats, .* 'plain'"),
        ({"drop": "age"}, "drop is the text 'age'; expected a list of names"),
        ({"drop": [["age"]]}, "drop: a list; expected the name of a column"),
        ({"group": ["age"]}, "group: a list; expected the name of a column"),
        ({"kinds": ["age"]}, "kinds is a list; expected a dict"),
    ],
)
def test_what_is_said_twice_or_of_no_column_is_told(said, message):
    with pytest.raises(DataError, match=message):
        from_table(shop(), "y", **said)


def test_what_is_said_twice_and_agrees_is_fine():
    parts = from_table(shop(), "y", drop=["age"], kinds={"age": "ignore"})
    assert parts.train.feature_names == ("size",)


@pytest.mark.parametrize("target", [np.array(["no", "yes"] * 20), ["y"], None, 3])
def test_a_target_that_is_no_name_is_told(target):
    with pytest.raises(DataError, match=r"target: a \w+; expected the name of a column, as text; values beside"):
        from_table(shop(), target)


def test_so_is_a_series():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(shop())
    with pytest.raises(DataError, match="target: a Series; expected the name of a column"):
        from_table(frame, frame["y"])
