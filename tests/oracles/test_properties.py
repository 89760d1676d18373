"""Properties that hold for whatever values hypothesis makes up."""

import math
import tomllib

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnlite import Dataset, SoftmaxCrossEntropy
from nnlite.config import toml
from nnlite.data import from_arrays, split
from nnlite.data.batches import slices
from nnlite.layers.softmax import softmax
from nnlite.training.history import History

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],  # which asks the clock
)
settings.load_profile("repeatable")

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), FINITE, st.text())
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3))
)


@given(st.dictionaries(st.text(), st.one_of(SCALARS, st.dictionaries(st.text(), VALUES, max_size=4)), max_size=4))
def test_a_document_written_as_toml_comes_back(document):
    assert tomllib.loads(toml.dump(document)) == document


@given(st.integers(1, 300), st.integers(1, 40))
def test_batches_hold_every_row_once_and_none_is_alone_without_need(rows, batch_size):
    batches = slices(rows, batch_size)
    assert [row for batch in batches for row in range(batch.start, batch.stop)] == list(range(rows))
    sizes = [batch.stop - batch.start for batch in batches]
    assert all(size == batch_size for size in sizes[:-1])
    assert 1 <= sizes[-1] <= batch_size + 1
    assert sizes[-1] > 1 or batch_size == 1 or rows == 1


@given(st.lists(st.integers(0, 2), min_size=40, max_size=90), st.integers(0, 9))
def test_the_parts_share_out_all_rows(labels, seed):
    labels = [0, 0, 1, 1, 2, 2] * 3 + labels  # enough of each class to be in every part
    data = Dataset(np.arange(len(labels))[:, None], np.array(labels))
    parts = split(data, 0.2, 0.1, seed)
    rows = np.concatenate([parts.train.x, parts.validation.x, parts.test.x])[:, 0]
    assert sorted(rows) == list(range(len(labels)))
    assert len(parts.test) == round(0.2 * len(labels)) and len(parts.validation) == round(0.1 * len(labels))
    assert (np.array(labels)[parts.test.x[:, 0]] == parts.test.y).all()


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(-1e300, 1e300)))
def test_softmax_is_a_probability_and_its_loss_is_not_negative(x):
    y = softmax(x)
    assert np.isfinite(y).all() and (y >= 0).all() and np.allclose(y.sum(axis=1), 1)
    loss = SoftmaxCrossEntropy()
    value = loss.forward(x, np.zeros(len(x), int))
    assert value >= 0 and math.isfinite(value)
    assert np.allclose(loss.backward().sum(axis=1), 0, atol=1e-12)


@given(
    st.lists(st.one_of(st.text(max_size=5), st.just("x")), min_size=2, max_size=20).filter(lambda x: len(set(x)) > 1)
)
def test_classes_named_at_their_indices_are_the_labels(labels):
    texts = [label.rstrip("\0") + "." for label in labels]  # NumPy drops zeros at the end of text
    data = from_arrays(np.zeros((len(texts), 1)), texts)
    assert [data.classes[index] for index in data.y] == texts


@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=5))
def test_a_history_comes_back_from_its_csv(rows):
    history = History()
    for epoch, (loss, seconds) in enumerate(rows, start=1):
        history.append({"epoch": epoch, "training_loss": loss, "seconds": seconds})
    assert History.from_csv(history.to_csv()).rows == history.rows
