"""Intervals and baselines, against SciPy's, scikit-learn's and what one works out by hand."""

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import balanced_accuracy_score, mean_absolute_error, r2_score, root_mean_squared_error

from nnlite.metrics import baseline
from nnlite.metrics.intervals import MOST_GROUPS, Z, bootstrap, effective_rows, wilson


def ends(rows):
    """Which quantiles of the samples are the ends of an interval: the expanded percentiles of Hesterberg (2015)."""
    tail = stats.norm.cdf(-np.sqrt(rows / (rows - 1)) * stats.t.ppf(0.975, rows - 1))
    return [tail, 1 - tail]


@pytest.mark.parametrize(("right", "rows"), [(0, 1), (1, 1), (0, 30), (30, 30), (45, 47), (9574, 10000), (1, 3)])
def test_wilsons_interval_is_scipys(right, rows):
    theirs = stats.binomtest(right, rows).proportion_ci(method="wilson")
    assert wilson(right, rows) == pytest.approx((theirs.low, theirs.high), rel=1e-12, abs=1e-15)


@pytest.mark.slow
def test_the_bootstraps_interval_is_scipys(rng):
    values = rng.exponential(size=(80, 1))
    ours = bootstrap(values, lambda means: means[:, 0], np.random.default_rng(1))
    theirs = stats.bootstrap((values[:, 0],), np.mean, method="percentile", n_resamples=20_000, rng=rng)
    low, high = theirs.confidence_interval
    assert ours == pytest.approx([low, high], abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [50, 100, 200])
def test_the_intervals_cover_the_truth_in_95_percent_of_1000_simulations(rows, record_property):
    """Errors of 1 and targets of deviation 2: an RMSE of 1 and an R² of 0.75; and an accuracy of 0.8."""
    covered = dict.fromkeys(("rmse", "r2", "accuracy"), 0)
    for rng in map(np.random.default_rng, range(1000)):
        true = rng.normal(size=rows) * 2
        found = baseline.of_numbers(true + rng.normal(size=rows), true, true, rng)
        answers = (rng.random(rows) < 0.8).astype(int)
        found |= baseline.of_classes(answers, answers, np.ones(rows, int), ["no", "yes"])
        for name, truth in (("rmse", 1.0), ("r2", 0.75), ("accuracy", 0.8)):
            low, high = found[f"{name}_interval"]
            covered[name] += low < truth < high
    record_property("said", f"of 1,000 intervals, {rows} rows, cover the truth: {covered}")
    assert all(930 <= count <= 970 for count in covered.values()), covered


def test_the_bootstrap_says_the_same_from_the_same_seed_and_nothing_on_few_rows(rng):
    values = rng.normal(size=(40, 2))
    first, second = (bootstrap(values, lambda means: means, np.random.default_rng(5)) for _ in range(2))
    assert (first == second).all() and first.shape == (2, 2)
    assert np.isnan(bootstrap(values[:9], lambda means: means, rng)).all()
    assert not np.isnan(bootstrap(values[:10], lambda means: means, rng)).any()


def test_a_classifiers_baseline_is_scikit_learns_dummy(rng):
    training, labels = rng.choice(3, 200, p=[0.2, 0.7, 0.1]), rng.choice(3, 50, p=[0.3, 0.4, 0.3])
    dummy = DummyClassifier(strategy="most_frequent").fit(training[:, None], training).predict(labels[:, None])
    assert baseline.majority(training, labels, ["a", "b", "c"]) == {
        "answer": "b",
        "accuracy": (dummy == labels).mean(),
        "balanced_accuracy": balanced_accuracy_score(labels, dummy),
    }


@pytest.mark.parametrize("shape", [(30,), (30, 1), (30, 2)])
def test_a_regressions_baseline_is_scikit_learns_dummy(shape, rng):
    training, true = rng.normal(5, 2, (100, *shape[1:])), rng.normal(5, 2, shape)
    dummy = DummyRegressor().fit(training, training).predict(true).reshape(shape)
    found = baseline.mean(training, true)
    assert found["answer"] == pytest.approx(training.mean(axis=0).tolist())
    assert found["mae"] == pytest.approx(mean_absolute_error(true, dummy))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(true, dummy))


@pytest.mark.parametrize("offset", [0, pytest.param(1e7, marks=pytest.mark.slow)])
def test_the_intervals_of_a_regression_are_those_of_scikit_learns_figures(offset, rng):
    true = offset + rng.normal(size=(50, 2))
    predicted = true + rng.normal(size=(50, 2)) / 2
    found = baseline.of_numbers(predicted, true, true, np.random.default_rng(2))
    draw = np.random.default_rng(2)
    samples = [draw.integers(50, size=50) for _ in range(1000)]
    for name, figure in (("r2", r2_score), ("rmse", root_mean_squared_error)):
        values = [figure(true[rows], predicted[rows]) for rows in samples]
        assert found[f"{name}_interval"] == pytest.approx(np.quantile(values, ends(50)), rel=1e-3)


