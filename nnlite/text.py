"""Text of a user's is made fit for a picture or a terminal: what no eye can see is written as its escape."""

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
