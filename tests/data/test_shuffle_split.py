"""The rows of each part are those that scikit-learn's `train_test_split` draws with the same seed."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from nnlite import Dataset
from nnlite.data import split
from nnlite.data.shuffle_split import shuffle_split


def cases(count):
    """Sizes, parts and labels of all kinds: few and many classes, of one size, of sizes far apart, of 2 rows."""
    rng = np.random.default_rng(7)
    for _ in range(count):
        classes = int(rng.choice([1, 2, 3, 5, 10, 40]))
        kind = rng.choice(["alike", "imbalanced", "rare"])
        if kind == "alike":
            sizes = np.full(classes, rng.integers(2, 30))
        elif kind == "imbalanced":
            sizes = 2 + rng.geometric(0.02, classes)
        else:
            sizes = np.where(rng.random(classes) < 0.5, 2, rng.integers(2, 200, classes))
        labels = rng.permutation(np.repeat(rng.permutation(3 * classes)[:classes], sizes))
        if max(classes, 1) <= len(labels) - max(classes, 1):
            yield labels, int(rng.integers(classes, len(labels) - classes + 1)), int(rng.integers(2**31))


@pytest.mark.slow
def test_stratified_rows_are_scikit_learns():
    tried = 0
    for labels, taken, seed in cases(1000):
        theirs = train_test_split(np.arange(len(labels)), test_size=taken, stratify=labels, random_state=seed)
        ours = shuffle_split(len(labels), taken, seed, labels)
        for mine, expected in zip(ours, theirs, strict=True):
            assert mine.dtype == expected.dtype and mine.tolist() == expected.tolist()
        tried += 1
    assert tried > 900


@pytest.mark.parametrize("rows", [2, 3, 10, 151, 1000])
def test_rows_of_no_class_are_scikit_learns(rows):
    for taken in {1, rows // 3 or 1, rows // 2, rows - 1}:
        for seed in (0, 1, 2**31 - 1):
            theirs = train_test_split(np.arange(rows), test_size=taken, random_state=seed)
            assert [part.tolist() for part in shuffle_split(rows, taken, seed)] == [part.tolist() for part in theirs]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint64", "int32"])
def test_labels_may_be_of_any_whole_kind(dtype):
    labels = (np.arange(60) % 5 == 0).astype(dtype)
    theirs = train_test_split(np.arange(60), test_size=13, stratify=labels, random_state=3)
    assert [part.tolist() for part in shuffle_split(60, 13, 3, labels)] == [part.tolist() for part in theirs]


def test_the_shares_are_those_that_one_works_out_by_hand():
    # 7 of 10 rows stay: of 5, 3 and 2 rows that is 3.5, 2.1 and 1.4, so 3, 2 and 1, and one more for the first.
    labels = np.repeat([0, 1, 2], [5, 3, 2])
    for seed in range(20):
        kept, taken = shuffle_split(10, 3, seed, labels)
        assert np.bincount(labels[kept]).tolist() == [4, 2, 1] and np.bincount(labels[taken]).tolist() == [1, 1, 1]


def test_the_global_generator_is_neither_used_nor_changed():
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    first = shuffle_split(20, 5, 0, np.arange(20) % 2)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    np.random.seed(6)  # noqa: NPY002
    assert [part.tolist() for part in first] == [part.tolist() for part in shuffle_split(20, 5, 0, np.arange(20) % 2)]


# The rows that nnlite had drawn with scikit-learn 1.9.1 before it drew them itself.
RECORDED = {
    "classes": [
        [0, 17, 31, 29, 15, 19, 16, 9, 28, 4, 11, 1, 25, 2, 27, 7, 20, 34, 24, 18, 14, 26, 13, 23],
        [21, 5, 32, 8],
        [10, 3, 33, 12, 22, 6, 30],
    ],
    "numbers": [
        [15, 28, 2, 0, 4, 27, 25, 21, 20, 19, 13, 7, 29, 24, 1, 3, 10, 22, 9, 6, 14, 31, 11, 12],
        [18, 33, 8, 26],
        [16, 34, 30, 5, 32, 23, 17],
    ],
}


@pytest.mark.parametrize("kind", RECORDED)
def test_the_parts_are_those_of_runs_that_were_recorded(kind):
    y = np.repeat([0, 1, 2], [20, 11, 4]) if kind == "classes" else np.arange(35) / 2
    parts = split(Dataset(np.arange(35.0)[:, None], y), 0.2, 0.1, seed=3)
    assert [part.x[:, 0].tolist() for part in (parts.train, parts.validation, parts.test)] == RECORDED[kind]