def of_classes(found, training, labels):
    figures = baseline.of_classes(np.array(found), np.array(training), np.array(labels), ["no", "yes", "odd"])
    recalls = [np.mean(np.array(found)[np.array(labels) == each] == each) for each in set(labels)]
    return figures | {
        "accuracy": float(np.mean(np.array(found) == labels)),
        "balanced_accuracy": float(np.mean(recalls)),
    }


def test_a_model_that_knows_the_majority_alone_is_no_better():
    labels = [0] * 45 + [1] * 2  # a class is absent
    figures = of_classes([0] * 47, [0, 0, 0, 1, 2], labels)
    assert figures["accuracy"] == pytest.approx(0.9574, abs=5e-5)
    assert figures["balanced_accuracy"] == figures["baseline"]["balanced_accuracy"] == 0.5
    assert baseline.verdict(figures) == "The model is no better than always answering 'no'."


def test_what_is_said_of_models_that_are_a_little_better_or_otherwise():
    labels = [0] * 45 + [1] * 5
    one_more = of_classes([0] * 46 + [1] * 4, [0, 0, 1], labels)
    assert baseline.verdict(one_more).startswith("In accuracy the model may be no better than always answering 'no':")
    rare_found = of_classes([1] * 10 + [0] * 35 + [1] * 5, [0, 0, 1], labels)
    assert baseline.verdict(rare_found).endswith("always answering 'no'; in balanced accuracy it is.")
    assert baseline.verdict(of_classes([0] * 25 + [1] * 25, [0, 1], [0] * 25 + [1] * 25)) == ""
    undefined = of_classes([-1] + [0] * 49, [0, 0, 1], labels) | {"accuracy": np.nan}
    assert np.isnan(undefined["accuracy_interval"]).all() and baseline.verdict(undefined) == ""


def test_a_regression_of_constant_targets_is_no_better():
    true, near = np.full(20, 3.0), np.full(20, 3.0) + 1e-6
    found = baseline.of_numbers(near, true, true, np.random.default_rng(0))
    assert found["baseline"] == {"answer": 3.0, "mae": 0.0, "rmse": 0.0}
    assert found["r2_interval"] == [0.0, 0.0]
    assert baseline.verdict(found | {"rmse": 1e-6}) == (
        "The model is no better than always answering 3, the mean of the training targets."
    )


def test_weighted_rows_say_as_much_as_fewer_of_equal_weight():
    """Eight rows of weight 3 and eight of weight 1: (Σw)² / Σw² = 32² / 80 = 12.8 rows."""
    weights, right = np.repeat([3.0, 1.0], 8), np.array([1] * 6 + [0] * 2 + [1] * 4 + [0] * 4)
    assert effective_rows(weights) == pytest.approx(12.8)
    found = baseline.of_classes(right, np.array([0, 1, 1]), np.ones(16, int), ["no", "yes"], None, weights)
    share = (6 * 3 + 4) / 32
    for bound in found["accuracy_interval"]:  # Wilson's bounds solve (share − p)² = z² · p (1 − p) / n
        assert (share - bound) ** 2 == pytest.approx(Z**2 * bound * (1 - bound) / 12.8)
    for scale in (1e-30, 1e30):
        assert effective_rows(scale * weights) == pytest.approx(12.8)


def test_rows_of_weight_0_are_as_good_as_absent_and_equal_weights_as_good_as_none(rng):
    training, true = rng.normal(size=40), rng.normal(size=40)
    predicted = true + rng.normal(size=40)
    weights = np.where(np.arange(40) < 30, 7.0, 0.0)
    there = baseline.of_numbers(predicted[:30], training[:30], true[:30], np.random.default_rng(3))
    found = baseline.of_numbers(predicted, training, true, np.random.default_rng(3), weights, weights)
    assert found["r2_interval"] == pytest.approx(there["r2_interval"])
    assert found["rmse_interval"] == pytest.approx(there["rmse_interval"])
    assert found["baseline"] == pytest.approx(there["baseline"])
    labels, right = (true > 0).astype(int), (predicted > 0).astype(int)
    there = baseline.of_classes(right[:30], labels[:30], labels[:30], ["no", "yes"])
    found = baseline.of_classes(right, labels, labels, ["no", "yes"], weights, weights)
    assert found["accuracy_interval"] == pytest.approx(there["accuracy_interval"])
    assert found["baseline"] == pytest.approx(there["baseline"])


