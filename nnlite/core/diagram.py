"""A diagram of a model in text: the way of a row from the input to the loss, with branches beside it."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.text import cut, printable
from nnlite.types import Shape

_WIDTH = 80
_BAR = 14
_LEAST_NAME = 16


class _Line(NamedTuple):
    """A line: what is drawn at its left, the name, the shape behind it, how many parameters it has itself."""

    rail: str
    name: str
    shape: str = ""
    parameters: int = 0


def diagram(model: Sequential) -> str:
    """The layers of a built model from above to below, in lines of at most 80 characters where shapes allow.

    ■ is a layer with parameters, ○ one without, ◆ the loss. A container opens a way of its own for each branch;
    beside a `Residual` the input goes on, to be added. The bars show how many parameters each layer has.

    >>> from nnlite import Dense, ReLU, Residual, Sequential, SoftmaxCrossEntropy
    >>> from nnlite.core.diagram import diagram
    >>> model = Sequential([Dense(8), Residual([Dense(8), ReLU()]), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    >>> print(diagram(model))
    ○    input                  4
    ■    Dense(8)               8  40  ████████
    ├─╮  Residual
    │ ■  Dense(8)               8  72  ██████████████
    │ ○  ReLU()                 8
    ├─╯  added to the input     8
    ■    Dense(3)               3  27  ██████
    ◆    SoftmaxCrossEntropy()
    """
    model.check_built()
    lines = [_Line("○", "input", _shown(model.input_shape)), *_of(model.layers, "")]
    if model.criterion is not None:
        lines.append(_Line("◆", repr(model.criterion)))
    most = max(line.parameters for line in lines)
    rail = max(len(line.rail) for line in lines) + 2
    shape = max(len(line.shape) for line in lines)
    count = max(len(_count(line)) for line in lines)
    name = max(min(max(len(line.name) for line in lines), _WIDTH - rail - shape - count - _BAR - 6), _LEAST_NAME)
    found = []
    for line in lines:
        bar = "█" * math.ceil(_BAR * line.parameters / most) if most else ""
        text = f"{line.rail:<{rail}}{cut(printable(line.name), name):<{name}}  {line.shape:>{shape}}"
        found.append(f"{text}  {_count(line):>{count}}  {bar}".rstrip())
    return "\n".join(found)


def _of(layers: Sequence[Layer], rail: str) -> Iterator[_Line]:
    for layer in layers:
        size = sum(parameter.size for parameter in layer.parameters)
        shape = _shown(layer._output_shape or ())
        if not layer.children:
            yield _Line(f"{rail}{'■' if size else '○'}", repr(layer), shape, size)
            continue
        name = type(layer).__name__
        residual = name == "Residual"
        branches = [chain.layers for chain in getattr(layer, "_chains", ())] or [layer.children]
        beside = "│ " if residual else "┆ "
        yield _Line(f"{rail}├─╮", name if len(branches) == 1 else f"{name}, {len(branches)} branches", "", size)
        for number, branch in enumerate(branches):
            if number:
                yield _Line(f"{rail}├─┤", f"branch {number + 1}")
            yield from _of(branch, rail + beside) if branch else (_Line(f"{rail}{beside}│", "as it is"),)
        joined = {"add": "added up", "concatenate": "side by side"}.get(getattr(layer, "join", ""), "")
        yield _Line(f"{rail}├─╯", "added to the input" if residual else joined, shape)


def _count(line: _Line) -> str:
    return f"{line.parameters:,}" if line.parameters else ""


def _shown(shape: Shape) -> str:
    return " × ".join(map(str, shape))
