"""The built-in layers, one family a file."""

from nnlite.layers.activations import ReLU, Sigmoid, Tanh
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.embedding import Embedding
from nnlite.layers.log_softmax import LogSoftmax
from nnlite.layers.noise import GaussianNoise
from nnlite.layers.normalization import BatchNorm, LayerNorm
from nnlite.layers.preprocessing import Rescale, Standardize
from nnlite.layers.rectifiers import ELU, SELU, LeakyReLU, PReLU
from nnlite.layers.residual import Residual
from nnlite.layers.shape import Flatten
from nnlite.layers.smooth_activations import GELU, Mish, SiLU, Softplus, TanhGELU
from nnlite.layers.softmax import Softmax

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "BatchNorm",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "LayerNorm",
    "LeakyReLU",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "ReLU",
    "Rescale",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Standardize",
    "Tanh",
    "TanhGELU",
]
