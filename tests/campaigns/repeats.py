"""The same trainings in processes that differ in hash seed, locale, folder, threads, cores, memory and flags.

Each process makes five trainings and saves their models: from a config with dropout; a network for pictures with
batch normalization, an average, a schedule and early stopping; L-BFGS; embeddings, residual blocks and noise; and a
network large enough for two threads. What is compared are all arrays that were learnt, the history but for its
seconds, and the model file. NumPy's and Python's own random generators must be as they were before.
"""

import hashlib
import json
import locale
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]

FULL, REDUCED = 24, 4


def run(size: int) -> str:
    """Trains in `size` processes, each in surroundings of its own."""
    with tempfile.TemporaryDirectory(prefix="Übung 1 ") as folder:
        found = [_in_process(index, folder) for index in range(size)]
    first: dict[str, str] = {}
    for index, one in enumerate(found):
        for name, digest in one["digests"].items():
            assert digest == first.setdefault(name, digest), f"{name} differs in {_surroundings(index, '…')}"
        assert one["generators untouched"], f"a global generator moved in {_surroundings(index, '…')}"
    locales = sorted({one["locale"] for one in found})
    return (
        f"{len(TRAININGS)} trainings in {size} processes: one hash for each (of the largest one for each number of "
        f"threads that the process was given: {len(first) - len(TRAININGS) + 1}), and one file; the global "
        f"generators untouched (locales: {', '.join(locales)})"
    )


