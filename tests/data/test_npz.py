"""Arrays of one's own, from an .npz file."""

import numpy as np
import pytest

from nnlite.data import SOURCES


def test_npz_reads_the_arrays_it_is_told(tmp_path):
    path = tmp_path / "flowers.npz"
    np.savez(path, petals=np.ones((4, 2), np.uint8), kind=np.array(["rose", "lily", "rose", "lily"]))
    data = SOURCES["npz"](str(path), x="petals", y="kind")
    assert data.classes == ("lily", "rose")
    assert data.x.dtype == np.uint8  # integers stay what they are until the model has seen them


@pytest.mark.parametrize("task", ["regression", "multi-label"])
def test_arrays_of_ones_own_serve_every_task(tmp_path, task):
    y = np.array([0.5, 1.5]) if task == "regression" else np.array([[0, 1], [1, 1]])
    np.savez(tmp_path / "own.npz", x=np.zeros((2, 3)), y=y)
    data = SOURCES["npz"](str(tmp_path / "own.npz"), task=task)
    assert (data.y == y).all() and data.classes is None
