"""`from_sklearn` gives estimators that predict what scikit-learn's own pipelines predict; these are the oracle."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

import nnlite
from nnlite import ConfigError, NNClassifier, NNRegressor
from tests.conftest import ROOT

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:scipy.optimize. The `disp` and `iprint` options",  # that scikit-learn 1.6 uses
    "ignore:Found unknown categories",
    "ignore:the column .* has .*(text|value).* that no training row had",
)

ROWS = 120
NUMBERS, TEXTS = [0, 1], [2, 3, 4]  # places in `mixed`; 5 has numbers that are categories


def numbers(columns=4, seed=0):
    """(rows, columns): numbers of very different size, one of them far from 0."""
    x = np.random.default_rng(seed).normal(size=(ROWS, columns)) * 10.0 ** np.arange(columns)
    x[:, -1] += 1e6
    return x


def mixed(*, gaps=False, seed=0):
    """(rows, 6), objects: two numbers, texts of two, three and six kinds, and numbers that are categories."""
    rng = np.random.default_rng(seed)
    x = np.empty((ROWS, 6), object)
    x[:, 0], x[:, 1] = rng.normal(40, 10, ROWS), rng.exponential(1000, ROWS)
    x[:, 2], x[:, 3] = rng.choice(["no", "yes"], ROWS), rng.choice(["Bern", "Oslo", "Rome"], ROWS)
    x[:, 4] = rng.choice(["a", "b", "c", "d", "e", "f"], ROWS, p=[0.4, 0.3, 0.2, 0.04, 0.03, 0.03])
    x[:, 5] = rng.choice([1.0, 2.5, 7.0], ROWS)
    if gaps:
        for column in range(6):
            x[rng.random(ROWS) < 0.15, column] = np.nan
    return x


def with_unknown(x):
    """The rows, some of which have categories that these have not."""
    x = x.copy()
    x[::5, 2], x[1::5, 3], x[2::5, 4], x[3::5, 5] = "maybe", "Kyiv", "z", 3.0
    return x


def answers(x, kind, seed=1):
    """(rows,) or (rows, …): what could be learnt of rows x, of numbers or mixed."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(len(x), 3)) + (x[:, [0]].astype(float) > 40)
    if kind == "binary":
        return np.where(z[:, 0] > 0.5, "yes", "no")
    if kind == "classes":
        return z.argmax(axis=1) * 10
    if kind == "labels":
        return (z > 0.5).astype(int)
    return z[:, 0] * 1e3 + 1e4 if kind == "number" else z * [1.0, 10.0, 1e-3]


def fitted(kind, x, before=(), *, y=None, **arguments):
    """A fitted pipeline, or the perceptron alone where nothing is before it."""
    make = MLPRegressor if kind in ("number", "numbers") else MLPClassifier
    arguments = {"hidden_layer_sizes": (7, 5), "max_iter": 15, "random_state": 0} | arguments
    model = make_pipeline(*before, make(**arguments)) if before else make(**arguments)
    return model.fit(x, answers(np.asarray(x, object), kind) if y is None else y)


def agrees(theirs, x, at_most=1e-9):
    """The converted estimator, which predicts for rows x what theirs predicts."""
    is_classifier = hasattr(theirs, "predict_proba")
    ours = (NNClassifier if is_classifier else NNRegressor).from_sklearn(theirs)
    same(theirs, ours, x, at_most)
    return ours


def same(theirs, ours, x, at_most=1e-9):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        if hasattr(theirs, "predict_proba"):
            p = theirs.predict_proba(x)
            assert np.ptp(p, axis=0).max() > 1e-3  # else equal answers would say nothing
            np.testing.assert_allclose(ours.predict_proba(x), p, rtol=0, atol=at_most)
            np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
        else:
            found = theirs.predict(x)
            spread = np.ptp(found, axis=0)
            assert (spread > 0).all()
            np.testing.assert_allclose(ours.predict(x) / spread, found / spread, rtol=0, atol=at_most)


KINDS = ["binary", "classes", "labels", "number", "numbers"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ["identity", "tanh", "logistic", "relu"])
def test_a_perceptron_alone(kind, activation):
    x = numbers() / [1, 10, 100, 1e6]
    agrees(fitted(kind, x, activation=activation), x)


@pytest.mark.parametrize("sizes", [(), 3, (4,), (2, 3, 4, 5)])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_hidden_layers_of_any_size(sizes, solver):
    x = numbers(3)
    agrees(fitted("classes", x, [StandardScaler()], hidden_layer_sizes=sizes, solver=solver, activation="tanh"), x)


