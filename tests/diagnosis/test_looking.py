"""All findings together: their order, what a failing one does, and that they change nothing and cost little."""

import re
import time

import numpy as np
import pytest

from nnlite import LBFGS, SGD, Dense, Layer, ReLU, SoftmaxCrossEntropy, Standardize, Trainer
from nnlite.core import snapshot
from nnlite.data import Dataset, from_arrays, split
from nnlite.diagnosis import Finding, Settings, diagnose, findings
from nnlite.diagnosis.looking import LOOKS, OF_TRAINING, by_severity, diagnosis
from tests.conftest import make_blobs
from tests.helpers.diagnosed import clouds, fitted


@pytest.fixture(scope="module")
def bad():
    """A training with several things wrong, its rows, and what was found."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4)) * 30
    x[:, 1], x[:, 2] = 7, x[:, 0]
    data = split(from_arrays(x, x[:, 0] * x[:, 3] > 0, feature_names=list("abcd")), seed=0)
    layers = [Dense(8), ReLU(), Dense(2), SoftmaxCrossEntropy()]
    trainer = fitted(data.train, layers, data.validation, SGD(1e-7), epochs=8)
    return trainer, data, diagnose(trainer, data.train, data.validation, data.test)


def test_the_gravest_stand_first_and_causes_before_what_follows_of_them(bad):
    _, _, found = bad
    names = [finding.name for finding in found]
    assert names == [finding.name for finding in by_severity(reversed(found))]
    assert {"unscaled_inputs", "duplicated_columns", "constant_columns"} <= set(names)
    assert [finding.severity for finding in found] == sorted(
        (finding.severity for finding in found), key=["high", "medium", "low"].index
    )
    assert "unscaled_inputs" in names[:1] and names[-1] == "constant_columns"


def test_each_finding_is_a_sentence_with_evidence_and_names_itself(bad):
    for finding in bad[2]:
        assert finding.name in LOOKS and finding.evidence and str(finding) == finding.sentence
        assert re.match(r"[A-Z0-9'].*\.$|.*\?$", finding.sentence) and len(finding.sentence) < 200


def test_the_same_training_has_the_same_findings_and_is_left_as_it_was(bad):
    trainer, data, found = bad
    before, rows = snapshot.digest(trainer.model), data.train.x.copy()
    assert diagnose(trainer, data.train, data.validation, data.test) == found
    settings = Settings(1e-7)
    again = findings(trainer.model, trainer.history, data.train, data.validation, data.test, settings=settings)
    assert again == found
    assert snapshot.digest(trainer.model) == before and (data.train.x == rows).all()


def test_rows_whose_classes_and_columns_come_in_another_order_have_the_same_findings(bad):
    trainer, data, found = bad

    def turned(part):
        return Dataset(part.x[:, ::-1], 1 - part.y, None, part.classes[::-1], part.feature_names[::-1])

    assert diagnose(trainer, *map(turned, (data.train, data.validation, data.test))) == found


def test_a_look_that_fails_leaves_the_others(bad, monkeypatch):
    trainer, data, _ = bad

    def broken(subject):
        yield from ()
        raise MemoryError("no room")

    monkeypatch.setitem(LOOKS, "unscaled_inputs", broken)
    seen = diagnosis(trainer.model, trainer.history, data.train, data.validation, settings=Settings(1e-7))
    assert seen.failed == {"unscaled_inputs": "MemoryError: no room"}
    assert {"duplicated_columns", "constant_columns"} <= {finding.name for finding in seen.findings}


class Once(Layer):
    """A layer of a user's that cannot be copied."""

    def __init__(self, size: int = 3):
        self.size = size + 1  # not stored under its own name as it is

    def forward(self, x, *, training=False):
        return x + 0

    def backward(self, dy):
        return dy + 0


