"""k + (n − k) = n: a run that is left after k of its n steps and gone on with elsewhere equals one in one go.

Each try is another random config, left after another share of its steps, mostly in the middle of an epoch. The state
goes through JSON and bytes to a new trainer, and another run is made meanwhile. All that the two trainers then are
must be equal to the bit: weights, running figures, history, best weights, average, optimizer, generators.
"""

import tempfile
from pathlib import Path
from unittest import mock

import numpy as np

from nnlite.training import full_batch
from tests.training.test_resume import TURN, Run, check_split

FULL, REDUCED = 500, 50

_FIRST = 1000
"""Number of the first config: others than those of the tests."""


def run(size: int) -> str:
    """Tries so many splits."""
    with tempfile.TemporaryDirectory() as name, mock.patch.object(full_batch, "ITERATIONS_PER_START", TURN):
        in_an_epoch = 0
        for number in range(_FIRST, _FIRST + size):
            share, other = np.random.default_rng(number).random(), Run(number + 1, Path(name))
            state = check_split(number, Path(name), share, other)
            in_an_epoch += state.values["fit"]["own"]["step"] > 0
    return f"{size} of {size} split runs equal to the bit ({in_an_epoch} of them left in the middle of an epoch)"
