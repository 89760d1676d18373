"""A warning points at the line of the user's that led to it, however many calls of libraries lie between."""

import sys
import warnings
from types import FrameType

_BETWEEN = {"nnlite", "sklearn", "joblib", "contextlib"}  # scikit-learn wraps `fit`, and calls it in searches


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns, and names the nearest line that is neither nnlite's nor scikit-learn's as the place.

    Where there is none, as in a process that joblib started, the outermost line is named; and below a command of
    the command line, whose user has written no line, the command's.

    Args:
        message: what the user should know.
        category: the kind of warning.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_between(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_between(frame: FrameType) -> bool:
    module: str = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] in _BETWEEN and not module.startswith("nnlite.cli.")
