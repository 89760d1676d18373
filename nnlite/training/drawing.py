"""How a history shows itself as a picture: pictures stand above training, so `nnlite` says here who draws them."""

from collections.abc import Callable, Mapping
from typing import Any


def _nobody(*_: object) -> Any:
    raise NotImplementedError("nnlite sets this when it is imported")


curves: Callable[[Mapping[str, Any]], Any] = _nobody
"""From histories by their names to a figure, as `plots.curves`."""

image: Callable[[Any, str], str] = _nobody
"""From a figure, and words for those who cannot see it, to an HTML image, as `plots.inline.image`."""
