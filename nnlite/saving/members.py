"""The arrays of a model file: those of each member of an ensemble, or of the one model, and those of its table."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.core.ensemble import Ensemble
from nnlite.core.sequential import Sequential
from nnlite.core.snapshot import arrays_of, statistics_of
from nnlite.core.tree import named_parameters
from nnlite.errors import ModelFileError
from nnlite.saving import tensors
from nnlite.saving.table_in_file import TABLE
from nnlite.types import Array, Shape

if TYPE_CHECKING:
    from nnlite.data.table_reader import TableReader


def arrays_in_file(model: Sequential | Ensemble, table: "TableReader | None") -> dict[str, Array]:
    """The arrays of a model, or of all members, and of the table, by the names that they have in a file."""
    found = {
        f"{_prefix(index)}{path}": array
        for index, member in enumerate(members_of(model))
        for path, array in arrays_of(member).items()
    }
    of_table = {} if table is None else table.description()[1]
    return found | {f"{TABLE}{name}": array for name, array in of_table.items()}


def members_of(model: Sequential | Ensemble) -> tuple[Sequential, ...]:
    """The members of an ensemble, or the one model."""
    return model.members if isinstance(model, Ensemble) else (model,)


def _prefix(member: int) -> str:
    """What the names of a member's arrays begin with; nothing for the first, so that a single model is as ever."""
    return f"member{member}/" if member else ""


def shared_out(arrays: dict[str, Array], members: int) -> list[dict[str, Array]]:
    """The arrays of each member, by path; a name that belongs to none is left with the first, which refuses it."""
    found: list[dict[str, Array]] = [{} for _ in range(members)]
    prefixes = {_prefix(member): member for member in range(1, members)}
    for name, array in arrays.items():
        before, slash, path = name.partition("/")
        member = prefixes.get(before + slash, 0)
        found[member][path if member else name] = array
    return found


def fill(model: Sequential, arrays: dict[str, Array]) -> None:
    """Gives the arrays to a declared model; nothing is drawn, and no memory is taken before all of them fit."""
    dtype = np.dtype(model.dtype)
    parameters = {path: parameter for path, parameter, _ in named_parameters(model.layers)}
    homes = {f"{path}.{name}": (statistics, name) for path, statistics in statistics_of(model) for name in statistics}
    expected = {path: (parameter.shape, dtype) for path, parameter in parameters.items()}
    expected |= {path: (found[name].shape, found[name].dtype) for path, (found, name) in homes.items()}
    for path, (shape, kind) in expected.items():
        if path not in arrays:
            raise ModelFileError(f"the array {path} is missing")
        _check_fits(path, arrays[path], shape, kind)
    if odd := arrays.keys() - expected.keys():
        named = tensors.shortened(", ".join(sorted(odd)))
        raise ModelFileError(f"these arrays do not belong to the model: {named}")
    for path, parameter in parameters.items():
        parameter.start_with(arrays[path])
    for path, (statistics, name) in homes.items():
        statistics[name] = arrays[path]
    model.draw()


def _check_fits(path: str, array: Array, shape: Shape, dtype: np.dtype[Any]) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ModelFileError(f"the array {path} is {array.dtype} {array.shape}, the model needs {dtype} {shape}")
