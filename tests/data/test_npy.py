"""Rows in .npy files stay there, from the source or the generator that gives them to the end of a run."""

import os
import tracemalloc

import numpy as np
import pytest

import nnlite
from nnlite import DataError, Dataset
from nnlite.config import training_config as config
from nnlite.core import cost
from nnlite.data import SOURCES, from_arrays, regression_from_arrays, rows_on_disk, split
from nnlite.errors import RunError

CONFIG = {
    "model": {"layers": [{"type": "Standardize"}, {"type": "Dense"}, {"type": "SoftmaxCrossEntropy"}]},
    "training": {"epochs": 2, "batch_size": 100},
}


def in_file(array):
    """Whether its numbers lie in a file that is mapped into memory."""
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return array is not None


@pytest.mark.parametrize(
    ("task", "y"),
    [
        ("classification", np.array(["no", "yes"] * 10)),
        ("multi-label", np.eye(2)[np.arange(20) % 2]),
        ("regression", np.arange(20)),
    ],
)
def test_two_files_are_a_source_whose_rows_stay_on_disk(task, y, tmp_path):
    np.save(tmp_path / "x.npy", x := np.arange(60.0).reshape(20, 3))
    np.save(tmp_path / "y.npy", y)
    data = SOURCES["npy"](str(tmp_path / "x.npy"), str(tmp_path / "y.npy"), task=task, feature_names=("a", "b", "c"))
    assert (data.x == x).all() and in_file(data.x) and data.feature_names == ("a", "b", "c")
    assert data.classes == (("no", "yes") if task == "classification" else None)


def test_images_are_made_of_flat_rows_without_a_copy(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((4, 64), np.uint8))
    np.save(tmp_path / "y.npy", np.arange(4) % 2)
    data = SOURCES["npy"](str(tmp_path / "x.npy"), str(tmp_path / "y.npy"), shape=[1, 8, 8])
    assert data.x.shape == (4, 1, 8, 8) and in_file(data.x)


