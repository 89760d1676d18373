"""How many threads multiply matrices follows from the work and from what the process was given, for a fit only."""

import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import scipy.linalg  # noqa: F401 (its BLAS library is to be there before nnlite looks for such)
from threadpoolctl import threadpool_info, threadpool_limits

from nnlite import (
    LSTM,
    SGD,
    ConfigError,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
    limits,
    threads,
)
from nnlite.cli import main
from nnlite.core import cost
from nnlite.training.learning_rate_finder import range_test
from tests.conftest import ROOT
from tests.helpers.callbacks import On


def in_force():
    """The number of threads of each BLAS library."""
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


pytestmark = pytest.mark.skipif(not in_force(), reason="threadpoolctl knows no BLAS library here")


@pytest.fixture(autouse=True)
def given(monkeypatch):
    """The process was given four threads, whatever the machine has."""
    monkeypatch.setattr(limits, "threads", lambda: 4)
    with threadpool_limits(4, user_api="blas"):
        yield


def trainer(batch_size):
    return Trainer(
        Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,)), SGD(0.1), epochs=1, batch_size=batch_size
    )


SMALL, LARGE = 32, 2_000_000  # batches of a model with 15 parameters: 480 and 30 million multiplications


@pytest.mark.parametrize("count", [1, 2])
def test_the_number_is_set_and_set_back(count):
    before = in_force()
    with threads.limited(count):
        assert set(in_force()) == {count}
        with threads.limited(1):
            assert set(in_force()) == {1}
        assert set(in_force()) == {count}
        with threads.limited(count + 1):  # more than it found: it takes no more
            assert set(in_force()) == {count}
        assert set(in_force()) == {count}
    assert in_force() == before


def test_a_limit_of_threadpoolctl_is_neither_raised_nor_lost(blobs):
    made, seen = trainer(LARGE), []
    with threadpool_limits(1, user_api="blas"):
        made.fit(blobs, callbacks=[On(step=lambda step, of: seen.extend(in_force()))])
        assert set(in_force()) == {1}
    assert set(seen) == {1} and made.threads_taken == 1
    assert set(in_force()) == {4} and made.thread_count == 2


class InAThread:
    """A block in a thread of Python of its own, which is left when it is told."""

    def __init__(self, block):
        self.entered, self.leave, self.seen = threading.Event(), threading.Event(), None
        self.thread = threading.Thread(target=self.run, args=(block,))
        self.thread.start()
        assert self.entered.wait(60)

    def run(self, block):
        with block:
            self.entered.set()
            self.leave.wait(60)
            self.seen = set(in_force())

    def left(self):
        """Leaves the block; returns the numbers that were in force in it at the end."""
        self.leave.set()
        self.thread.join(60)
        return self.seen


@pytest.mark.parametrize("limit", [threads.limited, threads.one_for_scipy])
def test_threads_of_python_limit_at_once_and_nothing_is_left_limited(limit):
    before, count = in_force(), (2,) * (limit is threads.limited)
    for order in itertools.permutations(range(3)):
        blocks = [InAThread(limit(*count)) for _ in range(3)]
        now = in_force()
        assert [blocks[number].left() for number in order] == [set(now)] * 3 and in_force() == before
    assert min(now) == (count or (1,))[0]


def test_a_thread_keeps_the_number_that_its_products_began_with():
    before = in_force()
    two = InAThread(threads.limited(2))
    one = InAThread(threads.limited(1))  # it ends last
    late = InAThread(threads.limited(2))  # no more than what is in force: its neighbours' products would change
    assert set(in_force()) == {1}
    assert two.left() == {1}
    assert late.left() == {1} and one.left() == {1} and in_force() == before
    two, one = InAThread(threads.limited(2)), InAThread(threads.limited(1))
    assert one.left() == {1} and two.left() == {2} and in_force() == before


def test_it_is_set_back_after_an_error():
    before = in_force()
    with pytest.raises(ZeroDivisionError), threads.limited(1):
        raise ZeroDivisionError
    assert in_force() == before


@pytest.mark.parametrize("around", [1, 2, 3])
def test_it_follows_from_the_model_and_the_batch_and_a_limit_around_it(around):
    with threads.limited(around):
        assert [trainer(size).thread_count for size in (SMALL, LARGE)] == [1, min(around, 2)]
        assert [trainer(size).threads_wanted for size in (SMALL, LARGE)] == [1, 2]


@pytest.mark.parametrize(("process", "wanted", "taken"), [(1, 2, 1), (2, 2, 2), (3, 64, 3), (8, 64, 4)])
def test_no_more_are_taken_than_the_process_was_given(monkeypatch, process, wanted, taken, blobs):
    monkeypatch.setattr(limits, "threads", lambda: process)
    made, seen = trainer(LARGE), []
    made.threads = wanted
    made.fit(blobs, callbacks=[On(step=lambda step, of: seen.extend(in_force()))])
    assert made.thread_count == made.threads_taken == taken and set(seen) == {taken}


