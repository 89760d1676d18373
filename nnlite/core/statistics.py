"""Statistics are arrays of a layer or a loss that are saved with the model but not trained, such as running means."""

import functools
from typing import Any

import numpy as np

from nnlite.errors import ConfigError, ShapeError
from nnlite.types import Array, Shape


class WithStatistics:
    """The part of a layer or a loss that holds statistics: `build` declares them; `adapt` or training fills them."""

    _statistics: dict[str, Array]

    @property
    def statistics(self) -> dict[str, Array]:
        """The arrays by name; made on first use, so that a constructor need not call the base class's."""
        # A cached_property would read `__dict__`, after which Python finds each attribute of the layer more slowly.
        try:
            return self._statistics
        except AttributeError:
            self._statistics = {}
            return self._statistics

    def add_statistic(self, name: str, shape: Shape, fill: float = 0.0) -> None:
        """Declares the array `statistics[name]`, in `build`.

        It takes no memory until the whole model is known, so that a model file whose few bytes ask for gigabytes can
        be refused. Until then it cannot be written.

        Args:
            name: unique within the layer, among its parameters too.
            shape: the shape of the array, which is one of float64.
            fill: the value of all its numbers at first.

        >>> from nnlite.core.statistics import WithStatistics, make
        >>> layer = WithStatistics()
        >>> layer.add_statistic("mean", (10**12,))
        >>> layer.statistics["mean"].shape
        (1000000000000,)
        >>> layer.statistics.clear()
        >>> layer.add_statistic("mean", (2,))
        >>> make(layer.statistics)
        >>> layer.statistics["mean"][1] = 5
        >>> layer.statistics
        {'mean': array([0., 5.])}
        """
        if name in self.statistics:
            raise ConfigError(f"{type(self).__name__} declares the statistic {name!r} twice")
        try:
            self.statistics[name] = np.broadcast_to(np.float64(fill), shape)
        except ValueError:
            raise ShapeError(f"no memory is large enough for an array of shape {shape}") from None

    @functools.cached_property  # not a property: an attribute of that name, of a layer of the user's, goes before it
    def state(self) -> Any:
        """The former name of `statistics`: says so."""
        raise AttributeError(
            f"the state of {type(self).__name__} is called statistics now: declare an array in build with "
            "self.add_statistic(name, shape), and read and write it as self.statistics[name]"
        )


def make(statistics: dict[str, Array]) -> None:
    """Gives each declared array memory of its own; `Sequential.build` calls it."""
    statistics.update({name: np.array(array) for name, array in statistics.items()})
