"""What is wrong with any row, of the test part too, is said before the first step, with its number in the data."""

import numpy as np
import pytest

import nnlite
from nnlite import (
    SGD,
    DataError,
    Dataset,
    Dense,
    Embedding,
    Flatten,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
)
from nnlite.config import training_config
from nnlite.data import split
from nnlite.errors import RowError, ShapeError
from nnlite.runs import start


def codes_with_a_wrong_one(rows, wrong):
    x = np.arange(2 * rows).reshape(rows, 2) % 5
    x[wrong, 1] = 7
    return Dataset(x, np.arange(rows) % 2)


def embedding_model():
    return Sequential([Embedding(5, 2), Flatten(), Dense(2), SoftmaxCrossEntropy()])


class Steps(nnlite.Callback):
    def __init__(self):
        self.count = 0

    def after_step(self, fit):
        self.count += 1


@pytest.mark.parametrize("wrong", [3, 1500, 2999])
def test_a_wrong_code_is_told_by_its_row_in_the_data_before_the_first_step(wrong):
    data = codes_with_a_wrong_one(3000, wrong)
    parts, steps = split(data, 0.3, 0.2, seed=1), Steps()
    trainer = Trainer(embedding_model(), SGD(), callbacks=[steps])
    with pytest.raises(DataError, match=rf"Embedding\(5, 2\) got 7(\.0)? in row {wrong}, column 1: expected codes"):
        trainer.check(parts.train, parts.validation, test=parts.test)
    for rows in (parts.train, parts.validation, parts.test):
        if wrong not in rows.numbers:
            continue
        with pytest.raises(RowError, match=f"in row {wrong}, column 1"):
            trainer.fit(*((rows,) if rows is parts.train else (data.rows(data.x[:, 1] < 5), rows)))
        with pytest.raises(RowError, match=f"in row {wrong}, column 1"):
            nnlite.evaluate(trainer.model, rows)
    assert steps.count == 0
    with pytest.raises(RowError, match=f"in row {wrong}, column 1"):
        trainer.model.predict(data.x)


def test_a_wrong_code_is_found_inside_another_layer():
    inner = Sequential([Residual([Dense(2), Residual([Refusing()])]), Dense(2), SoftmaxCrossEntropy()])
    with pytest.raises(RowError, match="row 2 is refused"):
        Trainer(inner, SGD()).fit(Dataset(np.array([[0.0, 0], [0, 0], [9, 9]]), [0, 1, 0]))


class Refusing(nnlite.Layer):
    refuses_rows = True

    def forward(self, x, *, training=False):
        wrong = np.flatnonzero(np.abs(x).max(axis=1) > 1)
        if wrong.size:
            raise RowError("", wrong[0], " is refused")
        return x

    def backward(self, dy):
        return dy


def test_a_wrong_label_in_the_test_rows_is_told_by_its_row_in_the_data():
    labels = np.arange(100) % 3
    labels[77] = 5
    data = Dataset(np.zeros((100, 2)), labels)
    train, test = data.rows(np.arange(60)), data.rows(np.arange(99, 59, -1))
    trainer = Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), SGD())
    with pytest.raises(DataError, match="the test rows: label 5 in row 77 is not a class index"):
        trainer.check(train, test=test)
    with pytest.raises(DataError, match="the validation rows: label 5 in row 77 is not a class index"):
        trainer.fit(train, test)
    with pytest.raises(ShapeError, match=r"the test rows: the input has shape \(1, 3\)"):
        trainer.check(train, test=Dataset(np.zeros((1, 3)), [0]))


@pytest.mark.parametrize("task", ["codes", "labels"])
def test_a_run_says_it_before_it_makes_a_folder(tmp_path, task):
    data = codes_with_a_wrong_one(200, 111)
    y = data.y if task == "codes" else np.where(np.arange(200) == 111, 2.0, data.y)[:, None]
    x = data.x if task == "codes" else data.x % 5
    np.savez(tmp_path / "rows.npz", x=x, y=y)
    named = "multi-label" if task == "labels" else "classification"
    loss = "BinaryCrossEntropy" if task == "labels" else "SoftmaxCrossEntropy"
    (tmp_path / "c.toml").write_text(f"""
        [data]
        source = "npz"
        path = "rows.npz"
        task = "{named}"
        [model]
        layers = [
            {{ type = "Embedding", codes = 5, size = 2 }}, {{ type = "Flatten" }},
            {{ type = "Dense", units = {1 if task == "labels" else 2} }}, {{ type = "{loss}" }},
        ]
    """)
    for seed in range(20):
        config = training_config.load(tmp_path / "c.toml", [f"seed={seed}"])
        if 111 in config.load_data().test.numbers:
            break
    with pytest.raises(DataError, match=r"the test rows: .* in row 111"), start.new(config, tmp_path / "run"):
        pass
    assert not (tmp_path / "run").exists()
