"""Permutation importance: how much worse a model is on rows in which one column's values are shuffled."""

from collections.abc import Callable, Sequence

import numpy as np

from nnlite.types import Array


def permutation_importance(
    figures: Callable[[Array], Array],
    x: Array,
    columns: Sequence[Sequence[int]],
    rng: np.random.Generator,
    repeats: int = 5,
) -> Array:
    """By how much each figure changes where the values of a column change places among the rows.

    A column that the model does not use changes nothing. Of two columns that say the same, each seems unimportant,
    since the other one is still there; and shuffled rows may be such as never come.

    Args:
        figures: gives for rows, shaped as x, the model's figures on them, (figures,).
        x: (rows, width), the rows as they are.
        columns: for each column of the user's the columns of x that are made of it, which are shuffled together.
        rng: shuffles.
        repeats: how often each column is shuffled, each time anew.

    Returns:
        (columns, repeats, figures): the figures on shuffled rows, minus those on the rows as they are.

    >>> import numpy as np
    >>> from nnlite.metrics.importance import permutation_importance
    >>> x = np.arange(20.0).reshape(10, 2)
    >>> def error(rows):
    ...     return np.array([np.abs(rows[:, 0] - x[:, 0]).mean()])
    >>> found = permutation_importance(error, x, [[0], [1]], np.random.default_rng(0))
    >>> found.shape, bool(found[0].min() > 2), float(found[1].max())
    ((2, 5, 1), True, 0.0)

    Source: Breiman, "Random Forests" (2001), section 10; Fisher, Rudin, Dominici, "All Models are Wrong, but Many are
    Useful" (2019).
    """
    usual = figures(x)
    found = np.empty((len(columns), repeats, len(usual)))
    for index, places in enumerate(columns):
        shuffled = x.copy()
        for repeat in range(repeats):
            order = rng.permutation(len(x))
            shuffled[:, places] = x[order][:, places]
            found[index, repeat] = figures(shuffled) - usual
    return found
