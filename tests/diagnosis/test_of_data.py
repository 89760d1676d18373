"""Findings from the data: each fires on rows made for it, and not on rows just beyond its threshold."""

import numpy as np
import pytest

from nnlite import Dense, MeanSquaredError, ReLU, SoftmaxCrossEntropy, Standardize
from nnlite.data import Dataset, from_arrays, from_table, regression_from_arrays
from nnlite.diagnosis import beside_baseline, classes, columns, fitting, labels, shared_rows
from nnlite.metrics.baseline import of_classes, of_numbers
from nnlite.metrics.classification import per_class
from tests.helpers.diagnosed import clouds, fitted, look, subject_of, untrained


def numbers(x, y, **names):
    data = regression_from_arrays(x, y, **names)
    return untrained(data, [Standardize(), Dense(1), MeanSquaredError()]), data


def of_rows(x, y=None, **names):
    """The subject of an untrained classifier of these rows."""
    data = from_arrays(x, np.arange(len(x)) % 2 if y is None else y, **names)
    return subject_of(untrained(data, [Standardize(), Dense(len(data.classes)), SoftmaxCrossEntropy()]), data)


# Rows that stand in two parts.


def parts(again, test_rows=100, x=None, seed=0):
    """Training rows, and test rows of which so many are among them."""
    rng = np.random.default_rng(seed)
    train = rng.normal(size=(300, 5)) if x is None else x(rng, 300)
    test = rng.normal(size=(test_rows, 5)) if x is None else x(rng, test_rows)
    test[:again] = train[rng.permutation(300)[:again]]
    data, other = (from_arrays(rows, np.arange(len(rows)) % 2) for rows in (train, test))
    trainer = untrained(data, [Standardize(), Dense(2), SoftmaxCrossEntropy()])
    return trainer, data, other


@pytest.mark.parametrize(("again", "severity"), [(0, None), (4, None), (5, "medium"), (19, "medium"), (20, "high")])
def test_rows_of_the_test_that_are_training_rows_are_a_finding_from_a_twentieth_on(again, severity):
    trainer, data, test = parts(again)
    finding = look(shared_rows.shared, subject_of(trainer, data, test=test))
    assert (finding and finding.severity) == severity
    if finding:
        assert finding.sentence.startswith(f"{again} of 100 test rows stand among the training rows too")
        assert "the first is row 0 of the data" in finding.evidence
    validation = look(shared_rows.shared, subject_of(trainer, data, validation=test))
    assert (validation and validation.severity) == severity
    assert validation is None or f"{again} of 100 validation rows" in validation.sentence


@pytest.mark.parametrize(("again", "fires"), [(2, False), (3, True)])
def test_two_equal_rows_are_chance_however_few_there_are(again, fires):
    trainer, data, test = parts(again, test_rows=20)
    assert (look(shared_rows.shared, subject_of(trainer, data, test=test)) is not None) is fires


def test_rows_of_few_values_are_equal_by_chance_and_of_many_are_not():
    def dice(rng, rows):
        return rng.integers(0, 3, (rows, 5)).astype(float)  # 243 different rows

    trainer, data, test = parts(0, x=dice)
    assert look(shared_rows.shared, subject_of(trainer, data, test=test)) is None
    trainer, data, test = parts(50, x=lambda rng, rows: rng.integers(0, 30, (rows, 5)).astype(float))
    assert look(shared_rows.shared, subject_of(trainer, data, test=test)) is not None


