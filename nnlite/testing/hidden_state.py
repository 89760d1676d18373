"""Hidden state is what changes on an object while it runs, and is no part of its `state`: resuming loses it."""

from collections.abc import Container

import numpy as np


def hidden_state(before: object, after: object, known: Container[str]) -> str:
    """The name of an attribute that has changed, or is new; "" if there is none.

    Args:
        before: the object as it was made.
        after: such an object after it has run.
        known: names of attributes that belong to its state.

    >>> from nnlite import SGD
    >>> from nnlite.testing.hidden_state import hidden_state
    >>> used = SGD(0.1)
    >>> used.calls = 3
    >>> hidden_state(SGD(0.1), used, known=())
    'calls'
    """
    old, new = vars(before), vars(after)
    for name in new:
        if name not in known and (name not in old or not same(old[name], new[name])):
            return name
    return ""


def same(one: object, other: object) -> bool:
    """Whether two values, arrays too, are the same as far as can be seen."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)  # type: ignore[arg-type]
    return one is other or repr(one) == repr(other)
