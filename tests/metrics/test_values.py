"""Every shipped metric gives what scikit-learn gives: with weights, ties, and classes that are never predicted."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from nnlite import ConfigError, metrics
from nnlite.metrics import (
    F1,
    MAE,
    MCC,
    R2,
    RMSE,
    ROCAUC,
    AveragePrecision,
    BalancedAccuracy,
    Brier,
    LogLoss,
    MedianAbsoluteError,
    QuantileLoss,
    TopK,
)
from nnlite.metrics.metric import Metric
from nnlite.testing import check_metric

SHIPPED = [
    F1(),
    F1("weighted"),
    F1("binary"),
    MAE(),
    MCC(),
    R2(),
    RMSE(),
    ROCAUC(),
    AveragePrecision(),
    BalancedAccuracy(),
    Brier(),
    LogLoss(),
    MedianAbsoluteError(),
    QuantileLoss(),
    QuantileLoss(0.9),
    TopK(1),
    TopK(2),
    TopK(5),
]


@pytest.mark.parametrize("metric", SHIPPED, ids=repr)
def test_a_shipped_metric_passes_every_check(metric):
    check_metric(metric)


def test_no_shipped_metric_is_missing_from_the_table_or_lacks_its_source():
    kinds = {kind for kind in vars(metrics).values() if isinstance(kind, type) and issubclass(kind, Metric)}
    assert {type(metric) for metric in SHIPPED} == kinds
    assert not [kind for kind in kinds if "Source" not in (kind.__doc__ or "")]


def test_names_are_those_that_a_config_and_a_history_have():
    assert [metric.name for metric in SHIPPED] == [
        "f1_macro",
        "f1_weighted",
        "f1_binary",
        "mae",
        "mcc",
        "r2",
        "rmse",
        "roc_auc",
        "average_precision",
        "balanced_accuracy",
        "brier",
        "log_loss",
        "median_absolute_error",
        "quantile_loss_0.5",
        "quantile_loss_0.9",
        "top_1",
        "top_2",
        "top_5",
    ]


def top(k):
    """scikit-learn's, with the classes the other way round: of equal ones it takes the later, nnlite the earlier."""

    def of(y, p, sample_weight):
        classes = p.shape[1]
        if classes == 2:
            return sk.accuracy_score(y, p.argmax(axis=1), sample_weight=sample_weight)
        return sk.top_k_accuracy_score(
            classes - 1 - y, p[:, ::-1], k=k, labels=np.arange(classes), sample_weight=sample_weight
        )

    return of


def mean_of_questions(score):
    def of(y, p, sample_weight):
        if p.shape[1] == 2:
            return score(y, p[:, 1], sample_weight=sample_weight)
        return np.mean([score(y == k, p[:, k], sample_weight=sample_weight) for k in range(p.shape[1])])

    return of


def of_answers(score, **how):
    return lambda y, p, sample_weight: score(y, p.argmax(axis=1), sample_weight=sample_weight, **how)


def auc(y, p, sample_weight):
    p = p[:, 1] if p.shape[1] == 2 else p
    return sk.roc_auc_score(y, p, multi_class="ovr", sample_weight=sample_weight)


OF_CLASSES = [
    (F1(), of_answers(sk.f1_score, average="macro", zero_division=np.nan)),
    (F1("weighted"), of_answers(sk.f1_score, average="weighted", zero_division=np.nan)),
    (MCC(), of_answers(sk.matthews_corrcoef)),
    (BalancedAccuracy(), of_answers(sk.balanced_accuracy_score)),
    (ROCAUC(), auc),
    (AveragePrecision(), mean_of_questions(sk.average_precision_score)),
    (LogLoss(), lambda y, p, sample_weight: sk.log_loss(y, p, sample_weight=sample_weight, labels=range(p.shape[1]))),
    (
        Brier(),
        lambda y, p, sample_weight: sk.brier_score_loss(
            y, p[:, 1] if p.shape[1] == 2 else p, sample_weight=sample_weight, labels=range(p.shape[1])
        ),
    ),
    (TopK(1), top(1)),
    (TopK(2), top(2)),
]


