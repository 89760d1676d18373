"""Runs every check on a loss of a file, and goes on after one that fails."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlite.core.loss import Loss
from nnlite.testing import guesses
from nnlite.testing.case import CheckError, UntellableError
from nnlite.testing.loss_case import LossCase
from nnlite.testing.losses import LOSS_CHECKS
from nnlite.testing.reports import Report
from nnlite.types import Shape


def run_loss(
    loss: Loss,
    output_shape: Shape | None = None,
    targets: Sequence[Any] | None = None,
    *,
    variants: Mapping[str, Any] | None = None,
) -> Report:
    """The report of all checks, with these outputs and targets; they are guessed if none are given."""
    if output_shape is None or targets is None:
        guessed = guesses.targets(loss)
        if guessed is None:
            why = f"it takes none of the targets that are tried; show some: EXAMPLES = [({loss!r}, (3,), targets)]"
            return Report("loss", repr(loss), failures=(why,), checks=len(LOSS_CHECKS))
        output_shape, targets = guessed[0], list(guessed[1])
    case = LossCase(loss, tuple(output_shape), np.asarray(targets), variants or {})
    failures, notes = [], []
    for name, check in LOSS_CHECKS.items():
        try:
            check(case)
        except UntellableError as error:
            notes.append(str(error))
        except CheckError as error:
            failures.append(f"{name}: {error}")
        except Exception as error:
            failures.append(f"{name}: it raises {type(error).__name__}: {error}")
            break  # the checks after it would fail for the same cause
    on = f"{len(case.targets)} rows of {case.output_shape}".replace(",)", ")")
    waiting = list(LOSS_CHECKS).index(name) + 1 - len(failures) - len(notes)
    return Report("loss", repr(loss), on, tuple(failures), tuple(notes), waiting, len(LOSS_CHECKS), case.worst)
