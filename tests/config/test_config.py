"""Configs: what a file says becomes checked plain data, and comes back as a file."""

import json
import math
import tomllib

import msgspec
import numpy as np
import pytest

from nnlite import ConfigError, Layer
from nnlite.config import overrides, schema, toml
from nnlite.config import training_config as config
from nnlite.plugins.registry import Registry
from tests.conftest import ROOT
from tests.helpers.rows import rows_of

MINIMAL = """
[data]
source = "iris"
[model]
layers = [{ type = "Dense", units = 3 }, { type = "SoftmaxCrossEntropy" }]
"""


@pytest.fixture
def minimal(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(MINIMAL)
    return path


def test_defaults_are_filled_in(minimal):
    document = config.load(minimal).document
    assert document["seed"] == 0
    parts = {"test_fraction": 0.2, "validation_fraction": 0.1, "shuffle": True}
    assert document["data"] == {"source": "iris"} | parts
    assert document["optimizer"]["type"] == "SGD"
    assert document["optimizer"]["learning_rate"] == 0.01
    assert document["training"] == {
        "epochs": 10,
        "batch_size": 32,
        "accumulate": 1,
        "members": 1,
        "metrics": [],
    } | dict.fromkeys(("clip_norm", "clip_value", "average", "max_seconds", "threads"))
    assert document["model"]["layers"][0]["weight_init"] == "glorot_uniform"


def test_whether_a_layer_is_trainable_is_its_constructors_to_choose(minimal, tmp_path):
    (tmp_path / "fixed.py").write_text(
        "from nnlite import Dense\nclass Fixed(Dense):\n    def __init__(self, units: int):\n"
        "        super().__init__(units, trainable=False)\n"
    )
    changes = [f'plugins=["{tmp_path}/fixed.py"]', "model.layers[0]={type='Fixed', units=5}"]
    for change, trainable in (([], False), (["model.layers[0].trainable=true"], True)):
        settings = config.load(minimal, [*changes, *change])
        assert settings.build_model(rows_of((4,))).layers[0].trainable is trainable


def test_what_to_toml_writes_is_the_same_config(minimal, tmp_path):
    settings = config.load(minimal, ["seed=7", "model.layers[0].trainable=false", "optimizer.momentum=0.5"])
    again = tmp_path / "again.toml"
    again.write_text(settings.to_toml())
    assert config.load(again).document == settings.document


@pytest.mark.parametrize(
    "value",
    [True, 0, -3, 1e-3, 1e22, "plain", 'quotes " and \\', "line\nbreak\ttab", "ünï🙂", "\x7f\x00", [1, 2], ["a"], []],
)
def test_toml_values_come_back(value):
    assert tomllib.loads(toml.dump({"table": {"odd key": value, "list": [{"key": value}]}})) == {
        "table": {"odd key": value, "list": [{"key": value}]}
    }


@pytest.mark.parametrize(
    ("override", "place", "value"),
    [
        ("optimizer.learning_rate=0.25", ("optimizer", "learning_rate"), 0.25),
        ("model.layers[0].units=5", ("model", "layers", 0, "units"), 5),
        ("model.layers[0].weight_init=he_normal", ("model", "layers", 0, "weight_init"), "he_normal"),
        ('data.source = "wine"', ("data", "source"), "wine"),
        ("optimizer.nesterov=true", ("optimizer", "nesterov"), True),
        ("seed=3", ("seed",), 3),
        ("name=a=b", ("name",), "a=b"),
        ("name=1\nother = 2", ("name",), "1\nother = 2"),
        ("name=", ("name",), ""),
    ],
)
def test_an_override_sets_a_key(override, place, value):
    document = {"data": {}, "model": {"layers": [{"type": "Dense", "units": 3}]}}
    overrides.read(override).apply(document)
    for step in place:
        document = document[step]
    assert document == value


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("epochs", "not of the form key=value"),
        ("=3", "not of the form key=value"),
        ("model.layers[7].units=3", "names item 7 of a list with 1 items"),
        ("model.layers.units=3", "does not fit the config"),
        ("data.source.name=3", "does not fit the config"),
    ],
)
def test_an_override_that_fits_nothing_is_refused(override, text):
    with pytest.raises(ConfigError, match=text):
        overrides.read(override).apply({"data": {"source": "iris"}, "model": {"layers": [{}]}})


