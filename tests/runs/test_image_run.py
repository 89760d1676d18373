"""What a run of an image model leaves: filters and mistakes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnlite.cli import command_line as cli
from tests.conftest import ROOT

IMAGES = """
[data]
source = "digits"
test_fraction = 0.2

[model]
layers = [
  {type = "Reshape", shape = [1, 8, 8]}, {type = "Rescale", scale = 0.0625},
  {type = "Conv2D", filters = 6, kernel_size = 3}, {type = "ReLU"}, {type = "Flatten"},
  {type = "Dense", units = 10}, {type = "SoftmaxCrossEntropy"},
]

[optimizer]
type = "SGD"
learning_rate = 0.1

[training]
epochs = 1
batch_size = 32
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("images.toml").write_text(IMAGES)
    return tmp_path


@pytest.mark.slow
def test_a_run_of_an_image_model_leaves_its_filters_and_mistakes_the_same_bytes_each_time(here):
    assert cli.main(["train", "images.toml"]) == 0
    subprocess.run([sys.executable, str(ROOT / "train.py"), "images.toml"], check=True, capture_output=True)
    for name in ("filters.svg", "mistakes.svg"):
        first, second = (Path("runs", run, name).read_bytes() for run in ("images", "images-2"))
        assert first == second and 5_000 < len(first) < 500_000


@pytest.mark.slow
def test_without_a_test_part_there_are_no_mistakes_to_show(here):
    assert cli.main(["train", "images.toml", "data.test_fraction=0", "--out", "run"]) == 0
    assert Path("run/filters.svg").exists() and not Path("run/mistakes.svg").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "loss"), [("regression", "MeanSquaredError"), ("multi-label", "BinaryCrossEntropy")]
)
def test_a_regression_of_images_and_several_labels_have_filters_only(here, task, loss):
    rng = np.random.default_rng(0)
    np.savez("images.npz", x=rng.integers(0, 256, (60, 6, 6), np.uint8), y=rng.integers(0, 2, (60, 2)))
    Path("other.toml").write_text(
        f"""
[data]
source = "npz"
path = "images.npz"
task = "{task}"
test_fraction = 0.2

[model]
layers = [{{type = "Flatten"}}, {{type = "Dense", units = 2}}, {{type = "{loss}"}}]

[optimizer]
type = "SGD"
learning_rate = 0.01

[training]
epochs = 1
batch_size = 16
"""
    )
    assert cli.main(["train", "other.toml", "--out", "run"]) == 0
    assert Path("run/filters.svg").exists() and not Path("run/mistakes.svg").exists()
