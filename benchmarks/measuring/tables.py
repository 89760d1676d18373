"""A table is Markdown, its columns aligned so that it reads well on a terminal too."""

from collections.abc import Iterable, Sequence

from benchmarks.measuring.measurement import Measurement

PREFIXES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    aligned = [
        [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        for line in lines
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in [aligned[0], rule, *aligned[1:]])


def duration(seconds: float) -> str:
    """Three digits and a unit.

    >>> duration(0.0000241), duration(1.5), duration(0)
    ('24.1 µs', '1.50 s', '0.00 ns')
    """
    size, unit = next((p for p in PREFIXES if seconds >= p[0]), PREFIXES[-1])
    return f"{three(seconds / size)} {unit}"


def three(number: float) -> str:
    """A number to three digits, or to its last whole one.

    >>> three(0.1234), three(12.34), three(1234.5)
    ('0.12', '12.3', '1234')
    """
    return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f}"


def share(ratio: float | None) -> str:
    """A ratio to nnlite, such as 4.7×."""
    return "" if ratio is None else f"{three(ratio)}×"


def timing(one: Measurement | None) -> str:
    """The median for one of what was counted, and the quartiles around it."""
    if one is None:
        return ""
    lower, upper = (quartile / one.count for quartile in one.quartiles)
    size, unit = next((p for p in PREFIXES if one.each >= p[0]), PREFIXES[-1])
    return f"{three(one.each / size)} ({three(lower / size)}–{three(upper / size)}) {unit}"
