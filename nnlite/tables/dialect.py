"""How a file of cells is written: its encoding, what parts its cells, what quotes them; found in its beginning."""

import codecs
import contextlib
import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nnlite.errors import DataError, TableError
from nnlite.tables.encodings import is_encoding

_DELIMITERS = "\t;|,"
_QUOTED = re.compile(r"(?:^|[,;\t|])[ ]*'[^'\n]*'[ ]*(?=[,;\t|]|\r?$)", re.M)
_LINES = 200


def is_delimiter(text: object) -> bool:
    """Whether this may part the cells of a file: one character that neither ends a line nor quotes."""
    return isinstance(text, str) and len(text) == 1 and text not in "\r\n\"'\0"


@dataclass(frozen=True)
class Dialect:
    """What parts the cells of a file, and what quotes them."""

    delimiter: str
    quote: str = '"'


def found_encoding(path: str, beginning: bytes, encoding: str) -> str:
    """The encoding of a file: the one asked for, or what the mark at its beginning says; raises `DataError`."""
    try:
        name = codecs.lookup(encoding).name if is_encoding(encoding) else ""
    except (LookupError, ValueError):  # ValueError: a null character
        name = ""
    if not name:
        raise DataError(f'there is no encoding {encoding!r} of texts; expected one such as "utf-8" or "latin-1"')
    if name not in ("utf-8", "utf-8-sig"):
        return encoding
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in beginning:
        kind = "utf-16-le" if beginning[1:2] == b"\0" else "utf-16-be" if beginning[:1] == b"\0" else ""
        said, such = f"{path}: this is no UTF-8 text, for it has null bytes", f'encoding = "{kind}"'
        if not kind:
            raise DataError(f"{said}; it may be a spreadsheet: export it as CSV")
        raise TableError(said, f"say {such}", f"say predictor.table.{such}")
    return "utf-8-sig"


def found_dialect(text: str, delimiter: str | None, *, whole: bool, spaces: bool = False) -> Dialect:
    """What parts and quotes the cells of a file, as its beginning shows.

    Cells are parted by what parts as many in each line: a tabulator, semicolon, bar or comma, in this order, or
    spaces.

    Args:
        text: the beginning of the file.
        delimiter: what parts the cells; None to find it.
        whole: whether the text is the whole file; otherwise its last line may be cut.
        spaces: whether spaces may part the cells.

    >>> from nnlite.tables.dialect import found_dialect
    >>> found_dialect("a;b\\n1,5;2", None, whole=True)
    Dialect(delimiter=';', quote='"')
    """
    lines = text.splitlines(keepends=True)[: _LINES + 1]
    lines = [line for line in (lines if whole or len(lines) < 2 else lines[:-1]) if line.strip()]
    quote = '"'
    if '"' not in text and sum(bool(_QUOTED.search(line)) for line in lines) * 2 > len(lines):
        quote = "'"
    if delimiter is not None:
        return Dialect(delimiter, quote)
    common: list[tuple[float, str]] = []
    for candidate in _DELIMITERS + " " * spaces:
        widths = _widths(lines, Dialect(candidate, quote))
        width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if width > 1 and count == len(widths):
            return Dialect(candidate, quote)
        wide = sum(each > 1 for each in widths)
        common.append((wide / max(1, len(widths)), candidate))
    share, best = max(common, key=lambda pair: pair[0])
    return Dialect(best if share > 0.5 else ",", quote)


def reader(lines: Iterable[str], dialect: Dialect) -> Any:
    """The cells of each line; what is wrong about quotes is a `csv.Error`."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        skipinitialspace=True,
        strict=True,
    )


def _widths(lines: list[str], dialect: Dialect) -> list[int]:
    """How many cells each line has; those up to the first that cannot be read."""
    if dialect.delimiter == " ":
        lines = [line.strip() for line in lines]
    widths: list[int] = []
    with contextlib.suppress(csv.Error):  # such as a quote that the end of the text has cut
        widths.extend(len(row) for row in reader(lines, dialect) if row)
    return widths
