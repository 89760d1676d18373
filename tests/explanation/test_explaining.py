"""A config is explained before training: what it says of memory and time is measured, and what is unusual is true."""

import copy
import csv
import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from nnlite import (
    SGD,
    Dense,
    Dropout,
    EarlyStopping,
    MeanSquaredError,
    Parallel,
    ReduceOnPlateau,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.cli import main
from nnlite.config.training_config import check, load
from nnlite.core import snapshot
from nnlite.core.diagram import diagram
from nnlite.data import Splits, from_arrays, regression_from_arrays, split
from nnlite.explanation.explaining import explain
from nnlite.explanation.meaning import arguments, meanings
from nnlite.explanation.measured import measured
from nnlite.explanation.unusual import unusual
from tests.conftest import ROOT

SHIPPED = [path for path in sorted((ROOT / "configs").glob("*.toml")) if not path.stem.startswith("mnist")]


def rows(count=400, classes=2, scale=1.0, rare=None, seed=0):
    """Rows of three features; of the second class as many as `rare` says."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % classes
    if rare is not None:
        y = (np.arange(count) < rare).astype(int)
    return from_arrays(rng.normal(size=(count, 3)) * scale, y)


def parts(data, **fractions):
    return split(data, **{"test_fraction": 0.2, "validation_fraction": 0.2, "seed": 0} | fractions)


def trainer_of(data, layers=None, optimizer=None, **options):
    layers = [Dense(8), ReLU(), Dense(2), SoftmaxCrossEntropy()] if layers is None else layers
    model = Sequential(layers).build(data.x.shape[1:])
    return Trainer(model, optimizer or SGD(0.1), **{"epochs": 50, "batch_size": 16} | options)


def said_of(data, *, fractions=None, **options):
    splits = parts(data, **(fractions or {}))
    return unusual(trainer_of(data, **options), splits)


def test_nothing_is_unusual_in_plain_rows_and_a_plain_network():
    assert said_of(rows()) == []


# Each is made to be said, and just beyond its threshold it is not.
@pytest.mark.parametrize(
    ("words", "there", "beyond"),
    [
        ("unscaled inputs", {"data": rows(scale=22)}, {"data": rows(scale=18)}),
        (
            "unscaled inputs",
            {"data": rows(scale=500)},
            {"data": rows(scale=500), "layers": [Standardize(), Dense(2), SoftmaxCrossEntropy()]},
        ),
        ("more than the 240 training rows", {"batch_size": 241, "epochs": 99}, {"batch_size": 240, "epochs": 99}),
        (
            "batch_size = 25 times accumulate = 10 is more than the 240 training rows",
            {"batch_size": 25, "accumulate": 10, "epochs": 99},
            {"batch_size": 24, "accumulate": 10, "epochs": 99},
        ),
        ("the whole training makes 45 steps", {"epochs": 3}, {"epochs": 4}),
        (
            "there are no validation rows",
            {"early_stopping": EarlyStopping(10), "fractions": {"validation_fraction": 0.0}},
            {"early_stopping": EarlyStopping(10)},
        ),
        ("monitor = 'training_loss'", {"early_stopping": EarlyStopping(10, "training_loss")}, {}),
        (
            "looks at 28 validation rows",
            {"early_stopping": EarlyStopping(10), "fractions": {"validation_fraction": 0.07}},
            {"early_stopping": EarlyStopping(10), "fractions": {"validation_fraction": 0.08}},
        ),
        ("patience = 50 is not below", {"early_stopping": EarlyStopping(50)}, {"early_stopping": EarlyStopping(49)}),
        (
            "before the learning rate is reduced",
            {"early_stopping": EarlyStopping(10), "schedule": ReduceOnPlateau(patience=10)},
            {"early_stopping": EarlyStopping(10), "schedule": ReduceOnPlateau(patience=9)},
        ),
        ("no test rows", {"fractions": {"test_fraction": 0.0}}, {}),
        ("class '1' has", {"data": rows(rare=32)}, {"data": rows(rare=42)}),
        (
            "class '1' has",
            {"data": rows(rare=32)},
            {"data": rows(rare=32), "layers": [Dense(2), SoftmaxCrossEntropy(class_weight="balanced")]},
        ),
        (
            "no activation between them",
            {"layers": [Dense(4), Dropout(0.1), Dense(2), SoftmaxCrossEntropy()]},
            {"layers": [Dense(4), ReLU(), Dense(2), SoftmaxCrossEntropy()]},
        ),
        (
            "it bounds how sure the model can be",
            {"layers": [Dense(2), Sigmoid(), SoftmaxCrossEntropy()]},
            {"layers": [Sigmoid(), Dense(2), SoftmaxCrossEntropy()]},
        ),
        ("drops outputs", {"layers": [Dense(2), Dropout(0.5), SoftmaxCrossEntropy()]}, {}),
        (
            "nothing against learning them by heart",
            {"layers": [Dense(500), ReLU(), Dense(2), SoftmaxCrossEntropy()]},
            {"layers": [Dense(300), ReLU(), Dense(2), SoftmaxCrossEntropy()]},
        ),
        (
            "nothing against learning them by heart",
            {"layers": [Dense(500), ReLU(), Dense(2), SoftmaxCrossEntropy()]},
            {
                "layers": [Dense(500), ReLU(), Dense(2), SoftmaxCrossEntropy()],
                "optimizer": SGD(0.1, weight_decay=0.1),
            },
        ),
        ("no run can be repeated", {"max_seconds": 60.0}, {}),
    ],
)  # fmt: skip
def test_it_is_said_where_it_is_true_and_not_just_beyond(words, there, beyond):
    there, beyond = copy.deepcopy(there), copy.deepcopy(beyond)
    assert sum(words in said for said in said_of(there.pop("data", rows()), **there)) == 1
    assert not any(words in said for said in said_of(beyond.pop("data", rows()), **beyond))


def test_the_class_of_a_name_of_any_sort_is_named_in_short():
    data = from_arrays(np.zeros((300, 2)), ["x" * 300] * 10 + ["b"] * 290)
    said = unusual(trainer_of(data), Splits(data, None, None))
    assert any("'xxxx" in each and len(each) < 400 for each in said)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_of_the_shipped_configs_nothing_is_said(path):
    splits, trainer = load(path).build()
    assert unusual(trainer, splits) == []


def test_measuring_leaves_the_trainer_as_it_is_and_counts_steps():
    data = parts(rows())
    trainer = trainer_of(data.train)
    before, written = snapshot.digest(trainer.model), []
    found = measured(trainer, data.train, data.validation)
    assert snapshot.digest(trainer.model) == before and len(trainer.history) == 0 and not written
    assert found.steps == 15 and found.made >= 1 and not found.diverged
    assert 0 < found.step < found.epoch < 60
    # What training takes is at least the gradients, and what the layers keep of a batch.
    assert found.memory > trainer.model.parameters.values.nbytes


def test_a_training_that_diverges_at_once_is_said():
    rng = np.random.default_rng(0)
    data = parts(regression_from_arrays(rng.normal(size=(90, 3)), rng.normal(size=90)))
    trainer = trainer_of(data.train, layers=[Dense(8), ReLU(), Dense(1), MeanSquaredError()], optimizer=SGD(1e20))
    found = measured(trainer, data.train, data.validation)
    assert "with learning rate 1e+20" in found.diverged and math.isnan(found.step)


def test_a_diagram_shows_branches_and_fits_in_80_characters():
    branch = [Dense(40, weight_init="he_uniform", bias_init="zeros", use_bias=True), ReLU(), Residual([Dense(40)])]
    model = Sequential([Dense(40), Residual(branch), Parallel([[Dense(3)], []]), Dense(2), SoftmaxCrossEntropy()])
    text = diagram(model.build((5,)))
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert [line[:6].strip() for line in lines] == [
        "○", "■", "├─╮", "│ ■", "│ ○", "│ ├─╮", "│ │ ■", "│ ├─╯", "├─╯", "├─╮", "┆ ■", "├─┤", "┆ │", "├─╯", "■", "◆",
    ]  # fmt: skip
    widest = max(lines, key=lambda line: line.count("█"))
    assert "1,640" in widest and "43" in next(line for line in lines if "side by side" in line)


def test_the_arguments_of_every_class_that_a_config_can_name_are_found():
    from nnlite.plugins.registry import shipped
    from nnlite.signature import fields

    unexplained = [
        f"{name}.{field.name}"
        for name, kind in shipped().classes.items()
        for field in fields(kind)
        if "Args:" in (kind.__doc__ or "") and not arguments(__import__("inspect").getdoc(kind)).get(field.name)
    ]
    assert not [each for each in unexplained if not each.endswith((".trainable", ".rate", ".decay"))]


def test_what_sections_mean_names_what_is_set():
    document = {
        "data": {"source": "iris"},
        "model": {"layers": [{"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]},
        "optimizer": {"type": "SGD", "momentum": 0.5},
        "schedule": {"type": "Cosine"},
        "early_stopping": {"patience": 7},
        "training": {"epochs": 9, "clip_norm": 2.0, "members": 2},
    }
    found = {each.section: each for each in meanings(check(document, Path("x.toml")))}
    assert list(found) == ["data", "optimizer", "schedule", "early_stopping", "training"]
    assert found["optimizer"].keys["momentum"][0] == 0.5 and "nesterov" not in found["optimizer"].keys
    assert found["early_stopping"].keys["patience"] == (
        7, "epochs in a row without improvement after which the fit ends",
    )  # fmt: skip
    assert {"epochs", "batch_size", "clip_norm", "members"} == set(found["training"].keys)


def test_the_command_prints_lines_of_80_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["explain", str(ROOT / "configs" / "iris.toml"), "training.batch_size=500"]) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.splitlines())
    for words in ("105 rows to train", "131 parameters", "◆", "memory: weights 524 bytes", "1 step an epoch",
                  "[optimizer] SGD", "unusual:", "batch_size = 500"):  # fmt: skip
        assert words in out
    assert not list(tmp_path.iterdir())


def test_what_is_wrong_with_a_config_is_said_as_in_training(capsys):
    assert main(["explain", str(ROOT / "configs" / "iris.toml"), "training.batch=3"]) == 2
    assert "did you mean 'batch_size'" in capsys.readouterr().err.replace("\n  ", " ")


def test_the_memory_of_a_full_batch_method_is_its_own_and_not_that_of_what_it_imports():
    found = explain(load(ROOT / "configs" / "iris.toml", ['optimizer={type="LBFGS"}']))
    assert found.parameters * 4 < found.bytes["training"] < 1e6
    assert found.measured.steps == 1


def test_a_data_file_is_sent_to_init(tmp_path, capsys):
    assert main(["explain", str(tmp_path / "rows.csv")]) == 2
    assert "nnlite init" in capsys.readouterr().err


def test_names_of_every_sort_are_printed_as_they_are_safe(tmp_path, capsys):
    names = ["<script>", "\x1b[31m", "\u202eabc", "x" * 300]
    with open(tmp_path / "rows.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b" * 300, "y"])
        rng = np.random.default_rng(0)
        writer.writerows([*rng.normal(size=2), names[row % 4]] for row in range(120))
    (tmp_path / "x.toml").write_text(
        '[data]\nsource = "csv"\npath = "rows.csv"\ntarget = "y"\n[model]\nlayers = [{type = "Columns"}, '
        '{type = "Dense"}, {type = "SoftmaxCrossEntropy"}]\n'
    )
    assert main(["explain", str(tmp_path / "x.toml")]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out and "\\x1b[31m (" in out


def test_a_regression_and_an_ensemble_are_explained():
    config = load(ROOT / "configs" / "diabetes.toml", ["training.members=3"])
    found = explain(config)
    assert found.target.startswith("a number, 31 to 346")
    assert found.epochs == 3 * config.document["training"]["epochs"]
    assert found.bytes["weights"] == 3 * 4 * found.parameters


def test_the_network_is_written_as_a_drawing_that_stands_alone(tmp_path, capsys):
    config, place = str(ROOT / "configs/iris.toml"), tmp_path / "network.svg"
    assert main(["explain", config, "-o", str(place)]) == 0
    assert capsys.readouterr().out.replace("\n", "").endswith("network.svg")
    root = ElementTree.fromstring(place.read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.find("{*}style") is not None
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "SoftmaxCrossEntropy" in words and "input: 4" in words
    assert main(["explain", config, "-o", str(tmp_path / "network.png")]) == 4
    assert "does not end in .svg" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "network.png").exists()
