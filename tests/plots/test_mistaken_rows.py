"""The worst mistakes in a table."""

import numpy as np
import pytest

from nnlite import plots
from tests.plots.test_mistakes import LABELS, PROBABILITIES


def cells(picture):
    """The words of each line, from left to right; the sure share last."""
    lines = {}
    for text in picture.axes[0].texts:
        lines.setdefault(text.get_position()[1], []).append(text.get_text())
    return [lines[line] for line in sorted(lines)]


def test_the_surest_mistakes_come_first_with_their_values():
    rows = [[index, f"town {index}", index / 3] for index in range(5)]
    picture = plots.mistaken_rows(rows, LABELS, PROBABILITIES, ["a", "b", "c"], ["id", "town", "share"], "run")
    assert cells(picture) == [
        ["row", "true", "predicted", "how sure", "id", "town", "share"],
        ["2", "c", "b", "", "2", "town 2", "0.6667", "98 %"],
        ["3", "b", "c", "", "3", "town 3", "1", "60 %"],
        ["1", "b", "a", "", "1", "town 1", "0.3333", "60 %"],
    ]
    bars = [bar.get_width() for bar in picture.axes[0].patches]
    assert bars == pytest.approx([0.98, 0.6, 0.6])
    assert picture.get_suptitle() == "run\n3 mistakes among 5 rows"


def test_of_many_rows_and_columns_some_are_shown_under_the_numbers_they_have():
    rows, names = np.arange(400.0).reshape(40, 10), [f"column {index}" for index in range(10)]
    wrong = np.tile([1.0, 0.0], (40, 1))
    picture = plots.mistaken_rows(rows, np.ones(40, int), wrong, ["no", "yes"], names, numbers=np.arange(40) + 100)
    lines = cells(picture)
    assert len(lines) == 13 and len(lines[0]) == 9 and [line[0] for line in lines[1:3]] == ["100", "101"]
    assert picture.get_suptitle() == "the 12 surest of 40 mistakes among 40 rows, 5 of 10 columns"


def test_where_there_are_no_mistakes_the_picture_says_so(tmp_path):
    picture = plots.mistaken_rows([[1]], np.array([0]), np.array([[1.0, 0.0]]), ["no", "yes"], ["x"])
    plots.save(picture, tmp_path / "a.svg")
    assert picture.get_suptitle() == "no mistakes among 1 row"
