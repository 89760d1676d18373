"""Two runs in one folder: exactly one wins, the other says so, and a killed one stands in nobody's way."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnlite.cli import command_line as cli
from nnlite.errors import RunError
from nnlite.runs import lock
from nnlite.runs.folder import RunFolder
from tests.conftest import ROOT
from tests.helpers import processes

CONFIG = str(ROOT / "configs/iris.toml")
HOLD = "import sys, time; from pathlib import Path; from nnlite.runs import lock\n" + (
    "with lock.locked(Path(sys.argv[1])):\n    print('locked', flush=True)\n    time.sleep(600)\n"
)


@pytest.mark.slow
def test_one_process_has_the_lock_and_another_says_so(here, capsys):
    assert cli.main(["train", CONFIG, "training.epochs=1", "--out", "run"]) == 0
    (here / "run/metrics.json").unlink()  # as if it had not come to its end
    with subprocess.Popen([sys.executable, "-c", HOLD, "run"], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
        capsys.readouterr()
        for words in (["--resume", "run"], [CONFIG, "--out", "run"], [CONFIG, "--out", "run", "--resume"]):
            assert cli.main(["train", *words]) == 4
            assert "another process is training in run" in capsys.readouterr().err
        assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before
        other.kill()
    assert (here / "run" / lock.NAME).exists()
    assert cli.main(["train", "--resume", "run"]) == 0
    assert not (here / "run" / lock.NAME).exists()


@pytest.mark.slow
def test_of_several_processes_that_want_one_new_folder_exactly_one_trains(here):
    words = ["train", CONFIG, "training.epochs=300", "--out", "run"]
    folders = [here / name for name in "abcd"]
    for folder in folders:
        folder.mkdir()
    started = [processes.start(folder, [*words[:-1], here / "run"], pictures=False) for folder in folders]
    for process in started:
        process.join()
    codes = sorted(process.exitcode for process in started)
    assert codes == [0, 4, 4, 4]
    said = [(folder / "stderr").read_text() for folder in folders]
    lost = [text for text in said if "error: " in text]
    assert all("another process is training" in text or "is not empty" in text for text in lost) and len(lost) == 3
    assert RunFolder(here / "run").finished


def test_the_lock_is_free_again_however_the_holder_ends(here):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), lock.locked(here):
            raise ZeroDivisionError
    assert not list(here.iterdir())


def test_two_of_one_process_exclude_each_other_too(here):
    with lock.locked(here):
        with pytest.raises(RunError, match="another process is training"), lock.locked(here):
            pass
        assert (here / lock.NAME).exists()


@pytest.mark.skipif(os.name != "posix", reason="other systems remove no open file")
def test_a_lock_file_that_its_holder_removed_in_the_meantime_is_made_anew(here, monkeypatch):
    calls, take = [], lock._try

    def removed_just_before(descriptor):
        calls.append(descriptor)
        if len(calls) == 1:
            Path(lock.NAME).unlink()
        return take(descriptor)

    monkeypatch.setattr(lock, "_try", removed_just_before)
    with lock.locked(here):
        assert len(calls) == 2 and (here / lock.NAME).exists()


@pytest.mark.skipif(os.name != "posix", reason="flock is of POSIX systems")
def test_where_a_file_system_has_no_locks_a_run_goes_without_and_is_told(here, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.warns(RuntimeWarning, match=r"has none \(No locks available\): see to it"), lock.locked(here):
        pass