def of_classes(classes, rows, ties, rng):
    """Probabilities, of which many are equal if asked for, and targets with at least one row of each class."""
    y = np.concatenate([np.arange(classes), rng.choice(classes, rows - classes, p=rng.dirichlet(np.ones(classes)))])
    scores = rng.random((rows, classes)) + 0.5 * (y[:, None] == np.arange(classes)) + 0.05
    if ties:
        scores = scores.round(1) + 0.1
    return scores / scores.sum(axis=1, keepdims=True), y


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighted", [None, "whole", "any"])
@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize(("metric", "oracle"), OF_CLASSES, ids=lambda each: getattr(each, "name", ""))
def test_of_classes_as_scikit_learn(metric, oracle, classes, weighted, ties):
    for seed in range(4):
        rng = np.random.default_rng([seed, classes])
        p, y = of_classes(classes, int(rng.integers(classes + 1, 60)), ties, rng)
        weights = {
            "whole": rng.integers(0, 3, len(y)) + (np.arange(len(y)) < classes),
            "any": rng.random(len(y)) + 0.01,
        }
        w = None if weighted is None else weights[weighted].astype(float)
        if isinstance(metric, TopK) and metric.k >= classes:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = oracle(y, p, sample_weight=w)
        assert metric(p, y, w) == pytest.approx(expected, abs=1e-12, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_f1_of_the_second_class_as_scikit_learn(rng, weighted):
    p, y = of_classes(2, 40, False, rng)
    w = rng.random(40) if weighted else None
    assert F1("binary")(p, y, w) == pytest.approx(sk.f1_score(y, p.argmax(axis=1), sample_weight=w), abs=1e-12)


OF_LABELS = [
    (F1(), lambda y, p, w: sk.f1_score(y, p > 0.5, average="macro", sample_weight=w, zero_division=np.nan)),
    (F1("weighted"), lambda y, p, w: sk.f1_score(y, p > 0.5, average="weighted", sample_weight=w)),
    (ROCAUC(), lambda y, p, w: sk.roc_auc_score(y, p, average="macro", sample_weight=w)),
    (AveragePrecision(), lambda y, p, w: sk.average_precision_score(y, p, average="macro", sample_weight=w)),
    (LogLoss(), lambda y, p, w: np.mean([sk.log_loss(t, q, sample_weight=w) for t, q in zip(y.T, p.T, strict=True)])),
    (
        Brier(),
        lambda y, p, w: np.mean([sk.brier_score_loss(t, q, sample_weight=w) for t, q in zip(y.T, p.T, strict=True)]),
    ),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("metric", "oracle"), OF_LABELS, ids=lambda each: getattr(each, "name", ""))
def test_of_labels_as_scikit_learn(metric, oracle, weighted, rng):
    y = rng.integers(0, 2, (50, 4))
    p = (0.1 + 0.3 * y + 0.5 * rng.random((50, 4))).round(2)
    w = rng.random(50) if weighted else None
    assert metric(p, y, w) == pytest.approx(oracle(y, p, w), abs=1e-12)


OF_NUMBERS = [
    (MAE(), sk.mean_absolute_error),
    (RMSE(), sk.root_mean_squared_error),
    (R2(), sk.r2_score),
    (MedianAbsoluteError(), sk.median_absolute_error),
    (
        QuantileLoss(0.9),
        lambda y, p, sample_weight: sk.mean_pinball_loss(y, p, alpha=0.9, sample_weight=sample_weight),
    ),
    (QuantileLoss(), lambda y, p, sample_weight: sk.mean_pinball_loss(y, p, sample_weight=sample_weight)),
]


@pytest.mark.parametrize("shape", [(41,), (40,), (40, 3), (2,)])
@pytest.mark.parametrize("weighted", [None, "whole", "any"])
@pytest.mark.parametrize(("metric", "oracle"), OF_NUMBERS, ids=lambda each: getattr(each, "name", ""))
def test_of_numbers_as_scikit_learn(metric, oracle, weighted, shape):
    for seed in range(10):
        rng = np.random.default_rng([seed, *shape])
        y = 1e3 + rng.normal(size=shape)
        p = y + rng.normal(size=shape).round(seed % 3)  # with ties
        whole, some = rng.integers(1, 4, shape[0]).astype(float), rng.random(shape[0]) + 0.01
        w = {None: None, "whole": whole, "any": some}[weighted]
        assert metric(p, y, w) == pytest.approx(oracle(y, p, sample_weight=w), rel=1e-12, abs=1e-12)


def test_what_is_undefined_is_nan_and_says_what_it_needs():
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]])
    none, all_of_it = np.zeros(3, int), np.ones(3, int)
    for metric, y in (
        (F1("binary"), none),
        (MCC(), none),
        (ROCAUC(), none),
        (ROCAUC(), all_of_it),
        (AveragePrecision(), none),
    ):
        assert np.isnan(metric(p, y)) and metric.needs, metric
    assert np.isnan(R2()(np.array([1.0, 2.0]), np.array([3.0, 3.0])))
    assert np.isnan(ROCAUC()(np.full((3, 3), 1 / 3), np.array([0, 1, 1])))  # no row of the third class
    assert np.isnan(F1()(np.full((3, 2), 0.1), np.zeros((3, 2), int)))  # no label anywhere


