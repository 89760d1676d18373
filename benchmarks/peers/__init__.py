"""A peer is one way to train the networks, nnlite's own included."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import islice

from benchmarks.cases.problem import Integers, Problem, Weights

__all__ = ["PEERS", "Entry", "Missing", "Peer", "load"]


class Missing(Exception):
    """The peer cannot run here; the text says why."""


class Peer(ABC):
    """Fits one problem, as often as asked, each time from the same first weights.

    Only `fit` is timed. Before the first timed one there is another, which compiles what has to be compiled.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    @abstractmethod
    def start(self, epochs: int) -> None:
        """Goes back to the first weights and an optimizer that has made no step."""

    @abstractmethod
    def fit(self) -> None:
        """Trains for the epochs that `start` was told, in the problem's order of rows."""

    @abstractmethod
    def weights(self) -> Weights:
        """What `fit` has arrived at."""

    def check(self, epochs: int) -> float | None:
        """The loss over all rows after so many epochs in the problem's order; None if there is nothing to check."""
        self.start(epochs)
        self.fit()
        return self.problem.loss(self.weights())

    def orders(self, epochs: int) -> Iterator[Integers]:
        """The order of the rows in each of the epochs."""
        return islice(self.problem.orders(), epochs)


@dataclass(frozen=True)
class Entry:
    """Where a peer is found, and what it is called in tables."""

    label: str
    module: str
    name: str


PEERS = {
    "nnlite": Entry("nnlite", "with_nnlite", "Nnlite"),
    "scikit-learn": Entry("scikit-learn", "with_scikit_learn", "ScikitLearn"),
    "torch": Entry("PyTorch", "with_pytorch", "Eager"),
    "torch-fused": Entry("PyTorch, fused SGD", "with_pytorch", "Fused"),
    "torch-compile": Entry("PyTorch, compiled", "with_pytorch", "Compiled"),
    "jax-step": Entry("JAX, a call per step", "with_jax", "EachStep"),
    "jax-epoch": Entry("JAX, a call per epoch", "with_jax", "EachEpoch"),
    "by-hand": Entry("NumPy by hand", "by_hand", "ByHand"),
    "products": Entry("matrix products alone", "products", "Products"),
}
"""By the name that the command line knows. The last one is no peer but the floor under all of them, the one before it
that of a framework on NumPy."""


def load(name: str) -> type[Peer]:
    """The class of a peer; raises `Missing` when its library is not installed."""
    entry = PEERS[name]
    try:
        found: type[Peer] = getattr(import_module(f"benchmarks.peers.{entry.module}"), entry.name)
    except ImportError as error:
        raise Missing(str(error)) from None
    return found
