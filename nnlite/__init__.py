"""nnlite: a layered neural-network framework on NumPy.

A model is a list of layers; each maps an array forward and a gradient backward. The folders, from the ground up;
each imports only from those before it:

    metrics     what is reported beside a loss, a family a file, and which column of the history decides
    tables      tables of numbers, texts and dates: read, understood column by column, encoded as numbers
    data        from a name or a file to arrays, parted and in batches
    core        the contract (layers, losses, parameters), and the model that is made of it
    layers, losses, optimizers, schedules      the built-in ones, one family a file
    training    the loop: what it records, which weights it leaves, how it goes on after a stop
    callbacks   what is often wanted beside the loop: logs, and reasons to stop
    plugins     classes by name: nnlite's own, and those of Python files and packages of yours
    saving      models and checkpoints as files
    diagnosis   what is likely wrong with a training or its data, in sentences with their evidence
    plots       one kind of figure a file
    report      one page on a run, made of plain values
    config      a TOML file becomes the checked objects of a training
    estimators  scikit-learn's fit and predict; only imported where they are asked for
    testing     the contract as code: checks for all that can be added, yours too
    runs        one training from a config, in a folder of its own
    comparison  runs side by side: what differs, and whether a difference may be chance
    explanation what a config trains, before anything is trained
    cli         the command line

Beside them stand a few files that every folder uses: `errors`, `types`, `annotations`, `signature`, `seeding`,
`clock`, `files`, `finite`, `missing`, `text`, `warning`, `limits`, `memory`, `threads`, `thread_limits`, `version`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnlite.callbacks import (
    FigureLog,
    LayerSnapshots,
    PredictionSnapshots,
    StopAtNaN,
    StopAtPlateau,
    StopAtTarget,
    TensorBoard,
)
from nnlite.core.container import Container
from nnlite.core.ensemble import Ensemble
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.core.parameters import Parameter
from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.data import Dataset
from nnlite.errors import (
    ConfigError,
    DataError,
    DivergenceError,
    ModelFileError,
    NnliteError,
    PluginError,
    RunError,
    ShapeError,
)
from nnlite.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    SELU,
    AveragePool2D,
    BatchNorm,
    Columns,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Embeddings,
    Flatten,
    GaussianNoise,
    GlobalAveragePool2D,
    LayerNorm,
    LeakyReLU,
    LogSoftmax,
    MaxOverTime,
    MaxPool2D,
    MeanOverTime,
    Mish,
    Parallel,
    PeriodicEmbedding,
    PositionalEncoding,
    PReLU,
    RandomFlip,
    RandomShift,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    Scale,
    Select,
    SelfAttention,
    Shared,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Standardize,
    Tanh,
    TanhGELU,
    TiedDense,
)
from nnlite.losses import BinaryCrossEntropy, Huber, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from nnlite.metrics.metric import Metric
from nnlite.optimizers import LBFGS, SGD, Adam, AdamW, RMSprop
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.saving.model_file import load, save
from nnlite.schedules import Cosine, ExponentialDecay, OneCycle, ReduceOnPlateau, StepDecay
from nnlite.schedules.schedule import Moment, Schedule
from nnlite.training import drawing
from nnlite.training.callbacks import Callback
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.evaluation import evaluate
from nnlite.training.history import History
from nnlite.training.members import train_members
from nnlite.training.trainer import Trainer
from nnlite.version import __version__

if TYPE_CHECKING:
    from nnlite.estimators import NNClassifier, NNRegressor
    from nnlite.runs.train import train

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LBFGS",
    "LSTM",
    "SELU",
    "SGD",
    "Adam",
    "AdamW",
    "AveragePool2D",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Callback",
    "Columns",
    "ConfigError",
    "Container",
    "Conv1D",
    "Conv2D",
    "Cosine",
    "DataError",
    "Dataset",
    "Dense",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Embeddings",
    "Ensemble",
    "ExponentialDecay",
    "FigureLog",
    "Flatten",
    "FullBatchOptimizer",
    "GaussianNoise",
    "GlobalAveragePool2D",
    "History",
    "Huber",
    "Layer",
    "LayerNorm",
    "LayerSnapshots",
    "LeakyReLU",
    "LogSoftmax",
    "Loss",
    "MaxOverTime",
    "MaxPool2D",
    "MeanAbsoluteError",
    "MeanOverTime",
    "MeanSquaredError",
    "Metric",
    "Mish",
    "ModelFileError",
    "Moment",
    "NNClassifier",
    "NNRegressor",
    "NnliteError",
    "OneCycle",
    "Optimizer",
    "PReLU",
    "Parallel",
    "Parameter",
    "PeriodicEmbedding",
    "PluginError",
    "PositionalEncoding",
    "PredictionSnapshots",
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
    "Scale",
    "Schedule",
    "Select",
    "SelfAttention",
    "Sequential",
    "ShapeError",
    "Shared",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "Standardize",
    "State",
    "StepDecay",
    "StopAtNaN",
    "StopAtPlateau",
    "StopAtTarget",
    "Tanh",
    "TanhGELU",
    "TensorBoard",
    "TiedDense",
    "Trainer",
    "__version__",
    "evaluate",
    "load",
    "save",
    "train",
    "train_members",
]


def _curves(histories: Mapping[str, History]) -> Any:
    from nnlite.plots.curves import curves

    return curves(histories)


def _image(figure: Any, words: str) -> str:
    from nnlite.plots.inline import image

    return image(figure, words)


drawing.curves, drawing.image = _curves, _image


def __getattr__(name: str) -> Any:
    # What takes long to import, or needs much that others do not, is imported where it is asked for.
    if name in ("NNClassifier", "NNRegressor"):
        from nnlite import estimators

        return getattr(estimators, name)
    if name == "train":
        from nnlite.runs.train import train

        return train
    raise AttributeError(f"module 'nnlite' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
