"""The values that pass between the folders: arrays, shapes, dtypes and tasks."""

from typing import Any, Literal, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

MOST_AXES = 64
"""NumPy has no more. The product of 130,000 sides, which a small file may ask for, would take minutes."""

Shape: TypeAlias = tuple[int, ...]
"""Sizes of an array's axes, the batch axis left out."""

DtypeName: TypeAlias = Literal["float32", "float64"]
"""What a model computes in."""

Task: TypeAlias = Literal["classification", "multi-label", "regression"]
"""What is predicted: the probability of each class, of each label by itself, or numbers."""


def float_dtype(x: Array) -> np.dtype[Any]:
    """The dtype of a result that is worked out in float64: float32 (f) or float64 (d) if x is, else float64."""
    return x.dtype if x.dtype.char in "fd" else np.dtype(np.float64)
