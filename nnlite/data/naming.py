"""Names say which class and which column is which; rows whose names come in another order are put in the model's."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.data.arrays import listed
from nnlite.data.dataset import Dataset
from nnlite.errors import DataError
from nnlite.types import Array


def in_order(
    data: Dataset, classes: tuple[Any, ...] | None, feature_names: tuple[str, ...] | None, whose: str = "the model's"
) -> Dataset:
    """The rows with their columns, and the indices of their classes, in the order of these names.

    Names are compared where both sides have some; rows without names are taken as they are. The integers that
    `from_arrays` finds among labels are names too: nobody can tell which text they would stand for.

    Args:
        data: the rows.
        classes: the classes in the order to have; the data may lack some of them.
        feature_names: the columns in the order to have.
        whose: whose names these are, for the message.

    Raises:
        DataError: where the names are others; it says which are missing and which unknown.

    >>> import numpy as np
    >>> from nnlite.data import Dataset
    >>> from nnlite.data.naming import in_order
    >>> data = Dataset(np.array([[1.0, 2.0]]), np.array([0]), classes=("no", "yes"), feature_names=("a", "b"))
    >>> ordered = in_order(data, ("yes", "no"), ("b", "a"))
    >>> ordered.x.tolist(), ordered.y.tolist(), ordered.classes
    ([[2.0, 1.0]], [1], ('yes', 'no'))
    """
    ordered = copy.copy(data)  # copied, not constructed: the rows were checked
    if data.feature_names is not None and feature_names is not None and data.feature_names != feature_names:
        do = "name them alike, or leave them without names"
        columns = places(data.feature_names, feature_names, f"columns are not {whose}", do)
        ordered._set(x=data.x[:, columns], feature_names=feature_names)
    if data.classes is not None and classes is not None and _texts(data.classes) != _texts(classes):
        ordered._set(y=_mapped(data, classes, f"classes are not {whose}"), classes=classes)
    return ordered


def places(given: tuple[Any, ...], expected: tuple[Any, ...], what: str, do: str, *, whole: bool = True) -> list[int]:
    """For each expected name its place among the given ones; raises `DataError`.

    Args:
        given, expected: the names in two orders.
        what: the beginning of the message.
        do: its end, which says what to do.
        whole: whether no expected name may be missing; otherwise such a one is passed over.
    """
    missing = [name for name in expected if name not in given] if whole else []
    unknown = [name for name in given if name not in expected]
    differences = [
        f"{which}: {listed(names)}" for which, names in (("missing", missing), ("unknown", unknown)) if names
    ]
    if differences:
        raise DataError(f"the {what} ({'; '.join(differences)}): {do}")
    if twice := [name for name in dict.fromkeys(given) if given.count(name) > 1]:
        raise DataError(f"the {what}, and cannot be put in their order: {listed(twice)} stands there twice")
    return [given.index(name) for name in expected if name in given]


def _texts(classes: Sequence[Any]) -> tuple[str, ...]:
    """The names as text: classes that a file calls "1" are those that were given as 1, or as 1.0; "true" is True."""
    texts = (str(int(name)) if isinstance(name, float) and name.is_integer() else str(name) for name in classes)
    return tuple(text.lower() if text in ("True", "False") else text for text in texts)


def _mapped(data: Dataset, classes: tuple[Any, ...], what: str) -> Array:
    """The targets, with these classes in place of their own."""
    given, y, classes = _texts(data.classes or ()), data.y, _texts(classes)
    rows_of_classes = y.ndim == 2 and y.shape[1] == len(given)  # a column for each class
    do = (
        "name the labels alike; if they are indices, make the rows with Dataset(x, y); or, to train on other "
        "classes, set model.classes = None"
    )
    order = places(given, classes, what, do, whole=rows_of_classes)
    if rows_of_classes:
        return y[:, order]
    if y.dtype.kind not in "iubf" or not len(y) or not 0 <= y.min() <= y.max() < len(given):
        return y  # the loss says what is wrong with it
    if y.dtype.kind == "f" and (y != np.floor(y)).any():
        return 1 - y if given == classes[::-1] else y  # probabilities of the second of two classes
    places_of = np.array([classes.index(name) for name in given], np.intp if y.dtype.kind == "b" else y.dtype)
    return places_of[y.astype(np.intp)]
