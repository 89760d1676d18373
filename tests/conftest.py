"""What all tests share."""

from pathlib import Path

import numpy as np
import pytest

from nnlite import files, plots
from nnlite.data import Dataset

collect_ignore_glob = ["golden/*"]  # scripts, with requirements of their own

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def _compiled_once():
    """Lets Python keep what it compiles of nnlite, for the hundreds of processes that the tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture
def without_pictures(monkeypatch):
    """A run's pictures take several times as long as a short training: here each is a file with a word in it."""
    monkeypatch.setattr(plots, "save", lambda picture, path: files.write(path, "picture"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def make_blobs() -> Dataset:
    """90 rows in 3 well separated classes, 4 features."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    centres = np.array([[3, 0, 0, 1], [0, 3, 0, 1], [0, 0, 3, 1]])
    return Dataset(rng.normal(size=(90, 4)) * 0.3 + centres[y], y, classes=("a", "b", "c"))


@pytest.fixture
def blobs() -> Dataset:
    return make_blobs()
