"""The layout: imports go down only, no files import each other in a circle, and importing nnlite is light."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnlite import SGD, Callback, Dense, ReLU, Sequential, SoftmaxCrossEntropy, Trainer
from tests.conftest import ROOT

# From the ground up: a folder imports from those before it in this list, never from those after it.
WINGS = """
    ground metrics tables data core layers losses optimizers schedules training callbacks plugins saving
    diagnosis plots report config estimators testing runs comparison explanation cli
""".split()

FACES = {"__init__.py", "__main__.py"}  # of the whole: the public names, and `python -m nnlite`


def room_of(file: Path) -> str:
    name = ".".join(file.relative_to(ROOT / "nnlite").with_suffix("").parts)
    return name.removesuffix(".__init__")


def wing_of(room: str) -> str:
    """The folder that the room is in; files beside the folders are the ground."""
    wing = room.partition(".")[0]
    return wing if (ROOT / "nnlite" / wing).is_dir() else "ground"


FILES = [f for f in sorted((ROOT / "nnlite").rglob("*.py")) if str(f.relative_to(ROOT / "nnlite")) not in FACES]
ROOMS = {room_of(file): file for file in FILES}


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
    return found & ROOMS.keys()


@pytest.mark.parametrize("file", FILES, ids=room_of)
def test_a_folder_imports_only_from_folders_below_it(file):
    wing = wing_of(room_of(file))
    assert wing in WINGS, f"the folder {wing} has no place in the order of the folders"
    above = {other for other in imported_rooms(file) if WINGS.index(wing_of(other)) > WINGS.index(wing)}
    assert not above, f"{room_of(file)} imports {above}, which stand above it"


def test_no_files_import_each_other_in_a_circle():
    left = {room: imported_rooms(file) - {room} for room, file in ROOMS.items() if file.name != "__init__.py"}
    while ready := {room for room, others in left.items() if not others & left.keys()}:
        left = {room: others for room, others in left.items() if room not in ready}
    assert not left, f"in a circle, or above one: {sorted(left)}"


@pytest.mark.parametrize("file", FILES, ids=room_of)
def test_a_room_begins_with_a_sentence_on_its_concept(file):
    docstring = ast.get_docstring(ast.parse(file.read_text()))
    assert docstring and docstring[0] != "#" and len(docstring.partition("\n")[0]) > 20


class Traced(Callback):
    """Notes every file of nnlite that the second step of a fit enters, or is already in."""

    def __init__(self):
        self.files = set()

    def after_step(self, fit):
        if fit.step == 1:
            frame = sys._getframe()
            while frame := frame.f_back:
                if frame.f_code.co_name == "_train_epoch":
                    self.note(frame, "call", None)
            sys.setprofile(self.note)
        elif fit.step == 2:
            sys.setprofile(None)

    def note(self, frame, event, argument):
        file = Path(frame.f_code.co_filename)
        if event == "call" and (ROOT / "nnlite") in file.parents:
            self.files.add(str(file.relative_to(ROOT / "nnlite")))


def lines_of_code(file):
    """The lines of a file but for docstrings, comments and blank lines."""
    text = file.read_text()
    inside = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            inside |= set(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(bool(line.strip()) and line.strip()[0] != "#" and number not in inside for number, line in lines)


def test_the_reading_list_is_what_one_training_step_runs_through(record_property, blobs):
    section = (ROOT / "README.md").read_text().partition("## Where to read")[2].partition("\n## ")[0]
    listed = re.findall(r"^\d+\. \[`([^`]+)`\]\(nnlite/([^)]+)\)", section, re.M)
    assert all(shown == target for shown, target in listed)
    files = [file for file, _ in listed]
    assert files[:3] == ["core/layer.py", "layers/dense.py", "core/chain.py"] and len(set(files)) == len(files)
    traced = Traced()
    model = Sequential([Dense(5), ReLU(), Dense(3), SoftmaxCrossEntropy()])
    Trainer(model, SGD(0.1, momentum=0.9), epochs=1, batch_size=16, callbacks=[traced]).fit(blobs)
    assert traced.files == set(files[1:])  # the first is the contract
    count = sum(lines_of_code(ROOT / "nnlite" / file) for file in files)
    record_property("said", f"reading list: {len(files)} files, {count} lines of code without docstrings")


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
        "import nnlite.config.training_config, nnlite.runs.results",
        "sys.argv = ['nnlite', '--help']; from nnlite.cli import main; main()",
        "from nnlite.cli import main; main(['train', 'no-such-config.toml'])",
    ],
    ids=["the library", "all that a run needs", "help", "a config that is wrong"],
)
def test_nothing_heavier_than_numpy_is_imported_before_it_is_needed(code):
    loaded = loaded_by(code)
    assert "numpy" in loaded and "nnlite.layers" in loaded
    assert not HEAVY & {module.partition(".")[0] for module in loaded}


TRAINED = """
from nnlite.cli import main
from nnlite.training.trainer import Trainer

fit = Trainer.fit

def fit_lightly(*args, **options):
    history = fit(*args, **options)
    assert "matplotlib" not in sys.modules
    return history

Trainer.fit = fit_lightly
assert main(["train", {config!r}, "training.epochs=1", "--out", "run"]) == 0
"""


@pytest.mark.parametrize(
    "source", ["iris", *(pytest.param(each, marks=pytest.mark.slow) for each in ("digits", "diabetes", "npz"))]
)
def test_a_run_imports_matplotlib_after_training_and_nothing_of_scikit_learn(source, tmp_path):
    config = ROOT / "configs" / f"{'iris' if source == 'npz' else source}.toml"
    if source == "npz":
        text = config.read_text()
        assert 'source = "iris"' in text
        config = tmp_path / "npz.toml"
        config.write_text(text.replace('source = "iris"', 'source = "npz"\npath = "rows.npz"'))
        np.savez(tmp_path / "rows.npz", x=np.random.default_rng(0).random((60, 4)), y=np.arange(60) % 3)
    loaded = loaded_by(TRAINED.format(config=str(config)), folder=tmp_path)
    assert "matplotlib.figure" in loaded
    # tqdm draws only on a terminal, pandas is for tables of the user's, and SciPy for some layers and optimizers.
    unused = {"sklearn", "scipy", "joblib", "tqdm", "pandas"}
    assert not unused & {module.partition(".")[0] for module in loaded}
    assert "matplotlib.pyplot" not in loaded


def test_matplotlib_is_imported_without_lists_in_its_docstrings_and_works_as_ever():
    loaded_by("""
from nnlite import plots
plots.import_quickly()
from matplotlib import artist
from matplotlib.lines import Line2D
assert artist.kwdoc.__name__ == "kwdoc" and "antialiased" in artist.kwdoc(Line2D)
assert "antialiased" not in Line2D.set.__doc__
plots.import_quickly()  # it is there already
assert artist.kwdoc.__name__ == "kwdoc"
""")


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
