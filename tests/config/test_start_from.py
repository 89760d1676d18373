"""Starting from what was learnt: `[model] start_from` and `freeze` in a config, `model[:2]` in Python."""

import json
import shutil

import numpy as np
import pytest

import nnlite
from nnlite import (
    SGD,
    BatchNorm,
    ConfigError,
    DataError,
    Dense,
    ModelFileError,
    Parallel,
    ReLU,
    Sequential,
    ShapeError,
    Shared,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.cli.command_line import main
from nnlite.core import snapshot
from nnlite.core.transfer import take_alike
from nnlite.data import Dataset

FIRST = [{"type": "Standardize"}, {"type": "Dense", "units": 6}, {"type": "BatchNorm"}, {"type": "ReLU"}]
END = [{"type": "Dense"}, {"type": "SoftmaxCrossEntropy"}]


def document(layers, source="iris", **model):
    return {
        "name": "run",
        "data": {"source": source},
        "model": {"layers": layers, **model},
        "optimizer": {"type": "SGD", "learning_rate": 0.05},
        "training": {"epochs": 2, "batch_size": 30},
    }


@pytest.fixture
def trained(tmp_path):
    return nnlite.train(document([*FIRST, *END]), out=tmp_path / "a", progress=False)


def test_layers_are_taken_from_the_beginning_and_the_frozen_ones_stay(trained, tmp_path):
    middle = {"type": "Dense", "units": 4}
    config = document([*FIRST, middle, *END], start_from=str(tmp_path / "a"), freeze=["0", "1", "2"])
    run = nnlite.train(config, out=tmp_path / "b", progress=False)
    before, after = (snapshot.arrays_of(each.predictor.model) for each in (trained, run))
    for path in ("0.mean", "0.scale", "1.weight", "1.bias", "2.mean", "2.variance", "2.scale"):
        if path in before:
            assert (before[path] == after[path]).all(), path
    assert before["1.weight"].shape == after["1.weight"].shape
    record = json.loads((tmp_path / "b/environment.json").read_text())["start"]
    assert (record["layers"], record["of"]) == (4, 6)
    assert record["why"] == "layer 4 is Dense(4) here, and Dense(3) there"
    assert record["path"] == str(tmp_path / "a") and len(record["sha256"]) == 64


def test_what_is_free_goes_on_from_there_and_does_not_learn_its_rows_anew(trained, tmp_path):
    config = document([*FIRST, *END], start_from=str(tmp_path / "a" / "model.safetensors"))
    run = nnlite.train(config, out=tmp_path / "b", progress=False, seed=5, training__epochs=1)
    before, after = (snapshot.arrays_of(each.predictor.model) for each in (trained, run))
    assert (before["0.mean"] == after["0.mean"]).all()  # of other training rows, by the seed
    assert (before["1.weight"] != after["1.weight"]).any()
    assert np.abs(before["1.weight"] - after["1.weight"]).max() < 0.1


@pytest.mark.slow
def test_it_resumes_and_verifies_to_the_bit_and_tells_another_file(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = document([*FIRST, {"type": "Dense", "units": 4}, *END], start_from="a", freeze=["1"])
    nnlite.train(config, out="b", progress=False)
    assert main(["verify", "b"]) == 0
    shutil.copytree("b", "c")
    for name in ("metrics.json", "history.csv", "weights.csv", "model.safetensors"):
        (tmp_path / "c" / name).unlink()
    resumed = nnlite.train("c", resume=True, progress=False)
    original = nnlite.load("b").model
    assert snapshot.digest(resumed.predictor.model) == snapshot.digest(original)
    (tmp_path / "c/metrics.json").unlink()
    nnlite.train(document([*FIRST, *END]), out="other", progress=False, seed=9)
    shutil.copy("other/model.safetensors", "a/model.safetensors")
    with pytest.raises(DataError, match=r"the run in c started from .*a \(SHA-256 .* put the file back"):
        nnlite.train("c", resume=True, progress=False)
    capsys.readouterr()
    assert main(["verify", "b"]) == 3
    assert "started from" in capsys.readouterr().err


def test_the_terminal_says_what_was_taken(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    from nnlite.config import toml

    (tmp_path / "c.toml").write_text(toml.dump(document([*FIRST[:2], *END], start_from="a")))
    assert main(["train", "c.toml", "--out", "b"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "2 of 3 layers taken from" in said and "layer 2 is Dense(3) here, and BatchNorm() there" in said


@pytest.mark.parametrize(
    ("layers", "model", "source", "error", "message"),
    [
        (
            [{"type": "Dense", "units": 5}, *END],
            {},
            "iris",
            ConfigError,
            "no layer can be taken from .*layer 0 is Dense",
        ),
        ([*FIRST, *END], {}, "wine", ConfigError, "was trained on other columns: "),
        ([*FIRST, *END], {"start_from": "nope"}, "iris", ModelFileError, "model.start_from: .*nope"),
        ([*FIRST, *END], {"freeze": ["9"]}, "iris", ConfigError, "model.freeze: there is no layer '9'"),
        ([*FIRST, *END], {"freeze": [1]}, "iris", ConfigError, r'each a string; write model\.freeze=\["1"\]'),
    ],
)
def test_what_cannot_be_started_from_says_why(trained, tmp_path, monkeypatch, layers, model, source, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        nnlite.train(document(layers, source, **{"start_from": "a", **model}), out="b", progress=False)
    assert not (tmp_path / "b").exists()


@pytest.mark.slow
def test_members_start_each_from_one_of_as_many_or_all_from_a_single_one(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    two = document([*FIRST, *END], start_from="a")
    two["training"]["members"] = 2
    nnlite.train(two, out="two", progress=False)
    again = document([*FIRST, *END], start_from="two", freeze=["1"])
    again["training"]["members"] = 2
    run = nnlite.train(again, out="again", progress=False)
    before, after = nnlite.load("two").members, run.predictor.members
    for one, other in zip(before, after, strict=True):
        assert (one.layers[1].weight.value == other.layers[1].weight.value).all()
    with pytest.raises(ConfigError, match="holds 2 networks, and 1 are trained"):
        nnlite.train(document([*FIRST, *END], start_from="two"), out="one", progress=False)


# In Python.


def model():
    rng = np.random.default_rng(0)
    data = Dataset(rng.normal(size=(40, 4)) * 5, np.arange(40) % 3)
    layers = [Standardize(), Parallel([[Shared("a", [Dense(4), BatchNorm()])], [Shared("a")]]), Dense(3)]
    made = Sequential([*layers, SoftmaxCrossEntropy()])
    Trainer(made, SGD(0.1), epochs=2).fit(data)
    return made, data


def test_a_slice_gives_copies_with_what_they_learnt_and_another_model_keeps_it():
    old, data = model()
    new = Sequential([*old[:2], Dense(5), ReLU(), Dense(3), SoftmaxCrossEntropy()])
    for layer in new.layers[:2]:
        layer.trainable = False
    other = Dataset(data.x * 3 + 7, data.y)
    Trainer(new, SGD(0.1), epochs=2).fit(other)
    before, after = snapshot.arrays_of(old), snapshot.arrays_of(new)
    assert [
        path for path in before if path in after and path[0] in "01" and (before[path] != after[path]).any()
    ] == []
    assert {"0.mean", "1.0.0.weight", "1.0.1.mean"} <= before.keys()
    Trainer(old, SGD(0.1), epochs=1).fit(data)  # they are copies
    assert (snapshot.arrays_of(new)["1.0.0.weight"] == after["1.0.0.weight"]).all()
    assert (snapshot.arrays_of(old)["1.0.0.weight"] != after["1.0.0.weight"]).any()


def test_taken_layers_keep_their_dtype_to_the_model_and_their_shapes():
    old = Sequential([Dense(3), Dense(2)]).build((4,))
    assert Sequential(old[1:]).build((3,), dtype="float64").layers[0].weight.value.dtype == np.float64
    with pytest.raises(ShapeError, match=r"layers\[0\] Dense\(3\) .* its weight had shape \(4, 3\); .* \(5, 3\)"):
        Sequential(old[:1]).build((5,))
    with pytest.raises(TypeError, match=r"expected a slice, such as model\[:3\]"):
        old[0]
    with pytest.raises(nnlite.NnliteError, match="not built"):
        Sequential([Dense(3)])[:1]


def test_layers_agree_by_class_arguments_and_shapes_whatever_is_frozen():
    old = Sequential([Dense(3, trainable=False, rate=0.5), ReLU(), Dense(2)]).build((4,))
    new = Sequential([Dense(3), ReLU(), Dense(2, use_bias=False)]).build((4,))
    assert take_alike(new, old) == (2, "layer 2 is Dense(2, use_bias=False) here, and Dense(2) there")
    assert (new.layers[0].weight.value == old.layers[0].weight.value).all()
    assert take_alike(Sequential([Dense(3)]).build((5,)), old) == (
        0,
        "0.weight of Dense(3) has shape (5, 3) here, and (4, 3) there",
    )
    longer = Sequential([Dense(3), ReLU(), Dense(2), ReLU()]).build((4,))
    assert take_alike(longer, old) == (3, "it has 3 layers")
