"""Ctrl-C, SIGTERM and a closed terminal end a run in good order: it can go on, and the model so far is there."""

import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

import nnlite
from nnlite import plots
from nnlite.cli import command_line as cli
from nnlite.runs import signals
from nnlite.runs.folder import RunFolder
from nnlite.runs.signals import Interrupted, Signals
from nnlite.saving import checkpoint
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems have other signals")

CONFIG = str(ROOT / "configs/iris.toml")

# A shell that runs the tests in the background has its children ignore SIGINT, and nohup has them ignore SIGHUP.
PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "signal.signal(signal.SIGTERM, signal.SIG_DFL); signal.signal(signal.SIGHUP, signal.SIG_DFL); {}"
    "from nnlite.cli import main; sys.exit(main())"
)

AGES = "[time.sleep(0.01) for _ in range(60000)]"
"""Not one long sleep: of a signal just before that begins, or goes on after another one, Python hears at its end."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that no signal has met."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert cli.main(["train", CONFIG, "training.epochs=1500", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def heard():
    """Signals as a process at a terminal has them, however the tests were started."""
    defaults = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in defaults.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def started(*words, first=""):
    """The command line in a process of its own, with something to be done before."""
    command = [sys.executable, "-c", PROGRAM.format(first), "train", CONFIG, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(process, beginning):
    while not (line := process.stderr.readline()).startswith(beginning):
        assert line, "it ended before"


@pytest.mark.slow
@pytest.mark.parametrize(
    "sent", [signal.SIGINT, *(pytest.param(each, marks=pytest.mark.slow) for each in (signal.SIGTERM, signal.SIGHUP))]
)
def test_a_signal_in_training_leaves_a_run_that_can_go_on_and_a_model_that_can_be_used(here, whole, sent, capsys):
    with started("training.epochs=1500") as process:
        until(process, "epoch    1/1500 ")
        process.send_signal(sent)
        said, err = process.communicate()
    assert process.returncode == 128 + sent
    assert "Traceback" not in said + err
    assert "\ninterrupted " in err and err.endswith("to go on: nnlite train --resume runs/iris\n")
    run = here / "runs/iris"
    names = {path.name for path in run.iterdir()}
    assert {"config.toml", "environment.json", "history.csv", "weights.csv", "model.safetensors"} <= names
    assert not {"metrics.json", ".lock", "loss.svg"} & names and any(name.startswith("checkpoint-") for name in names)
    epochs = len(RunFolder(run).read_history())
    assert 1 <= epochs < 1500
    assert nnlite.load(run / "model.safetensors").predict(np.ones((1, 4))).shape == (1,)

    assert cli.main(["train", "--resume", "runs/iris"]) == 0
    for name in ("model.safetensors", "weights.csv", "metrics.json", "loss.svg", "loss.png", "confusion.svg"):
        assert (run / name).read_bytes() == (whole / name).read_bytes()


def test_a_terminal_that_is_really_closed_ends_a_run_in_good_order(here):
    master, slave = os.openpty()
    program = PROGRAM.format("import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); ")
    words = [sys.executable, "-c", program, "train", CONFIG, "training.epochs=100000000", "checkpoints.every_steps=1"]
    with subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True) as process:
        os.close(slave)
        said = b""
        while not re.search(rb"epoch [1-9]\d*/", said):  # after which there is a checkpoint
            said += os.read(master, 65536)
        os.close(master)
        assert process.wait() == 128 + signal.SIGHUP
    names = {path.name for path in (here / "runs/iris").iterdir()}
    assert "model.safetensors" in names and any(name.startswith("checkpoint-") for name in names)


def test_a_second_ctrl_c_leaves_at_once_and_takes_nothing_with_it(here):
    # The first one's checkpoint takes for ever.
    slow = (
        "import time\nfrom nnlite.saving import checkpoint\n"
        f"def save(*_):\n    print('saving', file=sys.stderr, flush=True)\n    {AGES}\n"
        "checkpoint.save = save\n"
    )
    assert cli.main(["train", CONFIG, "training.epochs=1", "--out", "run"]) == 0
    with started("training.epochs=100000000", first=f"exec({slow!r}); ") as process:
        until(process, "saving")
        process.send_signal(signal.SIGINT)
        until(process, "finishing the step, to write a checkpoint; Ctrl-C again leaves at once\n")
        process.send_signal(signal.SIGTERM)  # is nothing new
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130 and "Traceback" not in err
    assert err.endswith("\ninterrupted: nothing was written\n")
    assert {path.name for path in here.iterdir()} == {"run"}  # there was no checkpoint to go on from


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_first_step_leaves_nothing(here, sent):
    slow = (
        "import time\nfrom nnlite import data\n"
        f"def iris():\n    print('loading', file=sys.stderr, flush=True)\n    {AGES}\n"
        "data.SOURCES['iris'] = iris\n"
    )
    with started(first=f"exec({slow!r}); ") as process:
        until(process, "loading")
        process.send_signal(sent)
        said, err = process.communicate()
    assert (process.returncode, err, said) == (128 + sent, "\ninterrupted: nothing was written\n", "")
    assert not list(here.iterdir())


def test_a_signal_while_the_end_is_written_leaves_a_run_that_can_go_on(here, monkeypatch, capsys):
    assert cli.main(["train", CONFIG, "training.epochs=20", "--out", "whole"]) == 0
    save = plots.save

    def interrupted(*_):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(plots, "save", interrupted)
    command = ["train", CONFIG, "training.epochs=20", "checkpoints.every_steps=7"]
    assert cli.main(command) == 143
    assert capsys.readouterr().err.endswith("\ninterrupted\nto go on: nnlite train --resume runs/iris\n")
    monkeypatch.setattr(plots, "save", save)
    assert cli.main([*command, "--resume"]) == 0
    assert (here / "runs/iris/model.safetensors").read_bytes() == (here / "whole/model.safetensors").read_bytes()
    assert [path.name for path in (here / "runs").iterdir()] == ["iris"]


def test_a_signal_in_the_last_moment_of_training_is_not_lost(here, monkeypatch):
    fit = nnlite.Trainer.fit

    def and_then_a_signal(*args, **options):
        fit(*args, **options)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(nnlite.Trainer, "fit", and_then_a_signal)
    assert cli.main(["train", CONFIG, "training.epochs=5", "checkpoints.every_steps=1"]) == 143
    assert RunFolder(here / "runs/iris").begun and not RunFolder(here / "runs/iris").finished


@pytest.mark.slow
def test_a_signal_right_after_the_end_leaves_the_finished_run(here, monkeypatch, capsys):
    clear = checkpoint.clear

    def and_then_a_signal(folder):
        clear(folder)
        signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as late:
        late.setattr(checkpoint, "clear", and_then_a_signal)
        assert cli.main(["train", CONFIG, "training.epochs=3"]) == 143
    assert capsys.readouterr().err.endswith("\ninterrupted\nruns/iris: this run is finished\n")
    assert RunFolder(here / "runs/iris").finished and (here / "runs/iris/model.safetensors").exists()
    assert cli.main(["train", "--resume", "runs/iris"]) == 0


def test_signals_that_the_process_ignores_stay_ignored_and_handlers_come_back():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with Signals() as came:
            signal.raise_signal(signal.SIGHUP)  # nohup
            assert not came.came
            with pytest.raises(Interrupted) as raised:
                signal.raise_signal(signal.SIGTERM)
            assert raised.value.number == came.came == signal.SIGTERM
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN and signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_first_signal_waits_if_it_shall_and_only_a_second_ctrl_c_does_not(heard):
    told = []
    with Signals(lambda: told.append("wait")) as came:
        came.patient = True
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP):
            signal.raise_signal(number)
        assert came.came == signal.SIGTERM and told == ["wait"]
        before = signal.getsignal(signal.SIGINT)
        with signals.undisturbed():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == before
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGINT)
