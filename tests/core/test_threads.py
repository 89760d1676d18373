"""Many threads predict with one model at once: each gets what it would have got alone."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.core.layer import Layer
from nnlite.signature import copy_of
from nnlite.testing.case import Case, numbers
from tests.layers.test_all import LAYERS, SAMPLES

THREADS = 8


@pytest.fixture
def impatient():
    """Python changes from thread to thread as often as it can, a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def wrong_predictions(calls):
    """How many of `calls` predictions by each of eight threads, shared out among all layers, are not those of one."""
    wrong, each = [], -(-calls // len(LAYERS))
    for layer, shapes in LAYERS:
        model = Sequential([copy_of(layer)]).build(shapes[0])
        case = Case(layer, shapes[0], SAMPLES.get(type(layer).__name__, numbers))
        inputs = [case.input(rows) for rows in range(1, THREADS + 1)]
        alone = [model.forward(x) for x in inputs]

        def predict(x, expected, model=model, layer=layer):
            for _ in range(each):
                found = model.forward(x)
                if found.shape != expected.shape or not np.array_equal(found, expected):
                    wrong.append(layer)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(predict, inputs, alone))  # raises what one of them has raised
    return wrong


def test_every_shipped_layer_is_among_them():
    assert len(LAYERS) > 50 and all(isinstance(layer, Layer) for layer, _ in LAYERS)


@pytest.mark.slow
def test_eight_threads_predict_what_one_does(impatient):
    assert wrong_predictions(1_000) == []


@pytest.mark.slow
def test_eight_times_a_hundred_thousand_predictions_are_those_of_one_thread(impatient):
    assert wrong_predictions(100_000) == []
