"""Clipping limits the gradients, so that a single step cannot spoil the weights."""

import functools
import math
from collections.abc import Callable

import numpy as np

from nnlite.errors import ConfigError
from nnlite.types import Array


def clip_norm(gradients: Array, limit: float) -> float:
    """Scales all gradients, g ← g·min(1, c/(‖g‖ + 1e-6)), where ‖g‖ is the length of the whole vector.

    The direction stays the same. As PyTorch's clip_grad_norm_.

    Args:
        gradients: the gradients of all trained parameters, in one vector; changed in place if ‖g‖ is finite.
        limit: c, the greatest length.

    Returns:
        ‖g‖ before; infinite or NaN if a gradient is.

    >>> import numpy as np
    >>> from nnlite.optimizers.clipping import clip_norm
    >>> gradients = np.array([3.0, 4.0])
    >>> clip_norm(gradients, 1.0), gradients.round(3).tolist()
    (5.0, [0.6, 0.8])

    Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks" (2013).
    """
    with np.errstate(over="ignore"):
        norm = math.sqrt(gradients.dot(gradients))
    if not math.isfinite(norm):  # the square of 1e20 is beyond float32, but its root is not
        norm = float(np.linalg.norm(gradients.astype(np.float64)))
    if limit < norm + 1e-6 < math.inf:
        gradients *= limit / (norm + 1e-6)
    return norm


def clip_value(gradients: Array, limit: float) -> float:
    """Limits each single gradient to −c ≤ g ≤ c; as PyTorch's clip_grad_value_.

    Args:
        gradients: the gradients of all trained parameters; changed in place if all are finite.
        limit: c, the greatest absolute value.

    Returns:
        The largest absolute value before; infinite or NaN if a gradient is.

    >>> import numpy as np
    >>> from nnlite.optimizers.clipping import clip_value
    >>> gradients = np.array([3.0, -0.4])
    >>> clip_value(gradients, 1.0), gradients.tolist()
    (3.0, [1.0, -0.4])

    Source: Mikolov, "Statistical language models based on neural networks" (2012), section 3.2.2.
    """
    largest = float(np.abs(gradients).max(initial=0.0))
    if limit < largest < math.inf:
        np.clip(gradients, -limit, limit, out=gradients)
    return largest


def clip(norm: float | None, value: float | None) -> Callable[[Array], float] | None:
    """`clip_norm` or `clip_value` with the limit that is given; None if neither is given.

    Raises `ConfigError` if both are.
    """
    if norm is not None and value is not None:
        raise ConfigError("clip_norm and clip_value are both given; choose one")
    if norm is not None:
        return functools.partial(clip_norm, limit=norm)
    return None if value is None else functools.partial(clip_value, limit=value)
