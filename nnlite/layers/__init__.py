"""The built-in layers, one family a file."""

from nnlite.layers.activations import ReLU, Sigmoid, Tanh
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.preprocessing import Rescale, Standardize
from nnlite.layers.shape import Flatten
from nnlite.layers.softmax import Softmax

__all__ = [
    "Dense",
    "Dropout",
    "Flatten",
    "ReLU",
    "Rescale",
    "Sigmoid",
    "Softmax",
    "Standardize",
    "Tanh",
]
