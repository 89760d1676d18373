"""A config's model may start from what another run has learnt, with some layers frozen."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from nnlite.core.sequential import Sequential
from nnlite.core.taken import Taken
from nnlite.core.transfer import take_alike
from nnlite.core.tree import walk
from nnlite.data.dataset import Dataset
from nnlite.errors import ConfigError, ModelFileError, nearest
from nnlite.saving import model_file


def start(model: Sequential, rows: Dataset, path: str, plugins: Sequence[str], member: int, members: int) -> None:
    """Gives a built model what the first layers of a saved one have learnt; `model.taken` says what that was.

    Args:
        model: the model.
        rows: its training rows.
        path: a run folder, or a model file.
        plugins: the Python files, or the names of installed packages, that have layers of its own.
        member: which member of an ensemble the model is.
        members: how many there are; one that is saved has as many, or is a single model.

    Raises:
        ConfigError: where nothing can be taken, or columns or categories are other ones.
        ModelFileError: where the file cannot be read.
    """
    try:
        file = model_file.file_of(path)
        content = file.read_bytes()
        found = model_file.load(file, plugins=plugins).members
    except ModelFileError as error:
        raise ModelFileError(f"model.start_from: {error}") from None
    except OSError as error:
        raise ModelFileError(f"model.start_from: {path} cannot be read: {error.strerror or error}") from None
    if len(found) not in (1, members):
        raise ConfigError(
            f"model.start_from: {path} holds {len(found)} networks, and {members} are trained: set training.members "
            f"= {len(found)}, or start from one of them, such as {Path(path) / 'member-1'}"
        )
    source = found[member % len(found)]
    _check_columns(source, rows, path)
    count, why = take_alike(model, source)
    if not count:
        raise ConfigError(f"model.start_from: no layer can be taken from {path}: {why}")
    model.taken = Taken(str(path), hashlib.sha256(content).hexdigest(), count, len(model.layers), why)


def _check_columns(source: Sequential, rows: Dataset, path: str) -> None:
    """Raises `ConfigError` where the rows mean something else by a column, or by a code, than those of the model."""
    names = source.feature_names
    if names is not None and rows.feature_names is not None and tuple(names) != tuple(rows.feature_names):
        odd = sorted({*names} ^ {*rows.feature_names})
        which = f": {', '.join(odd[:5])} are in one of the two alone" if odd else ", in another order"
        raise ConfigError(f"model.start_from: the model in {path} was trained on other columns{which}")
    if source.table is None or rows.table is None:
        return
    theirs, ours = (
        {column.name: column.categories for column in table.encoder.columns if column.categories}
        for table in (source.table, rows.table)
    )
    for name in {**theirs, **ours}:
        if theirs.get(name) != ours.get(name):
            raise ConfigError(
                f"model.start_from: the categories of column {name!r} are others than those that the model in {path} "
                "was trained on, so that their codes mean something else: start from a model of the same categories, "
                "or leave the column out"
            )


def freeze(model: Sequential, paths: Sequence[str]) -> None:
    """Freezes the layers at these paths, such as "0" and "1.2"; raises `ConfigError` where there is none."""
    layers = {path: layer for path, layer, _ in walk(model.layers)}
    for path in paths:
        if path not in layers:
            raise ConfigError(f"model.freeze: there is no layer {path!r}{nearest(path, layers)}")
        layers[path].trainable = False
