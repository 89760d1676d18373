"""The update rules, one family a file."""

from nnlite.optimizers.sgd import SGD

__all__ = ["SGD"]