@pytest.mark.parametrize("kind", KINDS)
def test_behind_a_scaler_that_large_numbers_need(kind):
    x = numbers()
    agrees(fitted(kind, x, [StandardScaler()]), x)
    x[:, 3] = 1e9 + x[:, 0] * 1e-3  # 16 digits
    agrees(fitted(kind, x, [StandardScaler()]), x)


@pytest.mark.parametrize(
    "scalers",
    [
        [StandardScaler(with_mean=False)],
        [StandardScaler(with_std=False)],
        [StandardScaler(with_mean=False, with_std=False), StandardScaler()],
        ["passthrough", StandardScaler(), StandardScaler(with_mean=False)],
        [make_pipeline(StandardScaler(), FunctionTransformer())],
    ],
    ids=str,
)
def test_scalers_with_other_settings(scalers):
    x = numbers(3) + np.array([1, 2, 3])
    x[:, 2] = 5  # constant
    agrees(fitted("classes", x / 100, [clone(step) if step != "passthrough" else step for step in scalers]), x / 100)


def test_scalers_one_behind_another():
    x = numbers(3)
    theirs = fitted("classes", x, [StandardScaler(), StandardScaler(), StandardScaler()])
    for place, scaler in enumerate([step for _, step in theirs.steps[:-1]]):  # as if they came from other rows
        scaler.mean_, scaler.scale_ = scaler.mean_ + np.array([0.5, place, -0.3]), scaler.scale_ * [2, 0.5, 1 + place]
    agrees(theirs, x)


