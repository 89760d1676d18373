"""A model file: what goes in comes out, and nothing else gets in."""

import hashlib
import json
import resource
import threading

import numpy as np
import pytest
import safetensors.numpy

import nnlite
from nnlite import Dense, Flatten, ModelFileError, ReLU, Residual, Sequential, SoftmaxCrossEntropy, Standardize
from nnlite.cli import command_line as cli
from nnlite.core.parameters import Parameter
from nnlite.plugins.registry import Registry
from nnlite.saving import model_file as storage
from tests.conftest import ROOT


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
    assert (predictor.predict_proba(x) == nnlite.Predictor(model).predict_proba(x)).all()
    assert (predictor.model.predict(x) == model.predict(x)).all()
    assert predictor.predict(x).tolist() == ["abc"[k] for k in model.predict(x).argmax(axis=1)]
    assert predictor.feature_names == ("w", "x", "y", "z")
    assert repr(predictor.model) == repr(model)


def test_a_loaded_model_can_be_trained_on(model, tmp_path, blobs):
    nnlite.save(model, tmp_path / "m.safetensors")
    again = nnlite.load(tmp_path / "m.safetensors").model
    mean = again.layers[0].statistics["mean"].copy()
    nnlite.Trainer(again, nnlite.SGD(0.1), epochs=1).fit(blobs)
    assert (again.layers[0].statistics["mean"] == mean).all()  # learnt once


def test_what_a_loss_learnt_comes_back(tmp_path):
    (tmp_path / "own.py").write_text(
        """
import numpy as np
from nnlite import SoftmaxCrossEntropy

class Counting(SoftmaxCrossEntropy):
    def build(self, output_shape):
        self.add_statistic("counts", output_shape)

    def adapt(self, targets):
        self.statistics["counts"] = np.bincount(targets, minlength=3).astype(float)
"""
    )
    registry = Registry([tmp_path / "own.py"])
    model = Sequential([Dense(3), registry.make({"type": "Counting"})]).build((4,))
    model.adapt(np.zeros((4, 4)), np.array([2, 0, 2, 1]))
    content = storage.to_bytes(model)
    assert safetensors.numpy.load(content)["loss.counts"].tolist() == [1, 1, 2]
    assert storage.from_bytes(content, registry).model.criterion.statistics["counts"].tolist() == [1, 1, 2]


def test_classes_keep_their_kind(model):
    for classes, dtype in (([3, 5, 8], "i"), (["a", "b", "c"], "U"), ([0.5, 1.0, 2.0], "f")):
        predictor = storage.from_bytes(storage.to_bytes(model, classes=classes), Registry())
        assert predictor.predict(np.zeros((1, 4))).dtype.kind == dtype
        assert predictor.classes.tolist() == classes
    assert storage.from_bytes(storage.to_bytes(model), Registry()).predict(np.zeros((2, 4))).shape == (2,)


def test_other_tools_can_open_the_file(model):
    arrays = safetensors.numpy.load(storage.to_bytes(model))
    assert sorted(arrays) == ["0.mean", "0.scale", "1.bias", "1.weight", "3.bias", "3.weight"]
    assert (arrays["1.weight"] == model.layers[1].weight.value).all()


def test_arguments_that_are_numpy_numbers_are_saved():
    model = Sequential([Dense(np.int64(2)), nnlite.Rescale(np.float32(0.5)), SoftmaxCrossEntropy()]).build((3,))
    again = storage.from_bytes(storage.to_bytes(model, classes=np.array([3, 5])), Registry())
    assert again.model.layers[0].units == 2 and again.classes.tolist() == [3, 5]


def test_names_that_do_not_fit_are_refused_when_saving(model):
    with pytest.raises(nnlite.DataError, match="2 classes came for outputs of shape"):
        storage.to_bytes(model, classes=["a", "b"])
    with pytest.raises(nnlite.DataError, match="1 feature names for rows of shape"):
        storage.to_bytes(model, feature_names=["a"])


def test_a_value_too_large_for_the_model_is_told(model):
    model.parameters.values = np.full_like(model.parameters.values, 100)
    with pytest.raises(nnlite.DataError, match="row 1 has values too large for the model"), np.errstate(all="ignore"):
        nnlite.Predictor(model).predict([[0.0] * 4, [1.7e308] * 4])


def test_the_same_model_gives_the_same_bytes(model):
    assert storage.to_bytes(model) == storage.to_bytes(model)


def test_a_name_of_64_zeros_does_not_take_the_digests_place(model):
    content = storage.to_bytes(model, classes=["0" * 64, "b", "c"])
    assert storage.from_bytes(content, Registry()).classes[0] == "0" * 64


