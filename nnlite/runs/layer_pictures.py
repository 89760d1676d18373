"""The pictures of what a `LayerSnapshots` callback of a run has recorded."""

from nnlite import plots
from nnlite.callbacks import LayerSnapshots
from nnlite.runs.folder import RunFolder
from nnlite.training.trainer import Trainer


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
    for kind, draw_layers in (("activations", plots.activations), ("weights", plots.weights)):
        layers = getattr(found, kind)
        if layers:
            plots.save(draw_layers(found.epochs, layers, name), folder.path / f"{kind}.svg")