@pytest.mark.parametrize(
    "imputers",
    [
        [SimpleImputer(), StandardScaler()],
        [SimpleImputer(strategy="median")],
        [SimpleImputer(), SimpleImputer(strategy="constant", fill_value=7.0)],
        [SimpleImputer(strategy="most_frequent"), StandardScaler()],
        [SimpleImputer(strategy="constant", fill_value=-3.0), StandardScaler()],
        [StandardScaler(), SimpleImputer(strategy="constant", fill_value=2.0)],
        [StandardScaler(), SimpleImputer(strategy="constant", fill_value=2.0), StandardScaler()],
        [SimpleImputer(keep_empty_features=True), StandardScaler()],
        [SimpleImputer(strategy="constant", keep_empty_features=True, fill_value=1.5), StandardScaler()],
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Skipping features", "ignore:Currently, when `keep_empty_feature=False`")
@pytest.mark.parametrize("empty", [False, True])
def test_imputers(imputers, empty):
    x = numbers(4) / [1, 10, 100, 1e6]
    x[np.random.default_rng(3).random(x.shape) < 0.2] = np.nan
    if empty:
        if isinstance(imputers[0], StandardScaler):
            pytest.skip("a scaler before an imputer does not take a column without values")
        x[:, 1] = np.nan
    theirs = fitted("classes", x, map(clone, imputers), y=answers(numbers(), "classes"))
    agrees(theirs, np.where(np.arange(4) == 1, np.nan, numbers(seed=9) / [1, 10, 100, 1e6]) if empty else x)


def one_hot(**arguments):
    arguments = {"handle_unknown": "ignore"} | arguments
    return ColumnTransformer(
        [("numbers", StandardScaler(), NUMBERS), ("codes", OneHotEncoder(**arguments), [2, 3, 4, 5])]
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"sparse_output": False},
        {"drop": "first"},
        {"drop": "if_binary"},
        {"drop": ["yes", "Oslo", "f", 2.5]},
        {"min_frequency": 10},
        {"max_categories": 3, "drop": "first"},
        {"min_frequency": 10, "handle_unknown": "infrequent_if_exist"},
        {"categories": [["yes", "no", "maybe"], ["Rome", "Bern", "Oslo"], list("zfedcba"), [0.0, 1.0, 2.5, 7.0]]},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_one_hot_and_its_unknown_categories(arguments, kind):
    x = mixed()
    theirs = fitted(kind, x, [one_hot(**arguments)])
    agrees(theirs, x)
    agrees(theirs, with_unknown(x))


@pytest.mark.parametrize("drop", [None, "first"])
def test_one_hot_that_refuses_what_it_does_not_know(drop):
    x = mixed()
    ours = agrees(fitted("classes", x, [one_hot(handle_unknown="error", drop=drop)]), x)
    with pytest.warns(UserWarning, match="'2' has a text that no training row had, in 24 rows: 'maybe'"):
        ours.predict(with_unknown(x))


def test_missing_values_that_are_a_category_of_their_own():
    x = mixed(gaps=True)
    numeric = make_pipeline(SimpleImputer(), StandardScaler())
    for drop in (None, "first"):
        codes = OneHotEncoder(handle_unknown="ignore", drop=drop)
        steps = ColumnTransformer([("numbers", numeric, NUMBERS), ("codes", codes, [2, 3, 4, 5])])
        theirs = fitted("classes", x, [steps], y=answers(mixed(), "classes"))
        agrees(theirs, x)
        agrees(theirs, with_unknown(x))


@pytest.mark.parametrize("encoder", [OneHotEncoder(handle_unknown="ignore", min_frequency=25), OrdinalEncoder()])
def test_none_is_a_missing_value_too(encoder):
    x = mixed(gaps=True)[:, TEXTS]
    x[x != x] = None
    theirs = fitted("classes", x, [encoder], y=answers(mixed(), "classes"))
    agrees(theirs, x)


@pytest.mark.parametrize("fill", ["most_frequent", "another text"])
def test_missing_categories_that_are_filled_in(fill):
    x = mixed(gaps=True)
    filler = SimpleImputer(strategy=fill) if fill == "most_frequent" else SimpleImputer(strategy="constant")
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = make_pipeline(filler, OneHotEncoder(handle_unknown="ignore"))
    counted = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    steps = ColumnTransformer([("numbers", numeric, NUMBERS), ("texts", texts, TEXTS), ("counts", counted, [5])])
    theirs = fitted("numbers", x, [steps], y=answers(mixed(), "numbers"))
    agrees(theirs, x)
    agrees(theirs, with_unknown(x))


def test_missing_values_of_columns_without_any_in_training():
    x, gaps = mixed(), mixed(gaps=True)
    steps = ColumnTransformer(
        [
            ("numbers", SimpleImputer(), NUMBERS),
            ("filled", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), [2]),
            ("codes", OneHotEncoder(handle_unknown="ignore"), [3, 4, 5]),
        ]
    )
    agrees(fitted("classes", x, [steps, StandardScaler(with_mean=False)]), gaps)


def test_a_column_with_one_known_category():
    x = mixed()
    x[:, 2], x[:60, 3], x[60:, 3] = "only", "only", np.nan
    codes = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    theirs = fitted("classes", x, [ColumnTransformer([("codes", codes, [2, 3]), ("rest", StandardScaler(), [0])])])
    agrees(theirs, x)
    agrees(theirs, with_unknown(x))
    missing = x.copy()
    missing[:, 2] = np.nan
    agrees(theirs, missing)


def test_a_column_whose_only_category_is_missing():
    x = mixed()
    x[:, 2] = np.nan
    codes = OneHotEncoder(handle_unknown="ignore")
    theirs = fitted("classes", x, [ColumnTransformer([("codes", codes, [2]), ("rest", StandardScaler(), [0])])])
    agrees(theirs, x)
    agrees(theirs, with_unknown(x))


ORDINAL = {"handle_unknown": "use_encoded_value", "unknown_value": -2}


@pytest.mark.parametrize(
    "arguments",
    [
        ORDINAL,
        ORDINAL | {"encoded_missing_value": -1},
        ORDINAL | {"min_frequency": 10, "encoded_missing_value": 8},
        ORDINAL | {"categories": [["yes", "no"], ["Rome", "Bern", "Oslo"], list("fedcba"), [1.0, 2.5, 7.0]]},
        {"handle_unknown": "use_encoded_value", "unknown_value": np.nan},
    ],
    ids=str,
)
@pytest.mark.parametrize("gaps", [False, True])
def test_ordinal_codes(arguments, gaps):
    x = mixed(gaps=gaps)
    codes = make_pipeline(OrdinalEncoder(**arguments), SimpleImputer(), StandardScaler())
    steps = ColumnTransformer([("numbers", SimpleImputer(), [0]), ("codes", codes, [2, 3, 4, 5])])
    theirs = fitted("classes", x, [steps], y=answers(mixed(), "classes"))
    agrees(theirs, x)
    agrees(theirs, with_unknown(x))


def test_nested_pipelines_dropped_and_remaining_columns():
    x = mixed()
    inner = ColumnTransformer([("first", StandardScaler(), [1])], remainder="passthrough")
    steps = ColumnTransformer(
        [
            ("texts", Pipeline([("fill", "passthrough"), ("codes", OneHotEncoder(drop="first"))]), [4, 2]),
            ("none", StandardScaler(), []),
            ("numbers", make_pipeline(StandardScaler(), inner), slice(0, 2)),
            ("gone", "drop", [3]),
        ],
        remainder="passthrough",
    )
    ours = agrees(fitted("classes", x, [steps]), x)
    assert [column.kind for column in ours.table_.encoder.columns][3] == "ignore"
    last = Pipeline([("before", clone(steps)), ("inner", make_pipeline(StandardScaler(), MLPClassifier((3,))))])
    agrees(last.fit(x, answers(x, "binary")), x)


def test_a_column_that_is_scaled_twice_and_one_that_is_encoded_twice():
    x = mixed()
    steps = ColumnTransformer(
        [
            ("scaled", StandardScaler(), [0, 1]),
            ("plain", "passthrough", [0]),
            ("again", make_pipeline(SimpleImputer(), StandardScaler(with_mean=False)), [1, 0]),
            ("codes", OneHotEncoder(handle_unknown="ignore", categories=[["no"], ["Bern", "Rome"]]), [2, 3]),
            ("order", OrdinalEncoder(**ORDINAL), [3, 2]),
        ]
    )
    theirs = fitted("numbers", x, [steps])
    agrees(theirs, x)
    agrees(theirs, with_unknown(x))


def test_true_and_false_and_whole_numbers_are_categories():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.integers(0, 2, ROWS), rng.integers(-3, 9, ROWS)])
    agrees(fitted("classes", x, [OneHotEncoder()]), x)
    agrees(fitted("binary", x > 3, [OneHotEncoder(handle_unknown="ignore")]), x > 2)
    flags = np.array(x > 3, object)
    agrees(fitted("binary", flags, [OneHotEncoder(handle_unknown="ignore")]), flags)


