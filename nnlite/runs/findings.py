"""What is likely wrong with a run or its data: found at its end, and written into its folder."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from nnlite.core.ensemble import Ensemble
from nnlite.core.sequential import Sequential
from nnlite.data import Splits
from nnlite.diagnosis.finding import SEVERITIES, Finding
from nnlite.diagnosis.looking import OF_TRAINING, Diagnosis, by_severity, diagnosis
from nnlite.diagnosis.settings import Settings
from nnlite.errors import RunError
from nnlite.runs.folder import RunFolder
from nnlite.training.history import History


def found(
    model: Sequential | Ensemble,
    histories: Iterable[History],
    settings: Settings,
    splits: Splits,
    figures: Mapping[str, Any],
) -> Diagnosis:
    """What is found in a run; nothing where it ended before its first epoch, and no error whatever happens.

    Of an ensemble the first member is looked at, and the others for what may befall each of them in training: that is
    told where at least half of them have it.

    Args:
        model: the model that the run has trained, or the ensemble.
        histories: the history of each network.
        settings: how they were trained.
        splits: its rows, in the order of the model's classes and columns.
        figures: what `metrics.json` says of the test rows.
    """
    trained = [history for history in histories if len(history)]
    members = model.members if isinstance(model, Ensemble) else (model,)
    if len(trained) < len(members):
        return Diagnosis((), {})
    try:
        return _found(members, trained, settings, splits, figures)
    except Exception as error:  # the run is worth more than what is said of it
        return Diagnosis((), {"all": f"{type(error).__name__}: {error}"})


def _found(
    members: Sequence[Sequential],
    histories: Sequence[History],
    settings: Settings,
    splits: Splits,
    figures: Mapping[str, Any],
) -> Diagnosis:
    parts = splits.train, splits.validation, splits.test
    first = diagnosis(members[0], histories[0], *parts, figures=figures, settings=settings)
    if len(members) == 1:
        return first
    of_data = [finding for finding in first.findings if finding.name not in OF_TRAINING]
    of_training = [finding for finding in first.findings if finding.name in OF_TRAINING]
    for model, history in zip(members[1:], histories[1:], strict=True):
        of_training += diagnosis(model, history, *parts, settings=settings, names=OF_TRAINING).findings
    counts, told = Counter(finding.name for finding in of_training), dict[str, Finding]()
    for finding in of_training:
        if 2 * counts[finding.name] >= len(members) and finding.name not in told:
            evidence = (
                f"in {counts[finding.name]} of {len(members)} members; in the first of these: {finding.evidence}"
            )
            told[finding.name] = replace(finding, evidence=evidence)
    return Diagnosis(by_severity([*of_data, *told.values()]), first.failed)


def document(found: Diagnosis) -> dict[str, Any]:
    """What `findings.json` says: the findings, the gravest first, and what could not be looked for, and why."""
    listed = [asdict(finding) for finding in found.findings]
    return {"findings": listed} | ({"failed": dict(found.failed)} if found.failed else {})


def read(folder: RunFolder) -> tuple[Finding, ...]:
    """The findings of the run in the folder; none of a run of an older nnlite, which looked for none.

    Raises `RunError` where the file cannot be read.
    """
    if not folder.findings.exists():
        return ()
    try:
        said = json.loads(folder.findings.read_text(encoding="utf-8"))["findings"]
        read = tuple(Finding(**each) for each in said)
        if any(finding.severity not in SEVERITIES for finding in read):
            raise ValueError("a severity is none of " + ", ".join(SEVERITIES))
    except OSError as error:
        raise RunError(f"{folder.findings} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise RunError(f"{folder.findings} is damaged: {error}") from None
    return read
