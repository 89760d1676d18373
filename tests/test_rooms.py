"""The rooms: imports go down only, the core stays readable in one evening, and importing nnlite is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# From the ground up: a room may import those before it in this list, never those after it.
ROOMS = """
    errors types declared rows matrices state threads seeding signature initializers parameters layer chain memory
    layers.dense layers.activations layers.rectifiers layers.smooth_activations
    layers.softmax layers.log_softmax layers.dropout layers.noise layers.shape layers.windows
    layers.convolution layers.pooling layers.augmentation layers.preprocessing
    layers.normalization layers.embedding layers.residual layers
    metrics losses.labels losses.cross_entropy losses.binary_cross_entropy losses.regression losses
    network summary model
    optimizers.optimizer optimizers.sgd optimizers.adam optimizers.rmsprop
    optimizers.full_batch_optimizer optimizers.lbfgs optimizers
    history best schedules.schedule schedules.decay schedules.cosine schedules.plateau schedules
    clipping averaging
    data.dataset data.pictures data.batches data.split data.sources data
    feed evaluation snapshot model_state early_stopping keeping pace recorder session full_batch settings resuming
    trainer range_test
    registry files tensors checkpoint predictor storage
    toml overrides checkpoint_times config_check config schema
    testing.jacobians testing.case testing.derivatives testing.passes testing.arguments testing.learnt
    testing.layers testing.losses
    testing.full_batch testing.optimizers testing.files testing
    differences environment lock signals run_folder weight_hashes terminal
    plots.picture plots.learning_curves plots.outcomes plots.images plots.first_layer plots.mistaken_images plots
    results same_run run verifying commands cli __main__
""".split()

# What a newcomer reads of the way from the data to the gradient and back, and what it stands on.
CORE = """
    layer layers/dense layers/activations layers/softmax losses/cross_entropy model
    optimizers/optimizer optimizers/sgd trainer
""".split()
FOUNDATION = "parameters chain network feed evaluation settings losses/labels".split()


def room_of(file: Path) -> str:
    name = ".".join(file.relative_to(ROOT / "nnlite").with_suffix("").parts)
    return name.removesuffix(".__init__")


def imported_rooms(file: Path) -> set[str]:
    """The rooms that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "nnlite":
            inner = (node.module or "").removeprefix("nnlite").removeprefix(".")
            for alias in node.names:
                nested = f"{inner}.{alias.name}" if inner else alias.name
                found.add(nested if nested in ROOMS else inner)
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("nnlite.") for a in node.names if a.name.startswith("nnlite.")}
    return found - {""}  # the package itself, which has only the version


FILES = sorted(file for file in (ROOT / "nnlite").rglob("*.py") if file != ROOT / "nnlite" / "__init__.py")


@pytest.mark.parametrize("file", FILES, ids=room_of)
def test_a_room_imports_only_rooms_below_it(file):
    room = room_of(file)
    assert room in ROOMS, f"{room} has no place in the order of the rooms"
    upward = {other for other in imported_rooms(file) if ROOMS.index(other) >= ROOMS.index(room)}
    assert not upward, f"{room} imports {upward}, which stand above it"


def test_the_list_of_rooms_is_the_list_of_files():
    assert sorted(ROOMS) == sorted(room_of(file) for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=room_of)
def test_a_room_begins_with_a_sentence_on_its_concept(file):
    docstring = ast.get_docstring(ast.parse(file.read_text()))
    assert docstring and docstring[0] != "#" and len(docstring.partition("\n")[0]) > 20


def lines_of(rooms):
    return sum(len((ROOT / "nnlite" / f"{room}.py").read_text().splitlines()) for room in rooms)


def test_the_reading_core_has_at_most_1200_lines(capsys):
    with capsys.disabled():
        print(f"\nreading core: {lines_of(CORE)} of at most 1200 lines; what it stands on: {lines_of(FOUNDATION)}")
    assert lines_of(CORE) <= 1200


HEAVY = {"sklearn", "scipy", "matplotlib", "safetensors", "tqdm", "threadpoolctl"}


def loaded_by(code, *, folder=ROOT):
    """The names of all modules that a fresh Python has after this code."""
    code = f"import atexit, sys\natexit.register(lambda: print('MODULES', *sys.modules))\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    return set(done.stdout.rpartition("MODULES")[2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import nnlite, nnlite.cli",
        "import nnlite.config, nnlite.results",
        "sys.argv = ['nnlite', '--help']; from nnlite.cli import main; main()",
        "from nnlite.cli import main; main(['train', 'no-such-config.toml'])",
    ],
    ids=["the library", "all that a run needs", "help", "a config that is wrong"],
)
def test_nothing_heavier_than_numpy_is_imported_before_it_is_needed(code):
    loaded = loaded_by(code)
    assert "numpy" in loaded and "nnlite.layers" in loaded
    assert not HEAVY & {module.partition(".")[0] for module in loaded}


def test_a_run_imports_no_more_of_matplotlib_and_scikit_learn_than_it_uses(tmp_path):
    words = ["train", str(ROOT / "configs" / "iris.toml"), "training.epochs=1", "--out", "run"]
    loaded = loaded_by(f"from nnlite.cli import main; assert main({words!r}) == 0", folder=tmp_path)
    assert {"matplotlib.figure", "sklearn.model_selection"} <= loaded
    # tqdm draws only on a terminal, and pandas is for tables of the user's.
    assert not {"matplotlib.pyplot", "sklearn.neural_network", "sklearn.linear_model", "tqdm", "pandas"} & loaded


def test_a_command_ends_without_a_last_search_for_cycles():
    code = """
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count()))
at_first = gc.get_freeze_count()
from nnlite.cli import main
main(["schema"])
print(at_first, gc.get_freeze_count())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    at_first, while_running, at_the_end = map(int, done.stdout.split()[-3:])
    assert at_first == while_running < at_the_end - 1000
