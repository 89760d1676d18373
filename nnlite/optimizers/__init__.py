"""The update rules, one family a file."""

from nnlite.optimizers.adam import Adam, AdamW
from nnlite.optimizers.lbfgs import LBFGS
from nnlite.optimizers.rmsprop import RMSprop
from nnlite.optimizers.sgd import SGD

__all__ = ["LBFGS", "SGD", "Adam", "AdamW", "RMSprop"]
