"""The built-in layers, one family a file."""

from nnlite.layers.activations import ReLU, Sigmoid, Tanh
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.embedding import Embedding
from nnlite.layers.noise import GaussianNoise
from nnlite.layers.normalization import BatchNorm, LayerNorm
from nnlite.layers.preprocessing import Rescale, Standardize
from nnlite.layers.residual import Residual
from nnlite.layers.shape import Flatten
from nnlite.layers.softmax import Softmax

__all__ = [
    "BatchNorm",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "LayerNorm",
    "ReLU",
    "Rescale",
    "Residual",
    "Sigmoid",
    "Softmax",
    "Standardize",
    "Tanh",
]
