"""Names of a user's in pictures and files: whatever they hold, every picture is XML and every file can be read."""

import json
import tomllib
from xml.etree import ElementTree

import numpy as np
import pytest

from nnlite import Conv2D, Dense, Flatten, History, Sequential, SoftmaxCrossEntropy, plots
from nnlite.cli import command_line as cli
from nnlite.config import toml
from nnlite.metrics.classification import per_class

NAMES = {
    "control": "a\x1b[31m\x00\x08\x7f\x85b",
    "surrogate": "half \ud83d of a pair \udcff",
    "no character": "\ufffe\uffff\ue000",
    "right to left": "שלום \u202eevil\u202c مرحبا",
    "dollar": "$\\frac{1}$ costs $5 and \\$3",
    "long": "n" * 300,
    "emoji": "👩\u200d🔬 🏳️\u200d🌈",
    "markup": "<b>&amp;</b> --> ]]> ' \"",
    "lines": "one\r\ntwo\tthree\n",
    "empty": "",
}


def pictures(name):
    history = History()
    for epoch in (1, 2):
        row = {"epoch": epoch, "training_loss": 1.0 / epoch, "validation_loss": 1.1 / epoch, "seconds": 0.1}
        history.append(row | {f"validation_{name}": 0.5, name or "own": 0.25})
    classes, title = [name, "other"], f"{name}, test rows"
    images, model = np.random.default_rng(0).random((4, 1, 4, 4)), [Conv2D(2, 3), Flatten(), Dense(2)]
    yield "curves", plots.curves({name: history})
    yield "several", plots.curves({name: history, f"{name}2": history})
    yield "confusion", plots.confusion(np.array([[3, 1], [0, 2]]), classes, title)
    yield "mistakes", plots.mistakes(images, np.array([0, 1, 0, 1]), np.full((4, 2), [0.9, 0.1]), classes, title)
    yield "filters", plots.filters(Sequential([*model, SoftmaxCrossEntropy()]).build((1, 4, 4)), name)
    yield "predictions", plots.predictions(np.arange(3.0), np.arange(3.0), title)
    yield "residuals", plots.residuals(np.arange(3.0), np.arange(3.0), title)
    p = np.full((4, 2), [0.9, 0.1])
    yield "roc", plots.roc(np.array([0, 1, 0, 1]), p, classes, title)
    yield "precision-recall", plots.precision_recall(np.array([0, 1, 0, 1]), p, classes, title)
    yield "calibration", plots.calibration([0.9], [0.5], [4], title=title)
    yield "importance", plots.importance([name, "other"], [1.0, 0.5], [0.1, 0.1], name, title)
    yield "rows", plots.mistaken_rows([[name]] * 4, np.array([0, 1, 0, 1]), p, classes, [name], title)
    rows = np.arange(8.0).reshape(4, 2)
    predict, true = (lambda x: p[:1].repeat(len(x), axis=0)), np.array([0, 1, 0, 1])
    yield "regions", plots.decision_boundary(predict, rows, true, classes, [name, ""], title)
    yield "activations", plots.activations([1, 2], {name: np.zeros((2, 5))}, title)
    yield "seeds", plots.seeds({name: [history, history]}, title)
    yield "range test", plots.range_test([0.1, 0.2], [1.0, 2.0], 0.1, name)


@pytest.mark.slow  # with all of these names: test_style.py
def test_every_picture_is_xml_without_a_name_too():
    for _, figure in pictures(""):
        ElementTree.fromstring(plots.as_svg(figure))


def test_each_kind_of_name_is_xml(tmp_path):
    plots.save(plots.confusion(np.eye(len(NAMES), dtype=int), list(NAMES.values())), tmp_path / "picture.svg")
    ElementTree.parse(tmp_path / "picture.svg")


def test_a_name_is_drawn_as_it_is_but_for_what_cannot_be_seen():
    figure = plots.confusion([[1, 0], [0, 1]], ["a\x1bb", "c\nd $x$"])
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()][:2]
    assert shown == [r"a\x1bb", r"c d \$x\$"]


def test_a_confusion_matrix_is_drawn_from_the_list_that_per_class_gives():
    found = per_class(np.array([0, 0, 1]), np.array([0, 1, 1]), ["no", "yes"])["confusion"]
    assert isinstance(found, list)
    texts = [text.get_text() for text in plots.confusion(found, ["no", "yes"]).axes[0].texts]
    assert texts[::2][:3] == ["1", "1", "1"]


def test_a_run_with_such_names_leaves_files_that_can_be_read(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = [name for kind, name in NAMES.items() if kind not in ("long", "empty")]
    y = np.array(names)[np.arange(20 * len(names)) % len(names)]
    np.savez("rows.npz", x=np.random.default_rng(0).normal(size=(len(y), 2)), y=y)
    shown = toml.show(["plain", NAMES["control"]])
    (tmp_path / "c.toml").write_text(f"""
        [data]
        source = "npz"
        path = "rows.npz"
        feature_names = {shown}
        [model]
        layers = [{{ type = "Dense", units = {len(names)} }}, {{ type = "SoftmaxCrossEntropy" }}]
        [training]
        epochs = 2
    """)
    assert cli.main(["train", "c.toml", "--out", "run\x1b[31m"]) == 0
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err and out.endswith("run\\x1b[31m/report.html\n")
    run = tmp_path / "run\x1b[31m"
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    kept = set(y.tolist())  # an array of text ends a name at its NUL
    assert {each["class"] for each in metrics["test"]["classes"]} == kept
    assert tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))["data"]["feature_names"][1] == names[0]
    for picture in run.glob("*.svg"):
        ElementTree.parse(picture)
    assert cli.main(["verify", str(run)]) == 0
