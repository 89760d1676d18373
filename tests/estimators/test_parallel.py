"""Fits that are made at once, in processes or in threads of Python, have the bits of those made one after another."""

import threading

import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nnlite import NNClassifier
from tests.helpers.searches import searched


def in_force():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.fixture(scope="module")
def alone():
    return searched()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_search_has_the_same_bits_in_processes_and_threads(backend, alone):
    before, errors = in_force(), np.geterr()
    with joblib.parallel_config(backend=backend):
        found = searched(n_jobs=2)
    assert found.tobytes() == alone.tobytes()
    assert in_force() == before and np.geterr() == errors  # nothing is left limited


def test_members_in_threads_within_fits_in_threads(rng):
    x = rng.normal(size=(300, 20))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    members = NNClassifier(hidden=[64, 64], epochs=4, ensemble=3, random_state=1)
    expected = members.fit(x, y).predict_proba(x)
    before, found = in_force(), {}

    def fit(number):
        with joblib.parallel_config(backend="threading"):
            estimator = NNClassifier(hidden=[64, 64], epochs=4, ensemble=3, random_state=1, n_jobs=2)
            found[number] = estimator.fit(x, y).predict_proba(x)

    fits = [threading.Thread(target=fit, args=(number,)) for number in range(3)]
    for each in fits:
        each.start()
    for each in fits:
        each.join()
    assert [found[number].tobytes() == expected.tobytes() for number in range(3)] == [True] * 3
    assert in_force() == before


@pytest.mark.parametrize("calibrate", [False, True])
def test_answers_do_not_depend_on_the_threads_of_the_process(calibrate, rng):
    x = rng.normal(size=(300, 20))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)

    def answers():
        made = NNClassifier(hidden=[64, 64], epochs=4, ensemble=3, calibrate=calibrate, random_state=1)
        return made.fit(x, y).predict_proba(x).tobytes()

    with threadpool_limits(1, user_api="blas"):
        one = answers()
    with threadpool_limits(2, user_api="blas"):
        assert answers() == one
