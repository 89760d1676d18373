"""A tensor file holds named arrays and a description of them, sealed with a SHA-256; no byte of it is trusted.

It is in the safetensors format, which other tools open too: eight bytes with the length of a header, the header in
JSON with each array's dtype, shape and place, then the arrays' bytes. The one metadata entry, "nnlite", is JSON
too: a description of the arrays, the format's number, and the SHA-256 over the whole file, computed with its own
digits as zeros. Model files and checkpoints are such files. Nothing in a file is ever executed, imported or opened.
"""

import hashlib
import io
import json
import math
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.errors import ModelFileError, UnreadableError
from nnlite.types import MOST_AXES, Array
from nnlite.version import __version__

FORMAT = 1
"""The number of the format of most files."""

NEWEST_FORMAT = 2
"""The format of files with what the first nnlite did not know: an ensemble's members, or a table. Increased when the
current nnlite cannot read a file of the next one."""

MOST_HEADER = 4 * 2**20
"""The most bytes of a header. This and the next two keep a parsed header below 64 MiB of memory."""

MOST_VALUES = 2**17
"""The most commas and brackets in a header: each value in it takes up to 200 bytes in Python."""

MOST_DEPTH = 64
"""The deepest nesting of a description: functions that walk through it call themselves as often."""

FORGED = (KeyError, TypeError, ValueError, AttributeError, OverflowError, MemoryError, RecursionError)
"""The errors that Python raises for content that nnlite never writes: odd types, huge numbers, endless brackets."""

_DTYPES = {
    "BOOL": np.dtype("?"),
    **{f"{kind}{8 * size}": np.dtype(f"<{kind.lower()}{size}") for kind in "UI" for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)},
}

_NAMES = {dtype: name for name, dtype in _DTYPES.items()}

_NO_DIGEST = "0" * 64

# Things at a path that are not files: to open one could block, and reading it never end.
_KINDS = {
    stat.S_IFDIR: "Is a directory",
    stat.S_IFIFO: "it is a named pipe, not a file",
    stat.S_IFSOCK: "it is a socket, not a file",
    stat.S_IFCHR: "it is a device, not a file",
    stat.S_IFBLK: "it is a device, not a file",
}


def to_bytes(arrays: Mapping[str, Array], description: Mapping[str, Any]) -> bytes:
    """The content of a file with these arrays and this description, plain values of JSON (lists, no tuples).

    The same ones give the same bytes. Raises `ModelFileError` for what could not be read again.

    >>> import numpy as np
    >>> from nnlite.saving import tensors
    >>> arrays, description = tensors.from_bytes(tensors.to_bytes({"a": np.arange(3)}, {"said": "three"}))
    >>> arrays["a"].tolist(), description["said"]
    ([0, 1, 2], 'three')
    """
    from safetensors.numpy import save as safetensors

    described = _described(description)
    check(arrays, description)
    # safetensors 0.8 writes wrong bytes for arrays that are not contiguous in C order.
    plain = {name: np.asarray(array, array.dtype.newbyteorder("<"), "C") for name, array in arrays.items()}
    content = bytearray(safetensors(plain, {"nnlite": described}))
    entry = json.dumps(described).encode()  # as it stands in the header; the digest ends it
    at = content.index(entry) + len(entry) - len(_NO_DIGEST + '\\"}"')
    content[at : at + len(_NO_DIGEST)] = hashlib.sha256(content).hexdigest().encode()
    return bytes(content)


def check(arrays: Mapping[str, Array], description: Mapping[str, Any]) -> None:
    """Raises `ModelFileError` if a file with these arrays and this description could not be read again.

    Only the shapes and dtypes of the arrays matter.
    """
    header: dict[str, Any] = {"__metadata__": {"nnlite": _described(description)}}
    end = 0
    for name, array in arrays.items():
        if name in header or array.dtype.newbyteorder("<") not in _NAMES:
            raise ModelFileError(f"the array {name!r} with dtype {array.dtype} cannot be saved")
        begin, end = end, end + array.nbytes
        dtype = _NAMES[array.dtype.newbyteorder("<")]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [begin, end]}
    try:
        _parse(json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode(), end)
    except FORGED as error:
        raise ModelFileError(f"a file cannot hold this: {shortened(str(error))}") from None


def from_bytes(content: bytes) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the description in the content of a file; raises `ModelFileError`."""
    return _read(io.BytesIO(content), len(content))


def read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the description in a file; raises `ModelFileError`, which names the path and the reason."""
    try:
        with _open(path) as file:
            return _read(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}") from None
    except ModelFileError as error:
        raise type(error)(f"{path}: {error}") from None
    except ValueError as error:  # a path that can be none
        raise ModelFileError(f"{path!r} cannot be read: {error}") from None


def _described(description: Mapping[str, Any]) -> str:
    """The metadata entry as JSON, with zeros for the digest."""
    return json.dumps({"format": FORMAT, "nnlite": __version__, **description, "sha256": _NO_DIGEST})


def damaged(error: object) -> ModelFileError:
    """The error for content that nnlite never writes; its text is cut, since a forger may have made it long."""
    if isinstance(error, MemoryError):
        return UnreadableError(f"the memory is not enough to read the file ({shortened(str(error))})")
    return ModelFileError(f"the file is damaged, or was not written by nnlite ({shortened(str(error))})")


def shortened(text: str) -> str:
    """A text from a file, cut to 300 characters and without control characters, for an error message."""
    cut = text if len(text) <= 300 else f"{text[:300]}…"
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in cut)


