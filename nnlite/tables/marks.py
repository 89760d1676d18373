"""Which mark parts the decimals of a table's numbers, a comma or a point, where a text such as 1.234 fits both."""

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from nnlite.tables.guess import Sign
from nnlite.tables.numbers import NUMBER_FORMATS, fits_both, is_negated, reader
from nnlite.tables.table import Coded, Table

Comma: TypeAlias = Literal["thousands comma", "decimal comma"]
"""What a comma in a number is; a point is the other of the two."""

_DIGIT = re.compile(r"\d")
_SOME = 100


def comma_of(table: Table) -> Comma:
    """What a comma is in the numbers of a table that fit both readings.

    Another column that fits one reading alone decides, one such as 1,5 before one such as 2.5. Without any it is a
    decimal comma where ";" parts the cells of the file, else a thousands comma.

    >>> from nnlite.tables import as_table
    >>> from nnlite.tables.marks import comma_of
    >>> comma_of(as_table({"price": ["4.285", "1.990"], "height": ["1,75", "1,8"]}))
    'decimal comma'
    """
    shown = {_shown_by(cells) for cells in table.columns.values() if not isinstance(cells, np.ndarray)}
    for comma in ("decimal comma", "thousands comma"):
        if comma in shown:
            return comma
    return "decimal comma" if table.delimiter == ";" else "thousands comma"


def _shown_by(cells: Coded | list[str | None]) -> Comma | None:
    """The reading that a column's numbers have, where they fit one alone; None where they fit both, or are none."""
    texts = cells.values if isinstance(cells, Coded) else cells
    some = [text.strip() for text in texts[:: max(1, len(texts) // _SOME)] if text and _DIGIT.search(text)]
    if not any(("." in text or "," in text) and not fits_both(text) for text in some):
        return None
    fitting: list[Comma] = [comma for comma in ("decimal comma", "thousands comma") if _all_read(some, comma)]
    return fitting[0] if len(fitting) == 1 else None


def _all_read(texts: Sequence[str], comma: Comma) -> bool:
    """Whether all texts are numbers in one of the formats with this comma, or, of a thousands comma, without any."""
    forms = [form for form in NUMBER_FORMATS if ("decimal comma" in form) == (comma == "decimal comma")]
    return any(all(read(text) is not None for text in texts) for read in map(reader, forms))


def doubt(texts: Sequence[str], form: str) -> str:
    """The question whether numbers that are read in this format are meant so; "" where they fit no other reading.

    >>> from nnlite.tables.marks import doubt
    >>> doubt(["4.285", "850"], "decimal comma"), doubt(["4,285"], "thousands comma"), doubt(["4.285"], "plain")
    (' (or is it a decimal point? formats says so)', ' (or is it a decimal comma? formats says so)', '')
    """
    if "comma" not in form:
        return ""
    read = reader(form)
    marked = [text for text in texts if ("," in text or "." in text) and read(text) is not None]
    if not marked or not all(map(fits_both, marked)):
        return ""
    if not any("," in text for text in marked):
        other = "decimal point"
    else:
        other = "decimal comma" if "thousands" in form else "thousands comma"
    return f" (or is it a {other}? formats says so)"


def in_words(texts: Sequence[str], form: str) -> tuple[str, frozenset[Sign]]:
    """What numbers in this format are, with the question whether they are meant so, and what this says of them.

    >>> from nnlite.tables.marks import in_words
    >>> said, signs = in_words(["(3)", "4"], "plain")
    >>> said, [sign.name for sign in signs]
    ("numbers, '(3)' and the like read as negative", ['NEGATIVE'])
    """
    doubtful = doubt(texts, form)
    said = {"plain": "numbers"}.get(form, "numbers with a " + form.replace(", ", " and a "))
    if "point" in doubtful:
        said = said.replace("decimal comma", "thousands dot")
    negated = next((text for text in texts if is_negated(text) and reader(form)(text) is not None), None)
    signs = [*([Sign.TWO_READINGS] if doubtful else []), *([Sign.NEGATIVE] if negated is not None else [])]
    if form == "plain" and not signs:
        signs = [Sign.OBVIOUS]
    also = "" if negated is None else f", {negated!r} and the like read as negative"
    return said + doubtful + also, frozenset(signs)


def parts_thousands(text: str, form: str) -> bool:
    """Whether thousands are parted in a number that is read in this format, one with a comma."""
    return re.search(r"\d,\d{3}" if "thousands comma" in form else r"\d\.\d{3}", text) is not None
