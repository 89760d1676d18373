"""Metrics are reported beside a loss; one column of the history decides which epoch is best."""

from nnlite.metrics.classification import is_right, likeliest, per_class

__all__ = ["is_right", "likeliest", "per_class"]
