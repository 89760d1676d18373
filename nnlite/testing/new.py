"""`nnlite new`: writes a file with a layer, or another kind, that keeps the contract and has a formula to replace."""

import importlib.resources
import importlib.util
import keyword
import sys
from pathlib import Path

import nnlite
from nnlite import data, files
from nnlite.errors import ConfigError
from nnlite.plugins.registry import Registry
from nnlite.text import snake_case

IN_A_CONFIG = {
    "layer": '[model]\nlayers = [{{ type = "Dense", units = 16 }}, {{ type = "{name}" }}, …]',
    "loss": '[model]\nlayers = [{{ type = "Dense", units = 3 }}, {{ type = "{name}" }}]',
    "optimizer": '[optimizer]\ntype = "{name}"',
    "schedule": '[schedule]\ntype = "{name}"',
    "metric": '[training]\nmetrics = ["{name}"]',
    "callback": '[[callbacks]]\ntype = "{name}"',
    "source": '[data]\nsource = "{name}"',
}
"""For each kind how a config uses one of this name."""


def write_new(kind: str, name: str, out: Path | None = None) -> Path:
    """Writes the file and returns its path: by default the name in snake case, in the working folder.

    Args:
        kind: a key of `IN_A_CONFIG`.
        name: the name of the class; of a source, of the function.
        out: the file to write.

    Raises:
        ConfigError: when the name is no name of Python's, or is taken; when the file exists, or hides a module.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise ConfigError(
            f"{name!r} cannot be the name of a {kind}: expected letters, digits and _, such as "
            f"{'two_moons' if kind == 'source' else 'MyLayer'}, and no word of Python's"
        )
    path = Path(f"{snake_case(name)}.py") if out is None else out
    registry = Registry()
    known = {"source": {*registry.sources, *registry.parted_sources}, "metric": {*registry.metrics}}
    if name in known.get(kind, {*registry.classes}) or hasattr(nnlite, name) or hasattr(data, name) or name == "np":
        raise ConfigError(f"the name {name!r} is taken by nnlite; choose another one")
    if path.suffix != ".py":
        raise ConfigError(f"{path} does not end in .py, as a file of Python does")
    if path.exists():
        raise ConfigError(f"{path} exists, and is not overwritten; name another file: --out my_{path.name}")
    if out is None and (path.stem in sys.stdlib_module_names or importlib.util.find_spec(path.stem) is not None):
        raise ConfigError(
            f"a file {path} would stand in the way of the Python module {path.stem}: name another, such as "
            f"--out my_{path}"
        )
    template = importlib.resources.files("nnlite.testing").joinpath("templates", f"{kind}.txt")
    files.write(path, template.read_text(encoding="utf-8").format(name=name, file=path))
    return path


def next_steps(kind: str, name: str, path: Path) -> str:
    """What to do with the file, in lines."""
    lines = IN_A_CONFIG[kind].format(name=name)
    plugins = f'plugins = ["{path.as_posix()}"]\n\n'
    shown = "\n".join(f"    {line}".rstrip() for line in f"{plugins}{lines}".splitlines())
    return f"{path}: replace the formula, then\n\n    nnlite check {path}\n\nA config uses it so:\n\n{shown}"
