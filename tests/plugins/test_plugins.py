"""A layer of one's own, from a config: no decorator, no list to edit, no super().__init__()."""

import json
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import ConfigError, Layer, ModelFileError
from nnlite.cli import command_line as cli
from nnlite.config import training_config as config
from nnlite.plugins.registry import Registry
from nnlite.runs import environment
from tests.helpers import processes

GAIN = """
import numpy as np
from nnlite import Layer

class Gain(Layer):
    def __init__(self, start=1.0):
        self.start = start

    def build(self, input_shape, rng):
        self.gain = self.add_parameter("gain", input_shape, lambda rng, shape, *fans: np.full(shape, self.start))
        return input_shape

    def forward(self, x, *, training=False):
        self.x = x
        return x * self.gain.value

    def backward(self, dy):
        self.gain.grad = (dy * self.x).sum(axis=0)
        return dy * self.gain.value
"""

CONFIG = """
plugins = ["my_layers.py"]
[data]
source = "iris"
[model]
layers = [
  { type = "Standardize" },
  { type = "Gain", start = 0.5 },
  { type = "Dense", units = 3 },
  { type = "SoftmaxCrossEntropy" },
]
[optimizer]
type = "SGD"
learning_rate = 0.1
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, without_pictures):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/my_layers.py").write_text(GAIN)
    (tmp_path / "configs/own.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_newcomers_layer_trains_saves_and_loads(folder, capsys):
    assert cli.main(["train", "configs/own.toml", "training.epochs=5"]) == 0
    path = "runs/own/model.safetensors"
    predictor = nnlite.load(path, plugins=["configs/my_layers.py"])
    gain = predictor.model.layers[1].gain.value
    assert predictor.model.layers[1].start == 0.5
    assert (gain != 0.5).all()  # it has learnt
    assert predictor.predict([[5.1, 3.5, 1.4, 0.2]]).tolist() == ["setosa"]

    resolved = config.load("runs/own/config.toml")  # names the plug-in by its full path
    assert resolved.document["plugins"] == [str(folder / "configs/my_layers.py")]


def test_a_model_file_imports_nothing_by_itself(folder, capsys):
    cli.main(["train", "configs/own.toml", "training.epochs=1"])
    with pytest.raises(ModelFileError, match=r"made again: it needs Gain of my_layers\.py: name the plug"):
        nnlite.load("runs/own/model.safetensors")


def test_its_arguments_are_checked_like_those_of_nnlites_own(folder):
    for change, text in [
        ("model.layers[1].start=big", 'layers\\[1\\].start = "big": expected a number'),
        ("model.layers[1].stat=1", "layers\\[1\\].stat: there is no such key; did you mean 'start'"),
        ("model.layers[1].type=Gian", "did you mean 'Gain'"),
    ]:
        with pytest.raises(ConfigError, match=text):
            config.load("configs/own.toml", [change])


def test_its_gradient_reaches_the_flat_vector(folder):
    registry = Registry(["configs/my_layers.py"])
    model = nnlite.Sequential([registry.make({"type": "Gain"}), nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()])
    model.build((3,))
    model.loss(np.ones((2, 3)), np.array([0, 1]), training=True)
    model.backward()
    gain = model.layers[0].gain
    assert np.shares_memory(gain.grad, model.parameters.grads) and gain.grad.any()


def test_a_name_defined_twice_is_an_error_naming_both_files(folder):
    (folder / "other.py").write_text(GAIN)
    with pytest.raises(ConfigError, match=r"'Gain' is defined twice, in configs/my_layers.py and in other.py"):
        Registry(["configs/my_layers.py", "other.py"])
    (folder / "taken.py").write_text(GAIN.replace("Gain", "Dense"))
    with pytest.raises(ConfigError, match=r"'Dense' is defined twice, in nnlite itself and in taken.py"):
        Registry(["taken.py"])


def test_classes_that_a_plugin_only_imports_are_not_its_own(folder):
    (folder / "imports.py").write_text("from nnlite import Dense, Layer\nimport numpy as np\n")
    with pytest.raises(
        ConfigError, match=r"imports.py has nothing that a config could name: no class derived from Layer"
    ):
        Registry(["imports.py"])


def test_the_schema_can_know_a_plugins_layers(folder, capsys):
    assert cli.main(["schema", "configs/my_layers.py"]) == 0
    assert '"Gain"' in capsys.readouterr().out


@pytest.mark.slow
def test_a_run_goes_on_only_with_the_code_that_it_was_begun_with(folder, capsys):
    words = ["train", "configs/own.toml", "checkpoints.every_steps=1"]
    assert processes.finish(folder, words, kill_at_step=9, pictures=False) == -9
    plugin = Path("configs/my_layers.py")
    plugin.write_text(GAIN.replace("x * self.gain.value", "2 * x * self.gain.value"))
    for words in (["--resume", "runs/own"], ["configs/own.toml", "--resume"]):
        assert cli.main(["train", *words]) == 2
        err = capsys.readouterr().err
        assert "\n  plugins: their code is another; put the files back as they were to go on\n" in err
        assert "or begin a new run without --resume" in err
    assert cli.main(["verify", "runs/own"]) == 1
    assert "the environment is another: plugins_sha256: " in " ".join(capsys.readouterr().out.split())
    plugin.rename("elsewhere.py")
    Path("elsewhere.py").write_text(GAIN)
    assert cli.main(["train", "--resume", "runs/own", f"plugins=['{folder}/elsewhere.py']"]) == 0  # the same code
    plugin.write_text(GAIN + "# changed\n")
    assert cli.main(["train", "configs/own.toml", "--resume", "checkpoints.every_steps=1"]) == 0
    assert Path("runs/own-2/metrics.json").exists()  # a new run, since the finished one was another


@pytest.mark.slow
def test_a_run_that_was_begun_before_code_was_recorded_goes_on_and_is_verified(folder, capsys):
    words = ["train", "configs/own.toml", "checkpoints.every_steps=1"]
    assert processes.finish(folder, words, kill_at_step=9, pictures=False) == -9
    path = Path("runs/own/environment.json")
    described = json.loads(path.read_text())
    for key in ("config_sha256", "plugins_sha256"):
        assert len(described.pop(key)) == 64
    path.write_text(json.dumps(described))
    capsys.readouterr()
    assert cli.main(["verify", "runs/own"]) == 0
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    assert "warning" not in capsys.readouterr().err
    weights = Path("runs/own/weights.csv")
    weights.write_text(re.sub(r"[0-9a-f]{64}\n$", "0" * 64 + "\n", weights.read_text()))
    assert cli.main(["verify", "runs/own"]) == 1
    assert "the environment is the same" in capsys.readouterr().out


def neighbours(folder, factor):
    """A plug-in whose layer multiplies by a number from the file beside it, which a package beside it knows too."""
    (folder / "package").mkdir(parents=True)
    (folder / "helper.py").write_text(
        f"from __future__ import annotations\nfrom package.inner import unit\nFACTOR = {factor} * unit\n"
        "class Base:\n    pass\n"
    )
    (folder / "package" / "__init__.py").write_text("")
    (folder / "package" / "inner.py").write_text("unit = 1\n")
    (folder / f"times_{factor}.py").write_text(
        "import helper\nfrom nnlite import Layer\n\n\n"
        f"class Times{factor}(Layer):\n"
        "    def forward(self, x, *, training=False):\n        return x * helper.FACTOR\n\n"
        "    def backward(self, dy):\n        return dy * helper.FACTOR\n"
    )
    return folder / f"times_{factor}.py"


def test_a_plugin_imports_the_files_beside_it_and_two_do_not_mix(tmp_path):
    before, path = set(sys.modules), list(sys.path)
    registry = Registry([neighbours(tmp_path / "a", 2), neighbours(tmp_path / "b", 3)])
    made = [registry.make({"type": name}).forward(np.ones(1))[0] for name in ("Times2", "Times3")]
    assert made == [2, 3]
    assert sys.path == path
    assert not {"helper", "package", "package.inner"} & (set(sys.modules) - before)
    assert [str(file.relative_to(tmp_path)) for file in registry.files] == [
        "a/times_2.py",
        "a/helper.py",
        "a/package/__init__.py",
        "a/package/inner.py",
        "b/times_3.py",
        "b/helper.py",
        "b/package/__init__.py",
        "b/package/inner.py",
    ]


def test_a_file_beside_a_plugin_goes_before_a_module_of_that_name_while_the_plugin_is_run(tmp_path, monkeypatch):
    other = types.ModuleType("helper")
    monkeypatch.setitem(sys.modules, "helper", other)
    registry = Registry(neighbours(tmp_path, 5))
    assert registry.make({"type": "Times5"}).forward(np.ones(1)) == 5
    assert sys.modules["helper"] is other


def test_the_code_of_a_run_is_that_of_the_files_beside_its_plugins_too(tmp_path):
    plugin = neighbours(tmp_path, 2)
    text = f"""
        plugins = ['{plugin}']
        [data]
        source = "iris"
        [model]
        layers = [{{ type = "Times2" }}, {{ type = "Dense", units = 3 }}, {{ type = "SoftmaxCrossEntropy" }}]
    """
    (tmp_path / "c.toml").write_text(text)
    first = environment.plugins_hash(config.load(tmp_path / "c.toml"))
    (tmp_path / "package" / "inner.py").write_text("unit = 4000\n")
    assert environment.plugins_hash(config.load(tmp_path / "c.toml")) != first


def test_a_class_that_lacks_a_method_is_told_of_it(tmp_path):
    base = "from nnlite import Layer\n\n\nclass Half(Layer):\n    def forward(self, x, *, training=False): return x\n"
    whole = "\n\nclass Whole(Half):\n    def backward(self, dy):\n        return dy\n"
    file = tmp_path / "half.py"
    file.write_text(base + whole)
    registry = Registry(file)
    assert registry.find("Whole", Layer).__name__ == "Whole"
    with pytest.raises(ConfigError, match=r"^the class 'Half' lacks backward$"):
        registry.find("Half", Layer)
    file.write_text(base)
    with pytest.raises(ConfigError, match=r"nothing that a config could name: .*; the class 'Half' lacks backward"):
        Registry(file)
