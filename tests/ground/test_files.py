"""Files are written whole or not at all."""

import os
import stat
import subprocess
import sys

import pytest

from nnlite import RunError, files


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


def test_what_killed_writes_left_goes_with_the_next_write_and_what_is_not_ours_stays(tmp_path):
    path = tmp_path / "a"
    others = ["b", ".b.01234567.tmp", ".a.tmp", ".a.0123456.tmp", "a.01234567.tmp", ".a.0123456g.tmp"]
    for name in (".a.01234567.tmp", ".a.89abcdef.tmp", *others):
        (tmp_path / name).write_text("left")
    os.mkfifo(tmp_path / ".a.fedcba98.tmp")
    files.write(path, "new")
    assert sorted(place.name for place in tmp_path.iterdir()) == sorted(["a", *others])
    files.sweep(tmp_path)
    others.remove(".b.01234567.tmp")
    assert sorted(place.name for place in tmp_path.iterdir()) == sorted(["a", *others])


def test_what_is_swept_is_open_for_writing_since_nfs_locks_nothing_else(tmp_path, monkeypatch):
    import fcntl

    def as_on_nfs(file, operation):
        descriptor = file if isinstance(file, int) else file.fileno()
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", as_on_nfs)
    (tmp_path / ".a.01234567.tmp").write_text("left")
    files.sweep(tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_another_process_is_writing_is_not_swept(tmp_path):
    code = """
import os, sys
from nnlite import files
from pathlib import Path
def wait(descriptor):
    print("writing", flush=True)
    sys.stdin.readline()
os.fsync = wait
files.write(Path("a"), "theirs")
"""
    command = [sys.executable, "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, cwd=tmp_path) as other:
        other.stdout.readline()
        files.write(tmp_path / "a", "ours")
        files.sweep(tmp_path)
        assert len(list(tmp_path.iterdir())) == 2
        other.communicate("\n" * 2)
    assert other.returncode == 0 and (tmp_path / "a").read_text() == "theirs"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_swept_before_it_was_locked_is_made_again(tmp_path, monkeypatch):
    right, swept = files._lock, []

    def lock(file):
        if not swept:
            swept.append(files.sweep(tmp_path))
        return right(file)

    monkeypatch.setattr(files, "_lock", lock)
    files.write(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new" and len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_missing_or_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in ("missing", "file"):
        with pytest.raises(RunError, match=f"cannot write .*{folder}"):
            files.write(tmp_path / folder / "a", "new")
        with pytest.raises(RunError, match=f"cannot write .*{folder}"):
            files.check_writable(tmp_path / folder / "a")
