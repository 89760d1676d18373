"""Inputs that are not scaled: numbers in the hundreds beside others about 1 let training crawl, or diverge."""

from collections.abc import Iterator

import numpy as np

from nnlite.core.tree import walk
from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject
from nnlite.layers.convolution import Conv2D
from nnlite.layers.dense import Dense
from nnlite.layers.recurrent import Recurrent
from nnlite.layers.sequence_convolution import Conv1D

# The largest stable rate of plain descent goes with 1 / (mean square of the inputs). Pixels from 0 to 16 (of size 7)
# still train at rates of 0.01; at a size of 20 the rate has to be 400 times smaller than that of standardized inputs.
LARGE = 20.0
"""A root mean square of a column beyond which it is not scaled."""

_NOTHING_LEARNT = 0.9  # of the loss of a constant answer is left
_SMALL = 1e-3  # all inputs: the weights would have to grow a thousandfold before anything is learnt


def unscaled(subject: Subject) -> Iterator[Finding]:
    """A finding where the first trained layer multiplies by weights what is far larger, or smaller, than 1."""
    layers = subject.model.network.chain.layers
    first = next((layer for _, layer, _ in walk(layers) if layer.parameters), None)
    if not isinstance(first, Dense | Conv1D | Conv2D | Recurrent):
        return  # an embedding takes codes, a normalization scales by itself
    x = subject.prepared
    # Columns are the features of rows; of images and sequences all numbers are of one kind.
    columns = x if x.ndim == 2 else x.reshape(len(x), -1)
    sizes = np.sqrt(np.nanmean(np.square(columns, dtype=np.float64), axis=0))  # (columns,)
    largest = int(sizes.argmax())
    if _SMALL <= sizes[largest] <= LARGE:
        return
    whose = _whose(subject, x, largest)
    losses, constant = subject.losses, subject.constant_loss
    ruined = len(losses) > 0 and losses[-1] > _NOTHING_LEARNT * constant  # False where it is NaN
    yield Finding(
        "unscaled_inputs",
        "high" if ruined else "medium",
        f"The inputs are not scaled: {whose} has a size of about {sizes[largest]:.3g} where the network begins; 1 is "
        "best.",
        f"root mean square of the columns from {sizes.min():.3g} to {sizes[largest]:.3g}, on {len(x)} training rows",
        'model.layers = [{ type = "Standardize" }, …]',
    )


def _whose(subject: Subject, x: np.ndarray, column: int) -> str:
    same = x.ndim == 2 and x.shape[1:] == subject.train.x.shape[1:]
    return subject.column(column) if same else f"input {column}"
