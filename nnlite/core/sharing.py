"""Layers in several places: one lends what it has learnt under a name, others borrow it, and the gradients add up.

The weights belong to the lender, and are trained, saved and counted there. Each place has a part in their gradient,
and the gradient is the sum of the parts, in whatever order the places run `backward`.
"""

from collections.abc import Iterable, Mapping

from nnlite.core.layer import Layer
from nnlite.core.parameters import Parameter
from nnlite.errors import ConfigError, nearest
from nnlite.types import Array


class Loan:
    """What a lender and its borrowers share.

    Attributes:
        lender: the layer that has the weights.
        frozen: the numbers of the places that are frozen, by their `trainable` or that of a container around them;
            `Sequential` sets it. The lender's place, 0, stands for the weights.
    """

    def __init__(self, lender: Layer) -> None:
        self.lender = lender
        self.frozen: set[int] = set()
        self._parts: dict[int, dict[str, Array]] = {}  # of each place, by its number

    @property
    def places(self) -> int:
        """How many layers share."""
        return len(self._parts)

    def join(self) -> int:
        """The number of a further place."""
        self._parts[len(self._parts)] = {}
        return len(self._parts) - 1

    def begin(self, place: int) -> None:
        """Takes the part of a place out of the gradients, until it gives a new one; called by its `forward`."""
        self._parts[place] = {}

    def add_up(self, place: int, part: Mapping[str, Array], parameters: Mapping[str, Parameter]) -> None:
        """Takes the part of one place, by the parameters' names, and writes the sum of all parts into the gradients.

        The arrays of the part have to be copies.
        """
        self._parts[place] = dict(part)
        for name, parameter in parameters.items():
            # ∂L/∂W = Σ over the places of ∂L/∂W there
            parts = [each[name] for each in self._parts.values() if name in each]
            if parts:
                parameter.grad = sum(parts[1:], start=parts[0])


class Sharing(Layer):
    """A layer that lends its weights by a name, or borrows those of another layer.

    Attributes:
        loan: what it shares with the others; `link` gives it.
        place: its number among those that share; the lender's is 0.
    """

    loan: Loan
    place: int

    @property
    def counts(self) -> bool:
        """Whether what comes from here is a part of the gradients: not where it, or the lender, is frozen."""
        return self.trainable and self.loan.lender.trainable and not self.loan.frozen & {0, self.place}

    @property
    def lends(self) -> str | None:
        """The name under which it lends its weights; None where it borrows."""
        return None


def link(layers: Iterable[Layer]) -> None:
    """Leads each borrower to its lender; called before layers are built.

    Raises `ConfigError` where two lenders have one name, or a borrower has no lender before it.
    """
    _link(layers, {})


def _link(layers: Iterable[Layer], known: dict[str, Loan]) -> None:
    for layer in layers:
        inner = known
        if isinstance(layer, Sharing):
            if layer.lends is not None:
                if layer.lends in known:
                    raise ConfigError(
                        f"two layers share their weights under the name {layer.lends!r}: "
                        f"{known[layer.lends].lender!r} and {layer!r}. Layers go with the first one alone; the "
                        f"others name it: {type(layer).__name__}({layer.lends!r})"
                    )
                layer.loan = known[layer.lends] = Loan(layer)
                layer.place = layer.loan.join()
                inner = {}  # what is shared within runs once for each place of the whole
            elif layer.borrows is not None:
                if layer.borrows not in known:
                    raise ConfigError(
                        f"{layer!r} borrows the weights of {layer.borrows!r}, but no layer before it shares any "
                        f"under this name{nearest(layer.borrows, known)}"
                    )
                layer.loan = known[layer.borrows]
                layer.place = layer.loan.join()
        _link(layer.children, inner)
