"""The update rules, one family a file."""

from nnlite.optimizers.adam import Adam, AdamW
from nnlite.optimizers.lbfgs import LBFGS
from nnlite.optimizers.rmsprop import RMSprop
from nnlite.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "RMSprop", "LBFGS"]  # noqa: RUF022 (the order in which messages list them)
