"""A split by group keeps all rows of a group, such as those of one patient, in one part."""

from collections.abc import Mapping, Sequence

import numpy as np

from nnlite.errors import DataError
from nnlite.text import counted
from nnlite.types import Array


def group_split(
    groups: Array, rows: int, fractions: Mapping[str, float], rngs: Sequence[np.random.Generator]
) -> list[Array]:
    """The row numbers that are left, then those of each part, in their order.

    Chance orders the groups; the first of them make the first part, as many as bring it nearest to its fraction, and
    so on. A part has at least one group, unless its fraction is 0.

    Args:
        groups: (rows,), what each row belongs to.
        rows: how many rows there are.
        fractions: the fraction of all rows that each part is to have, by the name that an error gives it.
        rngs: for each part what draws the order of the groups that are left.

    Raises:
        DataError: when there are too few groups.

    >>> import numpy as np
    >>> from nnlite.data.group_split import group_split
    >>> patients = np.array(["a", "a", "b", "c", "c", "d"])
    >>> [part.tolist() for part in group_split(patients, 6, {"test_fraction": 0.3}, [np.random.default_rng(0)])]
    [[0, 1, 2, 5], [3, 4]]
    """
    if np.shape(groups) != (rows,):
        raise DataError(f"groups has shape {np.shape(groups)}; expected the group of each row, ({rows},)")
    _, of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    left = np.arange(len(sizes))
    parts = []
    for (name, fraction), rng in zip(fractions.items(), rngs, strict=True):
        left = rng.permutation(left)
        ends = np.cumsum(sizes[left])
        count = 0 if fraction == 0 else int(np.abs(ends - fraction * rows).argmin()) + 1
        if count >= len(left):
            raise DataError(
                f"{counted(len(sizes), 'group is', 'groups are')} too few for {name} = {fraction:g}: the "
                f"largest has {sizes.max()} of "
                f"{counted(rows, 'row')}, and every part needs a group of its own; choose another fraction, or 0"
            )
        parts.append(left[:count])
        left = left[count:]
    return [np.flatnonzero(np.isin(of_row, part)) for part in (left, *parts)]
