"""An initializer draws the values with which a parameter starts.

Each is a function `(rng, shape, fan_in, fan_out) -> float64 array`; the model casts the result to its
dtype. `fan_in` counts the inputs that reach one output, `fan_out` the outputs that one input reaches.
A layer's argument names one of the functions below; a layer of your own may also pass
`add_parameter` a function of this form.

Sources: LeCun, Bottou, Orr, Müller, "Efficient BackProp" (1998), section 4.6; Glorot, Bengio,
"Understanding the difficulty of training deep feedforward neural networks" (2010), equation 16;
He, Zhang, Ren, Sun, "Delving deep into rectifiers" (2015), equation 10; Saxe, McClelland, Ganguli, "Exact solutions
to the nonlinear dynamics of learning in deep linear neural networks" (2014), section 3.
"""

import math
from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import numpy as np

from nnlite.errors import ConfigError, nearest
from nnlite.types import Array, Shape

Initializer: TypeAlias = Callable[[np.random.Generator, Shape, int, int], Array]

InitializerName: TypeAlias = Literal[
    "zeros",
    "ones",
    "normal",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
]


def zeros(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """All zeros: the usual start of a bias."""
    return np.zeros(shape)


def ones(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """All ones: the usual start of a scale."""
    return np.ones(shape)


def normal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """N(0, 1), whatever the shape."""
    return rng.standard_normal(shape)


def glorot_uniform(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """U(±√(6 / (fan_in + fan_out))): keeps variances alike forward and backward (Glorot 2010)."""
    return _uniform(rng, shape, math.sqrt(6 / (fan_in + fan_out)))


def glorot_normal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """N(0, 2 / (fan_in + fan_out)) (Glorot 2010)."""
    return rng.standard_normal(shape) * math.sqrt(2 / (fan_in + fan_out))


def he_uniform(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """U(±√(6 / fan_in)): for layers followed by ReLU (He 2015)."""
    return _uniform(rng, shape, math.sqrt(6 / fan_in))


def he_normal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """N(0, 2 / fan_in): for layers followed by ReLU (He 2015)."""
    return rng.standard_normal(shape) * math.sqrt(2 / fan_in)


def lecun_uniform(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """U(±√(3 / fan_in)): unit variance forward (LeCun 1998)."""
    return _uniform(rng, shape, math.sqrt(3 / fan_in))


def lecun_normal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """N(0, 1 / fan_in): unit variance forward (LeCun 1998)."""
    return rng.standard_normal(shape) * math.sqrt(1 / fan_in)


def orthogonal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Orthonormal columns, or rows where these are fewer: a product with it keeps lengths (Saxe 2014).

    An array with more than two axes is one matrix with a row for each index of the first axis.
    """
    rows = math.prod(shape[:1])
    normal = rng.standard_normal((rows, math.prod(shape[1:])))
    tall = normal if normal.shape[0] >= normal.shape[1] else normal.T
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))  # else the signs were not random: those of r's diagonal are QR's choice
    return np.ascontiguousarray(q if tall is normal else q.T).reshape(shape)


def find(name_or_function: str | Initializer) -> Initializer:
    """The initializer of that name; a function is returned as it is. Raises `ConfigError`."""
    if callable(name_or_function):
        return name_or_function
    names = get_args(InitializerName)
    if not isinstance(name_or_function, str):
        raise ConfigError(
            f"the initializer is {name_or_function!r}; expected a name, such as 'zeros', or a function: for a "
            f"constant, lambda rng, shape, fan_in, fan_out: np.full(shape, {name_or_function!r})"
        )
    if name_or_function not in names:
        raise ConfigError(f"there is no initializer {name_or_function!r}{nearest(name_or_function, names)}")
    function: Initializer = globals()[name_or_function]
    return function


def _uniform(rng: np.random.Generator, shape: Shape, limit: float) -> Array:
    return rng.uniform(-limit, limit, shape)
