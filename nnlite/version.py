"""The version of nnlite, which model files and environments tell."""

__version__ = "0.1.0"
