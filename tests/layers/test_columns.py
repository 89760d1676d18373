"""Columns: what it learns of the training rows, how it scales and fills, and what becomes of codes."""

import statistics
import tracemalloc

import numpy as np
import pytest
from scipy import stats
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import nnlite
from nnlite import (
    SGD,
    Columns,
    ConfigError,
    DataError,
    Dataset,
    Dense,
    Embeddings,
    PeriodicEmbedding,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.core import cost
from nnlite.data import split
from nnlite.errors import RowError
from nnlite.training.feed import Feed


def adapted(layer, x, dtype="float64"):
    model = Sequential([layer]).build(x.shape[1:], dtype=dtype)
    model.adapt(x)
    return model


def with_gaps(rng, rows=200, columns=4):
    x = rng.normal(size=(rows, columns)) * [1, 10, 1e3, 1e-3][:columns] + [0, 5, 1e6, 1][:columns]
    x[rng.random(x.shape) < 0.2] = np.nan
    return x


def test_standard_numbers_are_those_of_scikit_learn_with_the_median_in_the_gaps(rng):
    x, fresh = with_gaps(rng), with_gaps(rng)
    medians = [statistics.median(column[~np.isnan(column)].tolist()) for column in x.T]
    expected = StandardScaler().fit(x).transform(np.where(np.isnan(fresh), medians, fresh))
    assert np.allclose(adapted(Columns(), x).forward(fresh), expected, rtol=0, atol=1e-9)


def test_standard_numbers_without_gaps_are_those_of_standardize(rng):
    for x in (rng.normal(size=(50, 3)) * 1e-3 + 1e9, rng.integers(0, 2**62, (50, 3)), rng.random((50, 3)) > 0.5):
        one, other = adapted(Columns(), x), adapted(Standardize(), x)
        assert np.allclose(one.forward(x), other.forward(x), rtol=1e-12, atol=1e-12)


def test_a_large_mean_costs_no_digits():
    times = np.int64(1_700_000_000_000_000_000) + np.arange(5)[:, None] * 2560  # float64 rounds to 256
    y = adapted(Columns(), times).forward(times)
    assert y.ravel() == pytest.approx((np.arange(5) - 2) / np.sqrt(2), abs=1e-12)


def test_robust_numbers_by_hand():
    x = np.array([[0.0], [1.0], [2.0], [3.0], [1000.0]])  # quartiles 1 and 3, median 2
    z = (x - 2) / 2
    assert adapted(Columns(numbers="robust"), x).forward(x) == pytest.approx(z / np.sqrt(1 + (z / 3) ** 2), rel=1e-14)
    equal = np.array([[5.0]] * 8 + [[4.0], [8.0]])  # equal quartiles: by the range, 4
    z = (equal - 5) / 2
    assert adapted(Columns(numbers="robust"), equal).forward(equal) == pytest.approx(z / np.sqrt(1 + z**2 / 9))
    assert abs(adapted(Columns(numbers="robust"), x).forward(np.array([[1e300]]))).item() <= 3


def test_quantiles_make_a_normal_distribution_of_any():
    x = np.random.default_rng(0).lognormal(size=(20_000, 1)) ** 3
    model = adapted(Columns(numbers="quantile"), x)
    y = model.forward(x).ravel()
    assert stats.kstest(y, "norm").statistic < 0.005
    ends = stats.norm.ppf(0.5 / 255)
    assert model.forward(np.array([[-1.0], [1e300], [np.nan]])).ravel() == pytest.approx([ends, -ends, 0], abs=1e-12)


def test_equal_numbers_get_the_middle_of_their_parts():
    x = np.repeat([0.0, 1.0], [900, 100])[:, None]
    low, high = adapted(Columns(numbers="quantile"), x).forward(np.array([[0.0], [1.0]])).ravel()
    assert low == pytest.approx(stats.norm.ppf(0.45), abs=0.01)
    assert high == pytest.approx(stats.norm.ppf(0.95), abs=0.03)


def test_quantiles_are_those_of_the_training_rows_that_are_there(rng):
    x = with_gaps(rng)
    model = adapted(Columns(numbers="quantile"), x)
    found = model.layers[0].statistics
    for index, column in enumerate(x.T):
        there = np.sort(column[~np.isnan(column)])
        places = (np.arange(255) + 0.5) / 255 * (len(there) - 1)
        by_hand = np.interp(places, np.arange(len(there)), there)
        assert found["quantiles"][:, index] == pytest.approx(by_hand, rel=1e-12)
    assert found["fill"] == pytest.approx(np.nanmedian(x, axis=0), rel=1e-15)


def test_numbers_may_stay_as_they_are_but_for_gaps():
    x = np.array([[1.0, 2.0], [3.0, np.nan], [8.0, 6.0]])
    assert adapted(Columns(numbers="none"), x).forward(x).tolist() == [[1, 2], [3, 4], [8, 6]]


@pytest.mark.parametrize("numbers", ["standard", "robust", "quantile", "none"])
def test_a_column_alike_in_all_training_rows_never_speaks(numbers):
    x = np.array([[3.0, np.nan, 0.1, 1], [np.nan, np.nan, 0.1, 2], [3.0, np.nan, 0.1, 3]])
    model = adapted(Columns(numbers=numbers), x)
    fresh = np.array([[4.0, 7.0, 0.2, 2.0], [np.nan] * 4])
    assert model.forward(fresh)[:, :3].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert np.isfinite(model.layers[0].statistics["gain"]).all()


def test_one_hot_columns_are_those_of_scikit_learn(rng):
    x = np.stack([rng.integers(1, 5, 60), rng.integers(1, 8, 60)], axis=1)
    expected = OneHotEncoder(categories=[[1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7]], sparse_output=False).fit_transform(x)
    assert (adapted(Columns((5, 8)), x).forward(x) == expected).all()


def test_what_becomes_of_codes_and_in_which_order():
    x = np.array([[1, 0.5, 3, 0, 11], [2, 1.5, 1, 1, 4], [1, 2.5, 2, 1, 11]])
    layer = Columns((3, 0, 4, 2, 12), numbers="none")
    y = adapted(layer, x).forward(x)
    assert y.tolist() == [[0.5, -1, 0, 0, 1, 0, 11], [1.5, 1, 1, 0, 0, 1, 4], [2.5, -1, 0, 1, 0, 1, 11]]
    assert layer.whole == [0, 2, 3, 4]
    assert adapted(Columns((3, 0, 4, 2, 12), "none", one_hot=0), x).forward(x).tolist() == [
        [0.5, 1, 3, 0, 11],
        [1.5, 2, 1, 1, 4],
        [2.5, 1, 2, 1, 11],
    ]


def test_a_code_that_no_training_row_had_counts_as_not_known():
    x = np.array([[1, 1, 5], [3, 1, 7], [1, 1, 5]])
    layer = Columns((4, 3, 8), one_hot=4)
    model = adapted(layer, x)
    assert layer.statistics["seen"].tolist() == [0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1]
    fresh = np.array([[2, 2, 6], [0, 0, 0], [3, 1, 7]])
    assert model.forward(fresh).tolist() == [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, -1, 7]]


