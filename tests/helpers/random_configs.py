"""A random config is a training run on a few made-up rows, with a little of everything; a number names it.

document = random_configs.make(7, folder)     # writes folder/data-7.npz
settings = config.check(document, folder / "random-7.toml")
"""

from pathlib import Path
from typing import Any

import numpy as np

from nnlite.config import toml

Rng = np.random.Generator


def make(number: int, folder: Path) -> dict[str, Any]:
    """The config document of this number, whose data it writes into the folder.

    Every fifth trains by L-BFGS; the others in turn by every other optimizer.
    """
    rng = np.random.default_rng([7, number])
    full_batch = number % 5 == 4
    task = ("classification", "regression", "embedding", "pictures", "sequences")[rng.integers(5)]
    x, y = _rows(task, rng)
    np.savez(path := folder / f"data-{number}.npz", x=x, y=y)
    data = {"source": "npz", "path": str(path), "test_fraction": 0.2}
    data |= {"validation_fraction": float(rng.choice([0.0, 0.2, 0.3]))}
    if task == "regression":
        data["task"] = "regression"
    document: dict[str, Any] = {"seed": int(rng.integers(1000)), "data": data}
    document["model"] = {
        "layers": _layers(task, 1 if y.ndim == 1 else y.shape[1], full_batch, rng),
        "dtype": "float64" if chance(rng, 0.2) else "float32",
    }
    document["optimizer"] = (
        {"type": "LBFGS", "memory": int(rng.integers(2, 8))} if full_batch else _optimizer(number, rng)
    )
    if full_batch and chance(rng, 0.5):
        document["optimizer"]["weight_decay"] = 0.01
    if chance(rng, 0.6):
        document["early_stopping"] = {"patience": int(rng.integers(1, 5))}
        if chance(rng, 0.4):
            document["early_stopping"]["monitor"] = "training_" + ("r2" if task == "regression" else "accuracy")
    if chance(rng, 0.6) and not full_batch:
        document["schedule"] = _schedule(rng)
    training: dict[str, Any] = {"epochs": int(rng.integers(20, 40) if full_batch else rng.integers(2, 9))}
    training["batch_size"] = int(rng.integers(3, 40))
    if not full_batch:
        clip = rng.integers(3)
        training |= [{}, {"clip_norm": 1.0}, {"clip_value": 0.1}][clip]
        if chance(rng, 0.4):
            training["average"] = float(rng.choice([0.8, 0.95]))
        if number % 4 == 1:
            training["accumulate"] = 2 + number % 3
    training["metrics"] = _metrics(number, task)
    if training["metrics"] and number % 6 == 0 and "early_stopping" in document:
        document["early_stopping"]["monitor"] = "training_" + ("r2" if task == "regression" else "f1_macro")
    return document | {"training": training}


def write(number: int, folder: Path) -> Path:
    """The same as a config file in the folder."""
    path = folder / f"random-{number}.toml"
    path.write_text(toml.dump(make(number, folder)))
    return path


def chance(rng: Rng, probability: float) -> bool:
    """Whether it happens."""
    return bool(rng.random() < probability)


