"""An estimation learns running statistics anew, such as batch normalization's means, for weights that no step had.

Averaged weights need it: the statistics of the last step are those of other weights.
"""

from typing import NoReturn

from nnlite.core.layer import Layer
from nnlite.core.network import Network
from nnlite.core.tree import walk
from nnlite.training.feed import Feed
from nnlite.types import Array


def estimating(network: Network) -> list[Layer]:
    """The layers whose statistics can be estimated, nested ones included, in the order they run; no frozen ones."""
    return [
        layer
        for _, layer, frozen in walk(network.chain.layers)
        if not frozen and type(layer).estimate is not Layer.estimate
    ]


def estimate(feed: Feed) -> None:
    """Lets each of these layers learn its statistics from all rows, as they reach it with the present weights.

    One layer after the other, so that each is given what it will be given in prediction, behind the new statistics of
    those before it; nothing is drawn, and the order of the rows does not matter.
    """
    network = feed.model.network
    for layer in estimating(network):
        seen = 0
        for x, *_ in feed.batches(feed.model.rows_at_once):
            reached = _input_of(layer, network, x)
            if reached is None:
                break
            layer.estimate(reached, seen)
            seen += len(x)


class _Reached(Exception):
    """The input of a layer, when it comes to it."""


def _input_of(layer: Layer, network: Network, x: Array) -> Array | None:
    """What a layer of the network is given for rows x, wherever it stands; None if it is not called."""

    def stop(x: Array, *, training: bool = False) -> NoReturn:
        raise _Reached(x)

    layer.forward = stop  # type: ignore[method-assign]
    try:
        network.forward(x)
    except _Reached as reached:
        found: Array = reached.args[0]
        return found
    finally:
        del layer.forward
    return None
