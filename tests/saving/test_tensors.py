"""A tensor file: what goes in comes out, and only what nnlite can have written is read."""

import hashlib
import json
import os
import socket

import numpy as np
import pytest
import safetensors.numpy

from nnlite import ModelFileError
from nnlite.saving import tensors

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([True, False]), "c": np.array(3)}


def parted(content):
    """The header as a document, and the arrays' bytes."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def sealed(header, payload):
    """A file of this header, a document or a text, with a digest that fits."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode(errors="surrogatepass")
    content = len(text).to_bytes(8, "little") + text + payload
    digest = json.loads(parted(tensors.to_bytes(ARRAYS, {}))[0]["__metadata__"]["nnlite"])["sha256"].encode()
    content = content.replace(digest, b"0" * 64)
    return content.replace(b"0" * 64, hashlib.sha256(content).hexdigest().encode(), 1)


def changed(**entries):
    """The header of a file of ARRAYS with these entries in place of its own, sealed again."""
    header, payload = parted(tensors.to_bytes(ARRAYS, {}))
    return sealed(header | entries, payload)


def test_a_file_sealed_again_is_read():
    arrays, description = tensors.from_bytes(changed())
    assert arrays.keys() == ARRAYS.keys()
    assert all((arrays[name] == ARRAYS[name]).all() and arrays[name].dtype == ARRAYS[name].dtype for name in ARRAYS)
    assert description["format"] == tensors.FORMAT


@pytest.mark.parametrize(
    "dtype", ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", ">f4", ">i8"]
)
def test_every_kind_of_number_comes_back_however_it_lies(dtype):
    array = (np.arange(24).reshape(4, 6) % 2).astype(dtype)[::2, ::-1].T
    content = tensors.to_bytes({"x": array}, {})
    for loaded in (tensors.from_bytes(content)[0]["x"], safetensors.numpy.load(content)["x"]):
        assert loaded.dtype == array.dtype.newbyteorder("=") and (loaded == array).all()
        assert loaded.flags.c_contiguous and loaded.flags.writeable


def test_the_arrays_are_no_copies_of_the_file_and_may_be_written():
    arrays, _ = tensors.from_bytes(tensors.to_bytes({"x": np.zeros(4), "y": np.ones(4)}, {}))
    assert arrays["x"].base is arrays["y"].base
    arrays["x"][:] = 2
    assert arrays["y"].tolist() == [1, 1, 1, 1]


