"""True is 1: a column that was learnt from truth values takes 0 and 1 as well, and one of 0 and 1 truth values."""

import numpy as np
import pytest

from nnlite.tables import TableEncoder

TRUTHS = [True, False, True, False]


@pytest.mark.parametrize(
    "cells",
    [
        [1, 0, 1, 0],
        [1.0, 0.0, 1.0, 0.0],
        ["1", "0", "1", "0"],
        ["1.0", "0.0", "1.0", "0.0"],
        ["True", "false", "TRUE", "False"],
        np.array([1, 0, 1, 0], np.uint8),
        np.array(TRUTHS),
    ],
)
def test_zero_and_one_are_the_truth_values_of_training_rows(cells):
    encoder = TableEncoder.fit({"member": TRUTHS})
    assert encoder.encode({"member": cells})[:, 0].tolist() == [2, 1, 2, 1]
    assert encoder.unseen({"member": cells}) == {}


def test_also_beside_gaps_and_after_reading_its_description():
    encoder = TableEncoder.fit({"member": [True, False, None, True]})
    encoder = TableEncoder.from_description(*encoder.description())
    assert encoder.encode({"member": [1.0, np.nan, 0.0]})[:, 0].tolist() == [2, 3, 1]


def test_other_numbers_are_unknown():
    encoder = TableEncoder.fit({"member": TRUTHS})
    assert encoder.encode({"member": [2, 1]})[:, 0].tolist() == [0, 2]
    assert encoder.unseen({"member": [2, 1]}) == {"member": {"2": 1}}


def test_categories_of_zero_and_one_take_truth_values():
    encoder = TableEncoder.fit({"code": [0, 1, 1, 0]}, kinds={"code": "category"})
    assert encoder.encode({"code": [True, False]})[:, 0].tolist() == [2, 1]


def test_among_other_categories_nothing_is_the_same():
    encoder = TableEncoder.fit({"answer": ["true", "false", "perhaps", "true"]})
    assert encoder.encode({"answer": ["1", "0"]})[:, 0].tolist() == [0, 0]
