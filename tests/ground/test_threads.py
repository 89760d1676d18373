"""How many threads multiply matrices follows from the work, and is set for the length of a fit only."""

import os
import subprocess
import sys

import pytest
import scipy.linalg  # noqa: F401 (its BLAS library is to be there before nnlite looks for such)
from threadpoolctl import threadpool_info

from nnlite import (
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
        with threads.limited(3 - count):
            assert set(in_force()) == {3 - count}
        assert set(in_force()) == {count}
    assert in_force() == before


def test_it_is_set_back_after_an_error():
    before = in_force()
    with pytest.raises(ZeroDivisionError), threads.limited(1 if before != [1] else 2):
        raise ZeroDivisionError
    assert in_force() == before


@pytest.mark.parametrize("around", [1, 2, 3])
def test_it_follows_from_the_model_and_the_batch_alone(around):
    with threads.limited(around):
        assert [trainer(size).thread_count for size in (SMALL, LARGE)] == [1, 2]


WHAT_IS_IN_FORCE = """
from tests.ground.test_threads import LARGE, in_force, trainer
from tests.helpers.callbacks import On
from tests.conftest import make_blobs
made, seen = trainer(LARGE), set()
made.fit(make_blobs(), callbacks=[On(step=lambda step, of: seen.update(in_force()))])
print(made.thread_count, *seen)
"""


@pytest.mark.parametrize("variable", ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", ""])
def test_neither_a_variable_nor_a_single_core_takes_a_thread_away(variable):
    def on_one_core():
        if not variable and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])

    environment = os.environ | ({variable: "1"} if variable else {})
    command = [sys.executable, "-c", WHAT_IS_IN_FORCE]
    said = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, preexec_fn=on_one_core)
    assert said.stdout == "2 2\n", said.stderr


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


def test_a_train_command_says_where_its_threads_have_too_few_cores(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["train", str(ROOT / "configs" / "iris.toml"), "training.epochs=1"]
    for cores in (1, 2):
        monkeypatch.setattr(os, "sched_getaffinity", lambda process, cores=cores: set(range(cores)), raising=False)
        assert main([*command, "training.threads=2"]) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert ("training.threads=1 may be many times faster" in said) == (cores == 1)


def test_products_are_counted_in_layers_within_layers():
    model = Sequential([Flatten(), Residual([Dense(8), Dense(16)])]).build((1, 4, 4))
    assert cost.shared_products(model.layers) == 16 * 8 + 8 + 8 * 16 + 16


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


def test_the_libraries_of_numpys_products_are_told_whatever_else_is_imported():
    code = "from nnlite import threads; print([(each['user_api'], each['filepath']) for each in threads.libraries()])"
    others = ("", "import scipy.linalg; ", "import sklearn.metrics; ")
    said = {subprocess.check_output([sys.executable, "-c", before + code], cwd=ROOT, text=True) for before in others}
    assert len(said) == 1 and "'blas'" in said.pop()
