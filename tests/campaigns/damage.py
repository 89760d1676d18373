"""Files are damaged in every small way: none is loaded, and each is refused with ModelFileError.

A small model, a small ensemble with its table, and a small checkpoint, with every single bit flipped; cut off at
every length; with a byte inserted or taken out at every place; with every sector of 512 bytes zeroed, filled with
ones, swapped with the next, or of an older file. The size is the number of damages that are tried, evenly chosen
from all of them.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import nnlite
from nnlite import ModelFileError
from nnlite.core.state import State
from nnlite.saving import checkpoint
from nnlite.saving import model_file as storage
from tests.helpers import forged_tables

FULL, REDUCED = 100_000, 2_000

SECTOR = 512


def model_content(seed: int) -> bytes:
    model = nnlite.Sequential([nnlite.Standardize(), nnlite.Dense(1), nnlite.BinaryCrossEntropy()]).build((2,), seed)
    model.adapt(np.random.default_rng(seed).normal(size=(9, 2)))
    return storage.to_bytes(model, classes=["no", "yes"])


def checkpoint_content(folder: Path, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    arrays = {"model/0.weight": rng.normal(size=(3, 5)), "order": rng.permutation(20)}
    values = {"steps": seed, "best": 0.5, "generator": {"state": 2**100 + seed}}
    checkpoint.save(path := checkpoint.path_in(folder, 1, 0), State(values, arrays), {"data": "abc"})
    return path.read_bytes()


def damages(content: bytes, older: bytes) -> Iterator[tuple[str, bytes]]:
    """Every damage to this content: what it is in words, and the content then."""
    for place in range(len(content)):
        for bit in range(8):
            yield f"bit {bit} of byte {place}", _with(content, place, bytes([content[place] ^ 1 << bit]))
    for place in range(len(content)):
        yield f"cut off at {place}", content[:place]
        yield f"byte {place} missing", content[:place] + content[place + 1 :]
        yield f"byte {place} twice", content[:place] + content[place : place + 1] + content[place:]
        yield f"a zero at {place}", content[:place] + b"\0" + content[place:]
    yield "a zero at the end", content + b"\0"
    yield "twice", content + content
    for start in range(0, len(content), SECTOR):
        stop = min(start + SECTOR, len(content))
        yield f"zeros from {start}", _with(content, start, bytes(stop - start))
        yield f"ones from {start}", _with(content, start, b"\xff" * (stop - start))
        yield f"zeros up to {stop}", _with(content, 0, bytes(stop))
        yield f"the older from {start}", content[:start] + older[start:]
        yield f"the older up to {stop}", older[:stop] + content[stop:]
        following = content[stop : stop + SECTOR]
        yield f"swapped at {start}", content[:start] + following + content[start:stop] + content[stop + SECTOR :]


def _with(content: bytes, place: int, piece: bytes) -> bytes:
    return content[:place] + piece + content[place + len(piece) :]


def run(size: int) -> str:
    with tempfile.TemporaryDirectory() as place:
        kinds = {
            "model": (model_content(1), model_content(0), nnlite.load),
            "ensemble": (forged_tables.ensemble(seed=7), forged_tables.ensemble(), nnlite.load),
            "checkpoint": (checkpoint_content(Path(place), 1), checkpoint_content(Path(place), 0), checkpoint.load),
        }
        tries = []
        for kind, (content, older, load) in kinds.items():
            (path := Path(place, "checkpoint-1-0.safetensors")).write_bytes(content)
            load(path)  # the one that is whole
            damaged = {name: made for name, made in damages(content, older) if made not in (content, older)}
            tries += [(f"{kind}, {name}", made, load) for name, made in damaged.items()]
        chosen = tries if size >= len(tries) else [tries[index * len(tries) // size] for index in range(size)]
        for name, made, load in chosen:
            path.write_bytes(made)
            try:
                load(path)
            except ModelFileError as error:
                assert str(path) in str(error), f"{name}: {error}"
            except BaseException as error:
                raise AssertionError(f"{name}: {error!r}") from error
            else:
                raise AssertionError(f"{name}: it was loaded")
    return f"{len(chosen)} of {len(tries)} damaged files: 0 loaded, each refused with ModelFileError"
