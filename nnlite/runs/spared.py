"""A run is spared what goes wrong in drawing it: its pictures and its report never cost the run."""

import contextlib
from collections.abc import Iterator

from nnlite.errors import NnliteError
from nnlite.warning import warn


@contextlib.contextmanager
def spared(lacks: str, remedy: str = "") -> Iterator[None]:
    """Within the block an unexpected error becomes a warning.

    What nnlite raises itself, at a full disk, say, goes on: whatever is written next would meet it too.

    Args:
        lacks: what the run lacks then, such as "runs/iris has no report".
        remedy: what to do about it.
    """
    try:
        yield
    except NnliteError:
        raise
    except Exception as error:  # whatever it is: the model is worth more than what is drawn of it
        warn(f"{lacks}: {type(error).__name__}: {error}; the run is whole otherwise{remedy}")