@pytest.mark.parametrize(("value", "shown"), [(3, "3.0"), (-1, "-1.0"), (1.5, "1.5"), (np.nan, "nan")])
@pytest.mark.parametrize("call", ["forward", "adapt"])
def test_what_is_no_code_is_told_with_its_place(value, shown, call):
    x = np.array([[2.0, 0.5, 1], [1, 0.5, 1]])
    model = Sequential([Columns((3, 0, 2))]).build((3,))
    model.adapt(x)
    x[1, 0] = value
    said = rf"Columns\(codes=\(3, 0, 2\)\) got {shown} in row 1, column 0: .* from 0 to 2; number the categories"
    with pytest.raises(RowError, match=said):
        getattr(model, call)(x)


def test_a_wrong_code_is_told_before_the_first_step_by_its_row_in_the_data():
    x = np.arange(200).reshape(100, 2) % 3.0
    x[77, 1] = 9
    model = Sequential([Columns((3, 3)), Dense(2), SoftmaxCrossEntropy()])
    parts = split(Dataset(x, np.arange(100) % 2), 0.3, 0.0, seed=1)
    with pytest.raises(DataError, match=r"got 9.0 in row 77, column 1"):
        Trainer(model, SGD()).check(parts.train, test=parts.test)


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (
            Columns((0, 3)),
            (3,),
            r"takes rows of 2 columns, one for each of its codes, but its input has shape \(3,\)",
        ),
        (Columns(), (2, 3), r"takes rows of columns, but its input has shape \(2, 3\)"),
        (Columns((1, 1)), (2,), r"leaves nothing of an input of shape \(2,\): no column has a code but 0"),
    ],
)
def test_rows_that_do_not_fit_are_refused(layer, shape, said):
    with pytest.raises(ShapeError, match=said):
        Sequential([layer]).build(shape)


