"""What a model has taken from another one, and where that came from."""

from dataclasses import asdict, dataclass
from typing import Any

from nnlite.text import counted


@dataclass(frozen=True)
class Taken:
    """What a model has taken from another one.

    Attributes:
        path: where the other one's file lay.
        sha256: of the file.
        layers: how many layers were taken, from the first on, with their weights and statistics.
        of: how many there are.
        why: why no more were taken; "" where all were.
    """

    path: str
    sha256: str
    layers: int
    of: int
    why: str

    def __str__(self) -> str:
        rest = f"; the others start anew: {self.why}" if self.why else ""
        return f"{self.layers} of {counted(self.of, 'layer')} taken from {self.path}{rest}"

    def record(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)
