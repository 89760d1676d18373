"""The environment of a run is told truly."""

import numpy as np

from nnlite import Dataset
from nnlite.data import Splits
from nnlite.runs import environment


def test_the_hash_of_the_data_tells_rows_targets_and_parts_apart():
    def hashed(x, y, test=None):
        data = Dataset(np.array(x, float), np.array(y))
        return environment.data_hash(Splits(data, None, test))

    first = hashed([[1], [2]], [0, 1])
    others = [hashed([[1], [3]], [0, 1]), hashed([[1], [2]], [1, 1]), hashed([[1, 2]], [0])]
    others.append(hashed([[1], [2]], [0, 1], Dataset(np.array([[5.0]]), np.array([0]))))
    assert first == hashed([[1], [2]], [0, 1])
    assert len({first, *others}) == 5
