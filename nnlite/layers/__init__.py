"""The built-in layers, one family a file."""

from nnlite.layers.activations import ReLU, Sigmoid, Tanh
from nnlite.layers.attention import SelfAttention
from nnlite.layers.augmentation import RandomFlip, RandomShift
from nnlite.layers.columns import Columns
from nnlite.layers.convolution import Conv2D
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.embedding import Embedding
from nnlite.layers.embeddings import Embeddings
from nnlite.layers.gru import GRU
from nnlite.layers.lstm import LSTM
from nnlite.layers.noise import GaussianNoise
from nnlite.layers.normalization import BatchNorm, LayerNorm
from nnlite.layers.parallel import Parallel
from nnlite.layers.periodic_embedding import PeriodicEmbedding
from nnlite.layers.pooling import AveragePool2D, GlobalAveragePool2D, MaxPool2D
from nnlite.layers.positional_encoding import PositionalEncoding
from nnlite.layers.preprocessing import Rescale, Standardize
from nnlite.layers.rectifiers import ELU, SELU, LeakyReLU, PReLU
from nnlite.layers.residual import Residual
from nnlite.layers.scale import Scale
from nnlite.layers.select import Select
from nnlite.layers.sequence_convolution import Conv1D
from nnlite.layers.shape import Flatten, Reshape
from nnlite.layers.shared import Shared
from nnlite.layers.smooth_activations import GELU, Mish, SiLU, Softplus, TanhGELU
from nnlite.layers.softmax import LogSoftmax, Softmax
from nnlite.layers.tied_dense import TiedDense
from nnlite.layers.time_pooling import MaxOverTime, MeanOverTime

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "SELU",
    "AveragePool2D",
    "BatchNorm",
    "Columns",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Embeddings",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePool2D",
    "LayerNorm",
    "LeakyReLU",
    "LogSoftmax",
    "MaxOverTime",
    "MaxPool2D",
    "MeanOverTime",
    "Mish",
    "PReLU",
    "Parallel",
    "PeriodicEmbedding",
    "PositionalEncoding",
    "RandomFlip",
    "RandomShift",
    "ReLU",
    "Rescale",
    "Reshape",
    "Residual",
    "Scale",
    "Select",
    "SelfAttention",
    "Shared",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Standardize",
    "Tanh",
    "TanhGELU",
    "TiedDense",
]