def test_texts_that_stand_for_nothing_elsewhere_are_categories_as_in_scikit_learn():
    x = np.random.default_rng(0).choice(["?", "NA", " x", "-"], (ROWS, 2)).astype(object)
    theirs = fitted("classes", x, [OneHotEncoder(handle_unknown="ignore")], y=answers(mixed(), "classes"))
    agrees(theirs, x)
    x[::3, 0] = "nan"
    agrees(theirs, x)
    x[::3, 0] = ""
    agrees(theirs, x)


def frames():
    pandas = pytest.importorskip("pandas", reason="a data frame needs pandas")
    x = mixed(gaps=True)
    frame = pandas.DataFrame(
        {
            "age": x[:, 0].astype(float),
            "pay": x[:, 1].astype(float),
            "smoker": pandas.Series(x[:, 2]),
            "town": pandas.Series(x[:, 3], dtype="category"),
            "kind": x[:, 4],
            "size": x[:, 5].astype(float),
            "count": np.arange(ROWS) % 7,
            "flag": np.arange(ROWS) % 3 > 0,
        }
    )
    steps = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(pattern="age|pay")),
            ("codes", OneHotEncoder(handle_unknown="ignore", drop="if_binary"), ["kind", "smoker", "town", "flag"]),
            ("size", make_pipeline(OrdinalEncoder(**ORDINAL), SimpleImputer(strategy="median")), ["size"]),
        ],
        remainder="passthrough",
    )
    return frame, steps


@pytest.mark.parametrize("kind", KINDS)
def test_data_frames(kind, tmp_path):
    frame, steps = frames()
    theirs = fitted(kind, frame, [steps], y=answers(mixed(), kind))
    ours = agrees(theirs, frame)
    ours.save(tmp_path / "model.safetensors")
    loaded = nnlite.load(tmp_path / "model.safetensors")
    same(theirs, ours, frame)
    np.testing.assert_array_equal(loaded.predict(frame[frame.columns[::-1]].assign(more=1)), ours.predict(frame))
    assert ours.feature_names_in_.tolist() == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        ours.predict(frame.rename(columns={"age": "years"}))


def test_a_frame_of_polars():
    polars = pytest.importorskip("polars", reason="a data frame needs polars")
    x = mixed()
    frame = polars.DataFrame({"a": x[:, 0].astype(float), "b": x[:, 2].tolist(), "c": x[:, 4].tolist()})
    steps = ColumnTransformer([("n", StandardScaler(), ["a"]), ("t", OneHotEncoder(), ["c", "b"])])
    agrees(fitted("classes", frame, [steps], y=answers(x, "classes")), frame)


