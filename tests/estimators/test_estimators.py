"""The estimators do what scikit-learn's users expect of one, and what `MLPClassifier` does not."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss

import nnlite
from nnlite import (
    SGD,
    Callback,
    Cosine,
    Dense,
    NNClassifier,
    NNRegressor,
    ReLU,
    Rescale,
    SoftmaxCrossEntropy,
    StepDecay,
)
from nnlite.tables import as_table, read_table

QUICK = {"epochs": 15, "learning_rate": 0.01, "ensemble": 1, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True)


def same(first, second, X):
    ask = "predict_proba" if hasattr(first, "predict_proba") else "predict"
    return (getattr(first, ask)(X) == getattr(second, ask)(X)).all()


# What a fit leaves.


def test_a_fit_leaves_what_a_user_of_scikit_learn_looks_for(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    found = NNClassifier(**QUICK).fit(X, names[y])
    assert found.classes_.tolist() == names.tolist() and found.n_features_in_ == 4
    assert found.n_iter_ == 15 == len(found.loss_curve_) == len(found.validation_loss_curve_)
    assert 1 <= found.best_epoch_ <= 15 and found.history_["validation_loss"] == found.validation_loss_curve_
    assert set(found.predict(X)) <= set(names)
    p = found.predict_proba(X)
    assert p.shape == (150, 3) and np.allclose(p.sum(axis=1), 1)
    assert np.allclose(found.predict_log_proba(X), np.log(p))
    assert (found.decision_function(X).argmax(axis=1) == p.argmax(axis=1)).all()
    assert found.score(X, names[y]) > 0.9


def test_an_ensemble_has_a_history_for_each_member_and_curves_for_all(iris):
    X, y = iris
    found = NNClassifier(**(QUICK | {"ensemble": 3, "epochs": 60, "patience": 5, "learning_rate": 0.03})).fit(X, y)
    lengths = [len(history) for history in found.histories_]
    assert len(lengths) == 3 and found.n_iter_ == max(lengths) == len(found.loss_curve_)
    assert min(lengths) < max(lengths)
    for column, curve in (("training_loss", found.loss_curve_), ("validation_loss", found.validation_loss_curve_)):
        losses = [history[column] for history in found.histories_]
        filled = [each + [each[-1]] * (max(lengths) - len(each)) for each in losses]  # one that ended stays as it is
        np.testing.assert_allclose(curve, np.mean(filled, axis=0))
    assert len(found.model_.members) == 3
    assert found.best_epoch_ == round(np.mean([history.best_epoch for history in found.histories_]))


def test_predictions_before_a_fit_are_refused(iris):
    for ask in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(NNClassifier(), ask)(iris[0])
    with pytest.raises(NotFittedError):
        _ = NNRegressor().loss_curve_


def test_a_random_state_repeats_to_the_bit_and_another_does_not(iris):
    X, y = iris
    assert same(NNClassifier(**QUICK).fit(X, y), NNClassifier(**QUICK).fit(X, y), X)
    assert not same(NNClassifier(**QUICK).fit(X, y), NNClassifier(**(QUICK | {"random_state": 1})).fit(X, y), X)


@pytest.mark.slow
def test_members_side_by_side_are_the_same_to_the_bit(iris):
    X, y = iris
    arguments = QUICK | {"ensemble": 3, "epochs": 4}
    assert same(NNClassifier(**arguments).fit(X, y), NNClassifier(**arguments, n_jobs=2).fit(X, y), X)


def test_the_answer_for_a_row_is_the_same_alone_and_among_others(iris):
    X, y = iris
    found = NNClassifier(**QUICK).fit(X, y)
    alone = np.concatenate([found.predict_proba(row[None]) for row in X])
    np.testing.assert_allclose(found.predict_proba(X), alone, rtol=1e-12)


# Rows and weights.


def test_rows_that_come_again_are_learnt_from_as_often_as_they_come():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 5, (6000, 2)).astype(float)  # 25 different rows
    y = ((X[:, 0] + X[:, 1]) % 2 == 0) ^ (rng.random(6000) < 0.1)
    found = NNClassifier(random_state=0, categorical_features=[0, 1], epochs=60).fit(X[:1000], y[:1000])
    assert log_loss(y[1000:], found.predict_proba(X[1000:])) < 0.45 and found.score(X[1000:], y[1000:]) > 0.85


def test_balanced_weights_count_equal_rows_one_by_one():
    X = np.vstack([np.zeros((900, 2)), np.random.default_rng(0).normal(size=(100, 2))])
    found = NNClassifier(**(QUICK | {"epochs": 2}), class_weight="balanced").fit(X, np.arange(1000) >= 900)
    weights = found.model_.criterion.statistics["class_weight"]
    assert weights[1] / weights[0] == pytest.approx(9, rel=0.1)


def test_the_scale_of_targets_counts_equal_rows_one_by_one():
    X = np.vstack([np.zeros((900, 2)), np.random.default_rng(0).normal(size=(100, 2))])
    y = np.where(np.arange(1000) < 900, 0.0, 100.0)
    found = NNRegressor(**(QUICK | {"epochs": 1}), early_stopping=False).fit(X, y)
    assert found.model_.criterion.statistics["mean"] == pytest.approx(10)


def test_two_equal_rows_are_a_row_of_weight_two_to_the_bit(iris, rng):
    X, y = iris
    weight = rng.integers(0, 4, 150)
    rows = rng.permutation(np.repeat(np.arange(150), weight))
    assert same(NNClassifier(**QUICK).fit(X, y, weight), NNClassifier(**QUICK).fit(X[rows], y[rows]), X)


def test_validation_rows_of_ones_own_are_validated_on_and_never_trained_on(iris):
    X, y = iris
    found = NNClassifier(**QUICK).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    best = found.history_["validation_loss"][found.best_epoch_ - 1]
    assert log_loss(y[1::2], found.predict_proba(X[1::2])) == pytest.approx(best, rel=1e-5)
    with pytest.raises(ValueError, match="y_val"):
        NNClassifier(**QUICK).fit(X, y, X_val=X)


def test_few_rows_are_all_trained_on(iris):
    X, y = iris
    found = NNClassifier(**QUICK).fit(X[::4], y[::4])  # 38 rows
    assert found.validation_loss_curve_ == [] and found.n_iter_ == 15


def test_a_class_of_one_row_is_trained_on(iris):
    X, y = iris
    with pytest.warns(UserWarning, match="training part alone"):
        found = NNClassifier(**QUICK).fit(np.vstack([X, [[9, 9, 9, 9]]]), np.append(y, 7))
    assert found.classes_.tolist() == [0, 1, 2, 7]


def test_missing_numbers_are_filled_in(iris, rng):
    X, y = iris
    X = np.where(rng.random(X.shape) < 0.2, np.nan, X)
    assert NNClassifier(**QUICK).fit(X, y).score(X, y) > 0.8


def test_a_class_that_fit_did_not_see_is_named(iris):
    X, y = iris
    with pytest.raises(ValueError, match="2"):
        NNClassifier(**QUICK).fit(X[y < 2], y[y < 2], X_val=X, y_val=y)


# Architectures.


def test_layers_are_specifications_which_are_never_used_themselves(iris):
    X, y = iris
    layers = [Dense(8), {"type": "Dropout", "rate": 0.1}, "ReLU", SoftmaxCrossEntropy(label_smoothing=0.1)]
    found = NNClassifier(**QUICK, layers=layers)
    first, second = clone(found).fit(X, y), found.fit(X, y)
    assert same(first, second, X)
    assert first.model_.criterion.label_smoothing == 0.1 and first.model_.layers[-1].units == 3
    assert type(first.model_.layers[0]).__name__ == "Columns"


def test_layers_that_begin_with_preprocessing_have_none_before_them(iris):
    found = NNClassifier(**QUICK, layers=[Rescale(0.1), Dense(8), ReLU()]).fit(*iris)
    assert [type(layer).__name__ for layer in found.model_.layers] == ["Rescale", "Dense", "ReLU", "Dense"]


def test_objects_are_copied(iris):
    schedule, optimizer = Cosine(), SGD(0.1, momentum=0.9)
    found = NNClassifier(**(QUICK | {"learning_rate": 3e-3}), schedule=schedule, optimizer=optimizer)
    assert same(clone(found).fit(*iris), found.fit(*iris), iris[0])


def test_callbacks_of_nnlite_see_each_member(iris):
    class Count(Callback):
        epochs = 0

        def after_epoch(self, fit, row):
            Count.epochs += 1

    NNClassifier(**(QUICK | {"ensemble": 2, "epochs": 3}), callbacks=[Count()]).fit(*iris)
    assert Count.epochs == 6


# Going on.


@pytest.mark.parametrize("schedule", [None, StepDecay(every=10)])
@pytest.mark.parametrize("ensemble", [1, 2])
def test_two_fits_of_ten_epochs_are_one_of_twenty_to_the_bit(iris, schedule, ensemble):
    X, y = iris
    arguments = QUICK | {"ensemble": ensemble, "schedule": schedule, "patience": 30}
    once = NNClassifier(**(arguments | {"epochs": 20})).fit(X, y)
    twice = NNClassifier(**(arguments | {"epochs": 10}), warm_start=True).fit(X, y).fit(X, y)
    assert same(once, twice, X) and once.loss_curve_ == twice.loss_curve_


def test_a_warm_start_takes_up_other_rows(iris):
    X, y = iris
    found = NNClassifier(**QUICK, warm_start=True).fit(X, y)
    before = found.predict_proba(X)
    found.fit(X[::-1], (y[::-1] + 1) % 3)
    assert found.n_iter_ == 30 and not np.allclose(found.predict_proba(X), before, atol=0.1)


@pytest.mark.parametrize(
    "said",
    [
        {"learning_rate": 1e-12},
        {"batch_size": 8},
        {"optimizer": "SGD"},
        {"weight_decay": 100.0},
        {"clip_norm": 1e-6},
        {"schedule": "Cosine"},
        {"average": 0.9},
        {"early_stopping": False},
    ],
)
@pytest.mark.parametrize("ensemble", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_warm_start_follows_a_change_of_what_trains(said, ensemble, iris):
    X, y = iris
    first, second = (NNClassifier(**(QUICK | {"ensemble": ensemble}), warm_start=True).fit(X, y) for _ in range(2))
    first.fit(X, y)
    second.set_params(**said).fit(X, y)
    assert not same(first, second, X)
    if "learning_rate" in said:  # nothing is learnt any more: each member has the weights of its last step
        before = NNClassifier(**(QUICK | {"ensemble": ensemble}), early_stopping=False).fit(X, y)
        after = NNClassifier(**(QUICK | {"ensemble": ensemble}), early_stopping=False, warm_start=True).fit(X, y)
        after.set_params(**said).fit(X, y)
        np.testing.assert_allclose(after.predict_proba(X), before.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize(
    "said",
    [{"hidden": (7,)}, {"activation": "Tanh"}, {"class_weight": {0: 2}}, {"ensemble": 2}, {"dropout": 0.5}],
)
def test_a_warm_start_refuses_a_change_of_the_networks(said, iris):
    found = NNClassifier(**QUICK, warm_start=True).fit(*iris)
    for each in (found, pickle.loads(pickle.dumps(found))):
        with pytest.raises(ValueError, match=f"{next(iter(said))} is .* were made with"):
            each.set_params(**said).fit(*iris)
    streaming = NNClassifier(**QUICK).partial_fit(*iris, classes=[0, 1, 2]).set_params(**said)
    with pytest.raises(ValueError, match="were made with"):
        streaming.partial_fit(*iris)


def test_a_stream_follows_a_change_of_the_learning_rate(iris):
    X, y = iris
    found = NNClassifier(**QUICK).partial_fit(X, y, classes=[0, 1, 2])
    before = found.predict_proba(X)
    found.set_params(learning_rate=1e-12).partial_fit(X, y)
    np.testing.assert_allclose(found.predict_proba(X), before, atol=1e-6)


def test_without_a_warm_start_a_second_fit_forgets_the_first(iris):
    X, y = iris
    found = NNClassifier(**QUICK).fit(X, (y + 1) % 3).fit(X, y)
    assert same(found, NNClassifier(**QUICK).fit(X, y), X)


def test_a_stream_of_portions_is_learnt(iris, rng):
    X, y = iris
    found = NNClassifier(**(QUICK | {"ensemble": 2}))
    for _ in range(10):
        for rows in np.array_split(rng.permutation(150), 3):
            found.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert found.score(X, y) > 0.9 and found.n_iter_ == 30
    with pytest.raises(ValueError, match="classes"):
        found.partial_fit(X, y, classes=[0, 1])


def test_a_stream_of_numbers_is_learnt(diabetes):
    X, y = diabetes
    found = NNRegressor(**QUICK)
    for _ in range(20):
        found.partial_fit(X, y)
    assert found.score(X, y) > 0.4


# Targets.


def test_targets_of_any_scale_are_learnt_alike(diabetes):
    X, y = diabetes
    scores = [NNRegressor(**QUICK).fit(X, y * scale).score(X, y * scale) for scale in (1e-6, 1, 1e6)]
    assert scores == pytest.approx([scores[1]] * 3, abs=1e-4) and scores[1] > 0.4


def test_several_numbers_are_predicted(diabetes):
    X, y = diabetes
    Y = np.column_stack([y, -100 * y])
    found = NNRegressor(**QUICK).fit(X, Y)
    assert found.predict(X).shape == (442, 2) and found.score(X, Y) > 0.4


def test_labels_that_do_not_exclude_each_other(rng):
    X, Y = make_multilabel_classification(200, n_features=10, n_classes=4, random_state=0)
    found = NNClassifier(**(QUICK | {"epochs": 60})).fit(X, Y)
    assert found.predict(X).shape == Y.shape == found.predict_proba(X).shape == found.decision_function(X).shape
    assert (found.predict(X) == Y).mean() > 0.8
    assert set(np.unique(found.predict(X))) <= {0, 1}


@pytest.mark.parametrize(
    ("y", "part"),
    [
        (["a", None, "b"] * 20, "missing label, in 20 rows, first in row 1"),
        ([0.0, np.nan, 1.0] * 20, "Input y contains NaN"),
        (["a", 1, 2] * 20, "texts and numbers"),
    ],
)
def test_labels_that_are_none_are_refused(y, part, rng):
    with pytest.raises(ValueError, match=part):
        NNClassifier(**QUICK).fit(rng.normal(size=(60, 2)), y)


def test_labels_that_differ_in_case_alone_are_said(rng):
    with pytest.warns(UserWarning, match="'Yes' .* 'yes '"):
        NNClassifier(**QUICK).fit(rng.normal(size=(60, 2)), ["Yes", "no", "yes "] * 20)


@pytest.mark.parametrize(
    ("y", "part"),
    [
        (["yes", "no"] * 30, "NNClassifier"),
        (np.arange(60).astype("datetime64[D]"), "datetime64"),
        ([[1.0], [np.nan]] * 30, "NaN"),
    ],
)
def test_targets_that_are_no_numbers_are_refused(y, part, rng):
    with pytest.raises(ValueError, match=part):
        NNRegressor(**QUICK).fit(rng.normal(size=(60, 2)), y)


def of_one_column(kind):
    def made(values):
        package = pytest.importorskip(kind.split(".")[0])
        return package.DataFrame({"y": values}) if "frame" in kind else package.Series(values)

    return made


@pytest.mark.parametrize(
    "container",
    [
        list,
        np.array,
        pytest.param(lambda values: np.array(values, object), id="objects"),
        pytest.param(lambda values: np.array(values)[:, None], id="a column"),
        *(
            pytest.param(of_one_column(kind), id=kind)
            for kind in ("pandas", "polars", "pandas.frame", "polars.frame")
        ),
    ],
)
def test_amounts_are_no_classes(container, rng):
    y = (np.arange(60) % 19 / 2 + 0.25).tolist()
    with pytest.raises(ValueError, match="NNRegressor"):
        NNClassifier(**QUICK).fit(rng.normal(size=(60, 2)), container(y))


def test_whole_numbers_in_floats_are_classes(rng):
    assert len(NNClassifier(**QUICK).fit(rng.normal(size=(60, 2)), np.arange(60) % 10 / 1).classes_) == 10


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_a_single_row_is_learnt_by_heart(scale):
    X, y = np.array([[1.0, 2.0]]), np.array([3.0 * scale])
    with pytest.warns(UserWarning, match="nothing to learn"):
        found = NNRegressor(ensemble=1, random_state=0).fit(X, y)
    assert found.predict(X) == pytest.approx(y, rel=0.05)


def test_a_constant_target_is_said(rng):
    with pytest.warns(UserWarning, match="nothing to learn"):
        NNRegressor(**QUICK).fit(rng.normal(size=(60, 2)), np.ones(60))


def test_a_list_of_dicts_and_weights_of_words_are_refused_with_what_to_do(iris):
    with pytest.raises(ValueError, match="pandas"):
        NNClassifier(**QUICK).fit([{"a": 1}, {"a": 2}], [0, 1])
    with pytest.raises(ValueError, match="a number for each row"):
        NNClassifier(**QUICK).fit(*iris, sample_weight="balanced")


# Calibration.


@pytest.mark.parametrize("ensemble", [1, 2])
def test_a_temperature_lowers_the_log_loss_of_held_rows_and_changes_no_class(ensemble):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 5))
    y = (X[:, 0] + 2 * rng.normal(size=3000) > 0).astype(int)  # hard to tell
    held = slice(2000, None)
    train, validation = slice(0, 500), slice(500, 2000)
    arguments = QUICK | {"dropout": 0.0, "early_stopping": False, "ensemble": ensemble}
    given = {"X_val": X[validation], "y_val": y[validation]}
    raw = NNClassifier(**arguments, calibrate=False).fit(X[train], y[train], **given)
    warm = NNClassifier(**arguments).fit(X[train], y[train], **given)
    assert warm.model_.temperature > 1.0
    assert log_loss(y[held], warm.predict_proba(X[held])) < log_loss(y[held], raw.predict_proba(X[held]))
    assert calibration_error(y[held], warm.predict_proba(X[held])) < calibration_error(
        y[held], raw.predict_proba(X[held])
    )
    assert (warm.predict(X[held]) == raw.predict(X[held])).all()


def calibration_error(y, p, bins=10):
    """How far, on average, the part of right answers is from the probability that was given for them."""
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    found = np.digitize(sure, np.linspace(0, 1, bins + 1)[1:-1])
    parts = [found == each for each in range(bins)]
    return sum(abs(right[part].mean() - sure[part].mean()) * part.mean() for part in parts if part.any())


def test_few_rows_have_no_temperature_unless_it_is_asked_for(iris):
    X, y = iris
    assert not hasattr(NNClassifier(**QUICK).fit(X, y).model_, "temperature")
    assert NNClassifier(**QUICK, calibrate=True).fit(X, y).model_.temperature != 1


@pytest.mark.parametrize("how", ["few rows", "no early stopping", "stream", "warm start"])
def test_a_temperature_without_rows_to_find_it_on_is_refused_before_the_training(how, iris):
    class Train(Callback):
        def after_step(self, fit):
            raise AssertionError("trained")

    X, y = iris
    found = NNClassifier(**QUICK, calibrate=True)
    if how == "warm start":
        found.set_params(warm_start=True).fit(X, y)
        before = found.predict_proba(X)
    found.set_params(callbacks=[Train()])
    with pytest.raises(ValueError, match=r"calibrate=True.* no validation rows"):
        if how == "no early stopping":
            found.set_params(early_stopping=False).fit(X, y)
        elif how == "stream":
            found.partial_fit(X, y, classes=[0, 1, 2])
        else:
            found.fit(X[::5], y[::5])
    if how == "warm start":
        assert (found.predict_proba(X) == before).all()


# Files.


def test_a_saved_estimator_predicts_the_same_from_its_file(iris, diabetes, tmp_path):
    X, y = load_breast_cancer(return_X_y=True)
    for found, rows in (
        (NNClassifier(**(QUICK | {"ensemble": 2}), calibrate=True).fit(X, y), X),
        (NNRegressor(**QUICK).fit(*diabetes), diabetes[0]),
    ):
        found.save(tmp_path / "m.safetensors")
        again = nnlite.load(tmp_path / "m.safetensors")
        assert (again.predict(rows) == found.predict(rows)).all()


def test_a_pickle_is_small_and_predicts_the_same(iris):
    X, y = iris
    found = NNClassifier(**QUICK, warm_start=True).fit(X, y)
    found.predict(X)
    content = pickle.dumps(found)
    weights = 4 * sum(parameter.size for parameter in found.model_.parameters)
    assert len(content) < 4 * weights + 20_000
    again = pickle.loads(content)
    assert same(again, found, X)
    assert again.fit(X, y).n_iter_ == 15  # the weights go on, the optimizer begins anew


def test_import_nnlite_loads_no_scikit_learn_until_an_estimator_is_asked_for():
    code = "import nnlite, sys; assert 'sklearn' not in sys.modules; nnlite.NNClassifier; sys.modules['sklearn']"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "NNClassifier" in dir(nnlite)
    with pytest.raises(AttributeError, match="NNClasifier"):
        _ = nnlite.NNClasifier


def test_a_table_of_a_file_is_taken_like_a_data_frame(tmp_path, rng):
    towns = rng.choice(["Bern", "Oslo"], 60)
    path = tmp_path / "rows.csv"
    ages = rng.integers(18, 80, 60)
    path.write_text("town,age\n" + "".join(f"{town},{age}\n" for town, age in zip(towns, ages, strict=True)))
    table = read_table(path)
    classifier = NNClassifier(ensemble=1, epochs=20, learning_rate=0.01, random_state=0).fit(table, towns)
    assert classifier.n_features_in_ == 2 and classifier.feature_names_in_.tolist() == ["town", "age"]
    assert classifier.score(table, towns) == 1
    p = classifier.predict_proba(table)
    swapped = table.only(["age", "town"])  # columns are found by name
    np.testing.assert_array_equal(classifier.predict_proba(swapped), p)
    with pytest.raises(ValueError, match="'age'"):
        classifier.predict(table.without("age"))
    with pytest.raises(ValueError, match="0 sample"):
        classifier.predict(table.rows(slice(0)))
    classifier.fit(np.arange(120.0).reshape(60, 2), towns)
    assert not hasattr(classifier, "feature_names_in_")
    classifier.fit(as_table(np.arange(60.0).reshape(60, 1)), towns)  # its columns have no names of their own
    assert classifier.n_features_in_ == 1 and not hasattr(classifier, "feature_names_in_")


def test_sparse_labels_are_told_to_be_so():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(ValueError, match=r"y is a sparse matrix of shape \(60, 3\); expected an array, as y.toarray"):
        NNClassifier(**QUICK).fit(np.ones((60, 2)), sparse.csr_matrix(np.eye(3)[np.arange(60) % 3]))
