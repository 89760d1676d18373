"""A model file: what goes in comes out, and nothing else gets in."""

import json

import numpy as np
import pytest
import safetensors.numpy

import nnlite
from nnlite import Dense, ModelFileError, ReLU, Sequential, SoftmaxCrossEntropy, Standardize, storage


@pytest.fixture
def model(rng):
    model = Sequential([Standardize(), Dense(5), ReLU(), Dense(3), SoftmaxCrossEntropy()]).build((4,), seed=3)
    model.adapt(rng.normal(size=(20, 4)) * 3 + 1)
    return model


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loaded_model_predicts_the_same_to_the_bit(rng, tmp_path, dtype):
    model = Sequential([Standardize(), Dense(5), ReLU(), Dense(3), SoftmaxCrossEntropy()]).build((4,), dtype=dtype)
    x = rng.normal(size=(20, 4))
    model.adapt(x)
    nnlite.save(model, tmp_path / "m.safetensors", classes=["a", "b", "c"], feature_names="wxyz")
    predictor = nnlite.load(tmp_path / "m.safetensors")
    assert (predictor.predict_proba(x) == model.predict(x)).all()
    assert predictor.predict(x).tolist() == ["abc"[k] for k in model.predict(x).argmax(axis=1)]
    assert predictor.feature_names == ("w", "x", "y", "z")
    assert repr(predictor.model) == repr(model)


def test_a_loaded_model_can_be_trained_on(model, tmp_path, blobs):
    nnlite.save(model, tmp_path / "m.safetensors")
    again = nnlite.load(tmp_path / "m.safetensors").model
    mean = again.layers[0].state["mean"].copy()
    nnlite.Trainer(again, nnlite.SGD(0.1), epochs=1).fit(blobs)
    assert (again.layers[0].state["mean"] == mean).all()  # learnt once


def test_classes_keep_their_kind(model):
    for classes, dtype in (([3, 5, 8], "i"), (["a", "b", "c"], "U"), ([0.5, 1.0, 2.0], "f")):
        predictor = storage.from_bytes(storage.to_bytes(model, classes=classes), nnlite.registry.Registry())
        assert predictor.predict(np.zeros((1, 4))).dtype.kind == dtype
        assert predictor.classes.tolist() == classes
    assert storage.from_bytes(storage.to_bytes(model), nnlite.registry.Registry()).predict(
        np.zeros((2, 4))
    ).shape == (2,)


def test_other_tools_can_open_the_file(model):
    arrays = safetensors.numpy.load(storage.to_bytes(model))
    assert sorted(arrays) == ["0.mean", "0.scale", "1.bias", "1.weight", "3.bias", "3.weight"]
    assert (arrays["1.weight"] == model.layers[1].weight.value).all()


def test_arguments_that_are_numpy_numbers_are_saved():
    model = Sequential([Dense(np.int64(2)), nnlite.Rescale(np.float32(0.5)), SoftmaxCrossEntropy()]).build((3,))
    again = storage.from_bytes(storage.to_bytes(model, classes=np.array([3, 5])), nnlite.registry.Registry())
    assert again.model.layers[0].units == 2 and again.classes.tolist() == [3, 5]


def test_names_that_do_not_fit_are_refused_when_saving(model):
    with pytest.raises(nnlite.DataError, match="2 classes for outputs of shape"):
        storage.to_bytes(model, classes=["a", "b"])
    with pytest.raises(nnlite.DataError, match="1 feature names for rows of shape"):
        storage.to_bytes(model, feature_names=["a"])


def test_a_value_too_large_for_the_model_is_told(model):
    with pytest.raises(nnlite.DataError, match="row 1 has values too large for the model"), np.errstate(all="ignore"):
        nnlite.Predictor(model).predict([[0.0] * 4, [1e300] * 4])


def test_the_same_model_gives_the_same_bytes(model):
    assert storage.to_bytes(model) == storage.to_bytes(model)


def test_a_name_of_64_zeros_does_not_take_the_digests_place(model):
    content = storage.to_bytes(model, classes=["0" * 64, "b", "c"])
    assert storage.from_bytes(content, nnlite.registry.Registry()).classes[0] == "0" * 64


@pytest.mark.parametrize("place", [3, 20, 200, -200, -1])
def test_one_wrong_byte_is_noticed(model, place):
    content = bytearray(storage.to_bytes(model))
    content[place] ^= 1
    with pytest.raises(ModelFileError):
        storage.from_bytes(bytes(content), nnlite.registry.Registry())


@pytest.mark.parametrize("length", [0, 4, 8, 100, 1200, -1])
def test_a_file_cut_off_is_noticed(model, length):
    with pytest.raises(ModelFileError):
        storage.from_bytes(storage.to_bytes(model)[:length], nnlite.registry.Registry())


def test_a_file_of_another_tool_or_of_a_later_version_is_told_apart(model):
    with pytest.raises(ModelFileError, match="not written by nnlite"):
        storage.from_bytes(safetensors.numpy.save({"a": np.zeros(3)}), nnlite.registry.Registry())
    later = json.dumps({"format": 99, "nnlite": "9.0", "sha256": ""})
    with pytest.raises(ModelFileError, match=r"format 99, written by nnlite 9.0; this nnlite reads formats up to 1"):
        storage.from_bytes(safetensors.numpy.save({"a": np.zeros(3)}, {"nnlite": later}), nnlite.registry.Registry())


def test_raw_rows_are_checked(model):
    predictor = nnlite.Predictor(model, ["a", "b", "c"], ["p", "q", "r", "s"])
    with pytest.raises(nnlite.DataError, match="one row alone is"):
        predictor.predict([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(nnlite.DataError, match=r"x\[0, 3\] is nan"):
        predictor.predict([[1.0, 2.0, 3.0, np.nan]])
    with pytest.raises(nnlite.ShapeError, match=r"expected \(rows, 4\)"):
        predictor.predict([[1.0, 2.0]])

    class Table:
        columns = ("q", "p", "r", "s")

    with pytest.raises(nnlite.DataError, match="the columns are q, p, r, s; the model was trained on p, q, r, s"):
        predictor.predict(Table())