def test_columns_that_follow_from_another_do_not_make_chance_less_likely():
    def dates(rng, rows):
        day, age = rng.integers(0, 16, rows), rng.integers(18, 80, rows)
        return np.stack([day, np.sin(day), np.cos(day), day // 4, age, rng.integers(0, 3, rows)], axis=1).astype(
            float
        )

    trainer, data, test = parts(0, x=dates)  # 3,000 different rows, so that one in ten is among 300
    assert len(shared_rows._independent(data.x)) == 3
    again = np.isin(shared_rows.row_hashes(test.x), shared_rows.row_hashes(data.x)).sum()
    assert again >= 5 and look(shared_rows.shared, subject_of(trainer, data, test=test)) is None


def test_answers_to_many_questions_that_go_together_are_equal_by_right():
    def answers(rng, rows, columns=16):
        return np.clip(np.round(3 + rng.normal(size=(rows, 1)) + 0.2 * rng.normal(size=(rows, columns))), 1, 5)

    trainer, data, test = parts(0, x=answers)
    again = np.isin(shared_rows.row_hashes(test.x), shared_rows.row_hashes(data.x)).sum()
    assert again >= 20 and look(shared_rows.shared, subject_of(trainer, data, test=test)) is None
    # But copies of training rows among the rows to test on, where training rows themselves differ, are found.
    trainer, data, test = parts(50, x=lambda rng, rows: rng.integers(1, 6, (rows, 16)).astype(float))
    assert look(shared_rows.shared, subject_of(trainer, data, test=test)) is not None


@pytest.mark.parametrize("shape", [(3,), (80,), (1, 9, 9)])
def test_equal_rows_have_equal_hashes_and_others_have_others(shape):
    x = np.random.default_rng(0).integers(-3, 3, (2000, *shape)).astype(np.float32)
    _, of_rows = np.unique(x.reshape(len(x), -1), axis=0, return_inverse=True)
    _, of_hashes = np.unique(shared_rows.row_hashes(x), return_inverse=True)
    assert len(set(zip(of_rows.tolist(), of_hashes.tolist(), strict=True))) == len(set(of_rows.tolist()))
    assert len(set(of_rows.tolist())) == len(set(of_hashes.tolist()))
    assert (shared_rows.row_hashes(-0.0 * x) == shared_rows.row_hashes(0.0 * np.abs(x))).all()


# Columns.


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(100, 5))


def test_a_constant_column_is_a_finding_and_one_that_differs_in_a_row_is_none(x):
    x[:, 1] = 7.0
    finding = look(columns.constant, of_rows(x, feature_names=list("abcde")))
    assert finding.sentence == "'b' has the same value in every training row, which says nothing."
    assert finding.severity == "low" and finding.change == "" and finding.evidence == "1 of 5 columns"
    x[50, 1] = 7.1
    assert look(columns.constant, of_rows(x)) is None
    x[:, :4] = 0
    assert look(columns.constant, of_rows(x)).sentence.startswith("column 0, column 1, column 2 and 1 more have")


def test_a_column_of_many_rows_that_differs_in_one_is_not_constant():
    x = np.random.default_rng(0).normal(size=(6000, 2))
    x[:, 1] = 3
    x[1, 1] = 4  # not among the rows that are looked at first
    assert look(columns.constant, of_rows(x)) is None


def test_pixels_that_are_always_black_are_no_finding():
    x = np.random.default_rng(0).integers(0, 17, (100, 64)).astype(float)
    x[:, [0, 7]] = 0
    assert look(columns.constant, of_rows(x)) is None and look(columns.duplicated, of_rows(x)) is None
    x[:, :20] += np.arange(20)  # columns of many kinds
    x[:, 0] = 0
    assert look(columns.constant, of_rows(x)) is not None


def test_a_second_column_of_the_same_values_is_a_finding_in_other_units_too(x):
    names = list("abcde")
    assert look(columns.duplicated, of_rows(x)) is None
    x[:, 3] = x[:, 0]
    finding = look(columns.duplicated, of_rows(x, feature_names=names))
    assert finding.sentence == "'d' is the same as 'a': it counts twice, and says nothing more."
    x[:, 3] = -32 + 1.8 * x[:, 0]
    finding = look(columns.duplicated, of_rows(x, feature_names=names))
    assert finding.sentence.startswith("'d' is, in other units, the same as 'a'")
    x[:, 4] = x[:, 3]
    assert "(and 2 more such pairs)" in look(columns.duplicated, of_rows(x)).sentence


@pytest.mark.parametrize(("noise", "fires"), [(0.003, True), (0.006, False)])
def test_columns_that_are_nearly_the_same_are_two(x, noise, fires):
    x[:, 3] = x[:, 0] + noise * np.random.default_rng(1).normal(size=100)  # 1 − noise² / 2
    assert (look(columns.duplicated, of_rows(x)) is not None) is fires


