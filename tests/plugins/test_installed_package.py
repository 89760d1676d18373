"""A plug-in that pip has installed into a fresh virtual environment, by the steps on docs/extend.md."""

import os
import re
import site
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

BACKEND = '''
"""Builds the wheel of a package of one module; what the page names for it cannot be fetched without a network."""

import tomllib
import zipfile
from pathlib import Path


def build_wheel(folder, config_settings=None, metadata_directory=None):
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    module, version = project["name"].replace("-", "_"), project["version"]
    points = [f"[{group}]\\n" + "".join(f"{name} = {value}\\n" for name, value in each.items())
              for group, each in project["entry-points"].items()]
    wheel, about = f"{module}-{version}-py3-none-any.whl", f"{module}-{version}.dist-info"
    with zipfile.ZipFile(Path(folder, wheel), "w") as archive:
        archive.write(f"{module}.py")
        of_package = f"Metadata-Version: 2.1\\nName: {project['name']}\\nVersion: {version}\\n"
        archive.writestr(f"{about}/METADATA", of_package)
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(f"{about}/entry_points.txt", "\\n".join(points))
        archive.writestr(f"{about}/RECORD", "")
    return wheel
'''

LAYER = """
from nnlite import Layer

class Swish(Layer):
    def __init__(self, start: float = 1.0):
        self.start = start

    def forward(self, x, *, training=False):
        return x * self.start

    def backward(self, dy):
        return dy * self.start
"""

PLAIN = """
[data]
source = "iris"
[model]
layers = [{ type = "Standardize" }, { type = "Dense" }, { type = "SoftmaxCrossEntropy" }]
[training]
epochs = 5
"""
PREDICTED = "print(nnlite.load('run/model.safetensors', plugins='nnlite-swish').predict([[5.1, 3.5, 1.4, 0.2]]))"


def page_block(first):
    """The block of docs/extend.md with this first line."""
    blocks = re.findall(r"```\w+\n(.*?)```", (ROOT / "docs" / "extend.md").read_text(), re.DOTALL)
    (found,) = [block for block in blocks if block.startswith(first)]
    return found


def pip():
    """A command that runs pip; the tests' own environment need not have one."""
    for python in (sys.executable, getattr(sys, "_base_executable", sys.executable)):
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0:
            return [python, "-m", "pip"]
    pytest.skip("there is no pip")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A new environment that has nnlite and what it needs, but installs in its own folder."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "env", with_pip=False)
    libraries = sysconfig.get_path("purelib", "venv", {"base": str(folder / "env")})
    Path(libraries, "nnlite.pth").write_text("\n".join([str(ROOT), *site.getsitepackages()]))
    return folder


def run(fresh, *command):
    """Runs Python of the environment in its folder."""
    (python,) = (each for each in (fresh / "env/bin/python", fresh / "env/Scripts/python.exe") if each.exists())
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([python, *command], cwd=fresh, capture_output=True, text=True, env=clean)


def install(fresh, name, code):
    folder = fresh / name
    folder.mkdir()
    project = page_block("# pyproject.toml").partition("[build-system]")[0].replace("nnlite-swish", name)
    project = project.replace("nnlite_swish", name.replace("-", "_"))
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(project + build)
    (folder / "backend.py").write_text(BACKEND)
    (folder / f"{name.replace('-', '_')}.py").write_text(code)
    offline = ["--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip(), "--python", fresh / "env", "install", *offline, folder], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_installed_package_trains_and_is_loaded_in_another_process(fresh):
    install(fresh, "nnlite-swish", LAYER)
    layers = '{ type = "Standardize" }, { type = "Swish", start = 0.5 }'
    text = PLAIN.replace('{ type = "Standardize" }', layers)
    (fresh / "own.toml").write_text('plugins = ["nnlite-swish"]\n' + text)
    trained = run(fresh, "-m", "nnlite", "train", "own.toml", "optimizer.learning_rate=1", "--out", "run", "--quiet")
    assert trained.returncode == 0, trained.stderr
    loaded = run(fresh, "-c", f"import nnlite; {PREDICTED}")
    assert loaded.stdout == "['setosa']\n", loaded.stderr

    unnamed = run(fresh, "-c", "import nnlite; nnlite.load('run/model.safetensors')")
    assert "it needs Swish of nnlite-swish" in unnamed.stderr
    imported = run(fresh, "-c", "import sys, nnlite; print('nnlite_swish' in sys.modules)")
    assert imported.stdout == "False\n"


@pytest.mark.parametrize("code", ["import nothing_of_that_name\n", "class Own(:\n", "raise SystemExit(3)\n"])
def test_a_broken_package_is_named_and_troubles_nobody_else(fresh, code):
    name = f"nnlite-broken-{len(code)}"
    install(fresh, name, code)
    (fresh / "broken.toml").write_text(f'plugins = ["{name}"]\n{PLAIN}')
    refused = run(fresh, "-m", "nnlite", "train", "broken.toml")
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    said = " ".join(refused.stderr.split())  # the terminal's lines are broken
    assert f"the plug-in '{name}', {name.replace('-', '_')} of the package {name} 0.1.0, cannot be" in said
    (fresh / "plain.toml").write_text(PLAIN)
    plain = run(fresh, "-m", "nnlite", "train", "plain.toml", "--out", f"plain-{len(code)}", "--quiet")
    assert plain.returncode == 0, plain.stderr
