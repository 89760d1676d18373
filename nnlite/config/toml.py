"""Reads and writes TOML; anything wrong with a text becomes a `ConfigError`."""

import itertools
import json
import re
import textwrap
import tomllib
from collections.abc import Mapping
from typing import Any

from nnlite.errors import ConfigError
from nnlite.text import printable

MAX_BYTES = 64 * 1024
MAX_DEPTH = 64

_WIDTH = 110  # of a line with a comment

# tomllib needs seconds for a key of thousands of parts, and no config has one of more than a few. Atomic
# groups and bounded repeats keep the search itself linear.
_LONG_KEY = re.compile(
    r"""(?<![\w-])(?>(?>[\w-]++|"(?>\\.|[^"\\\n]){0,200}"|'[^'\n]{0,200}')[ \t]*+\.[ \t]*+){16}""", re.ASCII
)


def parse(content: bytes) -> dict[str, Any]:
    """The document in a TOML file's bytes; raises `ConfigError` with the line and column."""
    if len(content) > MAX_BYTES:
        raise ConfigError(f"the file has {len(content):,} bytes; a config has at most {MAX_BYTES:,}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"byte {error.start} is not UTF-8 text; save the file as UTF-8") from None
    if long_key := _LONG_KEY.search(text):
        line = text.count("\n", 0, long_key.start()) + 1
        raise ConfigError(f"line {line} has a key of more than 16 parts; a config nests a few deep")
    try:
        document = tomllib.loads(text.replace("\r\n", "\n"))
        check_values(document)
    except RecursionError:
        raise ConfigError("the brackets are nested too deeply; a config nests a few deep") from None
    except tomllib.TOMLDecodeError as error:  # it names line and column
        raise ConfigError(f"this is not valid TOML: {error}") from None
    except ConfigError:
        raise
    except ValueError:  # Python reads no number of thousands of digits
        raise ConfigError("an integer has thousands of digits; TOML's have at most 64 bits") from None
    return document


def check_values(value: Any, path: str = "", depth: int = 0) -> None:
    """Raises `ConfigError` for integers of more than 64 bits, which TOML does not have, and for deep nesting.

    Code behind this check need not expect larger integers, and may recurse through the values.
    """
    if depth > MAX_DEPTH:
        raise ConfigError(f"tables and lists are nested more than {MAX_DEPTH} deep; a config nests a few deep")
    if isinstance(value, dict):
        for key, item in value.items():
            check_values(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            check_values(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        shown = value if value.bit_length() < 200 else f"an integer of {value.bit_length()} bits"
        raise ConfigError(f"{path} = {shown}: expected an integer of at most 64 bits")


def parse_value(text: str) -> Any:
    """The value of an override on the command line: a TOML value, or else the text itself.

    >>> from nnlite.config.toml import parse_value
    >>> parse_value("0.01"), parse_value("[1, 2]"), parse_value("data/my file.npz")
    (0.01, [1, 2], 'data/my file.npz')
    """
    try:
        document = parse(f"value = {text}".encode())
    except (ConfigError, UnicodeEncodeError):
        if re.fullmatch(r"[-+]?(\d+\.|\.\d+)([eE][-+]?\d+)?", text):
            return float(text)  # as Python writes .1 and 1.
        return {"True": True, "False": False}.get(text, text)
    return document["value"] if document.keys() == {"value"} else text


def dump(document: Mapping[str, Any], comments: Mapping[str, str] | None = None) -> str:
    """The document as TOML, a table inside a list on one line; keys with the value None are left out.

    Args:
        document: plain values.
        comments: for places such as "training", "training.epochs" or "model.layers[0]" a sentence that stands behind
            them, a long one above them; that for "" stands at the beginning.
    """
    said = comments or {}
    sections = {key: value for key, value in document.items() if isinstance(value, Mapping) or _is_of_tables(value)}
    plain = {key: value for key, value in document.items() if key not in sections}
    lines = [*_comment(said[""]), ""] if "" in said else []
    for key, value in plain.items():
        if value is not None:
            lines += _explained(f"{_key(key)} = {show(value)}", said.get(key, ""))
    for key, value in sections.items():
        header = f"[{_key(key)}]" if isinstance(value, Mapping) else f"[[{_key(key)}]]"
        for table in [value] if isinstance(value, Mapping) else value:
            lines += ["", *_explained(header, said.get(key, ""))]
            for name, item in table.items():
                lines += _entry(name, item, f"{key}.{name}", said)
    return "\n".join(lines) + "\n"


def _is_of_tables(value: Any) -> bool:
    """Whether it is a list of tables, which at the top of a document has a section for each: [[callbacks]]."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _entry(name: str, value: Any, place: str, said: Mapping[str, str]) -> list[str]:
    """The lines of a key in a table, with its comment; none if the value is None."""
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        items = [
            _explained(f"  {show(item)},", said.get(f"{place}[{index}]", "")) for index, item in enumerate(value)
        ]
        return [f"{_key(name)} = [", *itertools.chain(*items), "]"]
    return [] if value is None else _explained(f"{_key(name)} = {show(value)}", said.get(place, ""))


def _explained(line: str, text: str) -> list[str]:
    """The line, with a comment behind it, or above it where that would be too long."""
    comment = f"# {printable(text)}" if text else ""
    beside = f"{line:<36}  {comment}" if comment else line
    if not comment or len(beside) <= _WIDTH:
        return [beside]
    return [*_comment(text, line[: len(line) - len(line.lstrip())]), line]


def _comment(text: str, indent: str = "") -> list[str]:
    """The lines of a comment, of which no character can end it."""
    lines = textwrap.wrap(printable(text), _WIDTH - 2 - len(indent), break_on_hyphens=False)
    return [f"{indent}# {line}" for line in lines]


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


def _string(text: str) -> str:
    # A JSON string is a TOML string but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def show(value: Any) -> str:
    """A value in TOML.

    >>> from nnlite.config.toml import show
    >>> show({"type": "Dense", "units": 3, "use_bias": True})
    '{ type = "Dense", units = 3, use_bias = true }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, Mapping):
        items = [f"{_key(key)} = {show(item)}" for key, item in value.items() if item is not None]
        return f"{{ {', '.join(items)} }}" if items else "{}"
    return repr(value) if isinstance(value, int | float) else str(value)  # the rest are dates and times