def test_paths_in_the_file_are_relative_to_it_and_those_of_overrides_to_here(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.toml").write_text(MINIMAL.replace('"iris"', '"npz"\npath = "data/x.npz"'))
    monkeypatch.chdir(tmp_path)
    assert config.load("there/a.toml").document["data"]["path"] == str(tmp_path / "there/data/x.npz")
    changed = config.load("there/a.toml", ["data.path=data/x.npz"])
    assert changed.document["data"]["path"] == str(tmp_path / "data/x.npz")


def test_all_errors_are_told_at_once(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("""
        sead = 3
        [data]
        source = "iriss"
        [model]
        layers = [{ type = "Dens", units = 3 }, { type = "Dense", units = 0 }, { type = "Dropout", rat = 0.1 }]
        [optimizer]
        type = "SGD"
        learning_rate = "fast"
        [training]
        epochs = 1.5
    """)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    text = str(caught.value)
    for part in [
        "sead: there is no such key; did you mean 'seed'?",
        "data.source = \"iriss\": expected the name of a data source; did you mean 'iris'?",
        "model.layers[0].type = \"Dens\": there is no layer or loss 'Dens'; did you mean 'Dense'?",
        "model.layers[1].units = 0: expected an integer of at least 1",
        "model.layers[2].rat: there is no such key; did you mean 'rate'? Valid: rate, trainable",
        "model.layers[2] = Dropout is the last layer: expected a loss",
        'optimizer.learning_rate = "fast": expected a number above 0',
        "training.epochs = 1.5: expected an integer of at least 1",
    ]:
        assert part in text
    assert "8 things are wrong" in text


def test_the_shipped_schema_is_what_nnlite_schema_prints():
    assert (ROOT / "configs/nnlite.schema.json").read_text() == schema.json_schema(Registry())


def test_the_schema_knows_every_class_and_refuses_unknown_keys():
    definitions = json.loads(schema.json_schema(Registry()))["$defs"]
    assert {*Registry().classes} <= {*definitions}
    assert definitions["Dense"]["required"] == ["type"]  # the last one may leave its units to the data
    assert definitions["Dropout"]["required"] == ["type"] and definitions["Embedding"]["required"][1:] == [
        "codes",
        "size",
    ]
    assert definitions["Dense"]["properties"]["units"]["minimum"] == 1
    assert "he_normal" in definitions["Dense"]["properties"]["weight_init"]["enum"]
    any_layer = {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in Registry().names(Layer)]}
    assert definitions.pop("_Layer") == any_layer
    assert definitions["Residual"]["properties"]["layers"]["items"] == {"$ref": "#/$defs/_Layer"}
    assert all(definition.get("additionalProperties") is False for definition in definitions.values())


def test_numbers_of_a_config_are_what_the_signature_wants(minimal):
    assert isinstance(
        config.load(minimal, ["optimizer.learning_rate=1"]).document["optimizer"]["learning_rate"], float
    )
    with pytest.raises(ConfigError, match=r"learning_rate = inf: expected a number above 0"):
        config.load(minimal, ["optimizer.learning_rate=inf"])
    assert math.isinf(toml.parse_value("inf"))


def test_msgspec_still_converts_strictly():
    """What the checks lean on: no text for numbers, no booleans for integers."""
    for value in ("3", True):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, int, strict=True)


def test_the_seed_reaches_the_split_the_model_and_the_order_of_the_rows(minimal):
    rows, weights, orders = [], [], []
    for seed in (0, 1):
        settings = config.load(minimal, [f"seed={seed}"])
        splits = settings.load_data()
        model = settings.build_model(rows_of((4,)))
        rows.append(splits.test.x.tobytes())
        weights.append(model.parameters.values.tobytes())
        trainer = settings.build_trainer(model)
        orders.append(trainer.seed)
    assert rows[0] != rows[1] and weights[0] != weights[1] and orders == [0, 1]