WHAT_IS_IN_FORCE = """
from threadpoolctl import threadpool_limits
threadpool_limits(2)  # as on two cores
from tests.ground.test_threads import LARGE, in_force, trainer
from tests.helpers.callbacks import On
from tests.conftest import make_blobs
made, seen = trainer(LARGE), set()
made.fit(make_blobs(), callbacks=[On(step=lambda step, of: seen.update(in_force()))])
print(made.threads_taken, *seen)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "variable",
    [
        "OMP_NUM_THREADS",
        "",
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
        ),
    ],
)
def test_a_variable_and_a_single_core_are_kept_to(variable):
    def on_one_core():
        if not variable and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])

    environment = os.environ | ({variable: "1"} if variable else {})
    command = [sys.executable, "-c", WHAT_IS_IN_FORCE]
    said = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, preexec_fn=on_one_core)
    assert said.stdout == "1 1\n", said.stderr


def test_whoever_asks_for_another_number_gets_it(blobs):
    made, seen = trainer(LARGE), []
    made.threads = 1
    made.fit(blobs, callbacks=[On(step=lambda step, of: seen.extend(in_force()))])
    assert made.thread_count == 1 and set(seen) == {1}
    for wrong in (0, 65, 1.5, True):
        with pytest.raises(ConfigError, match="threads"):
            Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), SGD(0.1), threads=wrong)


class Looks(Layer):
    """Wants to see the rows."""

    def forward(self, x, *, training=False):
        return x

    def backward(self, dy):
        return dy

    def adapt(self, x):
        pass


@pytest.mark.parametrize("run", [lambda made, rows: made.fit(rows), range_test])
def test_what_a_layer_learns_from_the_rows_it_learns_on_that_number_too(run, blobs):
    seen = []
    with threads.limited(3), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Looks, "adapt", lambda self, x: seen.append(set(in_force())))
        layers = [Dense(3), Looks(), SoftmaxCrossEntropy()]
        run(Trainer(Sequential(layers).build((4,)), SGD(0.1), epochs=1), blobs)
    assert seen == [{1}]


def test_a_train_command_says_and_records_how_many_threads_it_takes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["train", str(ROOT / "configs" / "iris.toml"), "training.epochs=1", "training.threads=2"]
    for process in (1, 2):
        monkeypatch.setattr(limits, "threads", lambda process=process: process)
        assert main([*command, "--out", f"of-{process}"]) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert ("trains on 1 of 2 threads, as many as it was given" in said) == (process == 1)
        assert json.loads(Path(f"of-{process}/environment.json").read_text())["threads"] == process


@pytest.mark.slow
def test_a_run_goes_on_and_is_verified_on_as_many_threads_as_it_was_begun_with(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(limits, "threads", lambda: 1)
    taken, fit = [], Trainer.fit

    def watched(self, *args, **options):
        try:
            return fit(self, *args, **options)
        finally:
            taken.append(self.threads_taken)

    monkeypatch.setattr(Trainer, "fit", watched)
    config = [str(ROOT / "configs" / "iris.toml"), "training.epochs=2", "training.threads=2"]
    assert main(["train", *config, "--out", "run"]) == 0
    monkeypatch.setattr(limits, "threads", lambda: 4)  # on another machine
    assert main(["verify", "run"]) == 0
    Path("run/metrics.json").unlink()  # as if it had been killed
    capsys.readouterr()
    assert main(["train", "--resume", "run"]) == 0
    assert taken == [1, 1, 1] and "begun elsewhere" not in capsys.readouterr().err


def test_products_are_counted_in_layers_within_layers():
    model = Sequential([Flatten(), Residual([Dense(8), Dense(16)])]).build((1, 4, 4))
    assert cost.shared_products(model.layers) == 16 * 8 + 8 + 8 * 16 + 16


@pytest.mark.parametrize(("units", "wanted"), [(64, 1), pytest.param(256, 2, marks=pytest.mark.slow)])
def test_of_a_sequence_the_products_of_one_step_in_time_decide(units, wanted):
    for time in (1, 50):
        model = Sequential([LSTM(units), Dense(2), SoftmaxCrossEntropy()]).build((time, 64))
        assert Trainer(model, SGD(0.1), batch_size=32).threads_wanted == wanted


@pytest.mark.slow
def test_the_small_products_of_a_convolution_are_not_shared():
    model = Sequential([Conv2D(64, 3), Flatten(), Dense(1000), SoftmaxCrossEntropy()]).build((3, 32, 32))
    assert Trainer(model, SGD(0.1), epochs=1, batch_size=256).thread_count == 1
    assert Trainer(model, SGD(0.1), epochs=1, batch_size=256, threads=2).thread_count == 2


@pytest.mark.parametrize("batch_size", [SMALL, LARGE])
def test_a_fit_runs_on_the_number_that_the_trainer_tells(batch_size, blobs):
    with threads.limited(3):
        made, seen = trainer(batch_size), []
        made.fit(blobs, callbacks=[On(step=lambda step, of: seen.append(set(in_force())))])
        assert set(in_force()) == {3}
        assert seen and all(each == {made.thread_count} for each in seen)


@pytest.mark.slow
def test_the_libraries_of_numpys_products_are_told_whatever_else_is_imported():
    code = "from nnlite import threads; print([(each['user_api'], each['filepath']) for each in threads.libraries()])"
    others = ("", "import scipy.linalg; ", "import sklearn.metrics; ")
    said = {subprocess.check_output([sys.executable, "-c", before + code], cwd=ROOT, text=True) for before in others}
    assert len(said) == 1 and "'blas'" in said.pop()