def test_columns_with_gaps_are_the_same_where_the_gaps_are(x):
    rng = np.random.default_rng(0)
    x[rng.random(100) < 0.2, 0] = np.nan
    x[:, 3] = x[:, 0]
    data = from_arrays(x, np.arange(100) % 2)
    trainer = untrained(clouds(100, features=5), [Standardize(), Dense(2), SoftmaxCrossEntropy()])
    assert look(columns.duplicated, subject_of(trainer, data)) is not None
    x[:, 3] = np.where(rng.random(100) < 0.2, np.nan, x[:, 3])
    data = from_arrays(x, np.arange(100) % 2)
    assert look(columns.duplicated, subject_of(trainer, data)) is None


def test_a_column_that_is_the_class_is_a_finding(x):
    y = np.arange(100) % 2
    assert look(columns.telling, of_rows(x, y)) is None
    x[:, 2] = 10 * y  # as a code
    finding = look(columns.telling, of_rows(x, y, feature_names=list("abcde")))
    assert finding.sentence == "'c' alone tells the target: is it known when you predict?"
    assert finding.severity == "high" and "the class of 100 rows" in finding.evidence
    x[7, 2] = 10 * y[8]
    assert look(columns.telling, of_rows(x, y)) is None  # one in a hundred is wrong


@pytest.mark.parametrize(("wrong", "fires"), [(0, True), (2, True), (3, False)])
def test_a_column_whose_ranges_are_the_classes_is_a_finding(wrong, fires):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2000, 3)), np.arange(2000) % 3
    x[:, 1] = y + rng.uniform(0, 0.9, 2000)
    y[np.flatnonzero(y == 1)[:wrong]] = 0  # in the middle of another range; one in a thousand may be
    assert (look(columns.telling, of_rows(x, y)) is not None) is fires


@pytest.mark.parametrize("rows", [49, 50])
def test_of_few_rows_a_column_tells_the_target_by_chance(rows):
    y = np.arange(rows) % 2
    x = np.stack([y + np.linspace(0, 0.5, rows), np.random.default_rng(0).normal(size=rows)], axis=1)
    assert (look(columns.telling, of_rows(x, y)) is not None) is (rows == 50)


@pytest.mark.parametrize(("others", "fires"), [(4, False), (5, True)])
def test_a_few_rows_stand_at_an_end_by_chance(others, fires):
    y = (np.arange(200) < others).astype(int)
    x = np.stack([y + np.random.default_rng(0).uniform(0, 0.9, 200)] * 2, axis=1)
    assert (look(columns.telling, of_rows(x, y)) is not None) is fires


@pytest.mark.parametrize(("correlation", "fires"), [(0.9992, True), (0.9985, False)])
def test_a_column_that_is_nearly_the_number_to_predict_is_a_finding(correlation, fires):
    rng = np.random.default_rng(0)
    x, noise = np.linalg.qr(rng.normal(size=(200, 6)) - 0)[0].T[:2]  # orthogonal, of length 1
    x, noise = x - x.mean(), noise - noise.mean()
    noise -= x * (x @ noise) / (x @ x)
    y = correlation * x / np.linalg.norm(x) + np.sqrt(1 - correlation**2) * noise / np.linalg.norm(noise)
    trainer, data = numbers(np.stack([rng.normal(size=200), x], axis=1), y)
    finding = look(columns.telling, subject_of(trainer, data))
    assert (finding is not None) is fires
    if finding:
        assert finding.sentence.startswith("column 1 alone tells the target") and "0.9992" in finding.evidence


def test_columns_of_a_table_are_left_out_by_a_line_of_the_config():
    rng = np.random.default_rng(0)
    rows = {
        "age": rng.normal(40, 5, 120),
        "one": rng.normal(size=120),
        "paid": np.where(rng.random(120) < 0.5, "a", "b"),
    }
    rows["paid_on"] = np.where(rows["paid"] == "a", 1, 2) * 1.0 + rng.uniform(0, 0.5, 120)
    with pytest.warns(UserWarning, match="'paid_on': alone it tells the target"):
        data = from_table(rows, "paid").train
    subject = subject_of(untrained(clouds(50, features=data.x.shape[1]), [Dense(2), SoftmaxCrossEntropy()]), data)
    assert look(columns.telling, subject).change == 'data.drop = ["paid_on"]'