def test_the_other_dtypes_of_pandas():
    pandas = pytest.importorskip("pandas", reason="a data frame needs pandas")
    frame, _ = frames()
    frame = frame[["kind", "town", "size", "count"]].fillna({"kind": "a", "town": "Bern"})  # the encoder takes no NA
    frame = frame.convert_dtypes().astype({"town": "category"})
    steps = ColumnTransformer(
        [
            ("codes", OneHotEncoder(handle_unknown="ignore"), ["kind", "town"]),
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["size", "count"]),
        ]
    )
    theirs = fitted("classes", frame, [steps], y=answers(mixed(), "classes"))
    agrees(theirs, frame)
    assert pandas.isna(frame["size"]).any()


def test_steps_that_hand_on_data_frames():
    frame, _ = frames()
    codes = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    first = ColumnTransformer([("n", SimpleImputer(), ["pay", "age"]), ("c", codes, ["kind", "town"])])
    second = ColumnTransformer([("s", StandardScaler(), ["n__age", "n__pay"])], remainder="passthrough")
    model = make_pipeline(first, second, MLPClassifier((4,), max_iter=15, random_state=0)).set_output(
        transform="pandas"
    )
    agrees(model.fit(frame, answers(mixed(), "classes")), frame)


def test_rows_of_float32():
    x = (numbers(3) / [1, 10, 1e6]).astype(np.float32)
    agrees(fitted("classes", x, activation="tanh"), x, at_most=1e-6)


def test_a_fresh_process_predicts_the_same_from_raw_rows(tmp_path):
    x = mixed(gaps=True)
    numeric = make_pipeline(SimpleImputer(), StandardScaler())
    steps = ColumnTransformer([("n", numeric, NUMBERS), ("c", OneHotEncoder(handle_unknown="ignore"), [2, 3, 4, 5])])
    theirs = fitted("classes", x, [steps], y=answers(mixed(), "classes"))
    NNClassifier.from_sklearn(theirs).save(tmp_path / "model.safetensors")
    np.save(tmp_path / "rows.npy", x, allow_pickle=True)
    code = (
        "import sys, numpy as np, nnlite\n"
        "x = np.load('rows.npy', allow_pickle=True)\n"
        "predictor = nnlite.load('model.safetensors')\n"
        "np.save('p.npy', predictor.predict_proba(x)); np.save('y.npy', predictor.predict(x))\n"
        "assert 'sklearn' not in sys.modules\n"
    )
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), theirs.predict_proba(x), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), theirs.predict(x))


def test_what_is_known_of_the_estimator():
    x = numbers()
    theirs = fitted("binary", x, [StandardScaler()])
    ours = agrees(theirs, x)
    assert ours.n_features_in_ == 4 and not hasattr(ours, "feature_names_in_")
    assert ours.classes_.tolist() == ["no", "yes"] and ours.n_iter_ == 15
    assert ours.model_.dtype == "float64" and ours.model_.output_shape == (1,)
    assert (ours.hidden, ours.activation, ours.ensemble, ours.loss) == ((7, 5), "ReLU", 1, "BinaryCrossEntropy")
    assert ours.loss_curve_ == [] and ours.best_epoch_ == ours.n_iter_
    assert ours.score(x, theirs.predict(x)) == 1
    again = clone(ours).set_params(epochs=2).fit(x, answers(x, "binary"))  # its arguments are those of such a network
    assert again.model_.parameters.values.size == ours.model_.parameters.values.size


def test_it_can_be_trained_further():
    x = numbers()
    y = answers(x, "number")
    theirs = fitted("number", x, [StandardScaler()], solver="sgd", learning_rate_init=1e-4, activation="tanh")
    ours = agrees(theirs, x)
    before, score = ours.predict(x), ours.score(x, y)
    ours.set_params(learning_rate=1e-6).partial_fit(x, y)
    assert 0 < np.abs(ours.predict(x) - before).max() < np.ptp(y) / 100
    assert abs(ours.score(x, y) - score) < 0.01


def test_a_missing_number_that_nothing_fills_is_taken_for_the_mean():
    x = numbers()
    ours = agrees(fitted("classes", x, [StandardScaler()]), x)
    gone, mean = x[:1].copy(), x[:1].copy()
    gone[0, 2], mean[0, 2] = np.nan, x[:, 2].mean()
    np.testing.assert_allclose(ours.predict_proba(gone), ours.predict_proba(mean), rtol=0, atol=1e-12)


def of(*steps):
    return lambda: fitted("binary", numbers(), steps)


