"""Text of a user's is made fit for a picture, a terminal or a message: escapes for what no eye can see, and cut."""

import html
import re

_JOINERS = "\u200c\u200d"  # letters of some scripts, and parts of an emoji, are joined by them


def printable(text: object, keep: str = "") -> str:
    r"""The text with an escape, such as \x1b, in place of each control character and of what is no character.

    Args:
        text: a name, or any text of a user's.
        keep: characters that stay, such as a line break.

    >>> from nnlite.text import printable
    >>> print(printable("a\x1bb\ud800"))
    a\x1bb\ud800
    """
    whole = str(text)
    if whole.isprintable():
        return whole
    return "".join(
        each if each.isprintable() or each in _JOINERS or each in keep else each.encode("unicode_escape").decode()
        for each in whole
    )


def as_html(text: object) -> str:
    """The text as it stands in HTML, where it is neither a tag nor the end of an attribute.

    >>> from nnlite.text import as_html
    >>> as_html("a <b>")
    'a &lt;b&gt;'
    """
    return html.escape(printable(text))


def preformatted(text: object) -> str:
    """Lines as HTML that keeps their spaces, as a table in text needs.

    >>> from nnlite.text import preformatted
    >>> preformatted("a  <b>")
    '<pre style="line-height: 1.25">a  &lt;b&gt;</pre>'
    """
    return f'<pre style="line-height: 1.25">{html.escape(printable(text, keep=chr(10)))}</pre>'


def cut(text: str, most: int = 80) -> str:
    """The text, of at most so many characters; one that is longer ends in three dots.

    >>> from nnlite.text import cut
    >>> cut("a long value", 9)
    'a long...'
    """
    return text if len(text) <= most else text[: most - 3] + "..."


def cut_where_they_differ(one: str, other: str, most: int = 80) -> tuple[str, str]:
    """Two texts, each of about so many characters, with the place from which on they differ in them.

    >>> from nnlite.text import cut_where_they_differ
    >>> cut_where_they_differ("a long value of 1", "a long value of 2", 9)
    ('...of 1', '...of 2')
    """
    if max(len(one), len(other)) <= most:
        return one, other
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    begin = 0 if same < most // 2 else same - most // 3  # so that some of what both say is seen too
    dots = "..." if begin else ""
    return dots + cut(one[begin:], most), dots + cut(other[begin:], most)


def rounded(figure: float) -> str:
    """A figure with four decimals, or five digits where those would be too many, or four where they would be too few.

    >>> from nnlite.text import rounded
    >>> rounded(0.5), rounded(53.946618), rounded(-108.7), rounded(49244.1), rounded(1234567.0), rounded(-2e-7)
    ('0.5000', '53.947', '-108.70', '49244', '1.235e+06', '-2e-07')
    """
    if figure == 0 or 1e-3 <= abs(figure) < 10:
        return f"{figure:.4f}"
    return f"{figure:#.5g}".rstrip(".") if 10 <= abs(figure) < 1e5 else f"{figure:.4g}"


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """A number with its noun, which is a plural unless the number is 1.

    >>> from nnlite.text import counted
    >>> counted(1, "row"), counted(2000, "row"), counted(0, "class", "classes")
    ('1 row', '2,000 rows', '0 classes')
    """
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def snake_case(name: str) -> str:
    """The words of a class's name in lower case, joined by _; what is neither letter, digit nor point joins too.

    >>> from nnlite.text import snake_case
    >>> snake_case("BalancedAccuracy"), snake_case("GRUCell"), snake_case("MCC")
    ('balanced_accuracy', 'gru_cell', 'mcc')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return re.sub(r"[^a-z0-9.]+", "_", parted).strip("_")
