"""A crew is a worker for every peer and thread count, all of them waiting but the one that is asked."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from benchmarks.cases.networks import Network
from benchmarks.measuring.measurement import Measurement
from benchmarks.measuring.progress import say
from benchmarks.measuring.rounds import go_round
from benchmarks.peers import PEERS, Missing


def cores_of(threads: int) -> list[int]:
    """The first so many cores that this process may use."""
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return list(allowed)[:threads]


def environment(threads: int) -> dict[str, str]:
    """Variables that hold every library to so many threads; JAX goes by the cores that it may use."""
    count = str(threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    # Else torch.compile keeps processes in the background, which start up while others are being timed.
    more = {"JAX_PLATFORMS": "cpu", "TORCHINDUCTOR_COMPILE_THREADS": "1"}
    return os.environ | dict.fromkeys(names, count) | more


class Hand:
    """One worker, seen from the command's side."""

    def __init__(self, peer: str, threads: int) -> None:
        self.peer, self.threads = peer, threads
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed by close)
        cores = ",".join(map(str, cores_of(threads)))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.measuring.worker", peer, cores],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment(threads),
        )

    @property
    def name(self) -> str:
        """For messages."""
        return f"{PEERS[self.peer].label}, {self.threads} thread{'s' * (self.threads > 1)}"

    def ask(self, do: str, network: Network, **more: Any) -> dict[str, Any]:
        """One request and its answer; raises `Missing`, or `RuntimeError` with what went wrong."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, "network": asdict(network)} | more) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: `answer` says of what
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """The next line of what it says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"{self.name}: the worker ended.\n{self.errors.read()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        if "missing" in answer:
            raise Missing(answer["missing"])
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def close(self) -> None:
        """Ends the worker: its input ends."""
        self.process.communicate()
        self.errors.close()


class Crew:
    """The workers that can run here; a context, at whose end they end.

    Attributes:
        skipped: a line for each peer that cannot run, and why.
    """

    def __init__(self, peers: Iterable[str], threads: Sequence[int]) -> None:
        self.skipped: list[str] = []
        say("starting the workers")
        self.hands = [Hand(peer, count) for peer in peers for count in threads]
        self._keep(self.hands, Hand.answer)

    def prepare(self, network: Network) -> None:
        """Builds and compiles; leaves out who cannot."""
        say(f"{network.name}, {network.rows} rows: building, compiling, and a first fit")
        self._keep(self.hands, lambda hand: hand.ask("prepare", network))

    def _keep(self, hands: list[Hand], call: Any) -> None:
        kept = []
        for hand in hands:
            try:
                call(hand)
            except Missing as error:
                self._skip(f"{PEERS[hand.peer].label}: {error}")
                hand.close()
            else:
                kept.append(hand)
        self.hands = kept

    def _skip(self, line: str) -> None:
        if line not in self.skipped:
            self.skipped.append(line)
            say(f"left out: {line}")

    def forget(self, network: Network) -> None:
        """Frees the memory."""
        for hand in self.hands:
            hand.ask("forget", network)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hand in self.hands:
            hand.close()


def fits(crew: Crew, network: Network, rounds: int, case: str) -> list[Measurement]:
    """The times of fits by the whole crew, in rounds; the network must be prepared."""

    def turn(hand: Hand) -> Callable[[], float]:
        return lambda: float(hand.ask("fit", network)["seconds"])

    times = go_round({hand: turn(hand) for hand in crew.hands}, rounds, case)
    return [
        Measurement(case, PEERS[hand.peer].label, hand.threads, "seconds", network.steps, tuple(seconds))
        for hand, seconds in times.items()
    ]