@pytest.mark.parametrize("place", [3, 20, 200, -200, -1])
def test_one_wrong_byte_is_noticed(model, place):
    content = bytearray(storage.to_bytes(model))
    content[place] ^= 1
    with pytest.raises(ModelFileError):
        storage.from_bytes(bytes(content), Registry())


@pytest.mark.parametrize("length", [0, 4, 8, 100, 1200, -1])
def test_a_file_cut_off_is_noticed(model, length):
    with pytest.raises(ModelFileError):
        storage.from_bytes(storage.to_bytes(model)[:length], Registry())


def test_a_file_of_another_tool_or_of_a_later_version_is_told_apart(model):
    with pytest.raises(ModelFileError, match="not written by nnlite"):
        storage.from_bytes(safetensors.numpy.save({"a": np.zeros(3)}), Registry())
    later = json.dumps({"format": 99, "nnlite": "9.0", "sha256": ""})
    with pytest.raises(ModelFileError, match=r"format 99, written by nnlite 9.0; this nnlite reads formats up to 2"):
        storage.from_bytes(safetensors.numpy.save({"a": np.zeros(3)}, {"nnlite": later}), Registry())


def test_raw_rows_are_checked(model):
    predictor = nnlite.Predictor(model, ["a", "b", "c"], ["p", "q", "r", "s"])
    with pytest.raises(nnlite.DataError, match="one row alone is"):
        predictor.predict([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(nnlite.DataError, match=r"x\[0, 3\] is nan"):
        predictor.predict([[1.0, 2.0, 3.0, np.nan]])
    with pytest.raises(nnlite.ShapeError, match=r"expected \(rows, 4\)"):
        predictor.predict([[1.0, 2.0]])

    class Table:
        columns = ("q", "p", "r", "t")

        def __array__(self, dtype=None, copy=None):
            return np.zeros((1, 4))

    with pytest.raises(nnlite.DataError, match=r"that the model was trained on \(missing: 's'; unknown: 't'\)"):
        predictor.predict(Table())


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        ([b"a", b"b", b"c"], "class b'a' is a bytes; expected strings or finite numbers"),
        (["a", None, "c"], "class None is a NoneType"),
        ([1.0, 2.0, np.nan], "class nan is a float; expected strings or finite numbers"),
        (3, "classes is 3; expected a list of names"),
    ],
)
def test_classes_that_no_file_can_hold_are_refused_when_saving(model, tmp_path, classes, text):
    with pytest.raises(nnlite.DataError, match=text):
        nnlite.save(model, tmp_path / "m.safetensors", classes=classes)
    assert not any(tmp_path.iterdir())


def test_only_a_model_is_saved_and_only_to_a_file(model, tmp_path):
    with pytest.raises(nnlite.NnliteError, match=r"got a Predictor, expected a Sequential: predictor\.model is one"):
        nnlite.save(nnlite.Predictor(model), tmp_path / "m.safetensors")
    with pytest.raises(nnlite.NnliteError, match=r"got a str, expected a Sequential$"):
        nnlite.save("m.safetensors", model)
    for folder in (".", tmp_path, "/"):
        with pytest.raises(nnlite.RunError, match=r"is a folder; name a file in it, such as model\.safetensors"):
            nnlite.save(model, folder)


def forged(model, arrays=None, **changes):
    """The model's file with another description, and a digest that fits it."""
    content = storage.to_bytes(model)
    length = int.from_bytes(content[:8], "little")
    description = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["nnlite"])
    description |= {"sha256": "0" * 64} | changes
    content = safetensors.numpy.save(
        safetensors.numpy.load(content) if arrays is None else arrays, {"nnlite": json.dumps(description)}
    )
    return sealed(content)


def sealed(content):
    return content.replace(b"0" * 64, hashlib.sha256(content).hexdigest().encode(), 1)


def nested(depth):
    layer = {"type": "ReLU"}
    for _ in range(depth):
        layer = {"type": "ReLU", "trainable": [layer]}
    return [layer]


