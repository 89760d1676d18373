"""Every shipped config trains, and says which schema an editor shall complete it by."""

import json

import numpy as np
import pytest

from nnlite.cli import command_line as cli
from nnlite.config import training_config as config
from nnlite.data import PARTED_SOURCES, SOURCES
from tests.conftest import ROOT

CONFIGS = sorted((ROOT / "configs").glob("*.toml"))


@pytest.fixture(scope="module")
def small_mnist(tmp_path_factory):
    """A file like MNIST's with few rows, in which each digit is a bar in a place of its own."""
    rng, file = np.random.default_rng(0), tmp_path_factory.mktemp("mnist") / "mnist.npz"
    arrays = {}
    for part, rows in (("train", 300), ("test", 40)):
        labels = (np.arange(rows) % 10).astype(np.uint8)
        pictures = rng.integers(0, 60, (rows, 28, 28), np.uint8)
        for picture, label in zip(pictures, labels, strict=True):
            picture[4 + 2 * label : 6 + 2 * label, 4:24] += 180
        arrays |= {f"x_{part}": pictures, f"y_{part}": labels}
    np.savez(file, **arrays)
    return file


LEARNT = {
    "digits_cnn": (1, 0.6),
    "mnist_mlp": (2, 0.6),
    "mnist_lenet": (3, 0.6),
    "digits_rows": (5, 0.85),
    "order": (10, 0.98),
}
"""The configs of pictures and sequences: epochs enough to learn most, and the accuracy that is then expected."""

LONG = ("digits_cnn", "digits_rows", "mnist_lenet", "mnist_mlp")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow if path.stem in LONG else ()) for path in CONFIGS],
    ids=[path.stem for path in CONFIGS],
)
def test_every_config_trains_and_those_of_pictures_and_sequences_learn_something(path, small_mnist, tmp_path, capsys):
    data = [f"data.path={small_mnist}"] if path.stem.startswith("mnist") else []
    epochs, expected = LEARNT.get(path.stem, (1, 0))
    epochs = f"training.epochs={epochs}"
    assert cli.main(["train", str(path), *data, epochs, "--out", str(tmp_path / "run")]) == 0
    assert f"\n{'r2' if path.stem == 'diabetes' else 'accuracy'} " in capsys.readouterr().out
    assert (tmp_path / "run" / "model.safetensors").exists()
    if expected:
        assert json.loads((tmp_path / "run" / "metrics.json").read_text())["test"]["accuracy"] > expected


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_names_the_schema_and_is_short(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "#:schema nnlite.schema.json"
    assert len(lines) <= 40
    config.load(path)


def test_every_built_in_data_set_has_a_config():
    shown = {config.load(path).document["data"]["source"] for path in CONFIGS}
    of_the_users = {"npz", "npz_parts", "npy", "csv", "parquet", "openml", "images"}
    assert (SOURCES.keys() | PARTED_SOURCES.keys()) - of_the_users == shown
