"""The files that a run itself leaves in its folder; a callback that would write one of them is refused."""

import os
import re
from pathlib import Path

from nnlite.errors import ConfigError
from nnlite.signature import configuration
from nnlite.training.callbacks import Callback

OWN = re.compile(
    r"(config\.toml|environment\.json|history\.csv|weights\.csv|model\.safetensors|findings\.json|metrics\.json"
    r"|report\.html|loss\.png|(loss|confusion|mistakes|filters|predictions|activations|weights)\.svg"
    r"|checkpoint-.*\.safetensors|member-\d+|\.lock)",
    re.IGNORECASE,  # some file systems do not tell them apart
)
"""The names in a run folder that are the run's own."""


def check(callback: Callback, folder: Path) -> None:
    """Raises `ConfigError` where an argument of a callback is the path of a file of the run's own.

    Args:
        callback: the callback; which of its arguments are paths is not known, so all texts are looked at.
        folder: the run folder, where its relative paths begin.
    """
    for name, value in configuration(callback).items():
        if isinstance(value, str | os.PathLike) and (text := os.fspath(value)) and "\0" not in str(text):
            first = Path(os.path.relpath(os.path.realpath(folder / str(text)), os.path.realpath(folder))).parts[:1]
            if first and OWN.fullmatch(first[0]):
                raise ConfigError(
                    f"the callback {type(callback).__name__} has {name} = {str(text)!r}, and the run itself writes "
                    f"{first[0]} there: give the callback another {name}"
                )
