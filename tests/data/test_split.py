"""How rows are parted into training, validation and test rows."""

import warnings

import numpy as np
import pytest

from nnlite import DataError, Dataset
from nnlite.data import from_arrays, regression_from_arrays, split


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


@pytest.mark.parametrize("seed", range(20))
def test_a_class_of_three_rows_is_in_every_part(seed):
    y = np.repeat([0, 1, 2], [60, 37, 3])
    parts = split(Dataset(np.arange(100.0)[:, None], y), 0.2, 0.1, seed)
    three = (parts.train, parts.validation, parts.test)
    assert [len(part) for part in three] == [70, 10, 20]
    assert sorted(np.concatenate([part.x[:, 0] for part in three])) == list(range(100))
    assert [set(part.y.tolist()) for part in three] == [{0, 1, 2}] * 3
    parts = split(Dataset(np.arange(20.0)[:, None], np.repeat([0, 1], [18, 2])), 0.9, 0.0, seed)
    assert set(parts.train.y.tolist()) == set(parts.test.y.tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("y", "test", "validation", "text"),
    [
        (np.arange(10) % 2, 0.6, 0.4, "leave nothing to train on"),
        (np.arange(10) % 2, 0.1, 0.0, "gives 1 of the 10 .* every part needs a row of each of the 2 classes"),
    ],
)
def test_fractions_that_cannot_be_served_are_refused(y, test, validation, text):
    with pytest.raises(DataError, match=text):
        split(Dataset(np.zeros((10, 1)), y), test, validation, 0)


@pytest.mark.parametrize("rows", [1, 2])
def test_a_class_of_fewer_rows_than_parts_stays_in_the_training_part_and_is_named(rows):
    labels = ["common"] * 60 + ["usual"] * 38 + ["rare"] * rows
    data = from_arrays(np.arange(float(len(labels)))[:, None], labels)
    with pytest.warns(
        UserWarning, match="the class 'rare' has fewer rows than there are parts of the data, and is in"
    ):
        parts = split(data, 0.2, 0.1)
    three = (parts.train, parts.validation, parts.test)
    assert [len(part) for part in three] == [68 + rows, 10, 20]
    assert sorted(np.concatenate([part.x[:, 0] for part in three])) == list(range(98 + rows))
    rare = data.classes.index("rare")
    assert [int((part.y == rare).sum()) for part in three] == [rows, 0, 0]
    assert [set(part.y.tolist()) - {rare} for part in three] == [{0, 2}] * 3


def test_boolean_labels_are_stratified():
    parts = split(Dataset(np.zeros((100, 1)), np.arange(100) % 10 == 0), test_fraction=0.3, validation_fraction=0.2)
    assert [int(part.y.sum()) for part in (parts.train, parts.validation, parts.test)] == [5, 2, 3]


def test_a_regression_data_set_is_parted_at_random_whatever_its_targets():
    data = regression_from_arrays(np.arange(100.0)[:, None], np.arange(100) % 60)
    parts = split(data, seed=1)
    assert sorted(np.concatenate([parts.train.x, parts.validation.x, parts.test.x]).ravel()) == list(range(100))


def test_parts_of_data_too_small_for_them_are_told_what_is_left():
    text = r"test_fraction = 0.2 of 2 rows is 0, and 2 are left .* take more rows, another fraction, or test_frac"
    with pytest.raises(DataError, match=text):
        split(Dataset(np.zeros((2, 1)), np.array([0.5, 1.5])), test_fraction=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_in_two_parts(seed, rng):
    patients = rng.integers(0, 40, 400).astype(str)
    data = Dataset(np.arange(400.0)[:, None], rng.integers(0, 2, 400))
    parts = split(data, 0.2, 0.1, seed, groups=patients)
    three = [part.x[:, 0].astype(int) for part in (parts.train, parts.validation, parts.test)]
    assert sorted(np.concatenate(three)) == list(range(400))
    assert sum(len(set(patients[rows])) for rows in three) == 40
    assert [len(rows) for rows in three] == pytest.approx([280, 40, 80], abs=12)


def test_groups_that_cannot_be_parted_are_refused():
    data = Dataset(np.zeros((6, 1)), np.arange(6) % 2)
    with pytest.raises(
        DataError, match=r"2 groups are too few for validation_fraction = 0\.1: the largest has 3 of 6"
    ):
        split(data, 0.2, 0.1, groups=np.array(list("aaabbb")))
    with pytest.raises(DataError, match=r"groups has shape \(3,\); expected the group of each row, \(6,\)"):
        split(data, groups=np.array(list("abc")))
    with pytest.raises(DataError, match="shuffle = false keeps the rows in order, and so cannot part them by group"):
        split(data, groups=np.arange(6), shuffle=False)


def test_a_class_that_only_other_groups_have_is_named():
    data = from_arrays(np.zeros((30, 1)), ["rare" if row < 10 else "a" if row % 2 else "b" for row in range(30)])
    patients = np.arange(30) // 10
    messages = set()
    for seed in range(8):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            split(data, 0.3, 0.3, seed, groups=patients)
        messages |= {str(each.message) for each in said}
    assert any(
        "'rare' is only in groups that are not trained on, so that the model never learns it" in each
        for each in messages
    )


@pytest.mark.parametrize("groups", [None, np.arange(100) // 4])
def test_members_have_validation_rows_of_their_own_and_the_same_test_rows(groups):
    data = Dataset(np.arange(100.0)[:, None], np.arange(100) % 2)
    plain, *members = [split(data, 0.2, 0.2, 3, groups=groups, member=member) for member in (0, 0, 1, 2)]
    assert plain.validation.x.tolist() == members[0].validation.x.tolist()
    assert len({str(part.test.x.tolist()) for part in members}) == 1
    assert len({str(sorted(part.validation.x.tolist())) for part in members}) == 3
    assert all(len(part.train) + len(part.validation) == 80 for part in members)


@pytest.mark.parametrize(
    ("fractions", "said"),
    [((0.2, 0.1), "set test_fraction and validation_fraction to 0"), ((0, 0.1), "set validation_fraction to 0")],
)
def test_classes_of_a_row_each_name_the_fractions_that_part_them(fractions, said):
    with pytest.raises(DataError, match=f"else add rows, or {said}$"):
        split(Dataset(np.zeros((20, 2)), np.arange(20)), *fractions)