LOCALES = ("C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8", "en_US.ISO-8859-1")
THREADS: tuple[dict[str, str], ...] = (
    {},
    {"OPENBLAS_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "BLIS_NUM_THREADS": "1"},
    {"OPENBLAS_NUM_THREADS": "7"},
    {"OMP_NUM_THREADS": "3", "OMP_DYNAMIC": "true", "OPENBLAS_THREAD_TIMEOUT": "4"},
    {"GOTO_NUM_THREADS": "1", "OPENBLAS_MAIN_FREE": "1", "OMP_THREAD_LIMIT": "1"},
    {"OPENBLAS_DEFAULT_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"},
)
MEMORY: tuple[dict[str, str], ...] = (
    {},
    {"MALLOC_PERTURB_": "165"},
    {"MALLOC_MMAP_THRESHOLD_": "4096", "NUMPY_MADVISE_HUGEPAGE": "0"},
    {"MALLOC_ARENA_MAX": "1", "MALLOC_TOP_PAD_": "1000003"},
    {"PYTHONMALLOC": "malloc", "MALLOC_MMAP_MAX_": "0"},
    {"PYTHONMALLOC": "debug", "MALLOC_CHECK_": "3"},
)
FLAGS = ([], ["-O"], ["-X", "dev"], ["-OO", "-B"], ["-X", "utf8=0"])
PLACES = ({}, {"TZ": "Asia/Kathmandu"}, {"HOME": "/nonexistent", "TERM": "dumb", "COLUMNS": "20"})


def _surroundings(index: int, folder: str) -> tuple[list[str], dict[str, str], str, int | None]:
    """Flags of Python, environment, working folder, and the core it may use; first the usual ones."""
    chosen = {"PYTHONHASHSEED": str(index), "LC_ALL": LOCALES[index % 5]}
    chosen |= THREADS[index % 7] | MEMORY[index % 6] | PLACES[index % 3]
    core = (None, 0, None, -1)[index % 4]
    return list(FLAGS[(index + index // 5) % 5]), chosen, (str(ROOT), "/", folder)[index % 3], core


def _in_process(index: int, folder: str) -> dict[str, object]:
    flags, chosen, place, core = _surroundings(index, folder)
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment = kept | chosen | {"PYTHONPATH": str(ROOT)}
    code = f"from tests.campaigns.repeats import train_all; train_all({index}, {core})"
    done = subprocess.run(
        [sys.executable, *flags, "-c", code], cwd=place, env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, f"{_surroundings(index, folder)}: {done.stderr}"
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def train_all(index: int, core: int | None) -> None:
    """What a process does: all trainings, and a line of JSON about them."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [sorted(os.sched_getaffinity(0))[core]])
    try:
        spoken = locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        spoken = "C"  # what it was before; this one is not installed
    junk = [bytearray(1 + 13 * index * size) for size in range(200)]  # so that arrays come to lie elsewhere
    before = random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    from nnlite import threads

    digests = {}
    for training in TRAININGS:
        name, digest = training.__name__, training()
        digests[f"{name}, {threads.taken(2)} given" if training is two_threads else name] = digest
    after = random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    del junk
    print(json.dumps({"digests": digests, "locale": spoken, "generators untouched": before == after}))


def from_a_config() -> str:
    from nnlite.config import training_config as config

    changes = ["training.epochs=3", "schedule={type='Cosine', warmup=0.1}", "training.clip_norm=1"]
    settings = config.load(ROOT / "configs" / "digits.toml", changes)
    splits = settings.load_data()
    trainer = settings.build_trainer(settings.build_model(splits.train))
    return _digest(trainer, splits.train, splits.validation)


def pictures() -> str:
    import nnlite
    from nnlite import data

    splits = data.split(_digits(), test_fraction=0.2, validation_fraction=0.1, seed=1)
    layers = [
        nnlite.Reshape((1, 8, 8)),
        nnlite.Conv2D(6, 3, padding="same"),
        nnlite.BatchNorm(),
        nnlite.ReLU(),
        nnlite.MaxPool2D(2),
        nnlite.Flatten(),
        nnlite.Dropout(0.2),
        nnlite.Dense(10),
        nnlite.SoftmaxCrossEntropy(label_smoothing=0.1, class_weight="balanced"),
    ]
    trainer = nnlite.Trainer(
        nnlite.Sequential(layers),
        nnlite.AdamW(0.01, weight_decay=0.01),
        epochs=3,
        average=0.9,
        schedule=nnlite.OneCycle(),
        early_stopping=nnlite.EarlyStopping(patience=2, monitor="validation_loss"),
    )
    return _digest(trainer, splits.train, splits.validation)


def lbfgs() -> str:
    import nnlite
    from nnlite import data

    digits = _digits()
    words = np.array(["nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
    rows = data.from_arrays(digits.x[:500], words[digits.y[:500]])
    layers = [nnlite.Standardize(), nnlite.Dense(16), nnlite.Tanh(), nnlite.Dense(10), nnlite.SoftmaxCrossEntropy()]
    return _digest(nnlite.Trainer(nnlite.Sequential(layers), nnlite.LBFGS(weight_decay=1e-3), epochs=30), rows)


def mixed() -> str:
    import nnlite

    rng = np.random.default_rng(5)
    x = rng.integers(0, 7, (400, 4))
    y = np.sin(x @ np.array([1.0, 0.5, 2.0, 0.1])) * 1000
    block = [nnlite.LayerNorm(), nnlite.Dense(24), nnlite.GELU(), nnlite.GaussianNoise(0.1)]
    layers = [
        nnlite.Embedding(7, 6),
        nnlite.Flatten(),
        nnlite.Residual(block),
        nnlite.Dense(1),
        nnlite.Huber(),
    ]
    optimizer = nnlite.RMSprop(0.003, momentum=0.5)
    trainer = nnlite.Trainer(nnlite.Sequential(layers), optimizer, epochs=5, schedule=nnlite.ReduceOnPlateau())
    return _digest(trainer, nnlite.data.regression_from_arrays(x, y))


def two_threads() -> str:
    import nnlite

    rng = np.random.default_rng(6)
    rows = nnlite.Dataset(rng.standard_normal((2560, 784)).astype(np.float32), rng.integers(0, 10, 2560))
    layers = [nnlite.Dense(256), nnlite.ReLU(), nnlite.Dense(10), nnlite.SoftmaxCrossEntropy()]
    optimizer = nnlite.SGD(0.05, momentum=0.9, nesterov=True)
    trainer = nnlite.Trainer(nnlite.Sequential(layers), optimizer, epochs=1, batch_size=128)
    digest = _digest(trainer, rows)
    if trainer.threads_wanted != 2:  # an assert would not be there under -O
        raise RuntimeError("this training is to want two threads")
    return digest


TRAININGS = (from_a_config, pictures, lbfgs, mixed, two_threads)


def _digits():  # type: ignore[no-untyped-def]
    from nnlite import data

    return data.SOURCES["digits"]()


def _digest(trainer, rows, validation=None) -> str:  # type: ignore[no-untyped-def]
    """Trains, and gives a hash of what was learnt, of the history, and of the model file."""
    from nnlite.core import snapshot
    from nnlite.saving import model_file as storage

    trainer.fit(rows, validation)
    found = hashlib.sha256()
    for name, array in snapshot.arrays_of(trainer.model).items():
        found.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    for row in trainer.history.rows:
        found.update(repr([(name, figure) for name, figure in row.items() if name != "seconds"]).encode())
    with tempfile.TemporaryDirectory() as folder:
        storage.save(trainer.model, Path(folder, "model.safetensors"), classes=rows.classes)
        found.update(Path(folder, "model.safetensors").read_bytes())
    return found.hexdigest()
