"""A split parts the rows once: some to learn from, some to choose settings by, some to report on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nnlite import seeding
from nnlite.data.arrays import listed
from nnlite.data.dataset import Dataset
from nnlite.data.group_split import group_split
from nnlite.data.shuffle_split import shuffle_split
from nnlite.errors import DataError
from nnlite.text import counted
from nnlite.types import Array
from nnlite.warning import warn


@dataclass(frozen=True, eq=False)
class Splits:
    """The three parts; those whose fraction is 0 are None."""

    train: Dataset
    validation: Dataset | None
    test: Dataset | None


class Partable(Protocol):
    """Rows that part themselves, such as a table's, which are encoded by what the training rows have."""

    def split(
        self,
        test_fraction: float,
        validation_fraction: float,
        seed: int,
        *,
        shuffle: bool = True,
        member: int = 0,
        members: int = 1,
    ) -> Splits:
        """The parts, as `split` makes them; `members` of an ensemble share what makes numbers of the rows."""


def split(
    data: Dataset,
    test_fraction: float = 0.2,
    validation_fraction: float = 0.1,
    seed: int = 0,
    *,
    shuffle: bool = True,
    groups: Array | None = None,
    member: int = 0,
) -> Splits:
    """Parts the rows at random, those of a classification dataset with every class in every part.

    The mix of classes is the whole's in each part, as nearly as whole rows can have it; a class too rare for
    that still has a row in each. A class of fewer rows than there are parts stays in the training part, and a
    `UserWarning` names it.

    Args:
        data: a dataset; one of class indices is parted class by class, any other as chance has it.
        test_fraction: of all rows, to report the final figures on.
        validation_fraction: of all rows too (not of what the test part leaves).
        seed: the same seed gives the same parts.
        shuffle: whether chance parts the rows. Otherwise they stay in their order: the test rows are the last ones,
            the validation rows those before them, whatever their classes.
        groups: (rows,), what each row belongs to, such as a patient: no group is in two parts, so that the figures
            are those of patients that the model has never seen. Chance then parts the groups, whatever the classes of
            their rows, and the parts have about the sizes asked for.
        member: for which member of an ensemble the validation rows are drawn: each has its own, and all have the
            same test rows. Rows that are not shuffled are the same for all.

    Raises:
        DataError: when a part would be empty or too small for a row of each class.

    >>> import numpy as np
    >>> from nnlite.data import Dataset, split
    >>> data = Dataset(np.zeros((100, 4)), np.arange(100) % 2)
    >>> parts = split(data, test_fraction=0.2, validation_fraction=0.1, seed=0)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (70, 10, 20)
    """
    check_fractions(test_fraction, validation_fraction)
    fractions = {"test_fraction": test_fraction, "validation_fraction": validation_fraction}
    rngs = _generators(seed, member) if shuffle else (None, None)
    if groups is not None:
        if not shuffle:
            raise DataError("shuffle = false keeps the rows in order, and so cannot part them by group: leave it out")
        train, test, validation = group_split(groups, len(data), fractions, _generators(seed, member))
        if _has_classes(data):
            where, do = "groups that are not trained on", "another seed parts the groups otherwise"
            warn_of_unseen_classes(data.y, train, data.classes or (), where, do)
        return Splits(data.rows(train), _part(data, validation), _part(data, test))
    rare = _rare(data, [name for name, fraction in fractions.items() if fraction]) if shuffle else _none(data)
    rest, test = _divide(np.flatnonzero(~rare), data, test_fraction, "test_fraction", rngs[0])
    train, validation = _divide(rest, data, validation_fraction, "validation_fraction", rngs[1])
    train = np.concatenate([train, np.flatnonzero(rare)])
    return Splits(data.rows(train), _part(data, validation), _part(data, test))


def _generators(seed: int, member: int) -> tuple[np.random.Generator, np.random.Generator]:
    """What draws the test rows, and what then draws the validation rows: a generator of the member's own."""
    first = seeding.generator(seed, "split")
    return first, first if member == 0 else seeding.generator(seed, "split", member)


def warn_of_unseen_classes(y: Array, train: Array, classes: Sequence[str], where: str, do: str) -> None:
    """Warns of classes that no training row has, by name.

    Args:
        y: (rows,), class indices.
        train: the row numbers of the training rows.
        classes: the names of the classes; of one without a name its index is named.
        where: which rows have them, such as "later rows".
        do: what may help.
    """
    if (unseen := np.setdiff1d(y, y[train])).size:
        known = dict(enumerate(classes))
        names = [known.get(int(value), value.item()) for value in unseen]
        one = len(names) == 1
        warn(
            f"the class{'' if one else 'es'} {listed(names)} {'is' if one else 'are'} only in {where}, so that the "
            f"model never learns {'it' if one else 'them'}: {do}"
        )


