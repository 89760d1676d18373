"""A network to measure is its layers' sizes, the rows it is trained on, and how long.

All have ReLU between their layers and softmax cross-entropy at the end, compute in float32, and are trained by
SGD with momentum 0.9.
"""

from dataclasses import dataclass
from typing import Literal

LEARNING_RATE = 0.01
MOMENTUM = 0.9
SEED = 0


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
    """

    sizes: tuple[int, ...]
    batch: int
    rows: int
    epochs: int
    data: Literal["iris", "digits", "made-up"] = "made-up"

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(self.sizes))  # from JSON comes a list
        if self.rows % self.batch:
            raise ValueError(f"{self.rows} rows are no whole batches of {self.batch}")

    @property
    def name(self) -> str:
        """Such as 4-16-3."""
        return "-".join(map(str, self.sizes))

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


def plans(quick: bool, names: tuple[str, ...] | None) -> tuple[Plan, ...]:
    """Those of a quick or a full run; or those with these names, in their order, the quick ones first choice."""
    usual = QUICK if quick else FULL
    if names is None:
        return usual
    known = {plan.network.name: plan for plan in (*FULL, *usual)}
    return tuple(known[name] for name in names)