def entry(dtype="F32", shape=(2, 3), offsets=(8, 32), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("a", entry(), ""),
        ("a", entry(shape=(2**33,)), "but 24 bytes"),
        ("a", entry(shape=(2**32, 2**32)), "but 24 bytes"),
        ("a", entry(shape=(2**62, 2**62), offsets=(8, 8 + 2**126)), "size or an offset"),
        ("a", entry(shape=(2**33,), offsets=(8, 8 + 2**35)), "begins at byte 32 of the arrays, expected 34359738376"),
        ("a", entry(shape=(-2, -3)), "size or an offset"),
        ("a", entry(shape=(2.0, 3)), "size or an offset"),
        ("a", entry(shape=(True, 6)), "size or an offset"),
        ("a", entry(shape=("2", 3)), "size or an offset"),
        ("a", entry(shape=[[2, 3]]), "size or an offset"),
        ("a", entry(shape=[1] * 62 + [2, 3]), ""),
        ("a", entry(shape=[1] * 63 + [2, 3]), "65 axes, and 64 are the most"),
        ("a", entry(shape=[2**62] * 130_000), "130000 axes"),
        ("a", entry() | {"shape": None}, "damaged"),
        ("a", entry() | {"shape": {}}, "but 24 bytes"),
        ("a", entry(offsets=(-8, 16)), "size or an offset"),
        ("a", entry(offsets=(32, 8)), "but -24 bytes"),
        ("a", entry(offsets=(0, 24)), "begins at byte"),
        ("a", entry(offsets=(9, 33)), "begins at byte 9 of the arrays, expected 8"),
        ("a", entry(offsets=(8.0, 32)), "size or an offset"),
        ("a", entry(offsets=(8,)), "damaged"),
        ("a", entry(offsets=(8, 32, 40)), "damaged"),
        ("a", entry(offsets=(8, 10**30)), "size or an offset"),
        ("a", entry(dtype="F4096"), "F4096"),
        ("a", entry(dtype="BF16", shape=(3, 4)), "BF16"),
        ("a", entry(dtype="O"), "damaged"),
        ("a", entry(dtype=["F32"]), "damaged"),
        ("a", entry(dtype="BOOL", shape=(24,)), "neither 0 nor 1"),
        ("a", entry(file="/etc/passwd"), "other keys"),
        ("a", None, "damaged"),
        ("a", [], "damaged"),
        ("more", entry("U8", (0,), (34, 34)), ""),
        ("more", entry("U8", (0, 2**62, 2**62), (34, 34)), "damaged"),
        ("more", entry(), "begins at byte 8 of the arrays, expected 32"),
        ("\ud800", entry("U8", (0,), (34, 34)), "damaged"),
        ("../../etc/passwd", entry("U8", (1,), (34, 35)), "the arrays have 35 bytes in its header, but 34"),
        ("__metadata__", None, "damaged"),
        ("__metadata__", {}, "damaged"),
        ("__metadata__", {"nnlite": 3}, "damaged"),
        ("__metadata__", {"nnlite": "[]"}, "damaged"),
        ("__metadata__", {"nnlite": "{}"}, "'format'"),
        ("__metadata__", {"nnlite": '{"format": 1}'}, "'sha256'"),
        ("__metadata__", {"nnlite": '{"format": 1, "format": 1}'}, "a key stands twice"),
        ("__metadata__", {"nnlite": '{"format": 1, "sha256": "' + "A" * 64 + '"}'}, "sha256 is not one"),
        ("__metadata__", {"nnlite": '{"format": 1, "sha256": "' + "\\u0061" * 64 + '"}'}, "sha256 is missing"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_header_is_checked_although_the_digest_is_right(name, value, said):
    content = changed(**{name: value})
    if not said:
        tensors.from_bytes(content)
        return
    with pytest.raises(ModelFileError, match=said):
        tensors.from_bytes(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        "\ud800",
        "[" * 100_000,
        '{"a":' * 9_000 + "1" + "}" * 9_000,
        '{"__metadata__":{"nnlite":"' + "[" * 100_000 + '"}}',
        "{" + " " * 5 * 2**20 + "}",
        "[" + "0," * 2**18 + "0]",
        '{"n":' + "9" * 10_000 + "}",
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_a_header_that_is_none_is_refused(text):
    with pytest.raises(ModelFileError):
        tensors.from_bytes(sealed(text, b""))


def test_a_key_that_stands_twice_is_refused():
    header, payload = parted(tensors.to_bytes(ARRAYS, {}))
    twice = json.dumps(header)[:-1] + ', "a": ' + json.dumps(header["a"]) + "}"
    with pytest.raises(ModelFileError, match="a key stands twice"):
        tensors.from_bytes(sealed(twice, payload))


def test_an_error_holds_no_more_of_the_file_than_can_be_read_and_nothing_that_moves_a_terminal():
    for name in ("\x1b[2J" * 10, "x" * 100_000):
        with pytest.raises(ModelFileError) as caught:
            tensors.from_bytes(changed(**{name: entry("U8", (1,), (2, 3))}))
        assert str(caught.value).isprintable() and len(str(caught.value)) < 400


def test_a_description_that_could_not_be_read_again_is_not_written():
    for description, said in (
        ({"many": [0] * 2**17}, "more than 131072 values"),
        ({"long": "x" * 2**22}, "in more than 4194304 bytes"),
        ({"__proto__": json.loads("[" * 100 + "]" * 100)}, "brackets in brackets"),
    ):
        with pytest.raises(ModelFileError, match=said):
            tensors.to_bytes({}, description)
    for name, array in (("c", np.zeros(1, complex)), ("o", np.array([None])), ("__metadata__", np.zeros(1))):
        with pytest.raises(ModelFileError, match="cannot be saved"):
            tensors.to_bytes({name: array}, {})


def test_a_text_that_looks_like_the_digests_place_does_not_take_it():
    zeros = "0" * 64
    described = {"a": zeros, "b": {"sha256": zeros}, "c": f'"sha256": "{zeros}"'}
    described["d"] = f'\\"sha256\\": \\"{zeros}\\"}}"'
    _, description = tensors.from_bytes(tensors.to_bytes({f'"sha256": "{zeros}"': np.zeros(2)}, described))
    assert {key: description[key] for key in described} == described


def test_a_file_is_read_through_links_and_from_nothing_but_files(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(tensors.to_bytes(ARRAYS, {}))
    (tmp_path / "link").symlink_to(path)
    assert tensors.read(tmp_path / "link")[0].keys() == ARRAYS.keys()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "to pipe").symlink_to(tmp_path / "pipe")
    (tmp_path / "to zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    for name, said in (
        ("pipe", "it is a named pipe"),
        ("to pipe", "it is a named pipe"),
        ("to zero", "it is a device"),
        ("socket", "it is a socket"),
        ("loop", "Too many levels of symbolic links"),
        (".", "Is a directory"),
        ("nothing", "No such file"),
        ("a" * 300, "File name too long"),
        ("a\0b", "null"),
    ):
        with pytest.raises(ModelFileError, match=said):
            tensors.read(tmp_path / name)


def test_a_pipe_that_takes_the_files_place_does_not_block(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"")
    regular = os.stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda *given, **options: regular)
    with pytest.raises(ModelFileError, match="it is a named pipe"):
        tensors.read(path)


def test_an_error_names_the_path_and_the_reason(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(tensors.to_bytes(ARRAYS, {})[:-1])
    with pytest.raises(ModelFileError, match=r"a\.safetensors: .* damaged, .*34 bytes in its header, but 33"):
        tensors.read(path)
