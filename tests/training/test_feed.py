"""A feed gives every row once, as the network takes it, whether memory holds all rows prepared or not."""

import tracemalloc

import numpy as np
import pytest

from nnlite import (
    SGD,
    Columns,
    Dataset,
    Dense,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
    limits,
    train_members,
)
from nnlite.core import cost
from nnlite.data.batches import slices
from nnlite.training.feed import Feed


@pytest.fixture(params=["prepared", "too many to prepare"])
def limit(request, monkeypatch):
    if request.param != "prepared":
        monkeypatch.setattr("nnlite.core.cost._PREPARED_BYTES", 0)


def network():
    return Sequential([Standardize(), Dense(5), SoftmaxCrossEntropy()])


def rows(count):
    rng = np.random.default_rng(0)
    return Dataset(rng.normal(size=(count, 3)), np.arange(count) % 5, sample_weight=np.arange(count))


@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("chunk_bytes", [1, 200, 4 * 2**20])
@pytest.mark.parametrize(("count", "batch_size"), [(50, 8), (49, 8), (50, 1), (3, 100)])
def test_every_row_comes_once_in_the_order_that_was_asked_for(monkeypatch, count, batch_size, chunk_bytes, shuffled):
    monkeypatch.setattr("nnlite.data.batches._CHUNK_BYTES", chunk_bytes)
    data, model = rows(count), network().build((3,))
    model.adapt(data.x)
    feed = Feed(model, data)
    feed.prepare(cost.memory_for_prepared_rows())
    order = np.random.default_rng(1).permutation(count) if shuffled else np.arange(count)
    batches = list(feed.batches(batch_size, order if shuffled else None))
    x, targets, weights = map(np.concatenate, zip(*batches, strict=True))
    assert [len(batch[0]) for batch in batches] == [s.stop - s.start for s in slices(count, batch_size)]
    assert (x == model.preprocess(data.x)[order]).all() and x.dtype == np.float32
    assert (targets == data.y[order]).all() and (weights == data.sample_weight[order]).all()


def test_rows_too_many_to_prepare_train_the_same_weights(monkeypatch):
    def fitted():
        trainer = Trainer(network(), SGD(0.1), epochs=3, batch_size=16)
        history = trainer.fit(rows(100), rows(40))
        return trainer.model.parameters.values.tobytes(), history["training_loss"], history["validation_loss"]

    prepared = fitted()
    monkeypatch.setattr("nnlite.core.cost._PREPARED_BYTES", 0)
    assert fitted() == prepared


def test_rows_without_weights_have_none():
    data = Dataset(np.ones((4, 3)), np.zeros(4, int))
    assert [batch[2] for batch in Feed(network().build((3,)), data).batches(2)] == [None, None]


def test_rows_in_any_memory_layout_give_the_same_batches():
    data, model = rows(50), network().build((3,))
    model.adapt(data.x)
    order = np.random.default_rng(1).permutation(50)

    def batches(x):
        feed = Feed(model, Dataset(x, data.y, data.sample_weight))
        plain = list(feed.batches(8, order))
        feed.prepare(cost.memory_for_prepared_rows())
        return [*plain, *feed.batches(8, order)]

    for other in (np.asfortranarray(data.x), np.repeat(data.x, 2, axis=0)[::2]):
        for mine, theirs in zip(batches(data.x), batches(other), strict=True):
            assert all((a == b).all() for a, b in zip(mine, theirs, strict=True))


def test_rows_that_lie_column_by_column_are_not_copied_whole_for_every_chunk():
    x = np.asfortranarray(np.zeros((20_000, 100), np.float32))  # 8 MB
    feed = Feed(Sequential([Dense(2), SoftmaxCrossEntropy()]).build((100,)), Dataset(x, np.arange(len(x)) % 2))
    batches = feed.batches(50, np.random.default_rng(0).permutation(len(x)))
    next(batches)
    tracemalloc.start()
    try:
        for _ in batches:
            pass
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4e6  # two chunks of a megabyte each, and what is beside them


def table_of_categories():
    """A column of 200 categories, which takes 8 bytes a row before `Columns`, and 199 numbers of 4 behind it."""
    rows = np.arange(20_000)
    return Dataset((rows % 200 + 1.0)[:, None], rows % 2)


def trainer_of_categories(member=0):
    layers = [Columns((201,), one_hot=201), Dense(2), SoftmaxCrossEntropy()]
    return Trainer(Sequential(layers), SGD(0.1), epochs=1, batch_size=500, seed=member)


def peak_of(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_rows_are_estimated_behind_the_preprocessing_and_all_parts_together(monkeypatch):
    data, estimate = table_of_categories(), 20_000 * 200 * 4
    trainer_of_categories().fit(data)  # what is imported and cached by the first fit
    train, validation = data.rows(np.arange(15_000)), data.rows(np.arange(15_000, 20_000))
    peaks = {}
    for allowed in (estimate, estimate - 1, estimate * 3 // 4 - 1, 0):
        monkeypatch.setattr(cost, "_PREPARED_BYTES", allowed)
        peaks[allowed] = peak_of(lambda: trainer_of_categories().fit(train, validation))
    both, training, validating, _ = (peak - peaks[0] for peak in peaks.values())
    assert both == pytest.approx(estimate, rel=0.25)
    assert training == pytest.approx(estimate * 3 / 4, rel=0.25)  # validation rows would be too many beside them
    assert validating == pytest.approx(estimate / 4, rel=0.25)


def test_members_are_prepared_one_after_another():
    data = table_of_categories()
    one = peak_of(lambda: train_members(trainer_of_categories, data, 1))
    three = peak_of(lambda: train_members(trainer_of_categories, data, 3))
    assert three == pytest.approx(one, rel=0.1)


def test_little_memory_of_a_container_is_not_filled_with_prepared_rows(monkeypatch):
    trainer, data = trainer_of_categories(), table_of_categories()
    estimate = len(data) * 200 * 4
    for memory, prepared in ((4 * estimate, True), (4 * estimate - 4, False)):
        monkeypatch.setattr(limits, "memory", lambda memory=memory: memory)
        feed = trainer.training_feed(data)
        feed.model.adapt(data.x, feed.targets)
        assert (feed.prepare(cost.memory_for_prepared_rows()) == estimate) == prepared
    assert cost.memory_for_prepared_rows() < 2**30


def test_rows_that_need_no_preparation_take_no_memory():
    x = np.ones((50, 3), np.float32)
    feed = Feed(Sequential([Dense(2), SoftmaxCrossEntropy()]).build((3,)), Dataset(x, np.arange(50) % 2))
    assert feed.prepare(1e9) == 0 and feed._ready is not None
