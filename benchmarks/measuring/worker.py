"""A worker is a process of its own that holds one peer, and fits when it is told to.

`python -m benchmarks.measuring.worker` reads a request from each line of its input, and answers each by one line,
both JSON:

    {"do": "prepare", "network": {…}}                  {"seconds": 0.5}, those of building and compiling
    {"do": "check", "network": {…}, "epochs": 1}       {"loss": 0.31}
    {"do": "fit", "network": {…}}                      {"seconds": 0.2}
    {"do": "forget", "network": {…}}                   {}

The answer to its first line is {} once the peer's library is imported. {"missing": "…"} in place of an answer
says why the peer cannot run, {"error": "…"} what went wrong.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.cases.networks import Network
from benchmarks.cases.problem import Problem
from benchmarks.peers import Missing, Peer, load

PAUSE = 0.15
"""Seconds before a fit: OpenBLAS's threads keep a core busy for 0.1 s after the last product of another worker."""


class Worker:
    """Answers requests."""

    def __init__(self, peer: type[Peer]) -> None:
        self.peer = peer
        self.prepared: dict[Network, Peer] = {}
        self.known: dict[str, Callable[[Network, dict[str, Any]], dict[str, Any]]] = {
            "prepare": self.prepare,
            "check": self.check,
            "fit": self.fit,
            "forget": self.forget,
        }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """What one request leads to."""
        try:
            return self.known[request["do"]](Network(**request["network"]), request)
        except Missing as error:
            return {"missing": str(error)}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def prepare(self, network: Network, request: dict[str, Any]) -> dict[str, Any]:
        """Builds the peer and makes a fit of one epoch, in which whatever is compiled gets compiled."""
        started = time.perf_counter()
        peer = self.prepared[network] = self.peer(Problem(network))
        peer.start(1)
        peer.fit()
        return {"seconds": time.perf_counter() - started}

    def check(self, network: Network, request: dict[str, Any]) -> dict[str, Any]:
        """The loss after so many epochs."""
        return {"loss": self.prepared[network].check(request["epochs"])}

    def fit(self, network: Network, request: dict[str, Any]) -> dict[str, Any]:
        """The seconds of one fit."""
        peer = self.prepared[network]
        peer.start(network.epochs)
        gc.collect()  # what earlier fits left behind is not this one's to pay for
        time.sleep(PAUSE)
        started = time.perf_counter()
        peer.fit()
        return {"seconds": time.perf_counter() - started}

    def forget(self, network: Network, request: dict[str, Any]) -> dict[str, Any]:
        """Frees the memory."""
        self.prepared.pop(network, None)
        gc.collect()
        return {}


def main() -> None:
    """Serves until the input ends. Arguments: the peer, and the cores it may use, such as 0,1."""
    name, cores = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):  # not on macOS and Windows: there OMP_NUM_THREADS and its kind must do
        os.sched_setaffinity(0, [int(core) for core in cores.split(",")])
    # Answers go where the output was; what a library prints goes to standard error.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        peer = load(name)
    except Missing as error:
        print(json.dumps({"missing": str(error)}), file=answers)
        return
    worker = Worker(peer)
    print("{}", file=answers)
    for line in sys.stdin:
        print(json.dumps(worker.answer(json.loads(line))), file=answers)


if __name__ == "__main__":
    main()
