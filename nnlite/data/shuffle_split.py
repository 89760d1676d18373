"""A shuffle split divides rows in two at random, either of all of them alike or of each class in proportion.

The draws are those of scikit-learn's `train_test_split`, number for number, so that the runs that were recorded
with it keep their rows; importing scikit-learn would take longer than training a small model.
"""

import numpy as np

from nnlite.types import Array


def shuffle_split(rows: int, taken: int, seed: int, labels: Array | None = None) -> tuple[Array, Array]:
    """Draws some of the rows; returns the indices of those that stay and of those that are taken, in random order.

    Args:
        rows: how many rows there are.
        taken: how many of them are drawn, at least 1 and fewer than `rows`.
        seed: the same seed gives the same rows.
        labels: (rows,) the class of each row, of which both parts then have the same shares, as nearly as whole
            rows allow. A class with few rows may be missing in one of the parts.

    >>> import numpy as np
    >>> from nnlite.data.shuffle_split import shuffle_split
    >>> kept, taken = shuffle_split(10, taken=4, seed=0, labels=np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]))
    >>> sorted(taken.tolist())
    [3, 4, 8, 9]
    """
    # NumPy's older generator, which keeps its numbers for all time; an object of its own, not the global one.
    rng = np.random.RandomState(seed)
    if labels is None:
        shuffled = rng.permutation(rows)
        return shuffled[taken:], shuffled[:taken]
    _, classes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    by_class = np.split(np.argsort(classes, kind="stable"), np.cumsum(sizes)[:-1])
    to_keep = _shares(sizes, rows - taken, rng)
    to_take = _shares(sizes - to_keep, taken, rng)
    kept_rows, taken_rows = [], []
    for members, keep, take in zip(by_class, to_keep, to_take, strict=True):
        shuffled = members[rng.permutation(len(members))]
        kept_rows.append(shuffled[:keep])
        taken_rows.append(shuffled[keep : keep + take])
    return rng.permutation(np.concatenate(kept_rows)), rng.permutation(np.concatenate(taken_rows))


def _shares(sizes: Array, total: int, rng: np.random.RandomState) -> Array:
    """How many of `total` rows each class gets, in proportion to its size: (classes,).

    The whole rows of every share come first. Those that are left go to the classes with the largest fractions of a
    row beyond that, and among equal fractions by chance.
    """
    exact = sizes / sizes.sum() * total
    whole = np.floor(exact)
    fractions, left = exact - whole, int(total - whole.sum())
    for fraction in np.unique(fractions)[::-1]:
        if left == 0:
            break
        equal = np.flatnonzero(fractions == fraction)
        # Also where all of them get a row: what is drawn later depends on it.
        lucky = rng.choice(equal, size=min(len(equal), left), replace=False)
        whole[lucky] += 1
        left -= len(lucky)
    shares: Array = whole.astype(np.intp)
    return shares