def test_a_layer_that_fails_on_a_copy_costs_the_findings_of_layers_alone():
    data = clouds(100)
    trainer = fitted(data, [Standardize(), Once(), Dense(2), SoftmaxCrossEntropy()], epochs=8)

    class Broken(Once):
        def forward(self, x, *, training=False):
            raise ValueError("not like this")

    model = fitted(data, [Standardize(), Once(), Dense(2), SoftmaxCrossEntropy()], epochs=2).model
    model.layers[1].__class__ = Broken
    seen = diagnosis(model, trainer.history, data)
    assert "dead_units" in seen.failed and "ValueError: not like this" in seen.failed["dead_units"]
    assert "duplicated_columns" not in seen.failed


def test_a_good_training_has_no_findings_at_all():
    data = split(make_blobs(), seed=0)
    layers = [Standardize(), Dense(16), ReLU(), Dense(3), SoftmaxCrossEntropy()]
    trainer = fitted(data.train, layers, data.validation)
    seen = diagnosis(trainer.model, trainer.history, data.train, data.validation, data.test)
    assert seen.findings == () and seen.failed == {}


def test_full_batch_methods_and_other_tasks_are_looked_at_too():
    rng = np.random.default_rng(0)
    data = clouds(100)
    trainer = Trainer(fitted(data, epochs=1).model, LBFGS(), epochs=20)
    trainer.fit(data)
    assert Settings.of(trainer) == Settings(None, False)
    assert diagnosis(trainer.model, trainer.history, data, settings=Settings.of(trainer)).failed == {}
    from nnlite import BinaryCrossEntropy, Huber
    from nnlite.data import regression_from_arrays

    several = regression_from_arrays(rng.normal(size=(80, 3)), rng.normal(size=(80, 2)))
    labelled = Dataset(rng.normal(size=(80, 3)), rng.integers(0, 2, (80, 4)), classes=tuple("abcd"))
    soft = Dataset(rng.normal(size=(80, 3)), rng.dirichlet(np.ones(2), 80), classes=("a", "b"))
    two = from_arrays(rng.normal(size=(80, 3)), np.arange(80) % 2)
    for rows, units, loss in (
        (several, 2, Huber()),
        (labelled, 4, BinaryCrossEntropy()),
        (soft, 2, SoftmaxCrossEntropy()),
        (two, 1, BinaryCrossEntropy()),
    ):
        trainer = fitted(rows, [Standardize(), Dense(8), ReLU(), Dense(units), loss], epochs=8)
        seen = diagnosis(trainer.model, trainer.history, rows, rows, rows)
        assert seen.failed == {}, loss


def test_weighted_rows_and_rows_of_no_weight_are_no_matter():
    data = clouds(100)
    weight = (np.arange(100) % 3 > 0) * 1.0
    weighted = from_arrays(data.x, data.y, sample_weight=weight)
    trainer = fitted(weighted, epochs=8)
    assert diagnosis(trainer.model, trainer.history, weighted).failed == {}


@pytest.mark.parametrize("name", ["<script>", "\u202eright", "a\x1b[31m", "x" * 300, "🦊", "", "'quoted\"", "\ud800"])
def test_names_of_a_users_are_fit_to_print(name):
    x = np.random.default_rng(0).normal(size=(100, 3))
    x[:, 1] = x[:, 0]
    data = from_arrays(x, x[:, 2] > 0, feature_names=["a", name, "c"])
    trainer = fitted(data, epochs=2)
    seen = diagnosis(trainer.model, trainer.history, data)
    (said,) = (finding for finding in seen.findings if finding.name == "duplicated_columns")
    assert seen.failed == {} and said.sentence.isprintable() and len(said.sentence) < 150
    said.sentence.encode()


def test_of_many_rows_some_are_looked_at():
    rng = np.random.default_rng(0)
    y = np.arange(40_000) % 2
    data = from_arrays(rng.normal(size=(40_000, 20)).astype(np.float32) + y[:, None], y)
    trainer = fitted(data, epochs=1, batch_size=1000)
    started = time.process_time()
    assert diagnosis(trainer.model, trainer.history, data, None, data.rows(slice(0, 9))).failed == {}
    assert time.process_time() - started < 10  # a second, or less, where nobody else computes


def test_all_names_are_known():
    assert set(OF_TRAINING) < set(LOOKS)
    assert isinstance(Finding("a", "low", "b", "c"), Finding) and Finding("a", "low", "b", "c").change == ""