def test_what_the_encoder_makes_of_columns_is_no_second_column():
    rng = np.random.default_rng(0)
    gap = rng.random(120) < 0.3
    rows = {
        "born": [f"20{year}-03-15" for year in rng.integers(10, 24, 120)],
        "a": np.where(gap, np.nan, rng.normal(size=120)),
        "b": np.where(gap, np.nan, rng.normal(size=120)),
        "y": np.where(rng.random(120) < 0.5, "no", "yes"),
    }
    data = from_table(rows, "y").train
    assert {"a is missing", "b is missing"} < set(data.feature_names) and len(data.feature_names) > 5
    model = untrained(clouds(50, features=data.x.shape[1]), [Dense(2), SoftmaxCrossEntropy()])
    for looks in (columns.duplicated, columns.constant):
        assert look(looks, subject_of(model, data)) is None
    rows["c"] = rows["a"].copy()
    data = from_table(rows, "y").train
    model = untrained(clouds(50, features=data.x.shape[1]), [Dense(2), SoftmaxCrossEntropy()])
    assert look(columns.duplicated, subject_of(model, data)).change == 'data.drop = ["c"]'


# Rare classes.


def imbalanced(share, hits, rows=40, layers=None, weight=None, confusion=True):
    """A subject whose test rows have 40 of the rare class, of which so many are found."""
    y = (np.arange(1000) < 1000 * share).astype(int)
    data = from_arrays(np.random.default_rng(0).normal(size=(1000, 2)), y, sample_weight=weight)
    trainer = untrained(data, layers or [Dense(2), SoftmaxCrossEntropy()])
    truth = np.repeat([0, 1], [400, rows])
    answers = np.repeat([0, 0, 1], [400, rows - hits, hits])
    return subject_of(trainer, data, figures=per_class(truth, answers, data.classes) if confusion else None)


@pytest.mark.parametrize(
    ("share", "hits", "severity"),
    [
        (0.16, 0, "high"),
        (0.16, 3, "high"),
        (0.16, 4, "medium"),
        (0.16, 13, "medium"),
        (0.16, 15, None),
        (0.17, 0, None),
    ],
)
def test_a_rare_class_that_is_mostly_missed_is_a_finding(share, hits, severity):
    finding = look(classes.imbalance, imbalanced(share, hits))  # rare is below a sixth of the rows
    assert (finding and finding.severity) == severity
    if finding:
        assert finding.sentence == f"The rare class 1 is mostly missed: {hits} of its 40 test rows are found."
        assert finding.change == 'model.layers[1].class_weight = "balanced"' and "16 %" in finding.evidence


def test_no_imbalance_is_told_of_few_rows_or_where_rows_are_weighted():
    assert look(classes.imbalance, imbalanced(0.1, 0, rows=10)) is not None
    assert look(classes.imbalance, imbalanced(0.1, 0, rows=9)) is None
    weighted = [Dense(2), SoftmaxCrossEntropy(class_weight="balanced")]
    assert look(classes.imbalance, imbalanced(0.1, 0, layers=weighted)) is None
    assert look(classes.imbalance, imbalanced(0.1, 0, weight=np.ones(1000))) is None


def test_without_figures_the_rows_are_predicted():
    rng = np.random.default_rng(0)
    y = (np.arange(600) % 20 == 0).astype(int)
    data = from_arrays(rng.normal(size=(600, 2)), y)  # nothing to learn: all are taken for 0
    trainer = fitted(data)
    finding = look(classes.imbalance, subject_of(trainer, data))
    assert finding.sentence == "The rare class 1 is mostly missed: 0 of its 30 training rows are found."
    test = data.rows(slice(0, 400))
    assert "0 of its 20 test rows" in look(classes.imbalance, subject_of(trainer, data, test=test)).sentence


# The baseline.


def accuracy_figures(right, rows=100):
    """The figures of a classifier of two classes, right in so many rows of each hundred."""
    labels = np.arange(rows) % 2
    found = np.where(np.arange(rows) < right, labels, 1 - labels)
    return {
        "accuracy": float((labels == found).mean()),
        **per_class(labels, found, ["a", "b"]),
        **of_classes(found, labels, labels, ["a", "b"]),
    }


