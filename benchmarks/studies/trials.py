"""A trial is a network with its training, as a publication or a config has it, on handwritten digits (MNIST)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measuring.commands import ROOT
from nnlite import SGD, BinaryCrossEntropy, Dataset, Dense, Sequential, Sigmoid, SoftmaxCrossEntropy, Tanh, Trainer
from nnlite.config import training_config as configs
from nnlite.data import PARTED_SOURCES
from nnlite.errors import DataError
from nnlite.types import Array


@dataclass(frozen=True)
class Trial:
    """Attributes:
    trainer: that was not used yet.
    train: the rows to learn from.
    x: those to tell of, which nothing is learnt from.
    labels: their digits.
    """

    trainer: Trainer
    train: Dataset
    x: Array
    labels: Array


def pixels(pictures: Array, white: int) -> Array:
    """As rows of numbers, `white` becoming 1."""
    return (pictures.reshape(len(pictures), -1) / white).astype(np.float32)


def nielsen(path: Path, seed: int) -> Trial:
    """784-30-10 of Nielsen's chapter 3: the last sixth of the training rows validates (50,000 and 10,000 of them).

    There the loss is the cross-entropy summed over the ten outputs, η = 0.1, λ/n = 5/50,000. Ours is the mean over
    the outputs: so η is ten times, and the decay a tenth of that. A step is then the same.
    """
    rows = PARTED_SOURCES["mnist"](str(path)).train
    x, digits = pixels(rows.x, 256), rows.y
    train = len(x) * 5 // 6
    model = Sequential(
        [
            Dense(30, weight_init="lecun_normal", bias_init="normal"),
            Sigmoid(),
            Dense(10, weight_init="lecun_normal", bias_init="normal"),
            BinaryCrossEntropy(),
        ]
    )
    trainer = Trainer(model, SGD(1.0, weight_decay=1e-5), epochs=30, batch_size=10, seed=seed)
    yes_or_no = np.eye(10)[digits]  # ten questions, one for each digit
    return Trial(trainer, Dataset(x[:train], yes_or_no[:train]), x[train:], digits[train:])


def lecun(path: Path, seed: int) -> Trial:
    """784-300-100-10, the larger of LeCun's networks with two hidden layers, with tanh as there.

    The loss (there the squared error), the start, the batches and the learning rate are today's.
    """
    parts = PARTED_SOURCES["mnist"](str(path))
    assert parts.test is not None
    x, x_test = pixels(parts.train.x, 255), pixels(parts.test.x, 255)
    model = Sequential([Dense(300), Tanh(), Dense(100), Tanh(), Dense(10), SoftmaxCrossEntropy()])
    trainer = Trainer(model, SGD(0.1), epochs=20, batch_size=32, seed=seed)
    return Trial(trainer, Dataset(x, parts.train.y), x_test, parts.test.y)


def of_config(file: Path, path: Path, seed: int) -> Trial:
    """What a config says, of these rows and with this seed; raises `NnliteError`."""
    settings = configs.load(file, [f"data.path={path.resolve()}", f"seed={seed}"])
    splits = settings.load_data()
    if splits.test is None:
        raise DataError(f"{file}: there are no test rows")
    model = settings.build_model(splits.train)
    return Trial(settings.build_trainer(model), splits.train, splits.test.x, splits.test.y)


def mnist_mlp(path: Path, seed: int) -> Trial:
    """As configs/mnist_mlp.toml says."""
    return of_config(ROOT / "configs" / "mnist_mlp.toml", path, seed)


def mnist_lenet(path: Path, seed: int) -> Trial:
    """As configs/mnist_lenet.toml says."""
    return of_config(ROOT / "configs" / "mnist_lenet.toml", path, seed)


TRIALS: dict[str, Callable[[Path, int], Trial]] = {
    "nielsen": nielsen,
    "lecun": lecun,
    "mnist_mlp": mnist_mlp,
    "mnist_lenet": mnist_lenet,
}
