"""A generated data set: sequences whose class is told by the order of two events, and by nothing else."""

from typing import Annotated

import numpy as np
from msgspec import Meta

from nnlite.annotations import NonNegativeInt
from nnlite.data.dataset import Dataset


def order(
    rows: Annotated[int, Meta(ge=2, le=1_000_000)] = 1000,
    steps: Annotated[int, Meta(ge=2, le=1000)] = 12,
    seed: NonNegativeInt = 0,
) -> Dataset:
    """Generated sequences (steps, 2), in each of which two things happen once: which of them comes first?

    A 1 stands at one step in the first column and at another step in the second; all other numbers are 0, with noise
    of deviation 0.1 on all of them. A sequence and its mirror image have different classes, but the same numbers in
    each column: means and maxima over time tell nothing.

    Args:
        rows: how many sequences.
        steps: how long each is.
        seed: of the random numbers; the same gives the same sequences.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(0, steps, rows)  # the step of the event in the first column
    second = (first + rng.integers(1, steps, rows)) % steps  # any other step
    x = rng.normal(0, 0.1, (rows, steps, 2))
    x[np.arange(rows), first, 0] += 1
    x[np.arange(rows), second, 1] += 1
    return Dataset(x.astype(np.float32), (second < first).astype(np.intp), classes=("first", "second"))
