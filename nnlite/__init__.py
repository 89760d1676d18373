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
from nnlite.layers import Dense, Dropout, Flatten, ReLU, Rescale, Sigmoid, Softmax, Standardize, Tanh
from nnlite.losses import SoftmaxCrossEntropy
from nnlite.model import Sequential
from nnlite.optimizers import SGD
from nnlite.optimizers.optimizer import Optimizer
from nnlite.parameters import Parameter
from nnlite.predictor import Predictor
from nnlite.schedules import Cosine, ExponentialDecay, OneCycle, ReduceOnPlateau, Schedule, StepDecay
from nnlite.storage import load, save
from nnlite.trainer import Trainer

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "ConfigError",
    "Cosine",
    "DataError",
    "Dataset",
    "Dense",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "ExponentialDecay",
    "Flatten",
    "History",
    "Layer",
    "Loss",
    "ModelFileError",
    "NnliteError",
    "OneCycle",
    "Optimizer",
    "Parameter",
    "Predictor",
    "ReLU",
    "ReduceOnPlateau",
    "Rescale",
    "RunError",
    "Schedule",
    "Sequential",
    "ShapeError",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Standardize",
    "StepDecay",
    "Tanh",
    "Trainer",
    "evaluate",
    "load",
    "save",
]
