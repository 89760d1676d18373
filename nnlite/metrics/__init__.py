"""Figures that are reported beside a loss, and which of them decides."""

from nnlite.metrics.classification import is_right, per_class

__all__ = ["is_right", "per_class"]
