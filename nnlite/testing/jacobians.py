"""A Jacobian holds the derivative of every output by every input: from `backward`, or by differences.

The two are computed in ways that share nothing, so a wrong derivative makes them differ.
"""

import copy

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.parameters import Parameter
from nnlite.core.tree import walk
from nnlite.types import Array

STEP = 1e-6
"""The step of central differences in float64: rounding and curvature then cost about 1e-9 together."""


def jacobian(layer: Layer, x: Array, *, by: Parameter | None = None, training: bool = False) -> Array:
    """∂y/∂x from `layer.backward`, (outputs, inputs), both flattened with their batch axes.

    Args:
        layer: a layer of a built model.
        x: its input, (batch, …).
        by: a parameter of the layer to differentiate by, in place of x.
        training: passed to `forward`. Without it the layer runs, and passes the gradient on, as when it is frozen.

    >>> import numpy as np
    >>> from nnlite import ReLU
    >>> from nnlite.testing import jacobian
    >>> jacobian(ReLU(), np.array([[-1.0, 2.0]]))
    array([[0., 0.],
           [0., 1.]])
    """
    with _unmoved(layer):
        y = forward_for_backward(layer, x, training=training)
        rows = []
        for index in range(y.size):
            dy = np.zeros_like(y, order="C")
            dy.reshape(-1)[index] = 1
            dx = layer.backward(dy)
            rows.append(np.array(dx if by is None else by.grad).reshape(-1))
    return np.array(rows).reshape(y.size, -1)


def numerical_jacobian(layer: Layer, x: Array, *, by: Parameter | None = None, training: bool = False) -> Array:
    """∂y/∂x by central differences of `layer.forward`, (outputs, inputs); `backward` is never called.

    It is exact to about 1e-9 in float64, and wrong within a step of a kink. By whole numbers (`layer.whole`) there is
    no derivative: it is 0.

    Args:
        layer: a layer of a built model.
        x: its input, (batch, …).
        by: a parameter of the layer to differentiate by, in place of x.
        training: passed to `forward`.

    >>> import numpy as np
    >>> from nnlite import Tanh
    >>> from nnlite.testing import numerical_jacobian
    >>> numerical_jacobian(Tanh(), np.array([[0.0, 1.0]])).round(6)
    array([[1.      , 0.      ],
           [0.      , 0.419974]])
    """
    place = np.array(x) if by is None else by.value
    columns = []
    for index in np.ndindex(place.shape):
        step = 0.0 if by is None and index[1] in layer.whole else STEP
        value, ends = place[index].copy(), []
        for there in (value + step, value - step):
            place[index] = there
            with _unmoved(layer):
                ends.append(np.array(layer.forward(place if by is None else x, training=training)).reshape(-1))
        place[index] = value
        columns.append((ends[0] - ends[1]) / (2 * STEP))
    return np.array(columns).T


def forward_for_backward(layer: Layer, x: Array, *, training: bool) -> Array:
    """The output for x, after which `backward` may be called; in prediction too, as it is of a frozen layer."""
    for _, inner, frozen in walk([layer]):
        inner.passes_gradient = frozen or not training
    return layer.forward(x, training=training)


class _unmoved:
    """Restores generators and statistics afterwards: every forward draws the same, and learns from the same."""

    def __init__(self, layer: Layer) -> None:
        self.layers = [inner for _, inner, _ in walk([layer])]

    def __enter__(self) -> None:
        self.before = [
            (
                {name: copy.deepcopy(thing) for name, thing in vars(layer).items() if _is_generator(thing)},
                {name: array.copy() for name, array in layer.statistics.items()},
            )
            for layer in self.layers
        ]

    def __exit__(self, *_: object) -> None:
        for layer, (generators, statistics) in zip(self.layers, self.before, strict=True):
            vars(layer).update(generators)
            layer.statistics.update(statistics)


def _is_generator(thing: object) -> bool:
    return isinstance(thing, np.random.Generator)


def disagreement(analytic: Array, numeric: Array) -> Array:
    """|analytic − numeric| / max(1, |analytic|, |numeric|), number by number."""
    scale = np.maximum(1, np.maximum(np.abs(analytic), np.abs(numeric)))
    return np.asarray(np.abs(analytic - numeric) / scale)
