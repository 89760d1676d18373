"""The pictures of what a `LayerSnapshots` callback of a run has recorded: how its layers changed over the epochs."""

from pathlib import Path

from nnlite import plots
from nnlite.callbacks import LayerSnapshots
from nnlite.plots.svg import DECLARATION
from nnlite.report import Picture
from nnlite.runs.folder import RunFolder
from nnlite.training.trainer import Trainer

KINDS = {"activations": plots.activations, "weights": plots.weights}
"""What each picture is called, and the function that draws it."""


def draw(folder: RunFolder, name: str, trainer: Trainer) -> None:
    """Writes `activations.svg` and `weights.svg` of the first such callback, if there is one.

    Args:
        folder: where they are written.
        name: what was trained, for the title.
        trainer: whose callback it is.
    """
    found = next((each for each in trainer.callbacks if isinstance(each, LayerSnapshots)), None)
    if found is None or not found.epochs:
        return
    for kind, draw_layers in KINDS.items():
        layers = getattr(found, kind)
        if layers:
            plots.save(draw_layers(found.epochs, layers, name), _file(folder, kind))


def read(folder: RunFolder) -> dict[str, Picture]:
    """The pictures that `draw` has left in the folder, by kind: a finished run has no callback to draw them anew."""
    found = {}
    for kind in KINDS:
        if _file(folder, kind).exists():
            svg = _file(folder, kind).read_text("utf-8", errors="replace").removeprefix(DECLARATION)
            if svg.startswith("<svg "):
                found[kind] = Picture(svg)
    return found


def _file(folder: RunFolder, kind: str) -> Path:
    return folder.path / f"{kind}.svg"
