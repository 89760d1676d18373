"""The values that pass between the folders: arrays, shapes, dtypes and tasks."""

from typing import Any, Literal, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

MOST_AXES = 64
"""The most axes that a NumPy array has. A small file may ask for 130,000, whose product would take minutes."""

Shape: TypeAlias = tuple[int, ...]
"""Sizes of an array's axes, the batch axis left out."""

DtypeName: TypeAlias = Literal["float32", "float64"]
"""The dtype that a model computes in."""

Task: TypeAlias = Literal["classification", "multi-label", "regression"]
"""What is predicted: the probability of each class, of each label by itself, or numbers."""


def float_dtype(x: Array) -> np.dtype[Any]:
    """The dtype of a result computed in float64: that of x if it is float32 (f) or float64 (d), else float64."""
    return x.dtype if x.dtype.char in "fd" else np.dtype(np.float64)