def test_where_scikit_learn_has_a_number_for_a_degenerate_case_it_is_the_same():
    p, y = np.array([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]]), np.array([0, 1, 1])
    assert MCC()(p, y) == 0 == sk.matthews_corrcoef(y, p.argmax(axis=1))
    assert F1()(p, np.zeros(3, int)) == 1 == sk.f1_score(np.zeros(3), np.zeros(3), average="macro")
    assert BalancedAccuracy()(p, np.zeros(3, int)) == 1
    assert ROCAUC()(np.full((3, 2), 0.5), y) == 0.5 == sk.roc_auc_score(y, np.full(3, 0.5))
    assert AveragePrecision()(np.full((3, 2), 0.5), y) == sk.average_precision_score(y, np.full(3, 0.5))


def test_a_probability_of_0_of_what_is_true_has_a_finite_log_loss():
    p = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert LogLoss()(p, np.array([0, 0])) == 0 and 700 < LogLoss()(p, np.array([1, 1])) < 745
    assert LogLoss()(np.array([[1 - 1e-30, 1e-30]]), np.array([1])) == pytest.approx(30 * np.log(10))


@pytest.mark.parametrize("metric", [F1(), RMSE()], ids=repr)
def test_rows_without_weight_do_not_count_and_without_any_row_there_is_no_figure(metric):
    p, y = (np.array([[0.2, 0.8], [0.9, 0.1], [0.3, 0.7]]), np.array([1, 0, 0]))
    if metric.tasks == ("regression",):
        p, y = p[:, 0], y.astype(float)
    assert metric(p, y, np.array([1.0, 1.0, 0.0])) == metric(p[:2], y[:2])
    assert np.isnan(metric(p, y, np.zeros(3))) and np.isnan(metric(p[:0], y[:0]))
    spoilt = p.copy()
    spoilt[2] = np.inf
    assert np.isnan(metric(spoilt, y))
    assert metric(spoilt, y, np.array([1.0, 1.0, 0.0])) == metric(p[:2], y[:2])


@pytest.mark.parametrize("given", [None, "high", np.zeros(2), True, 1j])
def test_a_metric_that_gives_no_number_is_named(given):
    class Mine(Metric):
        tasks, rising = ("regression",), True

        def compute(self, predictions, targets, weights):
            return given

    with pytest.raises(ConfigError, match=r"Mine\(\).compute gives .* expected a number"):
        Mine()(np.zeros(2), np.zeros(2))


def test_the_name_of_a_metric_of_ones_own_has_its_arguments():
    class NearHit(Metric):
        tasks, rising = ("regression",), True

        def __init__(
            self, within: float = 0.5, how: str = "Both Sides", strict: bool = False, unit: str | None = None
        ):
            self.within, self.how, self.strict, self.unit = within, how, strict, unit

        def compute(self, predictions, targets, weights):
            return 1.0

    assert NearHit().name == "near_hit_0.5_both_sides"
    assert NearHit(2.0, "low", strict=True, unit="m").name == "near_hit_2.0_low_strict_m"