def dense(units):
    return [{"type": "Dense", "units": units}, {"type": "SoftmaxCrossEntropy"}]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": True}, "not written by nnlite"),
        ({"format": -1}, "not written by nnlite"),
        ({"format": 0}, "not written by nnlite"),
        ({"format": 1.0}, "not written by nnlite"),
        ({"input_shape": [float("inf")]}, "input_shape"),
        ({"input_shape": [float("nan")]}, "input_shape"),
        ({"input_shape": [4.5]}, "input_shape"),
        ({"input_shape": ["4"]}, "input_shape"),
        ({"input_shape": [True]}, "input_shape"),
        ({"input_shape": [0]}, "input_shape"),
        ({"input_shape": 4}, "input_shape"),
        ({"input_shape": [10**30]}, "input_shape|too large|Maximum|the array|cannot be made"),
        ({"input_shape": [10**10]}, "the array 0.weight"),
        ({"dtype": "float16"}, "dtype"),
        ({"dtype": ["float32"]}, "dtype"),
        ({"adapted": "yes"}, "adapted"),
        ({"classes": "abc"}, "classes"),
        ({"classes": [[1], [2], [3]]}, "classes"),
        ({"classes": ["a"]}, "1 class came for outputs"),
        ({"feature_names": [1, 2, 3, 4]}, "feature_names"),
        ({"layers": {}}, "layers"),
        ({"layers": []}, "at least one layer"),
        ({"layers": [3]}, "layers"),
        ({"layers": [{}]}, "damaged"),
        ({"layers": [{"type": []}]}, "damaged"),
        ({"layers": nested(400)}, "damaged|expected"),
        ({"layers": dense(10**9)}, r"the array 0.weight is float32 \(4, 3\), the model needs float32 \(4, 10{9}\)"),
        ({"layers": dense(10**30)}, "the array 0.weight"),
        (
            {"input_shape": [4, 4]},
            r"the model cannot be made again: the loss takes rows of logits, .* shape \(4, 3\)",
        ),
        ({"layers": [{"type": "Standardize"}], "input_shape": [10**15]}, "the array 0.mean is missing"),
        ({"layers": dense(-1)}, "expected an integer of at least 1"),
        ({"sha256": "0" * 63}, "sha256"),
        ({"sha256": "\ud800" * 64}, "sha256"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_forged_description_is_refused_and_nothing_large_drawn_for_it(changes, said, monkeypatch):
    content = forged(Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,)), **changes)

    right = Parameter.draw

    def draw(self, rng):
        assert self.size <= 12, "it does not fit the file, and may be of any size"
        right(self, rng)

    monkeypatch.setattr(Parameter, "draw", draw)
    with pytest.raises(ModelFileError, match=said):
        storage.from_bytes(content, Registry())


def test_deep_brackets_in_a_model_file_are_refused():
    for depth in (500, 5_000, 100_000):
        for text in ("[" * depth, '{"format": 1, "layers": ' + "[" * depth + "]" * depth + "}"):
            content = safetensors.numpy.save({"a": np.zeros(3)}, {"nnlite": text})
            with pytest.raises(ModelFileError):
                storage.from_bytes(content, Registry())


def test_a_header_that_promises_more_than_the_file_has_is_refused(model):
    content = storage.to_bytes(model)
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    digest = json.loads(header["__metadata__"]["nnlite"])["sha256"]
    for changes in (
        {"shape": [4, 5 * 10**9]},
        {"shape": [4, 5 * 10**9], "data_offsets": [0, 8 * 10**10]},
        {"data_offsets": [0, 10**30]},
        {"dtype": "F4096"},
    ):
        forgery = header | {"1.weight": header["1.weight"] | changes}
        text = json.dumps(forgery).replace(digest, "0" * 64).encode()
        with pytest.raises(ModelFileError, match="damaged"):
            storage.from_bytes(
                sealed(len(text).to_bytes(8, "little") + text + content[8 + length :]),
                Registry(),
            )


def test_a_forged_file_that_is_right_is_read(model):
    again = storage.from_bytes(forged(model, classes=["a", "b", "c"]), Registry())
    assert again.classes.tolist() == ["a", "b", "c"]
    assert (again.model.parameters.values == model.parameters.values).all()


def test_a_file_of_format_1_is_read_as_it_was_written():
    golden = ROOT / "tests/oracles/golden/model-format-1"  # written by the first nnlite that had the format
    expected = json.loads(golden.with_suffix(".json").read_text())
    predictor = nnlite.load(golden.with_suffix(".safetensors"))
    assert np.allclose(predictor.predict_proba(expected["x"]), expected["probabilities"], rtol=1e-5)
    assert predictor.predict(expected["x"]).tolist() == expected["classes"]
    assert predictor.feature_names == ("a", "b", "c", "d") and predictor.model.adapted


