"""The picture: ratios to nnlite as bars, and the two kinds of growth as lines."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from benchmarks.measuring.measurement import Measurement, best, ratio
from benchmarks.measuring.tables import duration, three
from benchmarks.peers import PEERS
from nnlite.plots.style import COLOURS as LINES
from nnlite.plots.style import INK, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnlite.plots.picture import Picture

COLOURS = dict(
    zip(
        (entry.label for entry in PEERS.values()),
        (INK, LINES[1], "#c0392b", "#d9736a", "#e3a29b", LINES[0], LINES[4], LINES[5], "#b79f5c"),
        strict=True,
    )
)


@quiet()
def draw(parts: Mapping[str, Sequence[Measurement]]) -> "Picture":
    """Training steps above; whole process, import, rows and width below. What was not measured stays empty."""
    from nnlite.plots.picture import Picture

    picture = Picture(figsize=(13, 8), layout="constrained")
    grid = picture.add_gridspec(2, 4, width_ratios=(1.2, 1.2, 1, 1))
    _steps(picture.add_subplot(grid[0, :]), parts.get("steps", ()))
    process, imports, rows, width = (picture.add_subplot(grid[1, column]) for column in range(4))
    _bars(process, parts.get("process", ()), "a whole process: time and memory")
    _bars(imports, parts.get("import", ()), "import: time")
    _rows(rows, [one for one in parts.get("growth", ()) if one.case.endswith(" rows")])
    _width(width, [one for one in parts.get("growth", ()) if one.case.startswith("width ")])
    return picture


def _steps(axes: "Axes", measurements: Sequence[Measurement]) -> None:
    """A group of bars for each network; nnlite is the line at 1."""
    among = best(measurements)
    cases = list(dict.fromkeys(one.case for one in measurements))
    labels = list(COLOURS)
    peers = sorted({one.peer for one in measurements if one.peer != "nnlite"}, key=labels.index)
    for number, peer in enumerate(peers):
        found = [(place, among.get((case, "seconds", peer))) for place, case in enumerate(cases)]
        places = [place + (number - (len(peers) - 1) / 2) * 0.8 / len(peers) for place, one in found if one]
        ratios = [ratio(one, among) or 0.0 for _, one in found if one]
        bars = axes.bar(
            places,
            [one - 1 for one in ratios],
            0.8 / len(peers),
            bottom=1,  # up from the line, or down from it
            label=peer,
            color=COLOURS[peer],
            edgecolor=INK,
            linewidth=0.5,
        )
        axes.bar_label(bars, [three(one) for one in ratios], fontsize=7, padding=1)
    axes.axhline(1, color=INK, linewidth=1.5)
    axes.set_xticks(range(len(cases)), cases)
    _logarithmic(axes)
    axes.set_ylabel("time of a training step, nnlite = 1")
    axes.set_title("Above the line nnlite is faster, below it slower", fontsize=11)
    if peers:
        axes.legend(ncols=2, fontsize=8)


def _bars(axes: "Axes", measurements: Sequence[Measurement], title: str) -> None:
    """A bar for each peer, and for its memory where that was measured."""
    among = best(measurements)
    peers = list(dict.fromkeys(one.peer for one in measurements))
    case = measurements[0].case if measurements else ""
    for quantity, shift in (("seconds", -0.2), ("MiB", 0.2)):
        ones = [among.get((case, quantity, peer)) for peer in peers]
        bars = axes.barh(
            [place + shift for place, one in enumerate(ones) if one],
            [ratio(one, among) or 0.0 for one in ones if one],
            0.4,
            color=LINES[0] if quantity == "seconds" else INK,
        )
        figures = [duration(one.median) if quantity == "seconds" else f"{one.median:.0f} MiB" for one in ones if one]
        axes.bar_label(bars, figures, fontsize=7, padding=2)
    axes.axvline(1, color=INK, linewidth=1, linestyle=":")
    axes.set_yticks(range(len(peers)), peers, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.set_xlabel("nnlite = 1")
    axes.set_title(title, fontsize=10)


def _rows(axes: "Axes", measurements: Sequence[Measurement]) -> None:
    times = [one.each * 1e9 for one in measurements]
    axes.plot([int(one.case.split()[0]) for one in measurements], times, "o-", color=INK, markersize=4)
    axes.set_xscale("log")
    axes.set_ylim(0, 1.1 * max(times, default=1))
    axes.set_xlabel("rows")
    axes.set_ylabel("ns a row and epoch")
    axes.set_title("nnlite as rows grow", fontsize=10)


def _width(axes: "Axes", measurements: Sequence[Measurement]) -> None:
    among = best(measurements)
    for peer in dict.fromkeys(one.peer for one in measurements):
        ones = [one for (_, _, who), one in among.items() if who == peer]
        widths = [int(one.case.split()[1]) for one in ones]
        axes.plot(widths, [one.each * 1e6 for one in ones], "o-", markersize=3, label=peer, color=COLOURS[peer])
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("width")
    axes.set_ylabel("µs a step")
    axes.set_title("as layers grow wider", fontsize=10)
    if measurements:
        axes.legend(fontsize=7)


def _logarithmic(axes: "Axes") -> None:
    """A quarter is as far below 1 as four is above."""
    from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullLocator

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator([1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16]))
    axes.yaxis.set_major_formatter(FormatStrFormatter("%.3g"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.margins(y=0.08)
