"""A fit that fails, before its training or in the middle, leaves an estimator as it was."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from nnlite import NNClassifier, NNRegressor
from nnlite.training.callbacks import Callback

QUICK = {"epochs": 4, "learning_rate": 0.01, "ensemble": 2, "random_state": 0}

X, Y = load_iris(return_X_y=True)


class Breaks(Callback):
    """Raises after some epochs."""

    def __init__(self, error=KeyboardInterrupt, after=6):
        self.error, self.left = error, after

    def after_epoch(self, fit, row):
        self.left -= 1
        if not self.left:
            raise self.error


def fitted(kind, **more):
    return kind(**QUICK, **more).fit(X[Y < 2], Y[Y < 2])


def with_gap():
    return np.where(np.arange(150) == 3, np.nan, Y)


FAILURES = {
    "a missing target": lambda found: found.fit(X[:, :2], with_gap()),
    "fewer targets": lambda found: found.fit(X[:, :2], Y[:-1]),
    "weights of 0": lambda found: found.fit(X[:, :2], Y, sample_weight=np.zeros(150)),
    "other columns in X_val": lambda found: found.fit(X, Y, X_val=X[:, :2], y_val=Y),
    "y_val alone": lambda found: found.fit(X, Y, y_val=Y),
    "an argument": lambda found: found.set_params(epochs=0).fit(X, Y),
    "a layer": lambda found: found.set_params(layers=["Dens"]).fit(X, Y),
    "an interrupt": lambda found: found.set_params(callbacks=[Breaks()]).fit(X[:, :2], Y),
    "a callback": lambda found: found.set_params(callbacks=[Breaks(ZeroDivisionError)]).fit(X[:, :2], Y),
    "a stream of other columns": lambda found: found.partial_fit(X[:, :2], Y),
    "a stream that is interrupted": lambda found: found.set_params(callbacks=[Breaks(after=2)]).partial_fit(X, Y % 2),
}


@pytest.mark.parametrize("kind", [NNClassifier, NNRegressor])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_fitted_estimator_keeps_all_that_it_had(kind, failure):
    found = fitted(kind)
    before = {name: value for name, value in vars(found).items() if name.endswith("_")}
    answers, curve = found.predict(X), found.loss_curve_
    with pytest.raises(BaseException) as raised:
        FAILURES[failure](found)
    assert isinstance(raised.value, ValueError | ZeroDivisionError | KeyboardInterrupt)
    after = {name: value for name, value in vars(found).items() if name.endswith("_")}
    assert after.keys() == before.keys() and all(after[name] is before[name] for name in after)
    assert (found.predict(X) == answers).all() and found.loss_curve_ == curve


def test_one_that_was_not_fitted_stays_so():
    found = NNClassifier(**QUICK, callbacks=[Breaks()])
    before = set(vars(found))
    for error, y in ((ValueError, with_gap()), (KeyboardInterrupt, Y)):
        with pytest.raises(error):
            found.fit(X, y)
        assert set(vars(found)) == before
    with pytest.raises(NotFittedError):
        found.predict(X)


@pytest.mark.parametrize("kind", [NNClassifier, NNRegressor])
def test_a_warm_start_goes_on_from_before_the_failure_to_the_bit(kind):
    found, other = fitted(kind, warm_start=True), fitted(kind, warm_start=True)
    with pytest.raises(KeyboardInterrupt):
        found.set_params(callbacks=[Breaks()]).fit(X[Y < 2], Y[Y < 2])
    assert found.n_iter_ == len(found.history_) == 4
    found.set_params(callbacks=()).fit(X[Y < 2], Y[Y < 2])
    other.fit(X[Y < 2], Y[Y < 2])
    assert found.n_iter_ == 8 and (found.predict(X) == other.predict(X)).all()


def test_callbacks_of_scikit_learn_are_ended():
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
    from sklearn.callback import ScoringMonitor

    ended = []

    class Ends(ScoringMonitor):
        def teardown(self, *args, **kwargs):
            ended.append(True)
            return super().teardown(*args, **kwargs)

    found = NNClassifier(**QUICK, callbacks=[Breaks()]).set_callbacks(Ends(scoring="accuracy"))
    with pytest.raises(KeyboardInterrupt):
        found.fit(X, Y)
    assert ended and not any("teardown" in name or "fit_ctx" in name for name in vars(found))