@pytest.mark.parametrize(
    ("right", "severity"), [(40, "high"), (50, "high"), (51, "medium"), (59, "medium"), (61, None)]
)
def test_a_classifier_that_is_no_better_than_the_majority_is_a_finding(right, severity):
    finding = look(
        beside_baseline.no_better, subject_of(*numbers(np.eye(3), np.arange(3)), figures=accuracy_figures(right))
    )
    assert (finding and finding.severity) == severity
    if finding:
        assert "always answering 'a'" in finding.sentence and f"test accuracy 0.{right}00" in finding.evidence


def test_of_few_rows_of_equal_classes_a_better_accuracy_may_be_chance():
    figures = accuracy_figures(13, rows=20)
    assert figures["balanced_accuracy"] > 0.6 and figures["accuracy_interval"][0] < 0.5
    finding = look(beside_baseline.no_better, subject_of(*numbers(np.eye(3), np.arange(3)), figures=figures))
    assert finding is not None and finding.severity == "medium"


def test_a_classifier_that_finds_the_rare_class_at_a_price_is_none():
    labels, found = np.repeat([0, 1], [90, 10]), np.repeat([0, 1, 1], [78, 12, 10])
    figures = {
        "accuracy": 0.88,
        **per_class(labels, found, ["a", "b"]),
        **of_classes(found, labels, labels, ["a", "b"]),
    }
    assert figures["baseline"]["accuracy"] == 0.9
    assert look(beside_baseline.no_better, subject_of(*numbers(np.eye(3), np.arange(3)), figures=figures)) is None


@pytest.mark.parametrize(("noise", "severity"), [(0.3, None), (0.8, "medium"), (1.5, "high")])
def test_a_regression_that_is_no_better_than_the_mean_is_a_finding(noise, severity):
    rng = np.random.default_rng(0)
    y = rng.normal(size=60)
    predicted = y + noise * rng.normal(size=60)
    figures = {"rmse": float(np.sqrt(((y - predicted) ** 2).mean())), **of_numbers(predicted, y, y, rng)}
    finding = look(beside_baseline.no_better, subject_of(*numbers(np.eye(3), np.arange(3)), figures=figures))
    assert (finding and finding.severity) == severity


# Underfitting.


def rings(rows=300, seed=0):
    x = np.random.default_rng(seed).normal(size=(rows, 2))
    return from_arrays(x, np.hypot(*x.T) > 1.18)


def test_a_straight_line_through_rings_underfits_and_a_network_does_not():
    data = rings()
    finding = look(fitting.underfitting, subject_of(fitted(data), data))
    assert finding.severity == "medium" and "on 300 training rows; the ten most similar" in finding.evidence
    layers = [Standardize(), Dense(32), ReLU(), Dense(2), SoftmaxCrossEntropy()]
    assert look(fitting.underfitting, subject_of(fitted(data, layers, epochs=60), data)) is None
    few = fitted(data, [Standardize(), Dense(1), ReLU(), Dense(2), SoftmaxCrossEntropy()])
    assert look(fitting.underfitting, subject_of(few, data)).change == "model.layers[1].units = 2"


def test_noise_that_nobody_could_learn_is_no_underfitting():
    rng = np.random.default_rng(0)
    data = from_arrays(rng.normal(size=(400, 3)), rng.integers(0, 2, 400))
    assert look(fitting.underfitting, subject_of(fitted(data), data)) is None
    trainer, targets = numbers(rng.normal(size=(400, 3)), rng.normal(size=400))
    subject = subject_of(trainer, targets)
    vars(subject)["predictions"] = 5 * rng.normal(size=400)  # far worse than the mean
    assert look(fitting.underfitting, subject) is None


def test_a_regression_underfits_where_a_bow_is_taken_for_a_line():
    x = np.random.default_rng(0).uniform(-1, 1, (300, 1))
    data = regression_from_arrays(x, x[:, 0] ** 2)
    line = fitted(data, [Standardize(), Dense(1), MeanSquaredError()])
    assert "R²" in look(fitting.underfitting, subject_of(line, data)).evidence
    bow = fitted(data, [Standardize(), Dense(16), ReLU(), Dense(1), MeanSquaredError()], epochs=60)
    assert look(fitting.underfitting, subject_of(bow, data)) is None