def _rows(task: str, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    rows = int(rng.integers(60, 140))
    y = np.arange(rows) % 3
    if task == "embedding":
        return np.stack([y * 2 + rng.integers(2, size=rows), 6 + rng.integers(4, size=rows)], axis=1), y
    features = 16 if task in ("pictures", "sequences") else int(rng.integers(3, 7))
    x = rng.normal(size=(rows, features)) + 0.5 * rng.normal(size=(3, features))[y]
    if task == "regression":
        return x, 3 * x[:, :2] @ rng.normal(size=(2, int(rng.integers(1, 3)))) + rng.normal(size=(rows, 1)) + 20
    return x.astype(rng.choice([np.float32, np.float64])), y


def _layers(task: str, outputs: int, full_batch: bool, rng: Rng) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = []
    if task == "embedding":
        layers += [{"type": "Embedding", "codes": 10, "size": 3}, {"type": "Flatten"}]
    elif chance(rng, 0.7):
        layers.append({"type": "Standardize"})
    if not full_batch and chance(rng, 0.3):
        layers.append({"type": "GaussianNoise", "deviation": 0.1})
    if task == "pictures":
        layers.append({"type": "Reshape", "shape": [1, 4, 4]})
        layers += [] if full_batch else [{"type": "RandomShift", "pixels": 1}, {"type": "RandomFlip"}]
        layers.append({"type": "Conv2D", "filters": 3, "kernel_size": 3})
        layers += [_normalization(full_batch, rng)] if chance(rng, 0.3) else []
        layers += [{"type": "ReLU"}, {"type": "Flatten"}]
    if task == "sequences":
        layers += _on_sequences(full_batch, rng)
    for _ in range(rng.integers(1, 3)):
        layers += _block(int(rng.integers(4, 12)), full_batch, rng)
    if chance(rng, 0.4):
        layers.append({"type": "Residual", "layers": _block(int(rng.integers(4, 12)), full_batch, rng)})
    more = rng.spawn(1)[0]  # so that a number has the same config otherwise as before
    if chance(more, 0.3):
        layers.append(_branches(int(more.integers(3, 8)), full_batch, more))
    if chance(more, 0.2):
        layers += _tied(int(more.integers(2, 6)))
    if task == "regression":
        loss: dict[str, Any] = {"type": str(rng.choice(["MeanSquaredError", "Huber", "MeanAbsoluteError"]))}
        if full_batch:
            loss = {"type": "MeanSquaredError"}
    else:
        loss = {"type": "SoftmaxCrossEntropy"}
        if chance(rng, 0.4):
            loss["class_weight"] = "balanced" if chance(rng, 0.5) else [1.0, 2.0, 0.5]
        if chance(rng, 0.3):
            loss["label_smoothing"] = 0.1
    return [*layers, {"type": "Dense", "units": outputs if task == "regression" else 3}, loss]


def _on_sequences(full_batch: bool, rng: Rng) -> list[dict[str, Any]]:
    """Layers that make a row of 4 steps of 4 features."""
    layers: list[dict[str, Any]] = [{"type": "Reshape", "shape": [4, 4]}]
    if chance(rng, 0.3):
        layers.append({"type": "Conv1D", "filters": 5, "kernel_size": 3, "padding": "same"})
    if chance(rng, 0.3):
        layers += [{"type": "PositionalEncoding"}, {"type": "SelfAttention", "units": 4, "heads": 2}]
    if not full_batch and chance(rng, 0.3):
        layers.append({"type": "BatchNorm", "axis": "last"})
    units, frozen = int(rng.integers(3, 7)), {"trainable": False} if chance(rng, 0.15) else {}
    ends: list[list[dict[str, Any]]] = [
        [{"type": "GRU", "units": units, **frozen}],
        [{"type": "LSTM", "units": units, **frozen}],
        [{"type": "LSTM", "units": units, "return_sequences": True}, {"type": "GRU", "units": 4}],
        [{"type": "Dense", "units": units}, {"type": "MeanOverTime"}],
        [{"type": "Dense", "units": units}, {"type": "MaxOverTime"}],
    ]
    return layers + ends[rng.integers(len(ends))]


def _branches(units: int, full_batch: bool, rng: Rng) -> dict[str, Any]:
    """Branches over some of the features, of which there are at least four; two of them share a block."""
    again: dict[str, Any] = {"type": "Shared", "name": "tower"}
    branches = [
        [{"type": "Select", "columns": [0, 1]}, again | {"layers": _block(units, full_batch, rng)}],
        [{"type": "Select", "columns": [3, 1]}, again | ({"trainable": False} if chance(rng, 0.2) else {})],
        [{"type": "Dense", "units": units} | ({} if full_batch else {"rate": 0.3, "decay": 2.0})],
    ]
    return {"type": "Parallel", "branches": branches, "join": str(rng.choice(["add", "concatenate"]))}


def _tied(units: int) -> list[dict[str, Any]]:
    """An autoencoder with one matrix."""
    encoder = {"type": "Shared", "name": "code", "layers": [{"type": "Dense", "units": units}]}
    return [encoder, {"type": "Tanh"}, {"type": "TiedDense", "to": "code"}]


def _block(units: int, full_batch: bool, rng: Rng) -> list[dict[str, Any]]:
    """A layer of units, and what comes after it."""
    dense: dict[str, Any] = {"type": "Dense", "units": units}
    if chance(rng, 0.15):
        dense["trainable"] = False
    block = [dense]
    if chance(rng, 0.5):
        block.append(_normalization(full_batch, rng))
    block.append({"type": str(rng.choice(["ReLU", "Tanh", "PReLU", "GELU"]))})
    if not full_batch and chance(rng, 0.5):
        block.append({"type": "Dropout", "rate": 0.3})
    return block


def _normalization(full_batch: bool, rng: Rng) -> dict[str, Any]:
    return {"type": "LayerNorm"} if full_batch or chance(rng, 0.3) else {"type": "BatchNorm"}


def _optimizer(number: int, rng: Rng) -> dict[str, Any]:
    decay = 0.01 if chance(rng, 0.4) else 0.0
    momentum = float(rng.choice([0.0, 0.9]))
    return [
        {"type": "SGD", "learning_rate": 0.05, "momentum": momentum, "weight_decay": decay},
        {"type": "Adam", "learning_rate": 0.01, "weight_decay": decay},
        {"type": "AdamW", "learning_rate": 0.01, "weight_decay": decay},
        {"type": "RMSprop", "learning_rate": 0.003, "momentum": momentum, "weight_decay": decay},
        {"type": "SGD", "learning_rate": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": decay},
    ][(number + number // 5) % 5]


def _metrics(number: int, task: str) -> list[Any]:
    """Metrics for every other config; they draw nothing, so that the others are as they were without them."""
    if number % 2:
        return []
    if task == "regression":
        return [["MedianAbsoluteError"], [{"type": "QuantileLoss", "quantile": 0.9}, "MAE"]][number // 2 % 2]
    return [["F1", "ROCAUC", "MCC"], ["F1", {"type": "TopK", "k": 2}, "Brier", "LogLoss"]][number // 2 % 2]


def _schedule(rng: Rng) -> dict[str, Any]:
    schedules: list[dict[str, Any]] = [
        {"type": "Cosine", "warmup": 0.1, "restarts": 1},
        {"type": "OneCycle"},
        {"type": "StepDecay", "every": 2, "factor": 0.5, "per": "epoch"},
        {"type": "ExponentialDecay", "factor": 0.99, "per": "step"},
        {"type": "ReduceOnPlateau", "patience": 0, "factor": 0.5},
    ]
    return schedules[rng.integers(len(schedules))]
