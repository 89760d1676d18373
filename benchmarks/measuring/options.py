"""Options are what the command line says about how to measure."""

from dataclasses import dataclass

from benchmarks.measuring.measurement import Measurement
from benchmarks.peers import PEERS


@dataclass(frozen=True)
class Options:
    """Attributes:
    quick: a look rather than a measurement: fewer networks, rounds and epochs.
    threads: the numbers of threads to measure with.
    rounds: of every part; None for each part's own.
    peers: the names of those to measure.
    networks: the names of those to train; None for all.
    """

    quick: bool = False
    threads: tuple[int, ...] = (1, 2)
    rounds: int | None = None
    peers: tuple[str, ...] = tuple(PEERS)
    networks: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Findings:
    """What a part of the benchmarks has found: its measurements, and what they leave out, in words."""

    measurements: list[Measurement]
    notes: list[str]
