"""A finding is what is likely wrong with a training, or with its data, in a sentence a person can act on."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["high", "medium", "low"]
"""How much a finding matters: "high" where the figures of the model mean little because of it."""

SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
"""All severities, the gravest first."""


@dataclass(frozen=True)
class Finding:
    """What is likely wrong, how it was seen, and what to do about it.

    Attributes:
        name: what it is called, such as "dead_units".
        severity: "high", "medium" or "low".
        sentence: what is the matter, in one or two plain sentences.
        evidence: the numbers from which it was seen.
        change: the line of a config that is likely to help, such as "optimizer.learning_rate = 0.01"; "" where no
            line of a config does.
    """

    name: str
    severity: Severity
    sentence: str
    evidence: str
    change: str = ""

    def __str__(self) -> str:
        return self.sentence
