"""The figure of a learning-rate range test: the loss over the learning rate."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlite.plots.figure import FIRST, SECOND, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def range_test(rates: Sequence[float], losses: Sequence[float], suggestion: float, name: str) -> "Figure":
    """A learning-rate range test: the smoothed loss over the learning rate, the suggested one marked.

    Args:
        rates: the learning rate of each step.
        losses: the smoothed loss after each step.
        suggestion: the learning rate to mark.
        name: what was trained, for the title.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    lowest = min(range(len(losses)), key=losses.__getitem__)
    axes.plot(rates, losses, color=FIRST)
    axes.plot([rates[lowest]], [losses[lowest]], "o", color=FIRST, label=f"lowest loss, at {rates[lowest]:.2g}")
    axes.axvline(suggestion, color=SECOND, linestyle="--", label=f"suggested: {suggestion:g}")
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss, smoothed")
    axes.set_title(plain(f"{name}: learning-rate range test"))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    return figure
