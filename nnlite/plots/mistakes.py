"""The worst mistakes of a classifier of images: those with the highest probability of the wrong class."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.metrics.classification import likeliest, worst_first
from nnlite.plots.figure import DPI, fit, plain, shortened
from nnlite.plots.images import channels_first
from nnlite.plots.style import head, quiet
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture

MOST = 25  # images in a figure
_SIDE = 256  # pixels; a larger image is thinned out

# In inches: an image, the gap between two, the words above one; all of them together; and the words above all.
_PIXELS, _GAP, _WORDS = 1.2, 0.25, 0.35
_TILE, _HEAD = (_PIXELS + _GAP, _PIXELS + _GAP + _WORDS), 0.55


@quiet()
def mistakes(
    images: Array, labels: Array, probabilities: Array, classes: Sequence[Any], title: str = ""
) -> "Picture":
    """The worst mistakes of a classifier of images, 25 at most, each with its true and its predicted class.

    A mistake is the worse, the higher the probability that the model gives to the wrong class, which stands beside
    it; among equals, the lower that of the true class. Images of one channel are drawn in grey and those of three
    in their colours, from the lowest number among all that are drawn to the highest; of another number of channels
    the mean is drawn. Where there are no mistakes, the figure says so. Images whose probabilities are NaN have no
    predicted class; the figure says how many.

    Args:
        images: (rows, height, width) or (rows, channels, height, width), numbers of any kind.
        labels: (rows,) the true class indices.
        probabilities: (rows, classes), as the model predicts them.
        classes: the names of all classes.
        title: the figure's title.
    """
    from nnlite.plots.picture import Picture

    images = channels_first(images)
    predicted = likeliest(probabilities)
    wrong = worst_first(labels, probabilities)
    worst = wrong[:MOST]
    columns = math.ceil(math.sqrt(len(worst))) or 1
    rows = math.ceil(len(worst) / columns)
    width, height = max(columns, 3) * _TILE[0], rows * _TILE[1] + _HEAD
    said = _in_words(len(worst), len(wrong), predicted)
    figure = Picture(figsize=(width, height), dpi=DPI, words=printable(f"{title}: {said}.".removeprefix(": ")))
    head(figure, [plain(shortened(title, 45)), plain(said)], width)
    for place, (row, pixels) in enumerate(zip(worst, _ready(images, worst), strict=True)):
        left = 0.12 + place % columns * _TILE[0]
        bottom = height - _HEAD - (place // columns + 1) * _TILE[1] + _GAP
        axes = figure.add_axes((left / width, bottom / height, _PIXELS / width, _PIXELS / height))
        axes.set_axis_off()
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        names = [shortened(classes[index], 14) for index in (labels[row], predicted[row])]
        percent = f"{100 * probabilities[row, predicted[row]]:.0f} %"
        words = axes.set_title(plain(f"true {names[0]}\npredicted {names[1]}, {percent}"), pad=3)
        fit(words, 8, _TILE[0] - 0.1)
    return figure


def _in_words(shown: int, wrong: int, predicted: Array) -> str:
    found = f"{counted(wrong, 'mistake') if wrong else 'no mistakes'} among {counted(len(predicted), 'image')}"
    if without := int((predicted < 0).sum()):
        found += f", and {without} without a prediction"
    if shown < wrong:
        found = f"the {shown} worst of {found}"
    return found


def _ready(images: Array, chosen: Array) -> Array:
    """The chosen images in numbers from 0 to 1: (images, height, width), or (images, height, width, 3) in colour."""
    every = [math.ceil(side / _SIDE) for side in images.shape[2:]]
    pixels = images[chosen][:, :, :: every[0], :: every[1]].astype(np.float64).transpose(0, 2, 3, 1)
    if pixels.shape[3] != 3:
        pixels = pixels.mean(axis=3)
    low, high = pixels.min(initial=math.inf), pixels.max(initial=-math.inf)
    return (pixels - low) / (high - low) if low < high else np.full_like(pixels, 0.5)
