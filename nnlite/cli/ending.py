"""The end of a training on a terminal: at most ten lines on how it went, what came out, and what is likely wrong."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnlite.cli.terminal import WIDTH, in_lines
from nnlite.diagnosis.finding import Finding
from nnlite.metrics.baseline import in_words
from nnlite.metrics.monitor import words
from nnlite.runs.figures import UNDEFINED
from nnlite.text import counted, cut, printable, rounded
from nnlite.training.history import History

MOST_LINES = 10
"""How many lines the end of a training has at most."""

_MOST_FIGURES = 5  # lines of the table; metrics.json has all
_MOST_OF_NAME = 24


def ending(
    histories: Sequence[History],
    why: str,
    figures: Mapping[str, Any],
    findings: Sequence[Finding],
    notes: Sequence[str],
    folder: str,
    *,
    best_kept: bool,
) -> list[str]:
    """The lines, of 80 characters at most.

    Args:
        histories: the history of each network.
        why: why training ended early; "" if it did not.
        figures: what `metrics.json` says.
        findings: what is likely wrong, the gravest first; two of them are shown.
        notes: sentences that belong to the figures.
        folder: the run folder, which is named last.
        best_kept: whether early stopping has left the weights of the best epoch.
    """
    lines = [*in_lines(printable(_epochs(histories, why, best_kept))).split("\n"), *_table(figures)]
    for note in notes:
        lines += in_lines(printable(note)).split("\n")
    last = in_lines(printable(folder)).split("\n")
    room = MOST_LINES - len(lines) - len(last)
    shown = findings[: min(2, max(room, 0))]
    for others, finding in zip(range(len(shown) - 1, -1, -1), shown, strict=True):  # each other one gets a line too
        parted = _in_words(finding, room - others)
        lines, room = lines + parted, room - len(parted)
    return lines + last


def _in_words(finding: Finding, room: int) -> list[str]:
    """A finding in as many lines: its sentence and what to change, as far as there is room, or its beginning."""
    sentence = printable(finding.sentence)
    beginning = sentence.partition(": ")[0].rstrip(".") + "."
    change = [f"{sentence} Try {printable(finding.change)}"] if finding.change else []
    for text in (*change, sentence, beginning):
        if len(lines := in_lines(f"! {text}").split("\n")) <= room:
            return lines
    return [textwrap.shorten(f"! {beginning}", WIDTH, placeholder=" …")]


def _epochs(histories: Sequence[History], why: str, best_kept: bool) -> str:
    """How many epochs were made, in which time, which was the best and why they ended."""
    took = _duration(sum(math.fsum(history["seconds"]) for history in histories if "seconds" in history))
    if len(histories) != 1:
        lengths = sorted(len(history) for history in histories)
        between = f"{lengths[0]} to {lengths[-1]}" if lengths and lengths[0] < lengths[-1] else f"{lengths[0]}"
        return f"{counted(len(histories), 'network')}, {between} epochs each, in {took}"
    history = histories[0]
    if "; weights of epoch" in why:
        return f"{why}; {took}"
    said = f"{why}; {took}" if why else f"{counted(len(history), 'epoch')} in {took}"
    best = history.best_epoch
    if best in (None, len(history)):
        return said
    figure = f"{words(history.decisive)} {rounded(history[history.decisive][best - 1])}"
    return f"{said}; best epoch {best} ({figure}), model of {'it' if best_kept else f'epoch {len(history)}'}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _table(figures: Mapping[str, Any]) -> Iterator[str]:
    """A table: for each figure that of the test rows and its interval, the baseline's, that of the validation."""
    test, validation = figures.get("test", {}), figures.get("validation", {})
    names = [
        name
        for name in dict.fromkeys([*test, *validation])
        if any(isinstance(part.get(name), float) for part in (test, validation))
    ]
    if not names:
        return
    baseline = dict(test.get("baseline", {}))
    columns: list[list[str]] = [["", *(cut(name, _MOST_OF_NAME) for name in names)]]
    if test:
        columns.append(["test", *(_figure(test, name) for name in names)])
        intervals = [_interval(test, name) for name in names]
        columns += [["95 % interval", *intervals]] if any(intervals) else []
    if baseline:
        answer = baseline.pop("answer")
        always = in_words(answer) if isinstance(answer, str | int) else "the mean"
        columns.append([f"always {printable(always)}", *(_figure(baseline, name) for name in names)])
    if validation:
        columns.append(["validation", *(_figure(validation, name) for name in names)])
    widths = [max(map(len, column)) for column in columns]
    if baseline and (over := sum(widths) + 2 * (len(widths) - 1) - WIDTH) > 0:  # the name of a class may be long
        place = len(columns) - (2 if validation else 1)
        columns[place][0] = cut(columns[place][0], max(widths[place] - over, 10))
        widths[place] = max(map(len, columns[place]))
    rows = list(zip(*columns, strict=True))
    for row in rows[: _MOST_FIGURES + 1]:
        first, *others = row
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        yield printable("  ".join(cells).rstrip())
    if len(rows) > _MOST_FIGURES + 1:
        yield f"… and {counted(len(rows) - _MOST_FIGURES - 1, 'more figure')} in metrics.json"


def _figure(part: Mapping[str, Any], name: str) -> str:
    figure = part.get(name)
    if not isinstance(figure, float):
        return ""
    return UNDEFINED if math.isnan(figure) else rounded(figure)


def _interval(part: Mapping[str, Any], name: str) -> str:
    low, high = part.get(f"{name}_interval", (math.nan, math.nan))
    return "" if math.isnan(low) else f"{rounded(low)} to {rounded(high)}"
