"""A call with wrong arguments is refused under the name of the user's class, with the arguments that there are."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

_Method = TypeVar("_Method", bound=Callable[..., Any])


def checks_its_call(method: _Method) -> _Method:
    """The method, which raises `TypeError` for arguments that it does not take, or lacks.

    Python's own error names the class in which the method is written, which the user of a subclass has never seen,
    and not the arguments that there are.

    >>> from nnlite import NNClassifier
    >>> NNClassifier().fit([[0.0], [1.0]], [0, 1], epochs=3)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    TypeError: NNClassifier.fit: got an unexpected keyword argument 'epochs'; it takes X, y, sample_weight, ...
    """
    signature = inspect.signature(method)
    names = ", ".join(list(signature.parameters)[1:])

    @functools.wraps(method)
    def checked(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            signature.bind(self, *arguments, **named)
        except TypeError as error:
            of = self if isinstance(self, type) else type(self)
            raise TypeError(f"{of.__name__}.{method.__name__}: {error}; it takes {names}") from None
        return method(self, *arguments, **named)

    return checked  # type: ignore[return-value]