@pytest.mark.slow
def test_the_intervals_and_baseline_of_weighted_numbers_are_scikit_learns(rng):
    weights, training_weight = rng.exponential(size=(2, 60))
    true, training = rng.normal(3, size=(2, 60, 2))
    predicted = true + rng.normal(size=(60, 2)) / 2
    found = baseline.of_numbers(predicted, training, true, np.random.default_rng(2), training_weight, weights)
    draw = np.random.default_rng(2)
    samples = [draw.integers(60, size=60) for _ in range(1000)]
    for name, figure in (("r2", r2_score), ("rmse", root_mean_squared_error)):
        values = [figure(true[rows], predicted[rows], sample_weight=weights[rows]) for rows in samples]
        expected = np.quantile(values, ends(effective_rows(weights)))
        assert found[f"{name}_interval"] == pytest.approx(expected, rel=1e-3)
    answer = DummyRegressor().fit(training, training, training_weight).predict(true)
    assert found["baseline"]["answer"] == pytest.approx(answer[0].tolist())
    assert found["baseline"]["mae"] == pytest.approx(mean_absolute_error(true, answer, sample_weight=weights))
    assert found["baseline"]["rmse"] == pytest.approx(root_mean_squared_error(true, answer, sample_weight=weights))


def test_the_majority_of_weighted_rows_is_scikit_learns_dummy():
    training, labels = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 2])
    training_weight, weights = np.array([1.0, 1, 1, 5]), np.array([6.0, 1, 2, 0])
    dummy = DummyClassifier(strategy="most_frequent").fit(training[:, None], training, training_weight)
    answer = dummy.predict(labels[:, None])
    assert baseline.majority(training, labels, ["a", "b", "c"], training_weight, weights) == {
        "answer": "b",
        "accuracy": pytest.approx(3 / 9),
        "balanced_accuracy": balanced_accuracy_score(labels[:3], answer[:3], sample_weight=weights[:3]),
    }


def test_rows_that_weigh_nothing_have_no_interval_and_no_baseline():
    nothing, labels = np.zeros(12), np.array([0, 1] * 6)
    found = baseline.of_classes(labels, labels, labels, ["no", "yes"], None, nothing)
    assert np.isnan(found["accuracy_interval"]).all()
    assert np.isnan([found["baseline"]["accuracy"], found["baseline"]["balanced_accuracy"]]).all()
    numbers = baseline.of_numbers(labels, labels, labels + 1.0, np.random.default_rng(0), None, nothing)
    assert np.isnan([*numbers["r2_interval"], *numbers["rmse_interval"], numbers["baseline"]["rmse"]]).all()
    few = np.where(np.arange(30) < 9, 1.0, 1e-9)
    assert np.isnan(bootstrap(np.arange(30.0)[:, None], lambda means: means, np.random.default_rng(0), few)).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_of_many_rows_groups_are_drawn_whose_mean_varies_as_much_whatever_the_order(weighted, rng):
    """The standard error of a weighted mean is √(Σ w² (v − mean)²) / Σw; 1,000 samples find a bound to 0.09 of it."""
    values = np.sort(rng.exponential(size=4 * MOST_GROUPS + 7))
    weights = rng.exponential(size=len(values)) if weighted else None
    w = np.ones(len(values)) if weights is None else weights
    mean = np.average(values, weights=w)
    error = np.sqrt((w**2 * (values - mean) ** 2).sum()) / w.sum()
    drawn = bootstrap(values[:, None], lambda means: means[:, 0], np.random.default_rng(1), weights)
    assert drawn == pytest.approx([mean - 1.96 * error, mean + 1.96 * error], abs=0.3 * error)
    again = bootstrap(values[:, None], lambda means: means[:, 0], np.random.default_rng(1), weights)
    assert (again == drawn).all()


def test_a_sample_draws_no_more_than_its_bound(monkeypatch):
    sizes, rng = [], np.random.default_rng(0)
    count = np.bincount
    monkeypatch.setattr(np, "bincount", lambda drawn, **rest: sizes.append(len(drawn)) or count(drawn, **rest))
    bootstrap(np.arange(3.0 * MOST_GROUPS)[:, None], lambda means: means[:, 0], rng)
    assert set(sizes) == {MOST_GROUPS}


def test_a_weighted_share_of_all_rows_is_1_whatever_the_rounding():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        weights, right = rng.random(40), np.zeros(40, int)
        found = baseline.of_classes(right, right, right, ["no", "yes"], None, weights)
        for figure in (found["accuracy_interval"][1], found["baseline"]["accuracy"]):
            assert 1 - 1e-15 < figure <= 1


def test_a_row_of_weight_0_changes_no_interval_however_far_it_lies(rng):
    true = rng.normal(size=(40, 1))
    predicted, weights = true + rng.normal(size=(40, 1)) / 2, np.ones(40)
    weights[7] = 0

    def intervals():
        found = baseline.of_numbers(predicted, true, true, np.random.default_rng(0), None, weights)
        return [*found["r2_interval"], *found["rmse_interval"]]

    before = intervals()
    true[7] = 1e12
    assert intervals() == pytest.approx(before, rel=1e-9)


@pytest.mark.parametrize("weights", [None, np.where(np.arange(30) < 5, 1.0, 0.0)])
def test_an_infinite_prediction_makes_an_interval_undefined_without_a_warning(weights, rng):
    true = rng.normal(size=(30, 1))
    predicted = true.copy()
    predicted[20] = np.inf
    found = baseline.of_numbers(predicted, true, true, np.random.default_rng(0), None, weights)
    assert np.isnan(found["rmse_interval"]).all()
