"""The contract of a loss: one number for a batch, which training minimizes, and its gradient by the outputs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nnlite.core.layer import Layer
from nnlite.core.output_range import OutputRange
from nnlite.core.statistics import WithStatistics
from nnlite.errors import NnliteError
from nnlite.metrics.monitor import RISING
from nnlite.signature import Configured
from nnlite.types import Array, Shape, Task


class Loss(Configured, WithStatistics, ABC):
    """What training minimizes; a loss ends the list of layers.

    Attributes:
        weight: what the last `forward` divided by: the sum of the sample weights, or without them the number of
            rows. The loss of several batches is Σ(loss × weight) / Σweight.
        task: what predictions are: the probability of each class, of each label by itself, or numbers.
        rising: the metrics that are better the higher they are; all others, and the loss, are better the lower.
        of_batch: whether the loss compares the rows of a batch with each other, as one over pairs does: it is then
            not the mean of its rows' losses. Its figures, those of an evaluation too, depend on which rows stand in a
            batch together; their mean over batches is no loss of all rows.
        contains: the layer that the loss computes itself, so that it must not stand before the loss; or None.
        statistics: arrays learnt from the training targets and saved with the model, by name; declared in `build`.
        output_ranges: for regression, which numbers the last layers let the outputs be; empty if any. The model sets
            them before `adapt`.
    """

    task: Task = "classification"
    rising: ClassVar[tuple[str, ...]] = RISING
    of_batch: ClassVar[bool] = False
    contains: ClassVar[type[Layer] | None] = None
    output_ranges: Sequence[OutputRange] = ()
    weight: float = 0.0
    _owner: object | None = None  # the model that it belongs to

    def build(self, output_shape: Shape) -> None:
        """Declares `statistics` for outputs of this shape; raises `ShapeError` if the loss cannot take them."""

    def adapt(self, targets: Array) -> None:
        """Learns `statistics` from the encoded training targets, once, before the first step."""

    def name_classes(self, classes: Sequence[Any]) -> None:
        """Learns the names of the classes, in order, before the first step; raises `ConfigError`."""

    def outputs_for(self, classes: int) -> int | None:
        """The number of outputs that a model must have for data with `classes` classes; None if any will do."""
        return None

    @abstractmethod
    def encode(self, targets: Array | Sequence[Any], output_shape: Shape) -> Array:
        """Checks targets and turns them into what `forward` takes; raises `DataError`.

        Encoding encoded targets changes nothing.
        """

    def weights(self, targets: Array, sample_weight: Array | None = None) -> Array | None:
        """How much each row counts in the mean, (rows,); None if all count 1. `forward` divides by their sum.

        A loss that weighs rows by itself, by their classes say, multiplies the sample weights here. Training in
        batches needs the mean weight of all training rows, which it finds by this.

        Args:
            targets: encoded targets.
            sample_weight: (rows,), or None.
        """
        return sample_weight

    def batch_scale(self, rows: int, mean_weight: float) -> float:
        """What the last batch's loss is multiplied by in training: so weights count alike in batches of any size.

        The loss is Σ_B w·L / Σ_B w, with the weights of its batch B. Over random batches the mean of that quotient is
        not Σ w·L / Σ w: in a batch of one row the weight cancels. So training follows

            Σ_B w·L / (rows of B · mean weight of all training rows),

        whose mean over random batches is Σ w·L / Σ w. PyTorch divides by the batch's weights: features of 1, 50
        targets of 1 with weight 19 and 950 of 0 with weight 1 teach it 0.05, 0.25, 0.42 in batches of 1, 8, 32,
        where the weighted mean is 0.5.

        Args:
            rows: the rows of the batch.
            mean_weight: the mean of `weights` over all training rows.
        """
        return self.weight / (rows * mean_weight)

    @abstractmethod
    def forward(self, outputs: Array, targets: Array, sample_weight: Array | None = None) -> float:
        """The weighted mean loss of the batch, from the model's raw outputs and encoded targets.

        This is the only place where the mean is computed. A batch may be of a single row.
        """

    @abstractmethod
    def backward(self) -> Array:
        """The gradient of the last `forward` with respect to the outputs, (batch, …)."""

    @abstractmethod
    def predict(self, outputs: Array) -> Array:
        """The predictions for raw outputs: probabilities, or numbers."""

    def outputs_from(self, predictions: Array) -> Array:
        """Raw outputs for which `predict` gives these predictions: its inverse, in float64.

        With it an `Ensemble`, whose predictions are a mean, has a loss and metrics. A loss without it raises
        `NnliteError`.
        """
        raise NnliteError(
            f"{type(self).__name__} has no outputs_from(predictions), the inverse of its predict, so that an "
            "ensemble cannot be evaluated with it"
        )

    def row_figures(self, outputs: Array, targets: Array) -> Mapping[str, Array]:
        """The quantities of each row from whose means `metrics` are computed: name to (rows,) or (rows, columns)."""
        return {}

    def metrics(self, means: Mapping[str, Any]) -> dict[str, float]:
        """The metrics reported beside the loss, the main one first, from the weighted means of `row_figures`.

        The means are over all rows of an evaluation. So a metric that is not a mean itself, such as the RMSE, is
        computed here from means.
        """
        return {name: float(mean) for name, mean in means.items()}
