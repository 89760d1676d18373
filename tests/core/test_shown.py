"""Models and predictors show themselves in a prompt and in a notebook; names of any sort are no tags there."""

import copy
import pickle

import pytest

from nnlite import SGD, Dense, Ensemble, MeanSquaredError, Predictor, ReLU, Sequential, SoftmaxCrossEntropy, Trainer
from nnlite.core.summary import Summary
from nnlite.data import from_arrays

HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=y>', "\x1b[31m", "‮abc", "x" * 300, "😀")


def small():
    return Sequential([Dense(4), ReLU(), Dense(3), SoftmaxCrossEntropy()])


def test_a_summary_is_the_table_however_it_is_shown():
    summary = small().build((2,)).summary()
    assert isinstance(summary, Summary) and isinstance(summary, str)
    assert repr(summary) == str(summary) == f"{summary}" and "\n" in repr(summary)
    assert "Dense" in summary and summary.splitlines()[-1].startswith("27 parameters")
    assert summary._repr_html_().startswith("<pre") and "27 parameters" in summary._repr_html_()
    for other in (copy.deepcopy(summary), pickle.loads(pickle.dumps(summary))):
        assert other == summary and repr(other) == repr(summary)


def test_a_model_shows_its_summary_and_before_it_is_built_its_layers():
    model = small()
    assert "Dense(4)" in model._repr_html_() and "not built" in model._repr_html_()
    model.build((2,))
    assert model._repr_html_() == model.summary()._repr_html_()


def test_a_predictor_shows_its_classes_its_columns_and_its_model(rng):
    model = small().build((2,))
    shown = Predictor(model, classes=["a", "b", "c"], feature_names=["width", "height"])._repr_html_()
    assert "3 classes: a, b, c" in shown and "2 features: width, height" in shown and "27 parameters" in shown
    assert "3 classes" in Predictor(model)._repr_html_() and "shape (2,)" in Predictor(model)._repr_html_()
    several = Ensemble([small().build((2,), seed) for seed in (0, 1)])
    assert "the mean of 2 networks" in Predictor(several)._repr_html_()
    numbers = Sequential([Dense(1), MeanSquaredError()]).build((2,))
    assert "of a number" in Predictor(numbers)._repr_html_()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name, rng):
    data = from_arrays(rng.normal(size=(12, 2)), [name, "b", "c"] * 4, feature_names=[name, "other"])
    model = small()
    Trainer(model, SGD(0.1), epochs=1).fit(data)
    shown = Predictor(model)._repr_html_()
    for mark in ("<script", "<img", "\x1b", "‮"):
        assert mark not in shown
    assert len(shown) < 5000
