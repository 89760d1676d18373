"""The version of nnlite, which model files and the environments of runs record."""

__version__ = "0.1.0"
