"""All findings of a trained model, the gravest first; one that fails is left out, and said to be."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.data.dataset import Dataset
from nnlite.data.naming import in_order
from nnlite.diagnosis import (
    beside_baseline,
    classes,
    columns,
    fitting,
    gradients,
    inputs,
    labels,
    rates,
    shared_rows,
    units,
)
from nnlite.diagnosis.finding import SEVERITIES, Finding
from nnlite.diagnosis.settings import Settings
from nnlite.diagnosis.subject import Subject
from nnlite.training.history import History
from nnlite.training.trainer import Trainer

LOOKS: dict[str, Callable[[Subject], Iterator[Finding]]] = {
    "column_tells_target": columns.telling,
    "shared_rows": shared_rows.shared,
    "unscaled_inputs": inputs.unscaled,
    "rate_too_high": rates.too_high,
    "rate_too_low": rates.too_low,
    "dead_units": units.dead,
    "exploding_gradients": gradients.exploding,
    "vanishing_gradients": gradients.vanishing,
    "saturated_units": units.saturated,
    "no_better_than_baseline": beside_baseline.no_better,
    "imbalance": classes.imbalance,
    "underfitting": fitting.underfitting,
    "overfitting": fitting.overfitting,
    "wrong_labels": labels.wrong,
    "duplicated_columns": columns.duplicated,
    "constant_columns": columns.constant,
}
"""What is looked for, by the name of the finding; of equal severity causes stand before what follows of them."""

OF_TRAINING = (
    "rate_too_high",
    "rate_too_low",
    "dead_units",
    "exploding_gradients",
    "vanishing_gradients",
    "saturated_units",
    "overfitting",
)
"""What is seen in a history and in the layers, so that each member of an ensemble may have it or not."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found, and what could not be looked for.

    Attributes:
        findings: the gravest first.
        failed: for each finding that could not be looked for the error that came up.
    """

    findings: tuple[Finding, ...]
    failed: Mapping[str, str]


def findings(
    model: Sequential,
    history: History,
    train: Dataset,
    validation: Dataset | None = None,
    test: Dataset | None = None,
    *,
    figures: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
) -> list[Finding]:
    """What is likely wrong with a trained model, or with its data; the gravest first.

    The model is not changed: what has to run forward and backward does so on a copy. Of many rows some are looked at,
    evenly spaced. The same model, history and rows give the same findings.

    Args:
        model: the trained model.
        history: the history of its training.
        train: its training rows.
        validation: its validation rows, if there were any.
        test: its test rows, if there are any.
        figures: the figures of the test rows, as `metrics.json` has them under "test"; without them nothing is said
            of the baseline.
        settings: how it was trained; without it no learning rate is proposed.

    >>> import numpy as np
    >>> from nnlite import SGD, Dense, Sequential, SoftmaxCrossEntropy, Trainer
    >>> from nnlite.data import from_arrays
    >>> from nnlite.diagnosis import findings
    >>> rng = np.random.default_rng(0)
    >>> incomes = rng.normal(50_000, 10_000, (200, 2))
    >>> rows = from_arrays(incomes, incomes[:, 0] > incomes[:, 1])
    >>> trainer = Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(1e-10))
    >>> [finding.name for finding in findings(trainer.model, trainer.fit(rows), rows)]
    ['unscaled_inputs', 'rate_too_low', 'underfitting']
    """
    return list(diagnosis(model, history, train, validation, test, figures=figures, settings=settings).findings)


def diagnose(
    trainer: Trainer, train: Dataset, validation: Dataset | None = None, test: Dataset | None = None
) -> list[Finding]:
    """What is likely wrong with what a trainer has trained, or with its data; the gravest first.

    Args:
        trainer: the trainer, whose `fit` is over.
        train: the rows that it was given.
        validation: the validation rows that it was given.
        test: rows that it was not given.

    >>> import numpy as np
    >>> from nnlite import SGD, Dense, Sequential, SoftmaxCrossEntropy, Standardize, Trainer
    >>> from nnlite.data import from_arrays
    >>> from nnlite.diagnosis import diagnose
    >>> x = np.random.default_rng(0).normal(size=(300, 2))
    >>> rows = from_arrays(x, x[:, 0] * x[:, 1] > 0)  # which no straight line tells
    >>> trainer = Trainer(Sequential([Standardize(), Dense(2), SoftmaxCrossEntropy()]), SGD(0.1), epochs=20)
    >>> history = trainer.fit(rows)
    >>> finding = diagnose(trainer, rows)[0]
    >>> finding.name, finding.severity
    ('underfitting', 'medium')
    """
    return findings(trainer.model, trainer.history, train, validation, test, settings=Settings.of(trainer))


def diagnosis(
    model: Sequential,
    history: History,
    train: Dataset,
    validation: Dataset | None = None,
    test: Dataset | None = None,
    *,
    figures: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    names: Iterable[str] = tuple(LOOKS),
) -> Diagnosis:
    """`findings`, with what could not be looked for: a layer of the user's may fail on a copy, or memory be short.

    The arguments are those of `findings`, and the names of the findings to look for.
    """
    found: list[Finding] = []
    failed: dict[str, str] = {}
    own = model.classes, model.feature_names
    validation, test = (None if part is None else in_order(part, *own) for part in (validation, test))
    train = in_order(train, *own)
    subject = Subject(model, history, settings or Settings(), train, validation, test, figures or {})
    with np.errstate(all="ignore"):
        for name in names:
            try:
                found += LOOKS[name](subject)
            except Exception as error:  # whatever it is: what was trained is worth more than what is said of it
                failed[name] = f"{type(error).__name__}: {error}"
    return Diagnosis(by_severity(found), failed)


def by_severity(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, the gravest first, those of equal severity in the order in which they are looked for."""
    order = list(LOOKS)
    return tuple(sorted(found, key=lambda each: (SEVERITIES.index(each.severity), order.index(each.name))))