def test_loading_draws_nothing_and_keeps_nothing_of_the_file(model, monkeypatch):
    content = storage.to_bytes(model)
    monkeypatch.setattr(nnlite.core.initializers, "glorot_uniform", None)
    loaded = storage.from_bytes(content, Registry()).model
    assert (loaded.parameters.values == model.parameters.values).all()
    arrays = [*(parameter.value for parameter in loaded.parameters), *loaded.layers[0].statistics.values()]
    for array in arrays:
        home = array if array.base is None else array.base
        assert home.dtype != np.uint8 and home.size <= loaded.parameters.values.size and array.flags.writeable


def residuals(depth, layers):
    """As JSON, which has no limit to its depth."""
    return '[{"type": "Residual", "layers": ' * depth + json.dumps(layers) + "}]" * depth


STATES = [{"type": "BatchNorm"}, {"type": "Standardize"}]
RELU, LARGE = {"type": "ReLU"}, [1, 2**16, 2**16]
BALANCED = {"type": "SoftmaxCrossEntropy", "class_weight": "balanced"}


@pytest.mark.parametrize(
    ("layers", "input_shape", "said"),
    [
        ([STATES[0]], [2**40], "0.scale is missing"),
        ([STATES[1]], [2**40], "0.mean is missing"),
        ([STATES[1]], [2**62, 2**62], "no memory is large enough"),
        (residuals(3, [STATES[1]]), [2**33], "0.0.0.0.mean is missing"),
        ([RELU, {"type": "MeanSquaredError"}], [2**33], "loss.mean is missing"),
        (
            [RELU, {"type": "SoftmaxCrossEntropy", "class_weight": "balanced"}],
            [2**33],
            "loss.class_weight is missing",
        ),
        ([{"type": "AveragePool2D", "kernel_size": 2, "count_include_pad": False}], LARGE, ""),
        ([{"type": "Conv2D", "filters": 2**20, "kernel_size": 2**15}], LARGE, "0.weight is missing"),
        ([{"type": "Embedding", "codes": 2**24, "size": 2**20}], [1], "0.weight is missing"),
        ([{"type": "Flatten"}, {"type": "Dense", "units": 1}], LARGE, "1.weight is missing"),
        ([{"type": "Reshape", "shape": [2**20, 2**20]}, STATES[0]], [2**40], "1.scale is missing"),
        ([{"type": "Reshape", "shape": [1] * 64}], [1], ""),
        ([{"type": "Reshape", "shape": [1] * 65}], [1], "1 to 64 of them"),
        ([{"type": "Reshape", "shape": [2**62] * 130_000}], [1], "Reshape: shape = "),
        ([{"type": "Flatten"}], [2**62] * 130_000, "length <= 64"),
        (residuals(40, [RELU]), [1], "brackets in brackets"),
        (residuals(100_000, [RELU]), [1], "damaged"),
        (residuals(20, [RELU] * 100), [1], "more than 2048 layers"),
        ([RELU] * 2_049, [1], "more than 2048 layers"),
        ([{"type": "x" * 10**6}], [1], "there is no layer"),
        ([{"type": "os.system"}], [1], "there is no layer"),
        ([{"type": "../plugin.py"}], [1], "there is no layer"),
        ([{"type": "Layer"}], [1], "there is no layer"),
        ([{"type": "SGD"}], [1], "expected a layer object"),
        ([{"type": "Dense", "units": {"type": "Dense", "units": 2}}], [1], "Dense: units"),
        ([{"type": "Dense", "units": 2, "self": 3}], [1], "damaged"),
        ([{"type": "Dense", "units": 2, "weight_init": "__import__"}], [1], "weight_init"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_layers_that_ask_for_gigabytes_or_ages_are_refused_before(layers, input_shape, said):
    wanted = {"format": 1, "layers": "…", "input_shape": input_shape, "dtype": "float32", "adapted": True}
    text = json.dumps(wanted | {"classes": None, "feature_names": None, "sha256": "0" * 64}, ensure_ascii=False)
    text = text.replace('"…"', layers if isinstance(layers, str) else json.dumps(layers))
    content = sealed(safetensors.numpy.save({}, {"nnlite": text}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if said:
        with pytest.raises(ModelFileError, match=said):
            storage.from_bytes(content, Registry())
    else:
        storage.from_bytes(content, Registry())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**16  # in KiB


def test_class_names_that_would_not_fit_into_an_array_are_refused_when_saving_too():
    model = Sequential([Dense(500), SoftmaxCrossEntropy()]).build((1,))
    names = ["a" * 10_000, *map(str, range(499))]
    with pytest.raises(ModelFileError, match="500 class names, of up to 10000 characters"):
        storage.to_bytes(model, classes=names)
    content = forged(model, classes=names)
    with pytest.raises(ModelFileError, match="500 class names, of up to 10000 characters"):
        storage.from_bytes(content, Registry())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "names", "said"),
    [
        ([ReLU() for _ in range(2048)], {}, None),
        ([ReLU() for _ in range(2049)], {}, "more than 2048 layers, where one inside others counts once more"),
        ([Residual([ReLU() for _ in range(3)]) for _ in range(292)], {}, None),  # 1 + 3 · 2 each
        ([Residual([ReLU() for _ in range(3)]) for _ in range(293)], {}, "more than 2048 layers"),
        ([Flatten()], {"feature_names": range(2**17)}, "more than 131072 values"),
        ([Flatten()], {"classes": range(2**17)}, "more than 131072 values"),
        ([Flatten()], {"feature_names": ["x" * 2**22]}, "in more than 4194304 bytes"),
        ([Flatten()], {"classes": ["x" * 2**21, "y", "z"]}, "3 class names, of up to 2097152 characters"),
    ],
)
def test_what_cannot_be_saved_is_told_without_a_training(layers, names, said):
    model = Sequential(layers).build((max(map(len, names.values()), default=1),))
    if said is None:
        storage.check_can_be_saved(model, **names)
        assert len(storage.from_bytes(storage.to_bytes(model), Registry()).model.layers) == len(layers)
        return
    for way, begin in ((storage.to_bytes, ""), (storage.check_can_be_saved, "^the model could not be saved after")):
        with pytest.raises(ModelFileError, match=f"{begin}.*{said}"):
            way(model, **names)


def test_a_run_whose_model_could_not_be_saved_is_refused_before_it_begins(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(storage, "MOST_LAYERS", 3)
    assert cli.main(["train", str(ROOT / "configs/iris.toml")]) == 4
    assert "could not be saved after its training: it has more than 3 layers" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not list(tmp_path.iterdir())


def test_a_run_folder_is_loaded_by_its_model(model, tmp_path):
    (tmp_path / "config.toml").write_text("")
    with pytest.raises(ModelFileError, match=r"model.safetensors"):
        nnlite.load(tmp_path)
    nnlite.save(model, tmp_path / "model.safetensors")
    assert (
        repr(nnlite.load(tmp_path).model)
        == repr(nnlite.load(str(tmp_path / "model.safetensors")).model)
        == repr(model)
    )


@pytest.mark.parametrize(
    ("later", "told"), [(3, r"layer 2, .* was built with a weight"), (0, "made again .* units = 0")]
)
def test_an_argument_changed_after_build_is_told_when_the_model_is_saved(later, told, tmp_path):
    model = Sequential([Dense(5), ReLU(), Dense(2), SoftmaxCrossEntropy()]).build((4,))
    model.layers[0].units = 20
    with pytest.raises(
        ModelFileError, match=r"layer 0, Dense\(20\), was built with a weight of shape \(4, 5\); .* have \(4, 20\)"
    ):
        nnlite.save(model, tmp_path / "m.safetensors")
    model.layers[0].units = 5
    model.layers[2].units = later
    with pytest.raises(ModelFileError, match=told):
        nnlite.save(model, tmp_path / "m.safetensors")
    model.layers[2].units = 2
    nnlite.save(model, tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("layer", "shape", "change", "told"),
    [
        (Dense(3, use_bias=False), (4,), {"use_bias": True}, r"with a bias of shape none; .* have \(3,\)"),
        (nnlite.Conv2D(2, 3), (1, 8, 8), {"stride": 2}, r"an output of shape \(2, 6, 6\); .* have \(2, 3, 3\)"),
        (nnlite.MaxPool2D(2), (1, 8, 8), {"padding": 1}, r"an output of shape \(1, 4, 4\); .* have \(1, 5, 5\)"),
        (nnlite.Dropout(0.5), (4,), {"rate": 7.0}, "made again .* rate"),
    ],
)
def test_a_file_is_not_written_that_would_not_load_or_would_predict_otherwise(layer, shape, change, told, tmp_path):
    model = Sequential([layer]).build(shape)
    for name, value in change.items():
        setattr(model.layers[0], name, value)
    with pytest.raises(ModelFileError, match=told):
        nnlite.save(model, tmp_path / "m.safetensors")


def test_a_layer_that_holds_what_python_cannot_copy_is_saved(tmp_path):
    model = Sequential([Dense(3)]).build((4,))
    model.layers[0].lock = threading.Lock()
    nnlite.save(model, tmp_path / "m.safetensors")
    assert nnlite.load(tmp_path / "m.safetensors").model.layers[0].units == 3
