"""The environment is what a run's figures may depend on beside its config."""

import hashlib
import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnlite import threads
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Splits
from nnlite.runs.differences import differences
from nnlite.version import __version__

_PACKAGES = ("numpy", "scipy", "scikit-learn", "matplotlib", "msgspec", "safetensors")
_OF_ROWS = ("rows", "data_sha256", "names_sha256")
_OF_RECIPE = ("config_sha256", "plugins_sha256")
_NEWER = ("names_sha256", *_OF_RECIPE)
_POOL = ("user_api", "internal_api", "version", "num_threads", "architecture")


def describe(settings: TrainingConfig, splits: Splits, thread_count: int) -> dict[str, Any]:
    """Versions, platform, cores, libraries, the fit's threads, seed, rows, and hashes of what is trained with."""
    return {
        "nnlite": __version__,
        "python": platform.python_version(),
        "packages": {package: _version(package) for package in _PACKAGES},
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "thread_pools": [{key: pool.get(key) for key in _POOL} for pool in threads.libraries()],
        "threads": thread_count,
        "seed": settings.seed,
        "rows": rows(splits),
        "data_sha256": data_hash(splits),
        "names_sha256": names_hash(splits),
        "config_sha256": hashlib.sha256(settings.to_toml().encode()).hexdigest(),  # of config.toml
        "plugins_sha256": plugins_hash(settings),
    }


def _version(package: str) -> str:
    """The version of an installed package; `importlib.metadata.version` would parse its whole description too."""
    found = importlib.metadata.distribution(package)
    stated = re.search(r"^Version: *(\S+)", found.read_text("METADATA") or "", re.MULTILINE)
    return stated[1] if stated else found.version


def rows(splits: Splits) -> dict[str, int]:
    """How many rows each part has."""
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
    """SHA-256 over what classes and columns are called, which the same rows leave open."""
    names = [splits.train.classes, splits.train.feature_names]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def plugins_hash(settings: TrainingConfig) -> str | None:
    """SHA-256 over the plug-in files in their order; None without any."""
    digest, plugins = hashlib.sha256(), settings.document["plugins"]
    for plugin in plugins:
        content = Path(plugin).read_bytes()
        digest.update(f"{len(content)} ".encode() + content)
    return digest.hexdigest() if plugins else None


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """In what two environments differ that the same rows and config may be trained in, a line for each difference."""
    before, now = _libraries(old), _libraries(new)
    if same := before.keys() & now.keys():
        # Older versions of nnlite also recorded the libraries of SciPy and scikit-learn.
        before = {name: before[name] for name in before if name in same}
    leaving_out = (*_OF_ROWS, *_OF_RECIPE, "seed", "cores")
    return differences({**old, "thread_pools": before}, {**new, "thread_pools": now}, leaving_out=leaving_out)


def data_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """In what the data of two environments differ, a line for each difference."""
    return _changes_in(_OF_ROWS, old, new)


def recipe_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Whether config and plug-ins are others, a line for each."""
    return _changes_in(_OF_RECIPE, old, new)


def _changes_in(keys: Iterable[str], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The same for some keys, but for those that an older nnlite has not written down."""
    told = [key for key in keys if key in old or key not in _NEWER]
    return differences({key: old.get(key) for key in told}, {key: new[key] for key in told})


def _libraries(described: Mapping[str, Any]) -> dict[str, Any]:
    """The libraries that multiply matrices, by name and version.

    Without their numbers of threads, which follow from the process's cores and variables: a fit sets its own.
    """
    return {
        f"{pool.get('internal_api')} {pool.get('version')}": {**pool, "num_threads": None}
        for pool in described.get("thread_pools") or ()
        if isinstance(pool, dict) and pool.get("user_api") == "blas"
    }
