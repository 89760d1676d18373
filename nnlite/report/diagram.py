"""A network drawn from top to bottom: a box for each layer, a frame with branches for each container."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from nnlite.errors import RunError
from nnlite.plots.style import INK
from nnlite.plots.svg import DECLARATION, FONTS
from nnlite.report.network import Block, Network
from nnlite.text import counted, cut, printable

MOST_BOXES = 150
"""A larger network is not drawn: the table of its layers says the same."""

_WIDE, _HIGH = 264, 46  # a box
_DOWN, _SIDE = 30, 16  # between a box and the one below it, and beside it
_EDGE, _TITLE = 14, 24  # of a frame: its margin, and its heading
_ROUND = 9  # the radius of the sign where branches are joined
_BYPASS = 26
_ARGUMENTS, _NAME = 42, 24  # letters that have room


def diagram(network: Network) -> str:
    """The network as SVG, to stand in a page whose style gives its classes their colours; "" if it is too large.

    The classes are `box` and `frame`, `wire`, and for text `name` and `note`.
    """
    if sum(map(_boxes, network.blocks)) > MOST_BOXES:
        return ""
    drawing = _Drawing()
    wide = max([_WIDE, *(_size(block)[0] for block in network.blocks)])
    width, middle = wide + 2 * _EDGE, wide / 2 + _EDGE
    y = drawing.end(middle, 4, f"input: {network.input}")
    y = drawing.chain(network.blocks, middle, y)
    if network.loss:
        y = drawing.arrow(middle, y, y + _DOWN)
        drawing.box(middle, y, network.loss.partition("(")[0], "loss", network.loss, note=_inside(network.loss))
        y += _HIGH
    height = y + (4 if network.loss else _DOWN)
    shown = cut(printable(_in_words(network)), 400)
    return (
        f'<svg class="network" role="img" aria-label="{escape(shown)}" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}">{"".join(drawing.parts)}</svg>'
    )


_STYLE = (
    f".box{{fill:none;stroke:{INK};stroke-opacity:.7}}"  # words stand on the page itself
    f".frame{{fill:none;stroke:{INK};stroke-opacity:.6;stroke-dasharray:4 3}}"
    f".wire{{fill:none;stroke:{INK};stroke-width:1.2}}"
    f"text{{fill:{INK};font:13px {FONTS}}}.name{{font-weight:600}}.note{{font-size:11px}}"
)


def diagram_file(network: Network) -> str:
    """The network as an SVG file, in the grey of pictures, which can be read on white pages and on dark ones.

    Raises `RunError` where the network is too large to be drawn.
    """
    drawing = diagram(network)
    if not drawing:
        raise RunError(
            f"a network of more than {MOST_BOXES} layers is not drawn: the table of its layers says the same"
        )
    head, rest = drawing.split(">", 1)  # there is none in the attributes
    return f'{DECLARATION}{head} xmlns="http://www.w3.org/2000/svg"><style>{_STYLE}</style>{rest}\n'


def _in_words(network: Network) -> str:
    names = [_in_a_word(block) for block in network.blocks]
    return f"The network, from the input of shape {network.input}: {', '.join(names)}"


def _in_a_word(block: Block) -> str:
    if not block.branches:
        return f"{block.name} {block.arguments}".strip()
    inner = "; ".join(", ".join(map(_in_a_word, branch)) for branch in block.branches)
    return f"{block.name} of ({inner})"


def _inside(written: str) -> str:
    return written.partition("(")[2].removesuffix(")")


def _boxes(block: Block) -> int:
    return 1 + sum(_boxes(inner) for branch in block.branches for inner in branch)


def _size(block: Block) -> tuple[float, float]:
    """Width and height of a block."""
    if not block.branches:
        return _WIDE, _HIGH
    sizes = [_size_of_chain(branch) for branch in block.branches]
    width = sum(wide for wide, _ in sizes) + _SIDE * (len(sizes) - 1) + 2 * _EDGE + _BYPASS * block.bypass
    joined = _DOWN + 2 * _ROUND if len(sizes) > 1 or block.bypass else 0
    return max(width, _WIDE), _TITLE + 2 * _DOWN + max(high for _, high in sizes) + joined


def _size_of_chain(blocks: Sequence[Block]) -> tuple[float, float]:
    sizes = [_size(block) for block in blocks]
    if not sizes:
        return 40, _HIGH  # a line alone
    return max(wide for wide, _ in sizes), sum(high for _, high in sizes) + _DOWN * (len(sizes) - 1)


@dataclass
class _Drawing:
    """The parts of the SVG so far; x is the middle of what is drawn, y its top, and what is returned its bottom."""

    parts: list[str] = field(default_factory=list)

    def chain(self, blocks: Sequence[Block], x: float, y: float, *, first: bool = True) -> float:
        """Blocks below each other, an arrow with its shape before each but perhaps the first."""
        shape = ""
        for index, block in enumerate(blocks):
            if index or first:
                y = self.arrow(x, y, y + _DOWN, shape)
            y = self.block(block, x, y)
            shape = block.shape
        return self.shape_below(x, y, shape) if first else y

    def shape_below(self, x: float, y: float, shape: str) -> float:
        if shape:
            self.text(x + 8, y + _DOWN / 2 + 4, shape, "note")
        return y

    def block(self, block: Block, x: float, y: float) -> float:
        if block.branches:
            return self.frame(block, x, y)
        size = counted(block.parameters, "parameter") if block.parameters else ""
        if block.frozen:
            size = f"{size}, frozen".removeprefix(", ")
        self.box(x, y, block.name, size, f"{block.path} {block.name}({block.arguments})", note=block.arguments)
        return y + _HIGH

    def box(self, x: float, y: float, name: str, size: str, whole: str, *, note: str) -> None:
        """A layer: its name, at the right how many parameters, below its arguments; `whole` is shown on hovering."""
        left, right = x - _WIDE / 2, x + _WIDE / 2
        self.parts.append(
            f'<g><title>{escape(printable(whole))}</title><rect class="box" x="{_n(left)}" y="{_n(y)}" '
            f'width="{_WIDE}" height="{_HIGH}" rx="6"/>'
        )
        middle = y + (19 if note else 28)
        self.text(left + 10, middle, cut(name, _NAME), "name")
        self.text(right - 10, middle, size, "note", end=True)
        self.text(left + 10, y + 36, cut(note, _ARGUMENTS), "note")
        self.parts.append("</g>")

    def frame(self, block: Block, x: float, y: float) -> float:
        """A container: a frame with a heading, and its branches side by side."""
        width, height = _size(block)
        left, bottom = x - width / 2, y + height
        self.parts.append(
            f'<rect class="frame" x="{_n(left)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="8"/>'
        )
        frozen = ", frozen" if block.frozen else ""
        self.text(left + 10, y + 16, cut(block.name, _NAME) + frozen, "name")
        self.text(left + width - 10, y + 16, counted(block.parameters, "parameter"), "note", end=True)
        top, sizes = y + _TITLE + _DOWN / 2, [_size_of_chain(branch) for branch in block.branches]
        joined = len(sizes) > 1 or block.bypass
        inner = sum(wide for wide, _ in sizes) + _SIDE * (len(sizes) - 1) + _BYPASS * block.bypass
        if joined:
            self.wire(f"M{_n(x)} {_n(y)}V{_n(top)}")
        place, sign = x - inner / 2, bottom - _DOWN - _ROUND
        middles, ends = [], []
        for branch, (wide, _) in zip(block.branches, sizes, strict=True):
            middle = place + wide / 2
            place += wide + _SIDE
            middles.append(middle)
            begin = top if joined else y + _TITLE
            if branch:
                start = self.arrow(middle, begin, begin + _DOWN / 2 + (0 if joined else _DOWN / 2))
                ends.append(self.chain(branch, middle, start, first=False))
            else:
                ends.append(begin)
        if not joined:
            self.wire(f"M{_n(x)} {_n(y + _TITLE)}V{_n(y)}" if middles[0] == x else "")
            self.wire(f"M{_n(middles[0])} {_n(ends[0])}V{_n(bottom)}")
            return bottom
        if block.bypass:
            aside = place - _SIDE + _BYPASS - 4
            middles.append(aside)
            ends.append(top)
        self.wire(f"M{_n(min(*middles, x))} {_n(top)}H{_n(max(*middles, x))}")
        low = sign - _ROUND - 8
        for middle, end in zip(middles, ends, strict=True):
            self.wire(f"M{_n(middle)} {_n(end)}V{_n(low)}")
        self.wire(f"M{_n(min(*middles, x))} {_n(low)}H{_n(max(*middles, x))}")
        self.arrow(x, low, sign - _ROUND)
        word = {"concatenate": "side by side", "add": "added"}.get(block.join, "added" if block.bypass else "joined")
        self.parts.append(f'<circle class="box" cx="{_n(x)}" cy="{_n(sign)}" r="{_ROUND}"/>')
        if word == "side by side":
            up, down = _n(sign - 4), _n(sign + 4)
            self.wire(f"M{_n(x - 3)} {up}V{down}M{_n(x + 3)} {up}V{down}")
        else:
            self.wire(f"M{_n(x - 5)} {_n(sign)}H{_n(x + 5)}M{_n(x)} {_n(sign - 5)}V{_n(sign + 5)}")
        self.text(x + _ROUND + 6, sign + 4, word, "note")
        self.wire(f"M{_n(x)} {_n(sign + _ROUND)}V{_n(bottom)}")
        return bottom

    def end(self, x: float, y: float, words: str) -> float:
        self.parts.append(
            f'<text class="note" x="{_n(x)}" y="{_n(y + 14)}" text-anchor="middle">{escape(printable(words))}</text>'
        )
        return y + 20

    def arrow(self, x: float, start: float, end: float, shape: str = "") -> float:
        """An arrow down, with the shape of what flows at its right."""
        self.wire(f"M{_n(x)} {_n(start)}V{_n(end)}m-4 -6l4 6l4 -6")
        if shape:
            self.text(x + 8, (start + end) / 2 + 4, shape, "note")
        return end

    def wire(self, path: str) -> None:
        if path:
            self.parts.append(f'<path class="wire" d="{path}"/>')

    def text(self, x: float, y: float, words: str, kind: str, *, end: bool = False) -> None:
        if words:
            anchor = ' text-anchor="end"' if end else ""
            self.parts.append(
                f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}"{anchor}>{escape(printable(words))}</text>'
            )


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
