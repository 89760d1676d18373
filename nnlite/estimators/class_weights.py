"""The argument `class_weight` of a classifier becomes what its loss takes, or weights of rows with several labels."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nnlite.estimators.arguments import is_number
from nnlite.losses.class_weight import balanced
from nnlite.types import Array


def of_classes(given: Any, classes: Sequence[Any]) -> Any:
    """What a loss takes for its `class_weight`: "balanced", or a weight for each class.

    Args:
        given: "balanced", a dict by class, in which others weigh 1, or a list in the order of the classes.
        classes: the classes in order.

    Raises:
        ValueError: when it is none of these.
    """
    if isinstance(given, str):
        _check_word(given)
        return given
    if isinstance(given, Mapping):
        if unknown := [name for name in given if name not in classes]:
            raise ValueError(f"class_weight has {unknown[0]!r}, which is none of the classes {list(classes)}")
        return {name: _weight(given.get(name, 1.0), given) for name in classes}
    if not isinstance(given, Iterable):
        raise ValueError(f'class_weight is {given!r}; expected "balanced", a dict or a list')
    return [_weight(weight, given) for weight in given]


def of_labels(given: Any, targets: Array) -> Array:
    """The weights of 0 and of 1 in each label, (labels, 2).

    Args:
        given: "balanced", or a list with a dict for each label, such as {0: 1, 1: 5}; what it lacks weighs 1.
        targets: (rows, labels) of 0 and 1, the training rows: "balanced" weights come from them.

    Raises:
        ValueError: when it is none of these.

    >>> import numpy as np
    >>> from nnlite.estimators.class_weights import of_labels
    >>> of_labels("balanced", np.array([[0, 1], [0, 0], [0, 1], [1, 0]])).round(3)
    array([[0.667, 2.   ],
           [1.   , 1.   ]])
    """
    if isinstance(given, str):
        _check_word(given)
        return np.array([balanced(label.astype(np.intp), 2) for label in targets.T])
    count = targets.shape[1]
    if not isinstance(given, list | tuple) or not all(isinstance(label, Mapping) for label in given):
        raise ValueError(
            f'class_weight is {given!r}; of several labels expected "balanced", or a list with a dict for each, such '
            "as {0: 1, 1: 5}"
        )
    if len(given) != count:
        raise ValueError(f"class_weight has {len(given)} dicts for {count} labels; expected one for each")
    if odd := [key for label in given for key in label if key not in (0, 1)]:
        raise ValueError(f"class_weight has {odd[0]!r}; a label is 0 or 1")
    return np.array([[_weight(label.get(value, 1.0), given) for value in (0, 1)] for label in given])


def of_rows(of_each: Array, targets: Array) -> Array:
    """(rows,), the product of the weights of a row's labels, as scikit-learn's `compute_sample_weight` has it.

    Args:
        of_each: (labels, 2), what `of_labels` gave.
        targets: (rows, labels) of 0 and 1.
    """
    found: Array = np.where(targets == 1, of_each[:, 1], of_each[:, 0]).prod(axis=1)
    return found


def _check_word(given: str) -> None:
    if given != "balanced":
        raise ValueError(f'class_weight is {given!r}; expected "balanced", a dict or a list')


def _weight(value: Any, given: Any) -> float:
    if not is_number(value) or not 0 <= value < math.inf:
        raise ValueError(f"class_weight is {given!r}, and has the weight {value!r}; expected numbers from 0 on")
    return float(value)