def test_wrong_arguments_are_told():
    with pytest.raises(ConfigError, match=r"codes = \(0, -1\): expected a list, each an integer of at least 0"):
        Columns((0, -1))
    with pytest.raises(ConfigError, match="one of standard, robust, quantile, none; did you mean 'robust'"):
        Columns(numbers="robustt")


def test_a_number_too_large_for_its_square_is_told():
    with pytest.raises(DataError, match="a number is so large that its variance is not finite"):
        adapted(Columns(), np.array([[1e300], [-1e300]]))


def test_nothing_is_learnt_from_other_than_the_training_rows(rng):
    """The statistics of a fit are those of the training part by hand, whatever stands in the others."""
    x = np.column_stack([with_gaps(rng), rng.integers(0, 30, 200)])
    parts = split(Dataset(x, rng.integers(0, 2, 200)), 0.3, 0.3, seed=4)
    layer = Columns((0, 0, 0, 0, 30))
    Trainer(Sequential([layer, Embeddings((30,)), Dense(2), SoftmaxCrossEntropy()]), SGD(), epochs=1).fit(
        parts.train, parts.validation
    )
    train = parts.train.x
    assert layer.statistics["fill"] == pytest.approx(np.nanmedian(train[:, :4], axis=0), rel=1e-15)
    assert layer.statistics["mean"] == pytest.approx(np.nanmean(train[:, :4], axis=0), rel=1e-12)
    assert np.flatnonzero(layer.statistics["seen"]).tolist() == sorted({int(code) for code in train[:, 4]})


@pytest.mark.parametrize("numbers", ["standard", "robust", "quantile", "none"])
def test_a_saved_model_of_a_table_predicts_the_same(numbers, rng, tmp_path):
    x = np.column_stack([with_gaps(rng) / [1, 10, 1e6, 1], rng.integers(0, 3, 200), rng.integers(0, 30, 200)])
    layers = [Columns((0, 0, 0, 0, 3, 30), numbers), PeriodicEmbedding(4), Embeddings((30,))]
    model = Sequential([*layers, Dense(2), SoftmaxCrossEntropy()])
    Trainer(model, SGD(0.1), epochs=2).fit(Dataset(x, rng.integers(0, 2, 200)))
    nnlite.save(model, tmp_path / "m.safetensors")
    fresh = np.column_stack([with_gaps(rng) / [1, 10, 1e6, 1], np.zeros((200, 2))])
    loaded = nnlite.load(tmp_path / "m.safetensors")
    assert loaded.predict_proba(fresh).tobytes() == nnlite.Predictor(model).predict_proba(fresh).tobytes()


def test_rows_of_a_file_are_learnt_from_a_column_at_a_time(tmp_path):
    rows = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float64, (50_000, 40))  # 16 MB
    rows[:] = np.arange(50_000)[:, None] % 7
    model = Sequential([Columns((0, 7) * 20)]).build((40,))
    tracemalloc.start()
    model.adapt(rows)
    assert tracemalloc.get_traced_memory()[1] < 6e6
    tracemalloc.stop()


def test_declaring_takes_no_memory_however_much_is_asked_for():
    """A model file of a few bytes can ask for it; it is refused once its arrays are compared with these."""
    tracemalloc.start()
    model = Sequential([Columns((2**24,) * 1000, "quantile", one_hot=2**24)])
    model.declare((1000,))
    Sequential([Columns(numbers="quantile"), Embeddings((2**24,) * 3)]).declare((10**11,))
    assert tracemalloc.get_traced_memory()[1] < 2e6
    tracemalloc.stop()
    with pytest.raises(ShapeError, match=r"its [\d,]+ numbers cannot be made"):
        Sequential([Columns((2**24,) * 10**4)]).build((10**4,))


def test_rows_are_prepared_once_only_if_they_are_not_too_wide_behind_it(monkeypatch):
    data = Dataset(np.arange(60)[:, None] % 30, np.arange(60) % 2)
    for columns, width in ((Columns((30,), one_hot=30), 29), (Columns((30,)), 1)):
        model = Sequential([columns, Dense(2), SoftmaxCrossEntropy()]).build((1,))
        model.adapt(data.x)
        for allowed in (60 * width * 4 - 1, 60 * width * 4):
            monkeypatch.setattr("nnlite.core.cost._PREPARED_BYTES", allowed)
            feed = Feed(model, data)
            feed.prepare(cost.memory_for_prepared_rows())
            assert (feed._ready is not None) == (allowed == 60 * width * 4)
