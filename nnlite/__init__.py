"""nnlite: a layered neural-network framework on NumPy.

A model is a list of layers; each maps an array forward and a gradient backward.
"""

from nnlite.data import Dataset
from nnlite.early_stopping import EarlyStopping
from nnlite.errors import (
    ConfigError,
    DataError,
    DivergenceError,
    ModelFileError,
    NnliteError,
    RunError,
    ShapeError,
)
from nnlite.evaluation import evaluate
from nnlite.history import History
from nnlite.layer import Layer, Loss
from nnlite.layers import (
    ELU,
    GELU,
    SELU,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePool2D,
    LayerNorm,
    LeakyReLU,
    LogSoftmax,
    MaxPool2D,
    Mish,
    PReLU,
    RandomFlip,
    RandomShift,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Standardize,
    Tanh,
    TanhGELU,
)
from nnlite.losses import BinaryCrossEntropy, Huber, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from nnlite.model import Sequential
from nnlite.optimizers import LBFGS, SGD, Adam, AdamW, RMSprop
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.parameters import Parameter
from nnlite.predictor import Predictor
from nnlite.schedules import Cosine, ExponentialDecay, OneCycle, ReduceOnPlateau, StepDecay
from nnlite.schedules.schedule import Moment, Schedule
from nnlite.storage import load, save
from nnlite.trainer import Trainer

__version__ = "0.1.0"

__all__ = [
    "ELU",
    "GELU",
    "LBFGS",
    "SELU",
    "SGD",
    "Adam",
    "AdamW",
    "AveragePool2D",
    "BatchNorm",
    "BinaryCrossEntropy",
    "ConfigError",
    "Conv2D",
    "Cosine",
    "DataError",
    "Dataset",
    "Dense",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "ExponentialDecay",
    "Flatten",
    "FullBatchOptimizer",
    "GaussianNoise",
    "GlobalAveragePool2D",
    "History",
    "Huber",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "LogSoftmax",
    "Loss",
    "MaxPool2D",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Mish",
    "ModelFileError",
    "Moment",
    "NnliteError",
    "OneCycle",
    "Optimizer",
    "PReLU",
    "Parameter",
    "Predictor",
    "RMSprop",
    "RandomFlip",
    "RandomShift",
    "ReLU",
    "ReduceOnPlateau",
    "Rescale",
    "Reshape",
    "Residual",
    "RunError",
    "Schedule",
    "Sequential",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "Standardize",
    "StepDecay",
    "Tanh",
    "TanhGELU",
    "Trainer",
    "evaluate",
    "load",
    "save",
]