def test_the_dtype_reaches_the_model_and_its_rows_stay_as_they_are(minimal):
    for dtype in ("float32", "float64"):
        settings = config.load(minimal, [f"model.dtype={dtype}"])
        assert settings.load_data().train.x.dtype == np.float64  # Standardize is to see all their digits
        assert settings.build_model(rows_of((4,))).parameters.values.dtype == dtype


def test_the_trainer_has_the_configs_figures(minimal):
    settings = config.load(minimal, ["training.epochs=7", "training.batch_size=5", "optimizer.momentum=0.25"])
    trainer = settings.build_trainer(settings.build_model(rows_of((4,))))
    assert (trainer.epochs, trainer.batch_size, trainer.optimizer.momentum) == (7, 5, 0.25)


def test_optional_sections_are_left_out_or_have_their_defaults(minimal, tmp_path):
    plain = config.load(minimal)
    assert not {"schedule", "early_stopping"} & plain.document.keys()
    trainer = plain.build_trainer(plain.build_model(rows_of((4,))))
    assert trainer.schedule is trainer.early_stopping is trainer.clip_norm is trainer.max_seconds is None

    minimal.write_text(MINIMAL + "[early_stopping]\n[schedule]\ntype = 'OneCycle'\n[training]\naverage = 0.9\n")
    given = config.load(minimal, ["training.clip_value=2", "schedule.rise=0.4"])
    trainer = given.build_trainer(given.build_model(rows_of((4,))))
    assert (trainer.average, trainer.clip_value, trainer.schedule.rise) == (0.9, 2.0, 0.4)
    assert (trainer.early_stopping.patience, trainer.early_stopping.monitor) == (10, None)
    again = tmp_path / "again.toml"
    again.write_text(given.to_toml())
    assert config.load(again).document == given.document


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("schedule.type=Cosin", "there is no schedule 'Cosin'; did you mean 'Cosine'? Valid: Cosine, Exp"),
        ("schedule.type=Dense", "Dense is a layer, which belongs among model.layers; expected a schedule"),
        ("schedule=Cosine", 'schedule = "Cosine": expected a table with a type'),
        ("early_stopping=5", "early_stopping = 5: expected a table"),
        ("early_stopping.patience=0", "early_stopping.patience = 0: expected an integer of at least 1"),
        (
            "early_stopping.delta=0",
            "early_stopping.delta: there is no such key; did you mean 'min_delta'?",
        ),
        ("training.clip_norm=0", "training.clip_norm = 0: expected a number above 0"),
        ("training.average=1", "training.average = 1: expected a number of at least 0 and below 1"),
        ("training.schedule=3", "training.schedule: there is no such key"),
    ],
)
def test_what_is_wrong_in_the_optional_sections_is_told(minimal, change, said):
    with pytest.raises(ConfigError) as caught:
        config.load(minimal, [change])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("source", "loss", "units"),
    [("iris", "SoftmaxCrossEntropy", 3), ("breast_cancer", "BinaryCrossEntropy", 1), ("diabetes", "Huber", 1)],
)
def test_the_last_layers_units_may_be_left_to_the_data(source, loss, units, tmp_path):
    document = {
        "data": {"source": source},
        "model": {"layers": [{"type": "Dense", "units": 4}, {"type": "Dense"}, {"type": loss}]},
    }
    settings = config.check(document, tmp_path / "c.toml")
    assert "units" not in settings.document["model"]["layers"][1]  # the run's config is as general as the given one
    _, trainer = settings.build()
    assert trainer.model.layers[-1].units == units
    document["model"]["layers"][0].pop("units")
    with pytest.raises(ConfigError, match=r"model\.layers\[0\]\.units is missing: expected an integer"):
        config.check(document, tmp_path / "c.toml")