def test_files_that_cannot_be_used_are_named(tmp_path):
    x, y = str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    np.save(y, np.arange(4) % 2)

    def archive():
        np.savez(tmp_path / "x.npz", x=np.zeros((4, 2)))
        os.replace(tmp_path / "x.npz", x)

    for write, text in [
        (lambda: None, r"x\.npy cannot be read: No such file"),
        (
            lambda: (np.savez(x + ".npz", x=np.zeros((4, 2))), os.replace(x + ".npz", x)),
            'it holds arrays by name; source = "npz" reads them',
        ),
        (lambda: np.save(x, np.array([{}] * 4)), "the file holds Python objects"),
        (lambda: (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00"), "the file is not whole"),
        (lambda: (tmp_path / "x.npy").write_bytes(b"x,y\n1,2\n"), "the file .*; expected a single array"),
        (lambda: (tmp_path / "x.npy").write_bytes(b""), "the file is not whole"),
        (lambda: np.save(x, np.zeros((5, 2))), r"x\.npy: there are .*5|x\.npy: x has 5 rows"),
    ]:
        write()
        with pytest.raises(DataError, match=text):
            SOURCES["npy"](x, y)


def test_parts_of_rows_in_order_stay_in_the_file(tmp_path):
    """Those that chance draws are copies; rows in memory are not copied either where they follow one another."""
    np.save(tmp_path / "x.npy", np.arange(100.0).reshape(50, 2))
    data = from_arrays(np.load(tmp_path / "x.npy", mmap_mode="r"), np.arange(50) % 2)
    parts = split(data, shuffle=False)
    for part, rows in ((parts.train, (0, 35)), (parts.validation, (35, 40)), (parts.test, (40, 50))):
        assert in_file(part.x) and (part.x == data.x[slice(*rows)]).all() and len(part) == rows[1] - rows[0]
    assert not in_file(split(data).train.x)
    for index in ([3, 4, 6], [5, 4], [-2, -1, 0], [-3, -2, -1], [2, 2], np.arange(50) > 20, [7]):
        assert (data.rows(np.array(index)).x == data.x[index]).all()


def batches(count=8, rows=25, dtype=np.float32):
    rng = np.random.default_rng(0)
    for number in range(count):
        y = rng.integers(0, 2, rows + number % 2)
        yield (rng.normal(size=(len(y), 3)) + y[:, None]).astype(dtype), np.array(["left", "right"])[y]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_a_generators_batches_are_rows_like_others(dtype, tmp_path):
    x, y = rows_on_disk(batches(dtype=dtype), tmp_path / "rows.npy")
    given = list(batches(dtype=dtype))
    assert in_file(x) and not x.flags.writeable and x.dtype == dtype
    assert (x == np.concatenate([each for each, _ in given])).all() and len(x) == 204
    assert y.tolist() == np.concatenate([each for _, each in given]).tolist()
    assert (np.load(tmp_path / "rows.npy") == x).all()  # a file as any other
    assert [path.name for path in tmp_path.iterdir()] == ["rows.npy"]
    assert from_arrays(x, y).classes == ("left", "right")


def test_batches_that_do_not_fit_are_refused_and_leave_the_file_as_it_was(tmp_path):
    path = tmp_path / "rows.npy"
    rows_on_disk([(np.ones((2, 3)), [1, 2])], path)
    before, right = path.read_bytes(), (np.ones((2, 3)), [1, 2])

    def failing():
        yield right
        (tmp_path / "none.csv").read_text()

    for wrong, text in [
        ([], "there are no batches"),
        ([(np.ones((0, 3)), [])], "no rows in them"),
        (
            [right, (np.ones((2, 4)), [1, 2])],
            r"batch 1 has .* shape \(2, 4\).*\(rows, 3\), as in batch 0",
        ),
        ([right, (np.ones((2, 3), np.float32), [1, 2])], "batch 1 has float32 rows .*; expected float64"),
        ([right, (np.ones((2, 3)), [1, 2, 3])], r"targets of shape \(3,\).*a target for each"),
        ([(np.array([["a"]]), [1])], "x has dtype <U1"),
        (failing(), "the batches cannot be read: .*No such file.*none.csv"),
    ]:
        with pytest.raises(DataError, match=text):
            rows_on_disk(wrong, path)
        assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(RunError, match="cannot write"):
        rows_on_disk([right], tmp_path / "no" / "rows.npy")


SOURCE = """
import numpy as np
from nnlite import Dataset
from nnlite.data import from_arrays, rows_on_disk
from nnlite.signature import PositiveInt

def batches(count):
    rng = np.random.default_rng(0)
    for _ in range(count):
        y = rng.integers(0, 2, 500)
        yield rng.normal(size=(500, 100)) + y[:, None], y

def made_up(count: PositiveInt = 8) -> Dataset:
    return from_arrays(*rows_on_disk(batches(count), "made_up.npy"))
"""


@pytest.mark.slow
def test_a_run_takes_no_more_memory_for_more_rows(tmp_path, monkeypatch, without_pictures):
    """48 MB of rows in place of 16; their targets, numbers and order in memory are a part of that."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cost, "_PREPARED_BYTES", 0)  # so that none are prepared in memory
    (tmp_path / "made_up.py").write_text(SOURCE)

    def peak(**data):
        tracemalloc.start()
        try:
            document = CONFIG | {"plugins": ["made_up.py"], "data": data | {"shuffle": False}}
            run = nnlite.train(document, out="-".join(map(str, data.values())), progress=False)
            return tracemalloc.get_traced_memory()[1], run.figures["test"]["accuracy"]
        finally:
            tracemalloc.stop()

    peak(source="made_up", count=1)  # what is imported, and stays
    few, many = (peak(source="made_up", count=count) for count in (40, 120))
    assert many[0] - few[0] < 8e6 and many[1] > 0.95
    np.save("y.npy", np.arange(60_000) % 2)
    assert peak(source="npy", path="made_up.npy", targets="y.npy")[0] - few[0] < 8e6


@pytest.mark.slow
def test_a_run_of_a_generators_rows_goes_on_and_is_verified(tmp_path, monkeypatch, without_pictures):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "made_up.py").write_text(SOURCE)
    document = CONFIG | {"plugins": ["made_up.py"], "data": {"source": "made_up", "count": 2}}
    one, other = (nnlite.train(document, out=name, progress=False) for name in ("one", "other"))
    assert one.folder != other.folder
    assert (tmp_path / "one/weights.csv").read_text() == (tmp_path / "other/weights.csv").read_text()
    assert config.check(document, tmp_path / "a.toml").load_data().train.x.dtype == np.float64


def test_regression_and_images_come_of_batches_too(tmp_path):
    x, y = rows_on_disk([(np.zeros((3, 1, 8, 8), np.uint8), [1.5, 2, 3])] * 2, str(tmp_path / "x.npy"))
    assert isinstance(regression_from_arrays(x, y), Dataset) and x.shape == (6, 1, 8, 8)
