"""A hostile file is made to run something, to take all memory or all time, or to be loaded as what it is not."""

import hashlib
import json
import os
import pickle
import socket
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import nnlite
from nnlite.core.state import State
from nnlite.saving import checkpoint, tensors
from nnlite.saving import model_file as storage
from tests.helpers import forged_tables

ZEROS = "0" * 64


class Marker:
    """What unpickling would run."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch hostile-file-was-run",)


def seal(header: str, payload: bytes = b"") -> bytes:
    """A file with this header, in which 64 zeros become the right SHA-256."""
    text = header.encode(errors="surrogatepass")
    content = len(text).to_bytes(8, "little") + text + payload
    return content.replace(ZEROS.encode(), hashlib.sha256(content).hexdigest().encode(), 1)


def described(description: str | dict[str, Any], tensors_: str = "", payload: bytes = b"", more: str = "") -> bytes:
    """A sealed file with this description, and JSON for what stands beside the metadata."""
    text = description if isinstance(description, str) else json.dumps({"format": 1, **description, "sha256": ZEROS})
    return seal(f'{{"__metadata__":{{"nnlite":{json.dumps(text)}{more}}}{tensors_}}}', payload)


def forged(layers: Any, input_shape: Any = (4,), arrays: dict[str, np.ndarray] | None = None, **more: Any) -> bytes:
    """A model file by somebody who knows the format: these layers, and a digest that is right."""
    description = {"layers": layers, "input_shape": list(input_shape), "dtype": "float32", "adapted": True}
    description |= {"classes": None, "feature_names": None, **more}
    entries, payload = "", b""
    for name, array in (arrays or {}).items():
        place = [len(payload), len(payload) + array.nbytes]
        entry = {
            "dtype": {"f": "F", "u": "U"}[array.dtype.kind] + str(8 * array.itemsize),
            "shape": list(array.shape),
        }
        entries += f",{json.dumps(name)}:{json.dumps(entry | {'data_offsets': place})}"
        payload += array.tobytes()
    text = json.dumps({"format": 1, **description, "sha256": ZEROS}) if isinstance(layers, list) else ""
    if isinstance(layers, str):  # JSON deeper than Python writes it
        text = json.dumps({"format": 1, **description, "layers": "…", "sha256": ZEROS}, ensure_ascii=False)
        text = text.replace('"…"', layers)
    return described(text, entries, payload)


def tensor(entry: Any, payload: bytes = bytes(8), name: str = "0.weight") -> bytes:
    """A sealed file of a model with one array, of which this is said."""
    said = entry if isinstance(entry, str) else json.dumps(entry)
    return described(json.loads(plain())["nnlite"], f",{json.dumps(name)}:{said}", payload)


def plain() -> str:
    """The metadata of a model with one layer."""
    text = {"format": 1, "layers": [{"type": "Dense", "units": 1, "use_bias": False}], "input_shape": [2]}
    text |= {"dtype": "float32", "adapted": True, "classes": None, "feature_names": None, "sha256": ZEROS}
    return json.dumps({"nnlite": json.dumps(text)})


def entry(shape: Any = (2, 1), begin: Any = 0, end: Any = 8, dtype: Any = "F32", **more: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end], **more}


DENSE = {"type": "Dense", "units": 1}
RELU = {"type": "ReLU"}
BALANCED = {"type": "SoftmaxCrossEntropy", "class_weight": "balanced"}
GIB = 2**30
LARGE = [1, 2**17, 2**17]


def contents() -> Iterator[tuple[str, bytes]]:
    """Every hostile file that is a matter of its content alone."""
    good = good_model()
    malicious = pickle.dumps(Marker())
    # of other kinds
    yield "nothing", b""
    yield "one byte", b"\0"
    yield "a pickle", malicious
    yield "a pickle under the name of a header", struct.pack("<Q", len(malicious)) + malicious
    yield "a pickle in the metadata", described({"layers": [{"type": malicious.hex()}]})
    yield "a pickle for an array", forged([{"type": "pickle"}], arrays={"p": np.frombuffer(malicious, np.uint8)})
    yield "Python", b"import os; os.system('touch hostile-file-was-run')\n" * 10
    yield "a script", b"#!/bin/sh\ntouch hostile-file-was-run\n"
    yield "a program", b"\x7fELF" + bytes(5000)
    yield "HTML", b"<html><script>alert(1)</script></html>" * 10
    # lengths
    yield "a header of 2**64 - 1 bytes", b"\xff" * 8 + bytes(100)
    yield "a header of 2**63 bytes", (2**63).to_bytes(8, "little") + bytes(100)
    yield "a header longer than the file by one byte", (93).to_bytes(8, "little") + bytes(92)
    yield "no header", bytes(5000)
    yield "a header of 100 MiB of spaces", (100 * 2**20).to_bytes(8, "little") + b" " * 100 * 2**20
    yield "a header of 3 MiB of spaces", seal(" " * 3 * 2**20)
    yield "a byte after the end", good + b"\0"
    yield "a byte before the beginning", b"\0" + good
    yield "twice in one file", good * 2
    # shapes and offsets
    yield "a shape of 32 GiB", tensor(entry((2**33,)))
    yield "a shape of 32 GiB with offsets that fit it", tensor(entry((2**33,), end=2**35))
    yield "a shape of 2**32 by 2**32", tensor(entry((2**32, 2**32)))
    yield "a shape that overflows to what is there", tensor(entry((2**32, 2**32, 2), end=0), b"")
    yield "a shape that is negative", tensor(entry((-2, -1)))
    yield "a shape with fractions", tensor(entry((2.0, 1.0)))
    yield "a shape of a truth value", tensor(entry((2, True)))
    yield "a shape of 100,000 axes", tensor(entry([1] * 100_000 + [2]))
    yield "a shape of 65 axes", tensor(entry([1] * 64 + [2]))
    yield "a shape of 130,000 axes of 2**62", tensor(entry([2**62] * 130_000))
    yield "a shape of 4300 digits", tensor('{"dtype":"F32","shape":[' + "9" * 4300 + '],"data_offsets":[0,8]}')
    yield "a shape of 10**6 digits", tensor('{"dtype":"F32","shape":[' + "9" * 10**6 + '],"data_offsets":[0,8]}')
    yield "a shape that is infinite", tensor(entry((float("inf"),)))
    yield "an empty array of huge sides", tensor(entry((0, 2**62, 2**62), end=0), b"")
    yield "offsets that are negative", tensor(entry(begin=-8, end=0))
    yield "offsets in the wrong order", tensor(entry(begin=8, end=0))
    yield "offsets behind the end", tensor(entry(begin=8, end=16))
    overlapping = json.dumps(entry()) + f',"a":{json.dumps(entry(begin=4, end=12))}'
    yield "offsets that overlap", tensor(overlapping, bytes(12))
    yield "offsets with a gap", tensor(entry(begin=8, end=16), bytes(16))
    same = "".join(f',"{number}":{json.dumps(entry())}' for number in range(1000))
    yield "a thousand arrays in the same bytes", tensor(json.dumps(entry()) + same)
    yield "an unknown dtype", tensor(entry(dtype="F1024"))
    yield "a dtype of Python objects", tensor(entry(dtype="O"))
    yield "a dtype that is a list", tensor(entry(dtype=["F32"]))
    yield "an entry with a path", tensor(entry(file="/etc/passwd"))
    yield "an entry that is a number", tensor("3")
    # names and keys
    yield "a name that leads out of the folder", tensor(entry(), name="../../../../tmp/hostile-file-was-run")
    yield "a name that is an absolute path", tensor(entry(), name="/tmp/hostile-file-was-run")
    yield "a name with a zero", tensor(entry(), name="0.weight\0")
    yield "a name that moves the terminal", tensor(entry(), name="\x1b[2J\x1b]0;owned\x07")
    yield "a name that is no Unicode", tensor(entry(), name="\ud800")
    yield "a name of 3 MiB", tensor(entry(), name="x" * 3 * 2**20)
    yield "an array that stands twice", tensor(json.dumps(entry()) + f',"0.weight":{json.dumps(entry())}')
    yield "a key that stands twice", tensor('{"dtype":"F32","dtype":"F32","shape":[2,1],"data_offsets":[0,8]}')
    yield "a description that stands twice", described({}, more=',"nnlite":"{}"')
    yield "a format that stands twice", described(f'{{"format":1,"format":1,"sha256":"{ZEROS}"}}')
    yield "another entry in the metadata", described({}, more=',"auto_map":"modeling.py"')
    yield "a header that is no object", seal("[" + "0," * 1000 + f'"{ZEROS}"]')
    yield "a header in UTF-16", seal("\0".join(f'{{"__metadata__":{plain()}}}'))
    # nesting and numbers
    yield "100,000 brackets", seal("[" * 100_000)
    yield "100,000 objects", seal('{"a":' * 100_000 + "1" + "}" * 100_000)
    yield "100,000 brackets in the metadata", described("[" * 100_000)
    yield "100,000 brackets in the layers", forged("[" * 100_000 + "]" * 100_000)
    yield "100,000 residuals in each other", forged('[{"type":"Residual","layers":' * 100_000 + "[]" + "}]" * 100_000)
    yield "25 residuals in each other", forged(nested(25, [DENSE]))
    yield "a million numbers", described({"layers": [0] * 10**6})
    yield "a million empty lists", described({"layers": [[]] * 10**6})
    yield "60,000 empty objects", described({"layers": [{}] * 60_000})
    yield "120,000 keys", described({str(number): 0 for number in range(120_000)})
    yield "a number of 10**6 digits", described(f'{{"format":{"9" * 10**6},"sha256":"{ZEROS}"}}')
    # a right digest over nonsense
    yield "a later format", described({"format": 99, "nnlite": "\x1b[2J"})
    yield "a format of 2**64", described({"format": 2**64})
    yield "no layers", forged([])
    yield "2,000 layers without their arrays", forged([{"type": "BatchNorm"}] * 2000)
    yield "20,000 layers", forged([RELU] * 20_000)
    yield "a layer named as a function", forged([{"type": "os.system", "command": "touch hostile-file-was-run"}])
    yield "a layer named as a file", forged([{"type": "./plugin.py"}])
    yield "a plug-in named in the file", forged([{"type": "Evil"}], plugins=["plugin.py"])
    yield "a layer of a name of 3 MiB", forged([{"type": "x" * 3 * 2**20}])
    yield "a layer that is an optimizer", forged([{"type": "SGD"}])
    yield "a layer for a number", forged([{"type": "Dense", "units": DENSE}])
    yield "an argument named self", forged([DENSE | {"self": 1}])
    yield "an initializer named as a function", forged([DENSE | {"weight_init": "__import__"}])
    yield "a layer of 10**30 units", forged([{"type": "Dense", "units": 10**30}])
    yield "a layer of 4 GiB that is not there", forged([{"type": "Dense", "units": GIB}])
    yield "a table of 64 TiB", forged([{"type": "Embedding", "codes": 2**24, "size": 2**20}])
    yield "a kernel of 4 EiB", forged([{"type": "Conv2D", "filters": 2**20, "kernel_size": 2**17}], LARGE)
    yield "running figures of 8 TiB", forged([{"type": "BatchNorm"}], [2**40])
    yield "running figures of 16 GiB", forged(nested(2, [{"type": "BatchNorm"}]), [GIB])
    yield "means of 64 GiB", forged([{"type": "Standardize"}], [2, 2**32])
    yield "means of a loss of 64 GiB", forged([RELU, {"type": "Huber"}], [2**33])
    yield (
        "class weights of 64 GiB",
        forged([RELU, BALANCED], [2**33]),
    )
    yield "pooling of 128 GiB", forged([{"type": "AveragePool2D", "kernel_size": 2}, {"type": "BatchNorm"}], LARGE)
    yield "a reshape of 2**80 numbers", forged([{"type": "Reshape", "shape": [2**40, 2**40]}, DENSE], [2**80])
    yield "examples of 130,000 axes of 2**62", forged([{"type": "Flatten"}, DENSE], [2**62] * 130_000)
    yield "a reshape to 130,000 axes of 2**62", forged([{"type": "Reshape", "shape": [2**62] * 130_000}, DENSE])
    yield "class names of 2 GiB", forged([RELU], [500], classes=["x" * 2**20, *map(str, range(499))])
    yield "classes that are lists", forged([RELU], [2], classes=[[1], [2]])
    yield "an array of 32 MiB that nobody needs", forged([RELU], arrays={"0.weight": np.zeros(2**23, np.float32)})
    wide = {"0.weight": np.zeros((4, 2**21), np.float32), "0.bias": np.zeros(2**21, np.float32)}
    yield (
        "40 MiB of right arrays, wrong classes",
        forged([{"type": "Dense", "units": 2**21}], arrays=wide, classes=["a"]),
    )
    yield "a digest of another file", good.replace(json_digest(good), b"ab" * 32)
    yield "a digest of zeros", good.replace(json_digest(good), ZEROS.encode())
    yield "a digest in capitals", good.replace(json_digest(good), json_digest(good).upper())
    yield from forged_tables.contents()
    header = good[8:].replace(b"glorot_uniform", json_digest(good))
    yield "a digest twice", (int.from_bytes(good[:8], "little") + 50).to_bytes(8, "little") + header


def nested(depth: int, layers: list[Any]) -> list[Any]:
    for _ in range(depth):
        layers = [{"type": "Residual", "layers": layers}]
    return layers


def good_model() -> bytes:
    return storage.to_bytes(nnlite.Sequential([nnlite.Dense(2), nnlite.ReLU()]).build((3,)))


def json_digest(content: bytes) -> bytes:
    digest: str = tensors.from_bytes(content)[1]["sha256"]
    return digest.encode()


def make(folder: Path) -> dict[str, Path]:
    """Puts all of them into a folder: what each is, in words, and its path."""
    (folder / "plugin.py").write_text("import os; os.system('touch hostile-file-was-run')")
    found = {}
    for number, (name, content) in enumerate(contents()):
        assert name not in found
        found[name] = folder / f"{number}.safetensors"
        found[name].write_bytes(content)
    found["a folder"] = folder / "folder"
    found["a folder"].mkdir()
    found["a named pipe"] = folder / "pipe"
    os.mkfifo(found["a named pipe"])
    found["a socket"] = folder / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(found["a socket"]))
    found["/dev/zero"], found["/dev/random"] = Path("/dev/zero"), Path("/dev/random")
    for name, target in (
        ("a link to /dev/zero", "/dev/zero"),
        ("a link to a named pipe", "pipe"),
        ("a link to itself", "link 2"),
        ("a link to nothing", "nothing"),
        ("a link to /etc/passwd", "/etc/passwd"),
        ("a link to the memory of the process", "/proc/self/mem"),
    ):
        found[name] = folder / f"link {len([path for path in found.values() if path.name.startswith('link')])}"
        found[name].symlink_to(target)
    found["100 GiB of nothing"] = folder / "sparse"
    with open(found["100 GiB of nothing"], "wb") as file:
        file.truncate(100 * GIB)
    found["a header of 1 GiB of nothing"] = folder / "sparse header"
    with open(found["a header of 1 GiB of nothing"], "wb") as file:
        file.write(GIB.to_bytes(8, "little"))
        file.truncate(100 * GIB)
    found["a zip archive with a pickle"] = folder / "archive"
    with zipfile.ZipFile(found["a zip archive with a pickle"], "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Marker()))
    found["NumPy's file with a pickle"] = folder / "objects.npy"
    np.save(found["NumPy's file with a pickle"], np.array([Marker()], dtype=object), allow_pickle=True)
    return found


def good(folder: Path) -> dict[str, Path]:
    """Some that are not hostile, by the names of what loads them."""
    (model := folder / "model").write_bytes(forged_tables.ensemble())
    values = State({"steps": 3}, {"model/0.weight": np.zeros(3)})
    checkpoint.save(saved := checkpoint.path_in(folder, 1, 0), values, {})
    return {"model": model, "checkpoint": saved}
