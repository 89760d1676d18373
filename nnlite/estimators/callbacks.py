"""scikit-learn's callbacks, from 1.9 on, are told of the epochs of each member, and may end the training.

In older versions of scikit-learn there are none, and nothing here does anything.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from nnlite.core.clean_copy import clean_copy
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit

__all__ = ["CallbackSupportMixin", "Reporting", "with_callbacks"]

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9
    _Method = TypeVar("_Method", bound=Callable[..., Any])

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands for the mixin that scikit-learn has from 1.9 on."""

    def with_callbacks(method: _Method) -> _Method:
        """The method itself."""
        return method


class Reporting:
    """Passes the course of a fit on to scikit-learn's callbacks.

    Args:
        estimator: the estimator in `fit`, with callbacks.
        X, y: the arguments of `fit`.
    """

    def __init__(self, estimator: Any, X: Any, y: Any) -> None:
        self.estimator, self.X, self.y = estimator, X, y
        self.context = estimator._init_callback_context(max_subtasks=estimator.ensemble)
        self.context.call_on_fit_task_begin(estimator=estimator, X=X, y=y)

    @classmethod
    def of(cls, estimator: Any, X: Any, y: Any) -> "Reporting | None":
        """What reports for the estimator; None where it has no callbacks."""
        return cls(estimator, X, y) if getattr(estimator, "_skl_callbacks", None) else None

    def of_member(self) -> Callback:
        """A callback of nnlite's for the training of the next member."""
        return _Member(self)

    def end(self) -> None:
        """Says that the fit is over."""
        self.context.call_on_fit_task_end(estimator=self.estimator, X=self.X, y=self.y)


class _Member(Callback):
    """Reports the epochs of one member.

    Args:
        reporting: what reports for the estimator.
    """

    def __init__(self, reporting: Reporting) -> None:
        self.reporting = reporting

    def begin(self, fit: Fit) -> None:
        all_of_it = self.reporting
        self.left = fit.epochs_left
        self.context = all_of_it.context.subcontext(task_name="member", max_subtasks=self.left)
        self.context.call_on_fit_task_begin(estimator=all_of_it.estimator, X=all_of_it.X, y=all_of_it.y)
        self._next()

    def _next(self) -> None:
        all_of_it = self.reporting
        self.epoch = self.context.subcontext(task_name="epoch")
        self.epoch.call_on_fit_task_begin(estimator=all_of_it.estimator, X=all_of_it.X, y=all_of_it.y)

    def after_epoch(self, fit: Fit, row: dict[str, float]) -> None:
        all_of_it = self.reporting
        stop = self.epoch.call_on_fit_task_end(
            estimator=all_of_it.estimator,
            X=all_of_it.X,
            y=all_of_it.y,
            reconstruction_attributes=lambda: all_of_it.estimator._as_if_fitted(clean_copy(fit.model)),
        )
        self.left -= 1
        if stop:
            fit.stop("a callback of scikit-learn's asked for it")
        elif self.left:
            self._next()

    def end(self, fit: Fit) -> None:
        all_of_it = self.reporting
        self.context.call_on_fit_task_end(estimator=all_of_it.estimator, X=all_of_it.X, y=all_of_it.y)
