"""The metrics of an estimator stand in its history, by name or as objects."""

import numpy as np
import pytest
from sklearn.base import clone

from nnlite import NNClassifier, NNRegressor
from nnlite.metrics import F1


@pytest.fixture
def rows(rng):
    x = rng.normal(size=(90, 3))
    return x, (x[:, 0] > 0).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_they_stand_in_the_history_of_each_member(rows, n_jobs):
    asked = ["ROCAUC", {"type": "F1", "average": "weighted"}, F1("binary")]
    estimator = NNClassifier(metrics=asked, ensemble=2, epochs=3, n_jobs=n_jobs, random_state=0)
    fitted = clone(estimator).fit(*rows)
    for history in fitted.histories_:
        assert {
            f"{part}_{name}" for part in ("training", "validation") for name in ("roc_auc", "f1_weighted")
        } <= set(history.columns)
        assert "validation_f1_binary" in history and history.metrics == ("roc_auc", "f1_weighted", "f1_binary")
    plain = NNClassifier(ensemble=2, epochs=3, random_state=0).fit(*rows)
    assert np.array_equal(plain.predict_proba(rows[0]), fitted.predict_proba(rows[0]))


def test_a_regressor_has_those_of_numbers(rows):
    x, _ = rows
    fitted = NNRegressor(metrics=("MedianAbsoluteError", "MAE"), ensemble=1, epochs=2, random_state=0).fit(x, x[:, 0])
    assert "validation_median_absolute_error" in fitted.history_.columns


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("F1", r'metrics is \'F1\'; expected a list of metrics, such as \["F1"\]'),
        (["ROCAUK"], "there is no metric 'ROCAUK'; did you mean 'ROCAUC'"),
        ([F1], r"the metric is the class F1; expected an object"),
        (["MAE"], r"MAE\(\) is not for this model"),
        ([{"type": "TopK", "n": 3}], "the metric TopK has no argument 'n'"),
    ],
)
def test_a_wrong_one_is_refused(rows, given, said):
    with pytest.raises(ValueError, match=said):
        NNClassifier(metrics=given, ensemble=1, epochs=1).fit(*rows)
