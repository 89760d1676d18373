"""Files are written whole or not at all, and the environment of a run is told truly."""

import os
import stat

import numpy as np
import pytest

from nnlite import Dataset, RunError, environment, files
from nnlite.data import Splits


def test_a_file_is_synced_before_it_takes_its_name_and_its_folder_after(tmp_path, monkeypatch):
    done = []
    sync, replace = os.fsync, os.replace

    def record_sync(descriptor):
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def record_replace(source, target):
        done.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(os, "replace", record_replace)
    files.write(tmp_path / "a", "new")
    assert done == ["file", "rename", "folder"]


def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a"
    files.write(path, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"cannot write .*a: No space left on device"):
        files.write(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_the_hash_of_the_data_tells_rows_targets_and_parts_apart():
    def hashed(x, y, test=None):
        data = Dataset(np.array(x, float), np.array(y))
        return environment.data_hash(Splits(data, None, test))

    first = hashed([[1], [2]], [0, 1])
    others = [hashed([[1], [3]], [0, 1]), hashed([[1], [2]], [1, 1]), hashed([[1, 2]], [0])]
    others.append(hashed([[1], [2]], [0, 1], Dataset(np.array([[5.0]]), np.array([0]))))
    assert first == hashed([[1], [2]], [0, 1])
    assert len({first, *others}) == 5
