"""Shares are the parts of a training step with convolutions: where its time goes, on one thread."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.cases.networks import PICTURES, QUICK_PICTURES, Network, plans
from benchmarks.cases.problem import Problem
from benchmarks.measuring import tables
from benchmarks.measuring.measurement import Measurement
from benchmarks.measuring.options import Findings, Options
from benchmarks.measuring.rounds import go_round
from benchmarks.peers.with_nnlite import Nnlite
from nnlite import Conv2D, Layer, MaxPool2D, ReLU
from nnlite.layers import convolution

ROUNDS = 5
PRODUCTS = "convolution: matrix products"
COLUMNS = "convolution: copying windows to columns"
ELSE = "convolution: adding gradients back, padding, bias"
LAYERS: dict[str, type[Layer]] = {ELSE: Conv2D, "max pooling": MaxPool2D, "ReLU": ReLU}
"""Whose time is counted under which name: all of it but for what is counted under another one."""

REST = "dense layers, loss, optimizer, gathering rows"


class Stopwatch:
    """Counts the seconds that are spent in the functions it watches, each less those in a function within it.

    Attributes:
        seconds: by name.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]  # for each function under way: the seconds that were spent within it elsewhere

    def watched(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, each call of which is counted under this name."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                taken = time.perf_counter() - began
                self.seconds[name] += taken - self._inner.pop()
                self._inner[-1] += taken

        return timed

    @contextmanager
    def watch(self, owner: Any, attribute: str, name: str) -> Iterator[None]:
        """Watches a function of a class or a module for the length of a block."""
        function = getattr(owner, attribute)
        setattr(owner, attribute, self.watched(function, name))
        try:
            yield
        finally:
            setattr(owner, attribute, function)


def measure(options: Options) -> Findings:
    """nnlite alone, in this process: a fit a round."""
    chosen = plans(options.quick, options.networks, PICTURES, QUICK_PICTURES)
    found: list[Measurement] = []
    for plan in chosen:
        network, fits = plan.network, fits_of(plan.network)
        rounds = go_round({network: fits}, options.rounds or (1 if options.quick else ROUNDS), network.name)[network]
        for name in (PRODUCTS, COLUMNS, *LAYERS, REST):
            values = tuple(one[name] for one in rounds)
            found.append(Measurement(network.name, name, 1, "seconds", network.steps, values))
    return Findings(found, [])


def fits_of(network: Network) -> Callable[[], dict[str, float]]:
    """A function that trains once and tells the seconds of each share."""
    peer = Nnlite(Problem(network))
    peer.start(1)
    peer.fit()

    def fit() -> dict[str, float]:
        peer.start(network.epochs)
        peer.trainer.threads = 1
        watch = Stopwatch()
        with ExitStack() as stack:
            for name, layer in LAYERS.items():
                for method in {"forward", "backward", "backward_parameters"} & vars(layer).keys():
                    stack.enter_context(watch.watch(layer, method, name))
            stack.enter_context(watch.watch(Conv2D, "_columns", COLUMNS))
            numpy = SimpleNamespace(**vars(np))  # as the convolution sees it: its products, and nobody else's
            numpy.matmul = watch.watched(np.matmul, PRODUCTS)
            stack.callback(setattr, convolution, "np", np)
            setattr(convolution, "np", numpy)  # noqa: B010
            watch.watched(peer.fit, REST)()
        return dict(watch.seconds)

    return fit


def markdown(measurements: Sequence[Measurement]) -> str:
    """One table, in percent."""
    cases = list(dict.fromkeys(one.case for one in measurements))
    whole = {case: sum(one.median for one in measurements if one.case == case) for case in cases}
    rows = []
    for name in dict.fromkeys(one.peer for one in measurements):
        of_cases = {one.case: one.median for one in measurements if one.peer == name}
        rows.append([name, *(f"{100 * of_cases[case] / whole[case]:.0f}" for case in cases)])
    return tables.table(["", *cases], rows) if rows else ""
