"""A network to measure is its layers' sizes, the rows it is trained on, and how long.

All have ReLU between their layers and softmax cross-entropy at the end, compute in float32, and are trained by
SGD with momentum 0.9. Some begin with convolutions, each followed by ReLU and max pooling of 2×2; some with a GRU or
an LSTM, of whose outputs the next layer gets the last.
"""

import math
from dataclasses import dataclass
from typing import Literal

LEARNING_RATE = 0.01
MOMENTUM = 0.9
SEED = 0


@dataclass(frozen=True)
class Convolution:
    """Attributes:
    filters: channels that it gives.
    kernel: height and width of a filter.
    padding: rows and columns of zeros around the picture.
    """

    filters: int
    kernel: int
    padding: int


@dataclass(frozen=True)
class Network:
    """What every peer is told.

    The rows are whole batches, so that all steps are alike and a compiler sees one shape.

    Attributes:
        sizes: inputs, hidden units, …, outputs.
        batch: rows per step.
        rows: to train on; of iris and digits the first so many.
        epochs: in one fit.
        data: where the rows come from.
        picture: (channels, height, width) of a row, where there are convolutions.
        convolutions: those before the dense layers.
        cell: the recurrent layer that the first hidden units are, where there is one.
        time: how many steps its sequences have; the inputs are divided among them.
    """

    sizes: tuple[int, ...]
    batch: int
    rows: int
    epochs: int
    data: Literal["iris", "digits", "made-up"] = "made-up"
    picture: tuple[int, ...] = ()
    convolutions: tuple[Convolution, ...] = ()
    cell: Literal["", "GRU", "LSTM"] = ""
    time: int = 1

    def __post_init__(self) -> None:
        for name in ("sizes", "picture"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # from JSON comes a list
        convolutions = (Convolution(**one) if isinstance(one, dict) else one for one in self.convolutions)
        object.__setattr__(self, "convolutions", tuple(convolutions))
        if self.convolutions and math.prod(self.picture) != self.sizes[0]:
            raise ValueError(f"a picture of shape {self.picture} has not {self.sizes[0]} numbers")
        if self.sizes[0] % self.time:
            raise ValueError(f"{self.sizes[0]} inputs cannot be divided among {self.time} steps")
        if self.rows % self.batch:
            raise ValueError(f"{self.rows} rows are no whole batches of {self.batch}")

    @property
    def name(self) -> str:
        """Such as 4-16-3; 6C5-16C5-120-84-10: convolutions by filters and kernel; LSTM32x20-10: units and steps.

        The last two are without the inputs.
        """
        if self.cell:
            return "-".join([f"{self.cell}{self.sizes[1]}x{self.time}", *map(str, self.sizes[2:])])
        filters = [f"{one.filters}C{one.kernel}" for one in self.convolutions]
        return "-".join([*filters, *map(str, self.sizes[bool(filters) :])])

    @property
    def dense(self) -> tuple[int, ...]:
        """The sizes of the dense layers: of the inputs is left what other layers make of them."""
        if not self.convolutions:
            return self.sizes[bool(self.cell) :]
        _, height, width = self.picture
        for one in self.convolutions:
            height, width = ((side + 2 * one.padding - one.kernel + 1) // 2 for side in (height, width))
        return (self.convolutions[-1].filters * height * width, *self.sizes[1:])

    @property
    def steps(self) -> int:
        """In one fit."""
        return self.rows // self.batch * self.epochs


@dataclass(frozen=True)
class Plan:
    """A network, and how many rounds of fits it is given."""

    network: Network
    rounds: int


# Many short fits say more than a few long ones: noise comes in bursts. What is small gets more epochs, so that a
# fit is long against the clock's own error, and more rounds.
FULL = (
    Plan(Network((4, 16, 3), 16, 144, 200, "iris"), 15),
    Plan(Network((64, 128, 64, 10), 32, 1792, 30, "digits"), 11),
    Plan(Network((784, 128, 10), 64, 4096, 30), 7),
    Plan(Network((784, 256, 128, 10), 128, 4096, 30), 5),
    Plan(Network((784, 1024, 1024, 10), 256, 1024, 30), 5),
)

QUICK = (
    Plan(Network((4, 16, 3), 16, 144, 30, "iris"), 5),
    Plan(Network((64, 128, 64, 10), 32, 1792, 30, "digits"), 2),
)

MNIST = (1, 28, 28)


def _on_mnist(convolutions: tuple[Convolution, ...], dense: tuple[int, ...], epochs: int) -> Network:
    return Network((math.prod(MNIST), *dense), 64, 1024, epochs, picture=MNIST, convolutions=convolutions)


# Few epochs: where two numbers of a window are nearly the same, rounding decides which one the gradient goes to, and
# after a hundred steps even PyTorch on one thread and on two has learnt something else.
PICTURES = (
    Plan(_on_mnist((Convolution(6, 5, 2), Convolution(16, 5, 0)), (120, 84, 10), 4), 9),
    Plan(_on_mnist((Convolution(8, 3, 1), Convolution(16, 3, 1)), (10,), 4), 9),
    Plan(_on_mnist((Convolution(32, 3, 1), Convolution(64, 3, 1)), (10,), 2), 9),
)
"""The first one is LeNet-5 with max pooling, ReLU and softmax."""

QUICK_PICTURES = (
    Plan(
        Network((64, 10), 32, 256, 2, picture=(1, 8, 8), convolutions=(Convolution(4, 3, 1), Convolution(8, 3, 1))),
        2,
    ),
)

FEATURES = 8


def _recurrent(cell: Literal["GRU", "LSTM"], units: int, time: int, rows: int = 1024, epochs: int = 4) -> Network:
    return Network((time * FEATURES, units, 10), 32, rows, epochs, cell=cell, time=time)


CELLS: tuple[Literal["GRU", "LSTM"], ...] = ("GRU", "LSTM")

SEQUENCES = tuple(
    Plan(_recurrent(cell, units, time), 7) for cell in CELLS for units in (8, 16, 32, 64) for time in (8, 20, 50)
)

QUICK_SEQUENCES = tuple(Plan(_recurrent(cell, 16, 8, rows=256, epochs=2), 2) for cell in CELLS)


def plans(
    quick: bool, names: tuple[str, ...] | None, full: tuple[Plan, ...] = FULL, small: tuple[Plan, ...] = QUICK
) -> tuple[Plan, ...]:
    """Those of a quick or a full run; or of them all those with these names, in their order, the quick ones first.

    Args:
        quick: whether it is a quick run.
        names: of the networks; None for all of the run. Names of other networks are passed over.
        full: what a full run has.
        small: what a quick run has.
    """
    usual = small if quick else full
    if names is None:
        return usual
    known = {plan.network.name: plan for plan in (*full, *usual)}
    return tuple(known[name] for name in names if name in known)
