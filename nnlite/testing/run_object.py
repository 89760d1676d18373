"""Runs the one check of a kind, such as `check_metric`, and reports what it says."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnlite.testing.case import CheckError, UntellableError
from nnlite.testing.reports import Report


def attempt(
    kind: str,
    each: Any,
    check: Callable[..., object],
    more: Sequence[Any] = (),
    named: Mapping[str, Any] | None = None,
) -> Report:
    """The report of `check(each, *more, **named)`."""
    name = repr(each)
    if kind == "source":
        given = ", ".join(f"{argument}={value!r}" for argument, value in (named or {}).items())
        name = f"{each.__name__}({given})"
    try:
        on = check(each, *more, **(named or {}))
    except UntellableError as error:  # what could be told is right
        return Report(kind, name, notes=(str(error),), passed=1)
    except CheckError as error:
        return Report(kind, name, failures=(str(error),))
    except Exception as error:
        return Report(kind, name, failures=(f"it raises {type(error).__name__}: {error}",))
    return Report(kind, name, on if isinstance(on, str) else "", passed=1)
