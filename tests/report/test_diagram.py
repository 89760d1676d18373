"""The drawing of a network: a box for each layer, wires that meet, and nothing outside of the picture."""

import re
from xml.etree import ElementTree

import pytest

from nnlite import Dense, Dropout, Parallel, ReLU, Residual, Sequential, Shared, SoftmaxCrossEntropy, Standardize
from nnlite.report import diagram, network_of
from nnlite.report.diagram import MOST_BOXES

MODELS = {
    "a chain": lambda: [Standardize(), Dense(8), ReLU(), Dense(3)],
    "residual": lambda: [Residual([Dense(8), ReLU()]), Dense(3)],
    "branches": lambda: [Parallel([[Dense(2), ReLU()], [Dense(4)], []]), Dense(3)],
    "added": lambda: [Parallel([[Dense(2)], [Dense(2), ReLU()]], join="add"), Dense(3)],
    "nested": lambda: [Parallel([[Residual([Dense(4), Residual([Dense(4), ReLU()])])], [Dense(1)]]), Dense(3)],
    "shared": lambda: [Dense(4), Shared("twice", [Dense(4), ReLU()]), Shared("twice"), Dense(3)],
    "frozen": lambda: [Dense(4, trainable=False), Dropout(0.5), Dense(3)],
}


def drawn(name):
    model = Sequential([*MODELS[name](), SoftmaxCrossEntropy()]).build((4,))
    return model, ElementTree.fromstring(diagram(network_of(model)))


@pytest.mark.parametrize("name", MODELS)
def test_each_layer_has_a_box_or_a_frame_with_its_name_and_parameters(name):
    model, svg = drawn(name)
    network = network_of(model)
    kinds = [each.get("class") for each in svg.iter()]

    def layers(blocks):
        for block in blocks:
            yield block
            for branch in block.branches:
                yield from layers(branch)

    found = list(layers(network.blocks))
    assert kinds.count("frame") == sum(bool(block.branches) for block in found)
    boxes = [each for each in svg.iter("rect") if each.get("class") == "box"]
    assert len(boxes) == len(found) + 1 - kinds.count("frame")  # the loss has one
    words = [each.text for each in svg.iter("text")]
    assert words.count("Dense") == sum(block.name == "Dense" for block in found)
    assert (
        sum(block.parameters for block in network.blocks)
        == network.parameters
        == sum(p.size for p in model.parameters)
    )
    assert "SoftmaxCrossEntropy" in words and f"input: {network.input}" in words
    assert any("frozen" in word for word in words) == (name == "frozen")


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_outside_and_no_boxes_overlap(name):
    _, svg = drawn(name)
    width, height = float(svg.get("width")), float(svg.get("height"))
    boxes = []
    for rect in svg.iter("rect"):
        x, y, wide, high = (float(rect.get(each)) for each in ("x", "y", "width", "height"))
        assert x >= 0 and x + wide <= width and y >= 0 and y + high <= height
        if rect.get("class") == "box":
            assert not any(x < a + c and a < x + wide and y < b + d and b < y + high for a, b, c, d in boxes)
            boxes.append((x, y, wide, high))
    for text in svg.iter("text"):
        assert 0 <= float(text.get("x")) <= width and 0 < float(text.get("y")) <= height
    for path in svg.iter("path"):
        for letter, numbers in re.findall(r"([MVH])([-\d. ]+)", path.get("d")):
            found = [float(number) for number in numbers.split()]
            limits = {"M": (width, height), "V": (height,), "H": (width,)}[letter]
            assert all(-0.1 <= each <= limit + 0.1 for each, limit in zip(found, limits, strict=True))


def test_a_name_that_is_a_users_is_text_in_it():
    name = "</text><script>\x1b"
    layers = [Dense(3), Shared(name, [Dense(3)]), Shared(name), SoftmaxCrossEntropy()]
    text = diagram(network_of(Sequential(layers).build((4,))))
    assert "<script" not in text and "\x1b" not in text and "&lt;script&gt;" in text
    ElementTree.fromstring(text)


def test_a_network_of_very_many_layers_is_not_drawn():
    layers = [ReLU() for _ in range(MOST_BOXES + 1)]
    assert diagram(network_of(Sequential([*layers, SoftmaxCrossEntropy()]).build((3,)))) == ""
    assert diagram(network_of(Sequential([*[ReLU() for _ in range(MOST_BOXES)], SoftmaxCrossEntropy()]).build((3,))))
