"""Periodic embeddings: the waves of each column by hand, how they start, and that they learn what bends."""

import math

import numpy as np
import pytest
from scipy import stats

from nnlite import (
    AdamW,
    Columns,
    ConfigError,
    Dataset,
    Dense,
    PeriodicEmbedding,
    ReLU,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Trainer,
)


def built(layer, shape, dtype="float64"):
    Sequential([layer]).build(shape, dtype=dtype)
    return layer


def test_one_wave_by_hand():
    layer = built(PeriodicEmbedding(1, frequencies=1, size=2), (2,))
    layer.frequency.value, layer.phase.value = [[0.25]], [[math.pi / 3]]
    layer.weight.value, layer.bias.value = [[[2.0]]], [[10.0]]
    y = layer.forward(np.array([[1.0, 7.0]]))  # cos(2π/4 + π/3) = −sin(π/3)
    assert y[0] == pytest.approx([10 - 2 * math.sqrt(3) / 2, 1, 7], abs=1e-14)


def test_every_column_goes_its_own_way(rng):
    layer = built(PeriodicEmbedding(), (3,))
    x = rng.normal(size=(5, 3))
    together = layer.forward(x)
    assert together.shape == (5, 12) and (together[:, 3::4] == x).all()
    for column in range(3):
        waves = np.cos(2 * np.pi * x[:, column, None] * layer.frequency.value[column] + layer.phase.value[column])
        expected = waves @ layer.weight.value[column].T + layer.bias.value[column]
        assert np.allclose(together[:, 4 * column : 4 * column + 3], expected, rtol=0, atol=1e-13)


def test_the_parameters_start_as_in_the_paper():
    layer = built(PeriodicEmbedding(frequencies=25, deviation=0.3), (400,))
    assert stats.kstest(layer.frequency.value.ravel() / 0.3, "norm").pvalue > 0.01
    for parameter, limit in ((layer.phase, math.pi), (layer.weight, 0.2), (layer.bias, 0.2)):
        assert stats.kstest(parameter.value.ravel(), "uniform", (-limit, 2 * limit)).pvalue > 0.01
    assert [parameter.decay for parameter in layer.parameters] == [True, False, True, False]


def test_a_small_network_behind_it_learns_a_comb_that_it_does_not_learn_without():
    x = np.random.default_rng(0).uniform(-1, 1, (300, 1))
    data = Dataset(x, (np.floor(x[:, 0] * 6) % 2).astype(int))
    found = {}
    for first in ([PeriodicEmbedding(deviation=1.0)], []):
        model = Sequential([Columns(), *first, Dense(32), ReLU(), Dense(2), SoftmaxCrossEntropy()])
        found[bool(first)] = Trainer(model, AdamW(0.01), epochs=40, seed=1).fit(data)["training_accuracy"][-1]
    assert found[True] > 0.9 > found[False] + 0.1


def test_what_does_not_fit_is_refused():
    for shape in ((2,), (3, 4)):
        with pytest.raises(ShapeError, match=r"takes rows of at least 3 columns, but its input has shape"):
            built(PeriodicEmbedding(3), shape)
    with pytest.raises(ConfigError, match="size = 1: expected an integer of at least 2"):
        PeriodicEmbedding(size=1)


def test_the_summary_counts_its_parameters():
    model = Sequential([PeriodicEmbedding(5)]).build((7,))
    assert sum(parameter.size for parameter in model.parameters) == 5 * (16 + 16 + 3 * 16 + 3)
    assert model.output_shape == (5 * 4 + 2,)
