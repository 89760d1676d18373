"""A loss ends a model: one number for a batch, which training makes small, and its gradient."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nnlite.core.layer import Layer
from nnlite.core.statistics import WithStatistics
from nnlite.metrics.monitor import RISING
from nnlite.signature import Configured
from nnlite.types import Array, Shape, Task


class Loss(Configured, WithStatistics, ABC):
    """What a model is trained to make small: it ends the list of layers.

    Attributes:
        weight: the sum of the sample weights that the last `forward` divided by (the batch's row count
            where there are none). The loss of many batches is Σ(loss × weight) / Σweight.
        task: what predictions are: the probability of each class, of each label by itself, or numbers.
        rising: its metrics that are better the higher they are; of the others, and of the loss, less is better.
        contains: the layer that this loss computes itself, so that none such stands before it; None if none.
        statistics: arrays learnt from the training targets and saved with the model, by name; declared in `build`.
    """

    task: Task = "classification"
    rising: ClassVar[tuple[str, ...]] = RISING
    contains: ClassVar[type[Layer] | None] = None
    weight: float = 0.0
    _owner: object | None = None  # the model that it belongs to

    def build(self, output_shape: Shape) -> None:
        """Declares `statistics` for a model with such outputs; raises `ShapeError` where it cannot serve them."""

    def adapt(self, targets: Array) -> None:
        """Learns `statistics` from the encoded training targets, once, before the first step."""

    def outputs_for(self, classes: int) -> int | None:
        """How many outputs a model must have for data with that many classes; None if any number will do."""
        return None

    @abstractmethod
    def encode(self, targets: Array | Sequence[Any], output_shape: Shape) -> Array:
        """Checks targets and turns them into what `forward` takes; raises `DataError`.

        Encoding what is encoded already changes nothing.
        """

    @abstractmethod
    def forward(self, outputs: Array, targets: Array, sample_weight: Array | None = None) -> float:
        """The weighted mean loss of the batch, from the model's raw outputs and encoded targets.

        The mean is taken here and nowhere else.
        """

    @abstractmethod
    def backward(self) -> Array:
        """The gradient of the last `forward` with respect to the outputs, (batch, …)."""

    @abstractmethod
    def predict(self, outputs: Array) -> Array:
        """What a user wants to see of raw outputs: probabilities, or numbers."""

    def row_figures(self, outputs: Array, targets: Array) -> Mapping[str, Array]:
        """What the metrics are made of, for each row by itself: name to (rows,) or (rows, figures)."""
        return {}

    def metrics(self, means: Mapping[str, Any]) -> dict[str, float]:
        """The figures reported beside the loss, the main one first, from the weighted means of `row_figures`.

        The means are over all rows of an evaluation: what is no mean itself, such as a root, is taken here.
        """
        return {name: float(mean) for name, mean in means.items()}
