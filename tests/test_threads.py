"""How many threads multiply matrices follows from the work, and is set for the length of a fit only."""

import pytest
import scipy.linalg  # noqa: F401 (its BLAS library is to be there before nnlite looks for such)
from threadpoolctl import threadpool_info

from nnlite import (
    SGD,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
    chain,
    threads,
)


def in_force():
    """The number of threads of each BLAS library."""
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


pytestmark = pytest.mark.skipif(not in_force(), reason="threadpoolctl knows no BLAS library here")


def trainer(batch_size):
    return Trainer(
        Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,)), SGD(0.1), epochs=1, batch_size=batch_size
    )


SMALL, LARGE = 32, 2_000_000  # batches of a model with 15 parameters: 480 and 30 million multiplications


@pytest.mark.parametrize("count", [1, 2])
def test_the_number_is_set_and_set_back(count):
    before = in_force()
    with threads.limited(count):
        assert set(in_force()) == {count}
        with threads.limited(3 - count):
            assert set(in_force()) == {3 - count}
        assert set(in_force()) == {count}
    assert in_force() == before


def test_it_is_set_back_after_an_error():
    before = in_force()
    with pytest.raises(ZeroDivisionError), threads.limited(1 if before != [1] else 2):
        raise ZeroDivisionError
    assert in_force() == before


def test_it_follows_from_the_model_and_the_batch_and_is_never_more_than_what_is_allowed():
    for allowed, expected in ((1, [1, 1]), (2, [1, 2]), (3, [1, 2])):
        with threads.limited(allowed):
            assert [trainer(size).threads for size in (SMALL, LARGE)] == expected


def test_a_filter_multiplies_at_every_place_of_a_picture():
    layers = Conv2D(2, 3), BatchNorm(), Flatten(), Residual([Dense(8)])  # 18 + 2 and 4 at each of 4 places, 64 + 8
    model = Sequential(layers).build((1, 4, 4))
    assert chain.products(model.layers) == 4 * (18 + 2 + 4) + 64 + 8


@pytest.mark.parametrize("batch_size", [SMALL, LARGE])
def test_a_fit_runs_on_the_number_that_the_trainer_tells(batch_size, blobs):
    with threads.limited(3):
        made, seen = trainer(batch_size), []
        made.fit(blobs, on_step=lambda step, of: seen.append(set(in_force())))
        assert set(in_force()) == {3}
        assert seen and all(each == {made.threads} for each in seen)
