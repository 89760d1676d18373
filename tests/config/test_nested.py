"""Layers in layers in a config file: checked with their full path, written back, overridden, and in the schema."""

import json

import numpy as np
import pytest

import nnlite
from nnlite import ConfigError
from nnlite.cli import command_line as cli
from nnlite.config import schema
from nnlite.config import training_config as config
from nnlite.plugins.registry import Registry
from nnlite.testing import LAYER_CHECKS
from tests.helpers.rows import rows_of

CONFIG = """
[data]
source = "iris"
[model]
layers = [
  { type = "Standardize" },
  { type = "Dense", units = 8 },
  { type = "Residual", layers = [
    { type = "Dense", units = 12 },
    { type = "BatchNorm" },
    { type = "Residual", layers = [{ type = "Tanh" }], trainable = false },
  ] },
  { type = "Dense", units = 3 },
  { type = "SoftmaxCrossEntropy" },
]
[training]
epochs = 3
"""

CONTAINERS = """
from collections.abc import Sequence
import numpy as np
from nnlite import Layer
from nnlite.core.chain import Chain

class Times(Layer):
    def __init__(self, inner: Layer, factor: float = 2.0):
        self.inner = inner
        self.factor = factor

    def build(self, input_shape, rng):
        self.chain = Chain([self.inner])
        return self.chain.build(input_shape, rng.spawn(1), "inner")[-1]

    def adapt(self, x):
        self.chain.adapt(x)

    def initialize(self, x):
        self.chain.initialize(x)

    def forward(self, x, *, training=False):
        return self.chain.forward(x, training=training) * self.factor

    def backward(self, dy):
        return self.chain.backward(dy * self.factor)

class Untyped(Times):
    def __init__(self, inner, factor=2.0):
        super().__init__(inner, factor)
"""


@pytest.fixture
def path(tmp_path, monkeypatch, without_pictures):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(CONTAINERS)
    (tmp_path / "deep.toml").write_text(CONFIG)
    return tmp_path / "deep.toml"


def test_layers_inside_get_their_defaults_and_come_back_from_the_file_that_is_written(path, tmp_path):
    settings = config.load(path)
    inner = settings.document["model"]["layers"][2]["layers"]
    assert inner[0] == {
        "type": "Dense",
        "units": 12,
        "weight_init": "glorot_uniform",
        "bias_init": "zeros",
        "use_bias": True,
    }
    assert inner[1] == {"type": "BatchNorm", "momentum": 0.1, "epsilon": 1e-5, "axis": "first"}
    (tmp_path / "again.toml").write_text(settings.to_toml())
    assert config.load(tmp_path / "again.toml").document == settings.document
    model = settings.build_model(rows_of((4,)))
    assert list(model.parameters.paths)[2:7] == ["2.projection", "2.0.weight", "2.0.bias", "2.1.scale", "2.1.bias"]
    assert not model.layers[2].layers[2].trainable


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("layers[0].units=0", r"model.layers\[2\].layers\[0\].units = 0: expected an integer of at least 1"),
        ("layers[0].unit=3", r"model.layers\[2\].layers\[0\].unit: there is no such key; did you mean 'units'\?"),
        ("layers[0].type=Dens", r"model.layers\[2\].layers\[0\].type = \"Dens\": .* did you mean 'Dense'\?"),
        ("layers[0].type=SoftmaxCrossEntropy", r"layers\[0\].type = .*: SoftmaxCrossEntropy is a loss, .* a layer"),
        ("layers[0]={units=3}", r"model.layers\[2\].layers\[0\] = .*: expected a table with a type"),
        ("layers[1].momentum=0", r"layers\[2\].layers\[1\].momentum = 0: expected a number above 0 and of at most 1"),
        ("layers[2].layers[0].rat=1", r"model.layers\[2\].layers\[2\].layers\[0\].rat: there is no such key"),
        ("layers=[]", r"model.layers\[2\].layers = \[\]: expected a list, each a Layer, at least 1 of them, such as"),
        ("layers=3", r"model.layers\[2\].layers = 3: expected a list, each a Layer"),
        ("layers=[3]", r"model.layers\[2\].layers = \[3\]: expected a list, each a Layer"),
    ],
)
def test_what_is_wrong_inside_is_told_with_its_full_path(path, change, text):
    with pytest.raises(ConfigError, match=text):
        config.load(path, [f"model.layers[2].{change}"])


def test_all_that_is_wrong_inside_is_told_at_once(path):
    with pytest.raises(ConfigError, match="2 things are wrong"):
        config.load(path, ["model.layers[2].layers[0].units=0", "model.layers[2].layers[1].epsilon=-1"])


def test_a_run_trains_saves_and_loads_it(path, capsys):
    assert cli.main(["train", str(path), "model.layers[2].layers[0].units=16", "--out", "run"]) == 0
    predictor = nnlite.load("run/model.safetensors")
    assert predictor.model.layers[2].layers[0].units == 16
    assert (predictor.model.layers[2].layers[1].statistics["mean"] != 0).all()
    assert len(predictor.predict(np.ones((2, 4)))) == 2


@pytest.mark.parametrize("container", ["Times", "Untyped"])
def test_a_container_of_ones_own_is_checked_trained_and_loaded(path, container, capsys):
    own = f'plugins=["{path.parent}/own.py"]'
    layer = "model.layers[2]={type='" + container + "', inner={type='Dense', units=5}}"
    settings = config.load(path, [own, layer])
    inner = settings.document["model"]["layers"][2]["inner"]
    assert inner["units"] == 5 and inner["weight_init"] == "glorot_uniform"
    for change, text in [
        ("inner.units=0", r"model.layers\[2\].inner.units = 0: expected an integer"),
        ("inner.type=Dens", r"model.layers\[2\].inner.type = .* did you mean 'Dense'"),
    ]:
        with pytest.raises(ConfigError, match=text):
            config.load(path, [own, layer, f"model.layers[2].{change}"])
    assert cli.main(["train", str(path), own, layer, "--out", "run"]) == 0
    predictor = nnlite.load("run/model.safetensors", plugins=["own.py"])
    assert predictor.model.layers[2].inner.units == 5


def test_the_check_command_makes_the_layer_inside_itself(path, capsys):
    code = cli.main(["check", "own.py"])
    said = capsys.readouterr().out
    assert "Times(Dense(3))" in said and f"{len(LAYER_CHECKS)} of {len(LAYER_CHECKS)}" in said
    assert code == 1 and "no value can be guessed for the argument 'inner'" in said  # of Untyped
    assert cli.main(["check", "nnlite.layers.residual"]) == 0
    assert cli.main(["check", "nnlite.layers.embedding"]) == 0


def test_the_schema_lets_any_layer_of_a_plugin_stand_in_any_other(path):
    definitions = json.loads(schema.json_schema(Registry(["own.py"])))["$defs"]
    choices = [choice["$ref"] for choice in definitions["_Layer"]["anyOf"]]
    assert "#/$defs/Times" in choices and "#/$defs/Residual" in choices
    assert "#/$defs/SoftmaxCrossEntropy" not in choices
    assert definitions["Times"]["properties"]["inner"] == {"$ref": "#/$defs/_Layer"}
    inside = definitions["Residual"]["properties"]["layers"]
    assert (inside["items"], inside["minItems"]) == ({"$ref": "#/$defs/_Layer"}, 1)