def of_mixed(*steps, x=None):
    return lambda: fitted("binary", mixed() if x is None else x(), steps, y=answers(mixed(), "binary"))


def scaled_and_coded():
    return ColumnTransformer([("scaled", StandardScaler(), [5]), ("codes", OneHotEncoder(), [5])])


def filled_twice():
    return ColumnTransformer([("mean", SimpleImputer(), [0]), ("zero", SimpleImputer(strategy="constant"), [0])])


def weighted():
    return ColumnTransformer([("all", StandardScaler(), [0])], transformer_weights={"all": 2.0})


def alike():
    x = mixed()
    x[:, 2] = np.random.default_rng(0).choice(["no", " no"], ROWS)
    return x[:, [2]]


def none_and_blank():
    x = mixed()
    x[:, 2] = np.random.default_rng(0).choice(np.array(["no", "", np.nan], object), ROWS)
    return x[:, [2]]


REFUSED = [
    (of(MinMaxScaler()), r"MinMaxScaler cannot be converted; expected a pipeline of StandardScaler"),
    (of(PCA(2)), r"PCA cannot be converted"),
    (of(SelectKBest(k=2)), r"SelectKBest cannot be converted"),
    (of(FunctionTransformer(np.cbrt)), r"FunctionTransformer\(func=<ufunc 'cbrt'>\) cannot be converted"),
    (of(SimpleImputer(add_indicator=True)), r"SimpleImputer\(add_indicator=True\) cannot be converted"),
    (of(SimpleImputer(missing_values=-1)), r"SimpleImputer\(missing_values=-1\) cannot be converted"),
    (of(weighted()), r"ColumnTransformer\(transformer_weights=.* cannot be converted"),
    (of(ColumnTransformer([("all", MinMaxScaler(), [0])])), "MinMaxScaler cannot be converted"),
    (of(filled_twice()), "missing values of the column '0' are taken for .* and for"),
    (of_mixed(one_hot(handle_unknown="warn")), r"OneHotEncoder\(handle_unknown='warn'\) cannot be converted"),
    (of_mixed(scaled_and_coded()), "the column '5' is taken for a number and for a category"),
    (of(StandardScaler(), OneHotEncoder()), "OneHotEncoder of '0' behind a scaler or an encoder"),
    (of_mixed(OneHotEncoder(), x=alike), "OneHotEncoder of '0' has the categories ' no' and 'no'"),
    (of_mixed(OneHotEncoder(), x=none_and_blank), "OneHotEncoder of '0' has the categories '' and nan"),
    (
        of_mixed(SimpleImputer(strategy="constant", fill_value="no"), OrdinalEncoder(), x=none_and_blank),
        "OrdinalEncoder of '0' has the category '' behind a SimpleImputer",
    ),
    (lambda: fitted("number", numbers()), "got MLPRegressor, expected a fitted MLPClassifier"),
    (lambda: LogisticRegression(), "got LogisticRegression, expected a fitted MLPClassifier"),
    (lambda: GridSearchCV(MLPClassifier(), {}), "got GridSearchCV, expected .*; its best_estimator_ may be one"),
    (lambda: fitted("binary", numbers(), y=["same"] * ROWS), "knows a single class, 'same'"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_what_cannot_be_expressed_is_refused_by_name(make, message):
    theirs = make()
    if isinstance(theirs, GridSearchCV):
        theirs.best_estimator_ = None
    with pytest.raises(ConfigError, match=message):
        NNClassifier.from_sklearn(theirs)


def test_what_is_not_fitted_is_refused():
    for theirs in (MLPRegressor(), make_pipeline(StandardScaler(), MLPRegressor())):
        with pytest.raises(NotFittedError):
            NNRegressor.from_sklearn(theirs)


def test_another_loss_of_newer_versions_is_refused():
    if "loss" not in MLPRegressor().get_params():
        pytest.skip("before 1.7 there was one loss")
    theirs = MLPRegressor(hidden_layer_sizes=(3,), loss="poisson", max_iter=5).fit(numbers() / 1e6, np.arange(ROWS))
    with pytest.raises(ConfigError, match=r"MLPRegressor\(loss='poisson'\) cannot be converted"):
        NNRegressor.from_sklearn(theirs)


def test_a_class_is_told_to_be_one():
    with pytest.raises(ConfigError, match=r"got the class MLPClassifier, expected a fitted MLPClassifier"):
        NNClassifier.from_sklearn(MLPClassifier)
