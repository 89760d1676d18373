"""The figures of a model on some rows as lines: each with its interval, beside the baseline, and how they compare."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from nnlite.data.arrays import listed
from nnlite.metrics.baseline import in_words
from nnlite.text import rounded

UNDEFINED = "undefined"
"""What stands for a figure that is NaN, such as the precision of a class that is never predicted."""


def figures_in_lines(figures: Mapping[str, Any], whose: str = "") -> Iterator[str]:
    """Lines that say figures, as `metrics.json` has them.

    Args:
        figures: the figures of one part of the rows.
        whose: what stands before the name of each, such as "test ".
    """
    main = [name for name, figure in figures.items() if isinstance(figure, float)]  # the rest are tables
    for name in main:
        low, high = figures.get(f"{name}_interval", (math.nan, math.nan))
        known = low is not None and not math.isnan(low)  # null in a file
        interval = f" (95 % interval {rounded(low)} to {rounded(high)})" if known else ""
        yield f"{whose}{name} {UNDEFINED if math.isnan(figures[name]) else rounded(figures[name])}{interval}"
    baseline = dict(figures.get("baseline", {}))
    if baseline:
        answer = baseline.pop("answer")
        beside = ", ".join(f"{name} {rounded(figure)}" for name, figure in baseline.items() if name in main)
        yield f"baseline, always {in_words(answer)}: {beside}"
    if "verdict" in figures:
        yield figures["verdict"]
    yield from notes(figures, whose)


def notes(figures: Mapping[str, Any], whose: str = "") -> Iterator[str]:
    """Lines on what has to be known of some figures, if there is anything; the arguments are as above."""
    if at_once := figures.get("loss_of_rows_at_once"):
        yield f"the {whose}loss compares rows with each other, {at_once:,} at once: it depends on which those are"
    if absent := [each["class"] for each in figures.get("classes", ()) if not each["rows"]]:
        yield f"no {whose}row is of class {listed(absent)}: the balanced accuracy is that of the other classes"
