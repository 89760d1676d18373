"""A loss case is a loss under test, with the outputs, copies and weights that its checks need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlite.core.loss import Loss
from nnlite.signature import copy_of
from nnlite.testing.case import Judge, numbers
from nnlite.types import Array, Shape


@dataclass
class LossCase(Judge):
    """A loss under test, with outputs of a model and targets for them.

    Attributes:
        loss: the loss that the user passed; every check works on copies.
        output_shape: the shape of a model's outputs, without the batch axis.
        targets: targets in the form that a user passes.
        variants: another value for each argument whose values cannot be guessed, by name.
    """

    loss: Loss
    output_shape: Shape
    targets: Array
    variants: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What is under test, for messages."""
        return f"{self.loss!r} on outputs of shape {self.output_shape}"

    def fresh(self, loss: Loss | None = None) -> Loss:
        """A copy of the loss, or of another one, built, and adapted to the targets."""
        loss = copy_of(self.loss if loss is None else loss)
        loss.build(self.output_shape)
        loss.adapt(loss.encode(self.targets.copy(), self.output_shape))
        return loss

    def outputs(self) -> Array:
        """Raw outputs of a model, as many rows as there are targets."""
        return numbers(np.random.default_rng(3), (len(self.targets), *self.output_shape))

    def outputs_of_sizes(self) -> list[Array]:
        """Small, middling and large outputs, so that what a loss does only beyond some size is met too."""
        return [size * self.outputs() for size in (1e-3, 1, 30)]

    def weights(self) -> Array:
        """Sample weights, one of them 0."""
        return np.arange(len(self.targets)) / 2
