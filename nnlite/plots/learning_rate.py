"""The figure of a learning-rate range test: the loss over the learning rate."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlite.plots.figure import plain
from nnlite.plots.style import FIRST, SECOND, WIDTH, clear_side, head, logarithmic, quiet, write_beside
from nnlite.text import printable

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture


@quiet()
def range_test(rates: Sequence[float], losses: Sequence[float], suggestion: float, name: str) -> "Picture":
    """A learning-rate range test: the smoothed loss over the learning rate, the suggested one marked.

    Args:
        rates: the learning rate of each step.
        losses: the smoothed loss after each step.
        suggestion: the learning rate to mark.
        name: what was trained, for the title.
    """
    from nnlite.plots.picture import Picture

    words = printable(f"Learning-rate range test of {name}: the suggested rate is {suggestion:g}.")
    figure = Picture(figsize=(WIDTH, 3.4), layout="constrained", words=words)
    head(figure, [plain(f"{name}: learning-rate range test")], WIDTH)
    axes = figure.add_subplot()
    lowest = min(range(len(losses)), key=losses.__getitem__)
    axes.plot(rates, losses, color=FIRST)
    axes.plot([rates[lowest]], [losses[lowest]], "o", color=FIRST)
    axes.plot([suggestion] * 2, [min(losses), max(losses)], color=SECOND, linestyle=(0, (5, 1.5)))
    logarithmic(axes, "x", min(rates), max(rates))
    axes.set_xlabel("learning rate (logarithmic)")
    axes.set_title("training loss, smoothed", x=0.0, y=1.0, ha="left")
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    for at, said in (
        ((rates[lowest], losses[lowest]), f"lowest loss, at {rates[lowest]:.2g}"),
        ((suggestion, max(losses)), f"suggested: {suggestion:g}"),
    ):
        write_beside(axes, at, said, clear_side(axes, at, 0.016 * len(said), 0.06))
    return figure
