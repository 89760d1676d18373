"""The environment is what a run's figures may depend on beside its config."""

import hashlib
import importlib.metadata
import os
import platform
from typing import Any

import numpy as np

from nnlite.data import Splits

_PACKAGES = ("numpy", "scipy", "scikit-learn", "matplotlib", "msgspec", "safetensors")
_POOL = ("user_api", "internal_api", "version", "num_threads", "architecture")


def describe(seed: int, splits: Splits, threads: int) -> dict[str, Any]:
    """Versions, platform, cores, thread pools, the fit's threads, seed, and rows and hash of the data."""
    from threadpoolctl import threadpool_info

    from nnlite import __version__

    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    return {
        "nnlite": __version__,
        "python": platform.python_version(),
        "packages": {package: importlib.metadata.version(package) for package in _PACKAGES},
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "thread_pools": [{key: pool.get(key) for key in _POOL} for pool in threadpool_info()],
        "threads": threads,
        "seed": seed,
        "rows": {name: 0 if part is None else len(part) for name, part in parts.items()},
        "data_sha256": data_hash(splits),
    }


def data_hash(splits: Splits) -> str:
    """SHA-256 over the rows and targets of every part, their shapes and dtypes."""
    digest = hashlib.sha256()
    for part in (splits.train, splits.validation, splits.test):
        for array in (part.x, part.y) if part is not None else ():
            digest.update(f"{array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
