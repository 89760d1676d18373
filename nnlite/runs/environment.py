"""The environment is what a run's figures may depend on beside its config."""

import hashlib
import importlib.metadata
import json
import os
import platform
from typing import Any

import numpy as np

from nnlite import threads
from nnlite.config.training_config import TrainingConfig
from nnlite.core.taken import Taken
from nnlite.data import Splits
from nnlite.version import __version__

_PACKAGES = ("numpy", "scipy", "scikit-learn", "matplotlib", "msgspec", "safetensors")
_POOL = ("user_api", "internal_api", "version", "num_threads", "architecture")


def describe(config: TrainingConfig, splits: Splits, thread_count: int, taken: Taken | None = None) -> dict[str, Any]:
    """What the weights of a run depend on beside its config, as plain values.

    Args:
        config: the run's config.
        splits: the rows of the config.
        thread_count: how many threads its training takes to multiply matrices.
        taken: what its model has taken from another one.
    """
    return {
        "nnlite": __version__,
        "python": platform.python_version(),
        "packages": {package: importlib.metadata.version(package) for package in _PACKAGES},
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "thread_pools": [{key: pool.get(key) for key in _POOL} for pool in threads.libraries()],
        "numpy_simd": simd_extensions(),
        "threads": thread_count,
        "seed": config.seed,
        "rows": rows(splits),
        "data_sha256": data_hash(splits),
        "names_sha256": names_hash(splits),
        "config_sha256": hashlib.sha256(config.to_toml().encode()).hexdigest(),  # of config.toml
        "plugins_sha256": plugins_hash(config),
    } | ({} if taken is None else {"start": taken.record()})


def simd_extensions() -> list[str]:
    """The extensions of the processor that NumPy computes with, such as X86_V3.

    They follow from how NumPy was built, from the processor, and from NPY_DISABLE_CPU_FEATURES; other ones round some
    sums and functions otherwise. What the BLAS library uses is the architecture in `thread_pools`.
    """
    found: Any = np.show_config(mode="dicts")
    extensions = found.get("SIMD Extensions", {})
    return [*extensions.get("baseline", ()), *extensions.get("found", ())]


def rows(splits: Splits) -> dict[str, int]:
    """How many rows each part of the data has."""
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    return {name: 0 if part is None else len(part) for name, part in parts.items()}


def data_hash(splits: Splits) -> str:
    """SHA-256 over the rows and targets of every part, their shapes and dtypes."""
    digest = hashlib.sha256()
    for part in (splits.train, splits.validation, splits.test):
        for array in (part.x, part.y) if part is not None else ():
            digest.update(f"{array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def names_hash(splits: Splits) -> str:
    """SHA-256 over what the same rows leave open: what classes and columns are called, how a table is encoded."""
    names: list[Any] = [splits.train.classes, splits.train.feature_names]
    if (table := splits.train.table) is not None:
        values, arrays = table.description()
        names += [values, {name: array.tolist() for name, array in arrays.items()}]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def plugins_hash(config: TrainingConfig) -> str | None:
    """SHA-256 over the plug-in files in their order, each with the files that it imports; None without any."""
    digest, files = hashlib.sha256(), config.registry.files
    for file in files:
        content = file.read_bytes()
        digest.update(f"{len(content)} ".encode() + content)
    return digest.hexdigest() if files else None
