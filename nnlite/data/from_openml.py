"""Data sets of OpenML, which scikit-learn fetches, and keeps for the next time."""

import warnings
from typing import Any

import numpy as np

from nnlite.errors import DataError
from nnlite.types import Array


def arrays_from_openml(name: str) -> tuple[Array, Array]:
    """The rows and labels of a data set of OpenML, version 1."""
    parser = "pandas" if _has_pandas() else "liac-arff"  # slower, but there
    instead = "give the path of an .npz file that has it, data.path=…"
    found = _fetched(name, instead, version=1, as_frame=False, parser=parser)
    return np.asarray(found.data), np.asarray(found.target)


def table_from_openml(name: str, version: int) -> tuple[Any, str]:
    """A data frame of OpenML, and the name of its target."""
    if not _has_pandas():
        raise DataError("tables of OpenML need pandas: pip install pandas, or save the table as a .csv file")
    instead = 'save the table as a .csv file, and read it with source = "csv"'
    found = _fetched(name, instead, version=version, as_frame=True, parser="pandas")
    return found.frame, found.target_names[0]


def _has_pandas() -> bool:
    from importlib.util import find_spec

    return find_spec("pandas") is not None


def _fetched(name: str, instead: str, **how: Any) -> Any:
    """What scikit-learn fetches from OpenML; raises `DataError`, which says what to do instead."""
    from http.client import HTTPException

    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it tries again
            return fetch_openml(name, **how)
    except (OSError, HTTPException, ValueError) as error:
        raise DataError(f"{name} cannot be fetched from OpenML ({error}); {instead}") from None