@pytest.mark.parametrize(("better", "fires"), [(0.09, False), (0.12, True)])
def test_a_tenth_of_the_rows_makes_underfitting(better, fires):
    data = clouds(400, apart=8.0)
    subject = subject_of(untrained(data, [Standardize(), Dense(2), SoftmaxCrossEntropy()]), data)
    wrong = np.arange(400) < 400 * better
    vars(subject)["predictions"] = np.eye(2)[np.where(wrong, 1 - data.y, data.y)]  # neighbours are right in all rows
    finding = look(fitting.underfitting, subject)
    assert (finding is not None) is fires
    assert fires is False or f"accuracy {1 - better:.4f}" in finding.evidence


# Labels.


def turned(count, rows=400, seed=0):
    """Well separated rows of which so many have the other class."""
    data = clouds(rows, seed, apart=6.0)
    wrong = np.random.default_rng(seed).permutation(rows)[:count]
    y = data.y.copy()
    y[wrong] = 1 - y[wrong]
    return from_arrays(data.x, y), set(wrong.tolist())


@pytest.mark.parametrize(("count", "fires"), [(0, False), (2, False), (3, True), (8, True)])
def test_labels_that_all_contradict_are_a_finding_from_three_on(count, fires):
    data, wrong = turned(count)
    finding = look(labels.wrong, subject_of(fitted(data, epochs=40), data))
    assert (finding is not None) is fires
    if finding:
        assert finding.sentence.startswith(f"The labels of {min(count, 7)} of 400 training rows look wrong")  # 7 of 8

        named = finding.sentence.partition("Look at row ")[2].partition(" of the data")[0].removesuffix(" and others")
        assert {int(number) for number in named.split(", ")} <= wrong
        assert finding.severity == "medium"


@pytest.mark.parametrize(("count", "fires"), [(4, False), (5, True)])
def test_labels_of_many_rows_are_a_finding_from_one_in_two_hundred_on(count, fires):
    data, _ = turned(count, rows=1000)
    assert (look(labels.wrong, subject_of(fitted(data, epochs=20), data)) is not None) is fires


@pytest.mark.parametrize("seed", range(3))
def test_rows_where_classes_overlap_are_no_wrong_labels(seed):
    data = clouds(600, seed, apart=2.0)
    layers = [Standardize(), Dense(16), ReLU(), Dense(2), SoftmaxCrossEntropy()]
    assert look(labels.wrong, subject_of(fitted(data, layers), data)) is None


@pytest.mark.parametrize(("usual", "slope"), [(-5, 1), (-3, 1), (-2, 2)])
def test_a_class_that_chance_decides_has_no_wrong_labels(usual, slope):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3000, 5))
    data = from_arrays(x, (rng.random(3000) < 1 / (1 + np.exp(-usual - slope * (x[:, 0] + x[:, 1] / 2)))).astype(int))
    assert look(labels.wrong, subject_of(fitted(data, epochs=20), data)) is None


@pytest.mark.parametrize(("times", "fires"), [(3, False), (1000, True)])
def test_a_target_in_another_unit_is_a_finding(times, fires):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = 50 + 5 * x[:, 0] + rng.normal(size=200)
    y[[17, 120]] *= times
    data = regression_from_arrays(x, y)
    finding = look(labels.wrong, subject_of(fitted(data, [Standardize(), Dense(1), MeanSquaredError()]), data))
    if times == 1000:
        assert finding.sentence.startswith("Look at rows ") and {"17", "120"} <= set(
            finding.sentence.replace(",", " ").split()
        )
    else:
        assert finding is None or not fires


@pytest.mark.parametrize("seed", range(4))
def test_heavy_tails_are_no_wrong_targets(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(300, 2))
    for y in (np.exp(2 * x[:, 0] + rng.normal(size=300)), x[:, 0] + rng.standard_t(4, 300)):
        data = regression_from_arrays(x, y)
        trainer = fitted(data, [Standardize(), Dense(1), MeanSquaredError()], epochs=20, clip_norm=1.0)
        assert look(labels.wrong, subject_of(trainer, data)) is None


def test_images_have_no_columns():
    data = Dataset(np.zeros((60, 1, 4, 4)), np.arange(60) % 2, classes=("a", "b"))
    subject = subject_of(untrained(clouds(60), [Dense(2), SoftmaxCrossEntropy()]), data)
    for looks in (columns.constant, columns.duplicated, columns.telling):
        assert look(looks, subject) is None
