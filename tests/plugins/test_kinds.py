"""Every kind of thing comes from a plug-in: schedules, callbacks, data sources; and from installed packages."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import ConfigError, DataError
from nnlite.cli import command_line as cli
from nnlite.config import overrides
from nnlite.config import training_config as config
from nnlite.config.check import PARTS
from nnlite.plugins.registry import Registry
from nnlite.testing.check_file import check_file

PLUGIN = '''
import numpy as np
import nnlite
from nnlite import Callback, Dataset
from nnlite.data import Splits, split
from nnlite.data.npz import FilePath
from nnlite.signature import PositiveInt


def two_moons(rows: PositiveInt = 60, noise: float = 0.1) -> Dataset:
    """Two half circles."""
    rng = np.random.default_rng(0)
    angle = np.pi * rng.random(rows)
    y = np.arange(rows) % 2
    x = np.stack([np.cos(angle) + y, np.where(y == 1, -1, 1) * np.sin(angle) + y / 2], axis=1)
    return Dataset(x + noise * rng.standard_normal(x.shape), y, classes=("up", "down"))


def parted(path: FilePath = "rows.txt") -> Splits:
    found = np.loadtxt(path)
    return split(Dataset(found[:, :-1], found[:, -1].astype(int), classes=("a", "b")), 0.25, 0.0, 0)


def helper(x):
    return x


def failing(rows: int = 3) -> Dataset:
    return [1, 2][rows]


def lying() -> Dataset:
    return 3


class Halve(nnlite.Schedule):
    def multiplier(self, moment):
        return 0.5 ** moment.epoch


class Lines(Callback):
    def __init__(self, path: str = "lines.txt"):
        self.path = path

    def after_epoch(self, fit, row):
        with open(self.run_folder / self.path, "a") as file:
            file.write(f"{row['epoch']}\\n")
'''

CONFIG = """
plugins = ["kinds.py"]
[data]
source = "two_moons"
rows = 80
[model]
layers = [{ type = "Dense", units = 8 }, { type = "Tanh" }, { type = "Dense" }, { type = "SoftmaxCrossEntropy" }]
[optimizer]
type = "SGD"
learning_rate = 0.1
[schedule]
type = "Halve"
[training]
epochs = 3
[[callbacks]]
type = "Lines"
path = "epochs.txt"
[[callbacks]]
type = "StopAtTarget"
target = 0.99
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, without_pictures):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "kinds.py").write_text(PLUGIN)
    (tmp_path / "configs" / "moons.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_source_a_schedule_and_callbacks_of_a_plugin_train_from_a_config(folder):
    assert cli.main(["train", "configs/moons.toml"]) == 0
    assert Path("runs/moons/epochs.txt").read_text() == "1\n2\n3\n"
    assert not Path("epochs.txt").exists()
    rates = [float(line.split(",")[-2]) for line in Path("runs/moons/history.csv").read_text().splitlines()[1:]]
    assert rates == [0.1, 0.05, 0.025]
    document = Path("runs/moons/config.toml").read_text()
    assert '[[callbacks]]\ntype = "Lines"\npath = "epochs.txt"\n' in document and "rows = 80" in document


def test_a_run_of_it_is_verified_and_leaves_its_files_alone(folder):
    assert cli.main(["train", "configs/moons.toml"]) == 0
    before = sorted(Path().iterdir())
    assert cli.main(["verify", "runs/moons"]) == 0
    assert Path("runs/moons/epochs.txt").read_text() == "1\n2\n3\n"
    assert sorted(Path().iterdir()) == before  # nor does it leave any in the working folder


def test_an_argument_of_a_source_is_checked_and_a_path_is_relative_to_the_config(folder):
    for change, text in [
        ("data.rows=-1", r"data.rows = -1"),
        ("data.nois=1", r"data.nois: there is no such key; did you mean 'noise'"),
        ("data.source=two_moon", r"did you mean 'two_moons'"),
        ("data.source=helper", r'data.source = "helper": expected the name of a data source'),
        ("callbacks[1].typ=x", r"callbacks\[1\].typ: there is no such key"),
        (
            "callbacks[0].type=Line",
            r"callbacks\[0\].type = \"Line\": there is no callback 'Line'; did you mean 'Lines'",
        ),
        ("callbacks=3", r"callbacks = 3: expected a table for each callback, begun by \[\[callbacks\]\]"),
    ]:
        with pytest.raises(ConfigError, match=text):
            config.load("configs/moons.toml", [change])
    rows = np.random.default_rng(0).standard_normal((40, 3))
    rows[:, -1] = rows[:, -1] > 0
    np.savetxt(folder / "configs" / "rows.txt", rows)
    text = CONFIG.replace('source = "two_moons"\nrows = 80', 'source = "parted"\npath = "rows.txt"')
    Path("configs/parted.toml").write_text(text)
    splits = config.load("configs/parted.toml").load_data()
    assert len(splits.test) == 10 and len(splits.train) == 27
    with pytest.raises(ConfigError, match="parted has test rows of its own"):
        config.load("configs/parted.toml", ["data.test_fraction=0.1"])


OF_FILES = """
from nnlite import Callback, Dataset, Dense
from nnlite.data.npz import FilePath, npz

def of_table(table: FilePath, note: str = "a/b.txt") -> Dataset:
    return npz(table)

class Started(Dense):
    def __init__(self, units: int, weights: FilePath | None = None):
        super().__init__(units)
        self.weights = weights

class Report(Callback):
    def __init__(self, file: FilePath = "report.txt"):
        self.file = file
"""


def test_a_path_of_a_plugins_own_in_an_override_is_relative_to_the_working_folder(folder):
    Path("configs/files.py").write_text(OF_FILES)
    Path("configs/files.toml").write_text("""
        plugins = ["files.py"]
        [data]
        source = "of_table"
        table = "t.npz"
        [model]
        layers = [{ type = "Started", units = 3, weights = "w.npz" }, { type = "SoftmaxCrossEntropy" }]
        [[callbacks]]
        type = "Report"
        file = "r.txt"
    """)

    def paths(*changes):
        found = config.load("configs/files.toml", changes).document
        there = found["data"]["table"], found["model"]["layers"][0]["weights"], found["callbacks"][0]["file"]
        assert found["data"]["note"] == "a/b.txt"  # a text that is not annotated as a path stays what it is
        return [str(Path(path).relative_to(folder)) for path in there]

    assert paths() == ["configs/t.npz", "configs/w.npz", "configs/r.txt"]
    assert paths("data.table=x.npz") == ["x.npz", "configs/w.npz", "configs/r.txt"]
    assert paths('data={source="of_table",table="x.npz"}') == ["x.npz", "configs/w.npz", "configs/r.txt"]
    assert paths("model.layers[0].weights=deep/v.npz") == ["configs/t.npz", "deep/v.npz", "configs/r.txt"]
    assert paths('callbacks=[{type="Report",file="s.txt"}]') == ["configs/t.npz", "configs/w.npz", "s.txt"]
    assert paths(overrides.of_python("data__table", Path("x.npz"))) == ["x.npz", "configs/w.npz", "configs/r.txt"]
    Path("own.py").write_text(Path("configs/files.py").read_text())
    assert paths('plugins=["own.py"]') == paths()
    with pytest.raises(ConfigError, match=r"nowhere\.py"):
        config.load("configs/files.toml", ["plugins[0]=nowhere.py"])


def test_a_source_that_fails_or_lies_is_named_with_its_line(folder):
    text = CONFIG.replace('source = "two_moons"\nrows = 80', 'source = "failing"')
    Path("configs/failing.toml").write_text(text)
    with pytest.raises(DataError, match=r"the data source failing fails in line \d+: IndexError: list index"):
        config.load("configs/failing.toml").load_data()
    with pytest.raises(DataError, match=r"the data source lying returned a int; expected a Dataset, or Splits"):
        config.load("configs/failing.toml", ["data.source=lying"]).load_data()


def test_names_of_all_kinds_are_taken_once(folder):
    (folder / "again.py").write_text(
        "from nnlite import Dataset\nfrom nnlite.data import SOURCES\n\n\ndef iris() -> Dataset:\n    return 1\n"
    )
    with pytest.raises(ConfigError, match=r"the name 'iris' is defined twice, in nnlite itself and in again.py"):
        Registry("again.py")


def test_the_schema_knows_sources_and_callbacks(folder, capsys):
    assert cli.main(["schema", "configs/kinds.py"]) == 0
    schema = capsys.readouterr().out
    assert '"two_moons"' in schema and '"Lines"' in schema and '"StopAtTarget"' in schema


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package, as pip leaves it: its modules, and its metadata beside them."""

    def install(name="nnlite-gain", code=None, offers=None):
        module = name.replace("-", "_")
        code = "from .layer import Gain\nfrom nnlite import Dense\n" if code is None else code
        site = tmp_path / "site" / module
        site.mkdir(parents=True)
        (site / "__init__.py").write_text(code)
        (site / "layer.py").write_text(
            "from nnlite import Layer\n\n\nclass Gain(Layer):\n"
            "    def forward(self, x, *, training=False):\n        return 2 * x\n\n"
            "    def backward(self, dy):\n        return 2 * dy\n"
        )
        metadata = tmp_path / "site" / f"{module}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[nnlite.plugins]\n{offers or name} = {module}\n")
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        return name

    yield install
    for name in [name for name in sys.modules if name.startswith("nnlite_")]:
        if not name.startswith("nnlite_plugin_"):
            del sys.modules[name]


GAINING = """
plugins = ["nnlite-gain"]
[data]
source = "iris"
[model]
layers = [{ type = "Standardize" }, { type = "Gain" }, { type = "Dense" }, { type = "SoftmaxCrossEntropy" }]
[training]
epochs = 1
"""


def test_an_installed_package_offers_its_layers_by_an_entry_point(folder, package):
    name = package()
    Registry()
    assert "nnlite_gain" not in sys.modules  # it is imported only when it is named
    Path("gaining.toml").write_text(GAINING)
    assert cli.main(["train", "gaining.toml"]) == 0
    assert 'plugins = ["nnlite-gain"]' in Path("runs/gaining/config.toml").read_text()
    assert json.loads(Path("runs/gaining/environment.json").read_text())["plugins_sha256"] is not None
    for asked in (name, "NNLite_Gain"):
        assert "Gain" in str(nnlite.load("runs/gaining/model.safetensors", plugins=asked).model.layers[1])
    with pytest.raises(nnlite.ModelFileError, match=r"it needs Gain of nnlite-gain: name the plug-in"):
        nnlite.load("runs/gaining/model.safetensors")
    assert cli.main(["inspect", "runs/gaining"]) == 0


def test_an_error_in_the_code_of_a_package_is_told_with_its_line(folder, package, capsys):
    package()
    file = Path("site/nnlite_gain/layer.py")
    file.write_text(file.read_text().replace("return 2 * x", "return x @ None"))
    Path("gaining.toml").write_text(GAINING)
    assert cli.main(["train", "gaining.toml", "--quiet"]) == 1
    assert "site/nnlite_gain/layer.py: Gain.forward fails in line 6: " in " ".join(capsys.readouterr().err.split())


def test_a_model_file_names_a_package_as_plugins_does(folder, package):
    """By the name of its entry point, which need not be that of its module."""
    package("nnlite-gain", offers="gains")
    Path("gaining.toml").write_text(GAINING.replace("nnlite-gain", "gains"))
    assert cli.main(["train", "gaining.toml"]) == 0
    with pytest.raises(nnlite.ModelFileError, match="it needs Gain of gains: name the plug-in"):
        nnlite.load("runs/gaining/model.safetensors")
    nnlite.load("runs/gaining/model.safetensors", plugins="gains")


def test_a_package_that_is_missing_or_broken_is_named(folder, package):
    package("nnlite-broken", "import nothing_of_that_name\n")
    with pytest.raises(
        ConfigError, match=r"the plug-in 'nnlite-broken', nnlite_broken of the package nnlite-broken 1\.0"
    ):
        Registry("nnlite-broken")
    with pytest.raises(
        ConfigError, match=r"no installed package offers .*'nnlite-brokn'; did you mean 'nnlite-broken'"
    ):
        Registry("nnlite-brokn")
    with pytest.raises(ConfigError, match=r"a file of yours is named with its ending, such as 'my_layers.py'"):
        Registry("my_layers")


def test_a_name_that_two_packages_offer_is_refused_with_both(folder, package):
    package("nnlite-one", offers="gain")
    package("nnlite-two", offers="Gain")
    with pytest.raises(
        ConfigError, match=r"'gain' is offered by nnlite-one 1\.0 and by nnlite-two 1\.0: uninstall one"
    ):
        Registry("gain")


def test_a_package_without_anything_to_name_says_so(folder, package):
    package("nnlite-empty", "from nnlite import Dense\n")
    with pytest.raises(ConfigError, match=r"the plug-in nnlite-empty has nothing that a config could name"):
        Registry("nnlite-empty")


@pytest.mark.parametrize(
    ("argument", "why"),
    [("type", "that key names the class"), ("forward", "self.forward"), ("parameters", "self.parameters")],
)
def test_an_argument_whose_name_cannot_be_used_is_refused_with_the_class(folder, argument, why):
    Path("own.py").write_text(
        "from nnlite import Layer\n\n\nclass Own(Layer):\n"
        f"    def __init__(self, {argument}: str = 'sin'):\n        self.{argument} = {argument}\n"
    )
    with pytest.raises(ConfigError, match=rf"own\.py fails in line 4: .*Own: .*argument '{argument}'.*{why}"):
        Registry("own.py")


@pytest.mark.parametrize("argument", ["source", *(field.name for field in PARTS)])
@pytest.mark.parametrize("returned", ["Dataset", "Splits"])
def test_a_source_cannot_have_an_argument_that_every_data_section_has(folder, argument, returned):
    Path("own.py").write_text(
        "from nnlite.data import Dataset, Splits\n\n\n"
        f"def own({argument}: float = 0.5) -> {returned}:\n    return 3\n"
    )
    with pytest.raises(ConfigError, match=rf"the data source own .*argument '{argument}'.*every \[data\]"):
        Registry("own.py")
    (report,) = check_file("own.py")
    assert f"argument {argument!r}" in report.failures[0]
