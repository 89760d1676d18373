"""A run is spared what goes wrong in drawing it: its pictures and its report never cost the run."""

import contextlib
from collections.abc import Iterator

from nnlite.errors import NnliteError
from nnlite.runs.folder import RunFolder
from nnlite.warning import warn


@contextlib.contextmanager
def spared(folder: RunFolder) -> Iterator[None]:
    """Within the block an unexpected error becomes a warning that names the run folder.

    What nnlite raises itself, at a full disk, say, goes on: whatever is written next would meet it too.
    """
    try:
        yield
    except NnliteError:
        raise
    except Exception as error:  # whatever it is: the model is worth more than what is drawn of it
        warn(
            f"{folder} has no report, or not all pictures: {type(error).__name__}: {error}; the run is whole "
            f"otherwise, and nnlite report {folder} tries again"
        )