def _open(path: Path) -> io.BufferedIOBase:
    """Opens the regular file at the path, links followed, for reading; raises `OSError` for anything else."""
    _check_regular(os.stat(path))  # some devices do things when they are only opened
    flags = ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")  # a pipe that takes its place must not block
    descriptor = os.open(path, os.O_RDONLY | sum(getattr(os, flag, 0) for flag in flags))
    try:
        _check_regular(os.fstat(descriptor))
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check_regular(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(_KINDS.get(stat.S_IFMT(found.st_mode), "it is not a regular file"))


def _read(file: io.BufferedIOBase, size: int) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the description in an open file of `size` bytes."""
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > size - 8:
        raise ModelFileError("the file is cut off, or is not a safetensors file")
    if length > MOST_HEADER:
        raise ModelFileError(f"the header has {length} bytes, and {MOST_HEADER} are the most that nnlite writes")
    header = file.read(length)
    try:
        places, description = _parse(header, size - 8 - length)
        payload = np.empty(size - 8 - length, np.uint8)
        if file.readinto(payload.data) < len(payload):
            raise ModelFileError("the file is cut off")
        _check_digest(description["sha256"], start, header, payload)
        return {name: _array(payload, *place) for name, place in places.items()}, description
    except FORGED as error:
        raise damaged(error) from None


_Place = tuple[np.dtype[Any], tuple[int, ...], int, int]
"""An array in the payload: its dtype, its shape, its first byte, and the byte after its last."""


def _parse(header: bytes, payload: int) -> tuple[dict[str, _Place], dict[str, Any]]:
    """The places of the arrays in a payload of `payload` bytes, and the description; raises one of `FORGED`."""
    entries = _json(header.decode())
    metadata = entries.pop("__metadata__")
    if metadata.keys() != {"nnlite"}:
        raise ValueError("its metadata has other entries than 'nnlite'")
    description = _json(metadata.pop("nnlite"))
    _check_version(description)
    places = {name: _place(name, entry) for name, entry in entries.items()}
    end = 0
    for name, (_, _, begin, stop) in sorted(places.items(), key=lambda item: item[1][2:]):
        if begin != end:
            raise ValueError(f"the array {name!r} begins at byte {begin} of the arrays, expected {end}")
        end = stop
    if end != payload:
        raise ValueError(f"the arrays have {end} bytes in its header, but {payload} in the file")
    return places, description


def _json(text: str) -> dict[str, Any]:
    """The object in a text of JSON; raises if it is larger or deeper than memory and the stack can bear."""
    if len(text) > MOST_HEADER or sum(map(text.count, ",[{")) > MOST_VALUES:
        raise ValueError(f"it describes more than {MOST_VALUES} values, or in more than {MOST_HEADER} bytes")
    found = json.loads(text, object_pairs_hook=_each_once)
    if not isinstance(found, dict):
        raise TypeError("its header is not an object")
    level: list[Any] = [found]
    for _ in range(MOST_DEPTH):
        level = [item for outer in level for item in (outer.values() if isinstance(outer, dict) else outer)]
        level = [item for item in level if isinstance(item, dict | list)]
    if level:
        raise ValueError(f"it has more than {MOST_DEPTH} brackets in brackets")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _check_version(description: dict[str, Any]) -> None:
    version = description["format"]
    if type(version) is not int or version < 1:  # to Python a boolean is an integer
        raise TypeError(f"its format is {version!r}")
    if version > NEWEST_FORMAT:
        raise UnreadableError(
            f"the file has format {version}, written by nnlite {shortened(str(description.get('nnlite')))}; this "
            f"nnlite reads formats up to {NEWEST_FORMAT}: update it with pip install --upgrade nnlite"
        )


def _place(name: str, entry: dict[str, Any]) -> _Place:
    """The place of one array, from its entry in the header; raises if that is wrong."""
    name.encode()  # raises where it is no text
    if entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"the array {name!r} has other keys than dtype, shape and data_offsets")
    dtype, shape = _DTYPES[entry["dtype"]], entry["shape"]
    begin, end = entry["data_offsets"]
    if len(shape) > MOST_AXES:
        raise ValueError(f"the array {name!r} has {len(shape)} axes, and {MOST_AXES} are the most that there are")
    for number in (begin, end, *shape):
        if type(number) is not int or not 0 <= number < 2**63:
            raise ValueError(f"the array {name!r} has {number!r} for a size or an offset")
    if end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"the array {name!r} has shape {tuple(shape)}, but {end - begin} bytes")
    return dtype, tuple(shape), begin, end


def _check_digest(digest: object, start: bytes, header: bytes, payload: Array) -> None:
    """Raises `ModelFileError` if the digest is not that of the file, whose pieces are hashed one by one."""
    if not (isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest)):
        raise ModelFileError("the file is damaged: its sha256 is not one")
    digits = digest.encode()
    if header.count(digits) != 1:
        raise ModelFileError("the file is damaged: its sha256 is missing")
    before, after = header.split(digits)
    found = hashlib.sha256(start)
    for piece in (before, _NO_DIGEST.encode(), after, payload.data):
        found.update(piece)
    if found.hexdigest() != digest:
        raise ModelFileError("the file is damaged: its SHA-256 does not match its content")


def _array(payload: Array, dtype: np.dtype[Any], shape: tuple[int, ...], begin: int, end: int) -> Array:
    """The array at this place of the payload, as a view."""
    array = payload[begin:end]
    if dtype == np.bool_ and (array > 1).any():
        raise ValueError("a truth value is neither 0 nor 1")
    return array.view(dtype).reshape(shape)
