"""A report is the result of the checks of one object in a file; reports make a table."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """The result of the checks of one object.

    Attributes:
        kind: "layer", "loss", "optimizer", "schedule", "metric", "callback" or "source".
        name: the repr of the checked object, or its class's name if none could be made.
        on: what it was checked on, in words: shapes, say.
        failures: the failed checks, each in words.
        notes: the checks that could not be made, each in words.
        passed: how many checks were passed.
        checks: how many there are.
        worst: the largest error of a derivative; None where there is no derivative.
    """

    kind: str
    name: str
    on: str = ""
    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    passed: int = 0
    checks: int = 1
    worst: float | None = None

    @property
    def verdict(self) -> str:
        """FAILED, passed, or not checked."""
        return "FAILED" if self.failures else "passed" if self.passed else "not checked"


def table(reports: Sequence[Report]) -> str:
    """The reports as a table, with the failures, and what was not checked, below it."""
    rows = [("kind", "object", "on", "checks", "worst derivative", "")]
    for each in reports:
        worst = "" if each.worst is None else f"{each.worst:.1e}"
        rows.append((each.kind, each.name, each.on, f"{each.passed} of {each.checks}", worst, each.verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * (sum(widths) + 10))
    for each in reports:
        lines += [f"\n{each.name}\n  wrong: {failure}" for failure in each.failures]
        lines += [f"\n{each.name}\n  not checked: {note}" for note in each.notes]
    return "\n".join(lines)
