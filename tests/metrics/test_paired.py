"""Paired tests, against statsmodels, SciPy and what one works out by hand."""

import numpy as np
import pytest
from scipy import stats

from nnlite.metrics.paired import EXACT_BELOW, holm, mcnemar, mean_difference, rmse_difference


def rows(only_first, only_second, both=5, neither=4):
    first = [True] * only_first + [False] * only_second + [True] * both + [False] * neither
    second = [False] * only_first + [True] * only_second + [True] * both + [False] * neither
    return np.array(first), np.array(second)


# What statsmodels 0.14 says: mcnemar(table, exact=b + c < 25, correction=True).
STATSMODELS = {
    (6, 1): 0.125,
    (10, 14): 0.5412561893463135,
    (0, 0): 1.0,
    (5, 5): 1.0,
    (30, 12): 0.008711912962379598,
    (12, 13): 1.0,
    (100, 60): 0.002047732153668759,
    (40, 41): 1.0,
}


@pytest.mark.parametrize(("apart", "p"), STATSMODELS.items())
def test_mcnemars_p_is_that_of_statsmodels(apart, p):
    found = mcnemar(*rows(*apart))
    assert (found.only_first, found.only_second) == apart
    assert found.p == pytest.approx(p, rel=1e-12)
    assert found.exact == (sum(apart) < EXACT_BELOW)


@pytest.mark.parametrize("apart", [(1, 0), (3, 9), (24, 0), (0, 25), (7, 40), (333, 280)])
def test_it_is_that_of_scipys_binomial_or_chi_square(apart):
    found, (b, c) = mcnemar(*rows(*apart)), apart
    if b + c < 25:
        assert found.p == pytest.approx(stats.binomtest(b, b + c).pvalue, rel=1e-12)
    else:
        assert found.p == pytest.approx(stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1), rel=1e-12)
    assert mcnemar(*reversed(rows(*apart))).p == found.p


def test_holm_is_that_of_statsmodels():
    assert holm([0.01, 0.04, 0.03, 0.2, 0.005]) == pytest.approx([0.04, 0.09, 0.09, 0.2, 0.025])
    assert holm([]) == [] and holm([0.3]) == [0.3] and holm([0.9, 0.8]) == [1.0, 1.0]


def test_the_difference_of_means_is_scipys_paired_bootstrap(rng):
    hard = rng.exponential(size=200)
    first, second = hard + rng.normal(0.1, 0.2, 200), hard + rng.normal(0, 0.2, 200)
    found, (low, high) = mean_difference(first, second, np.random.default_rng(0))
    assert found == pytest.approx(np.mean(first - second))
    theirs = stats.bootstrap((first - second,), np.mean, method="percentile", rng=1).confidence_interval
    assert (low, high) == pytest.approx(theirs, abs=0.005)
    unpaired = stats.bootstrap((first,), np.mean, method="percentile", rng=1).confidence_interval
    assert high - low < (unpaired.high - unpaired.low) / 3  # what is hard for both cancels


def test_of_rows_with_weights_the_means_are_weighted(rng):
    first, second = rng.normal(size=30), rng.normal(size=30)
    weights = np.repeat([1.0, 0.0], 15)
    assert mean_difference(first, second, np.random.default_rng(0), weights)[0] == pytest.approx(
        (first - second)[:15].mean()
    )
    found = rmse_difference(first[:, None], second[:, None], np.random.default_rng(0), weights)
    assert found[0] == pytest.approx(np.sqrt((first[:15] ** 2).mean()) - np.sqrt((second[:15] ** 2).mean()))


@pytest.mark.parametrize("outputs", [1, 2])
def test_the_difference_of_rmse_is_scipys_paired_bootstrap(rng, outputs):
    first, second = rng.normal(0, 2, (120, outputs)), rng.normal(0, 1.5, (120, outputs))
    found, (low, high) = rmse_difference(first, second, np.random.default_rng(0))

    def difference(one, other, axis=-1):
        return np.sqrt((one**2).mean(axis=axis)) - np.sqrt((other**2).mean(axis=axis))

    assert found == pytest.approx(np.mean([difference(first[:, k], second[:, k]) for k in range(outputs)]))
    if outputs == 1:
        theirs = stats.bootstrap((first[:, 0], second[:, 0]), difference, paired=True, method="percentile", rng=1)
        assert (low, high) == pytest.approx(theirs.confidence_interval, abs=0.03)


def test_on_few_rows_there_is_no_interval(rng):
    assert np.isnan(mean_difference(rng.normal(size=9), rng.normal(size=9), rng)[1]).all()


@pytest.mark.slow
def test_the_intervals_cover_and_the_test_raises_few_false_alarms(record_property):
    covered = alarms = 0
    for draw in map(np.random.default_rng, range(1000)):
        hard = draw.normal(size=150)
        _, (low, high) = mean_difference(hard + draw.normal(size=150), hard + draw.normal(size=150), draw)
        covered += low < 0 < high
        alarms += mcnemar(draw.random(200) < 0.8, draw.random(200) < 0.8).p < 0.05
    record_property("said", f"of 1,000 pairs, {covered} intervals of the difference cover it, {alarms} false alarms")
    assert 930 <= covered <= 970
    assert alarms <= 60  # the correction for continuity makes it cautious
