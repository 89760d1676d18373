"""A feed gives every row once, as the network takes it, whether memory holds all rows prepared or not."""

import tracemalloc

import numpy as np
import pytest

from nnlite import SGD, Dataset, Dense, Sequential, SoftmaxCrossEntropy, Standardize, Trainer
from nnlite.data.batches import slices
from nnlite.training.feed import Feed


@pytest.fixture(params=["prepared", "too many to prepare"])
def limit(request, monkeypatch):
    if request.param != "prepared":
        monkeypatch.setattr("nnlite.training.feed._PREPARED_BYTES", 0)


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
    feed.prepare()
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
    monkeypatch.setattr("nnlite.training.feed._PREPARED_BYTES", 0)
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
        feed.prepare()
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
