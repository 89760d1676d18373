"""The summary of a model is a table of its layers, with the shapes of outputs and the numbers of parameters."""

from collections.abc import Sequence

from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.core.parameters import ParameterVector
from nnlite.core.tree import walk
from nnlite.text import cut, preformatted
from nnlite.types import Shape

WIDTH = 80
"""The longest line, unless shapes and paths need more; what a layer's or loss's arguments have beyond it is cut."""

LEAST_NAME = 20
"""What stays of a layer's name and arguments however long the shapes are."""


class Summary(str):
    """A table in text that shows itself as it is printed, in a Python prompt and in a notebook too.

    >>> from nnlite.core.summary import Summary
    >>> Summary("layer  parameters\\nDense          10")
    layer  parameters
    Dense          10
    """

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return preformatted(self)


def summary(
    layers: Sequence[Layer], criterion: Loss | None, input_shape: Shape, parameters: ParameterVector
) -> Summary:
    """The table of a built model, ended by the number of parameters and their dtype."""
    rows = [("", "layer", "output shape", "parameters"), ("", "input", _shown(input_shape), "")]
    for path, layer, _ in walk(layers):
        size = sum(parameter.size for parameter in layer.parameters)
        frozen = "" if layer.trainable else ", frozen"
        name = f"{type(layer).__name__}{frozen}" if layer.children else repr(layer)
        shape = "" if layer._output_shape is None else _shown(layer._output_shape)
        rows.append((path, "  " * path.count(".") + name, shape, f"{size:,}" if size else ""))
    loss = [] if criterion is None else [(str(len(layers)), repr(criterion), "", "")]
    total, trained = sum(parameter.size for parameter in parameters), parameters.values.size
    note = "" if total == trained else f", {trained:,} trained"
    width = [max(len(row[column]) for row in [*rows, *loss]) for column in range(4)]
    width[1] = min(max(len(row[1]) for row in rows), max(WIDTH - sum(width) + width[1] - 6, LEAST_NAME))
    rows = [(path, cut(name, width[1]), shape, count) for path, name, shape, count in rows]
    rows += [(path, cut(name, WIDTH - width[0] - 2), "", "") for path, name, *_ in loss]
    lines = [
        f"{row[0]:<{width[0]}}  {row[1]:<{width[1]}}  {row[2]:<{width[2]}}  {row[3]:>{width[3]}}".rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * (sum(width) + 6))
    lines.append(f"{total:,} parameters{note}, {parameters.values.dtype}")
    if criterion is not None and criterion.of_batch:
        lines.append("the loss compares the rows of a batch: its figures depend on which rows a batch has")
    return Summary("\n".join(lines))


def _shown(shape: Shape) -> str:
    return " × ".join(map(str, shape)) or "one number"
