"""Measurements of nnlite, to be run from the repository root."""
