"""A fit that fails, or is interrupted, leaves an estimator as it was: with an earlier fit's answers, or with none."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unchanged_on_failure(estimator: Any) -> Iterator[None]:
    """Within the block attributes may be set; where it ends in an exception, Ctrl-C too, all are as they were before.

    Args:
        estimator: the values of its attributes have to be replaced in the block, not changed in place.

    >>> from types import SimpleNamespace
    >>> from nnlite.estimators.unchanged_on_failure import unchanged_on_failure
    >>> estimator = SimpleNamespace(classes_=[0, 1])
    >>> try:
    ...     with unchanged_on_failure(estimator):
    ...         estimator.classes_, estimator.model_ = [0, 1, 2], None
    ...         raise ValueError
    ... except ValueError:
    ...     print(estimator)
    namespace(classes_=[0, 1])
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        of_callbacks = {name: value for name, value in vars(estimator).items() if "callback" in name}
        vars(estimator).clear()
        vars(estimator).update(before | of_callbacks)  # by which scikit-learn ends what its callbacks have begun
        raise