def split_training(
    parts: Splits,
    validation_fraction: float = 0.1,
    seed: int = 0,
    *,
    shuffle: bool = True,
    groups: Array | None = None,
    member: int = 0,
) -> Splits:
    """Takes the validation rows from the training rows, of data whose test rows are given.

    Args:
        parts: with no validation rows yet.
        validation_fraction: the fraction of the training rows.
        seed, shuffle, groups, member: as in `split`.

    Raises:
        DataError: as `split` does.

    >>> import numpy as np
    >>> from nnlite.data import Dataset, Splits, split_training
    >>> published = Splits(Dataset(np.zeros((60, 4)), np.arange(60) % 2), None, Dataset(np.zeros((10, 4)), [0] * 10))
    >>> parts = split_training(published, validation_fraction=0.1)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (54, 6, 10)
    """
    if parts.validation is not None:
        raise DataError(f"there are {len(parts.validation)} validation rows already")
    taken = split(parts.train, 0.0, validation_fraction, seed, shuffle=shuffle, groups=groups, member=member)
    return Splits(taken.train, taken.validation, parts.test)


def check_fractions(test_fraction: float, validation_fraction: float) -> None:
    """Raises `DataError` when no data could be parted by them."""
    for name, fraction in (("test_fraction", test_fraction), ("validation_fraction", validation_fraction)):
        if not 0 <= fraction < 1:
            raise DataError(f"{name} is {fraction}; expected at least 0 and below 1")
    if test_fraction + validation_fraction >= 1:
        raise DataError(
            f"test_fraction = {test_fraction:g} and validation_fraction = {validation_fraction:g} are of all rows "
            "and leave nothing to train on: expected a sum below 1"
        )


def refuse_amounts(data: Dataset, fractions: Sequence[str] = ()) -> None:
    """Raises `DataError` where most classes have a row or two only, so that they are amounts more likely.

    Args:
        data: the rows.
        fractions: the names of the fractions that part them.
    """
    values = np.unique(data.y)
    if len(values) > len(data) / 2:
        otherwise = f", or set {' and '.join(fractions)} to 0" if fractions else ""
        raise DataError(
            f"there are {counted(len(values), 'class', 'classes')} in {counted(len(data), 'row')}, so most "
            "of them stand in one part alone; "
            "if they are amounts, this is a regression: regression_from_arrays(x, y) in Python, "
            f'task = "regression" in a config; else add rows{otherwise}'
        )


def _has_classes(data: Dataset) -> bool:
    return data.y.ndim == 1 and data.y.dtype.kind in "iub"


def _none(data: Dataset) -> Array:
    return np.zeros(len(data), np.bool_)


def _rare(data: Dataset, fractions: Sequence[str]) -> Array:
    """Which rows are of a class with fewer rows than there are parts, (rows,); warns of such classes by name."""
    if not fractions or not _has_classes(data):
        return _none(data)
    values, places, sizes = np.unique(data.y, return_inverse=True, return_counts=True)
    few = sizes < 1 + len(fractions)
    if few.any():
        if sizes.min() < 2:
            refuse_amounts(data, fractions)
        known = dict(enumerate(data.classes or ()))
        names = [known.get(int(value), value.item()) for value in values[few]]
        subject, has, is_ = ("classes", "have", "are") if len(names) > 1 else ("class", "has", "is")
        warn(
            f"the {subject} {listed(names)} {has} fewer rows than there are parts of the data, and {is_} in the "
            "training part alone"
        )
    found: Array = few[places]
    return found


def _part(data: Dataset, rows: Array) -> Dataset | None:
    return data.rows(rows) if len(rows) else None


def _divide(
    rows: Array, data: Dataset, fraction: float, name: str, rng: np.random.Generator | None
) -> tuple[Array, Array]:
    """The rows that stay, and those that `fraction` of all rows takes away: the last ones unless rng draws them."""
    if fraction == 0:
        return rows, rows[:0]
    count = round(fraction * len(data))
    labels = data.y[rows]
    stratify = labels if rng is not None and _has_classes(data) else None
    if stratify is not None:
        values = np.unique(labels)
        if min(count, len(rows) - count) < len(values):
            raise DataError(
                f"{name} = {fraction:g} of {counted(len(data), 'row')} gives {count} of the {len(rows)} "
                "that are left, "
                f"but every part needs a row of each of the {counted(len(values), 'class', 'classes')}; "
                "choose another fraction, or 0"
            )
    if not 0 < count < len(rows):
        raise DataError(
            f"{name} = {fraction:g} of {counted(len(data), 'row')} is {count}, and {len(rows)} are left for "
            "this part and for "
            f"training; take more rows, another fraction, or {name} = 0"
        )
    if rng is None:
        return rows[:-count], rows[-count:]
    kept, taken = (rows[drawn] for drawn in shuffle_split(len(rows), count, int(rng.integers(2**31)), stratify))
    if stratify is not None:
        _complete(taken, kept, data.y)
        _complete(kept, taken, data.y)
    return kept, taken


def _complete(part: Array, other: Array, labels: Array) -> None:
    """Gives the part a row of each class that only the other has, for one of its most frequent class.

    Neither loses a class by it: the one that comes has at least two rows in the other, and a part with as many
    rows as there are classes, but without one of them, has another twice.
    """
    for missing in np.setdiff1d(labels[other], labels[part]):
        _, places, counts = np.unique(labels[part], return_inverse=True, return_counts=True)
        here = counts[places].argmax()
        there = np.flatnonzero(labels[other] == missing)[0]
        part[here], other[there] = other[there], part[here]
