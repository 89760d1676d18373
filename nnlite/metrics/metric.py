"""The contract of a metric: one number for all rows of a part, reported beside the loss."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from nnlite.errors import ConfigError
from nnlite.signature import Configured, configuration
from nnlite.text import snake_case
from nnlite.types import Array, Task


class Metric(Configured, ABC):
    """A figure of a whole part of the data, such as the F1 score of the validation rows.

    A metric sees all rows of a part at once, so it need not be a mean over rows. Training does not follow it. Write
    your own by giving `tasks`, `rising` and `compute`; use it as `Trainer(metrics=[…])`, in a config, and as
    `evaluate(model, data, metrics=[…])`.

    Attributes:
        tasks: the tasks that it is for: "classification", "multi-label", "regression".
        rising: whether it is better the higher it is. Early stopping and schedules go by it.
        needs: what the rows must have for the figure to be defined, in words: "rows of both classes"; "" where it
            always is.

    >>> import numpy as np
    >>> from nnlite import Metric
    >>> class Certainty(Metric):
    ...     tasks, rising = ("classification",), True
    ...
    ...     def compute(self, predictions, targets, weights):
    ...         return np.average(predictions.max(axis=1), weights=weights)
    >>> Certainty()(np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([1, 0]))
    0.625
    """

    tasks: ClassVar[tuple[Task, ...]]
    rising: ClassVar[bool]
    needs: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """The name in the history, behind "training_" or "validation_": the class's, and the arguments.

        By default it is the class's name in snake case, and each argument's value behind it: `F1("macro")` is
        "f1_macro". An argument that is None or False is left out; of one that is True the argument's name stands.
        """
        words = [snake_case(type(self).__name__)]
        for name, value in configuration(self).items():
            if value is not None and value is not False:
                words.append(snake_case(name if value is True else str(value)))
        return "_".join(words)

    def check(self, task: Task, width: int) -> None:
        """Raises `ConfigError` where it is not for a model with so many classes, labels or numbers.

        It is called before training, for a task that stands in `tasks`.

        Args:
            task: the task.
            width: how many classes, labels or numbers a prediction has.
        """

    @abstractmethod
    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        """The figure, or NaN where it is undefined; changes nothing, neither its arguments nor itself.

        The rows come in any order. There is at least one, all weights are above 0, and all predictions are finite.

        Args:
            predictions: float64: of classes the probability of each, (rows, classes); of labels that do not exclude
                each other the probability of each, (rows, labels); otherwise numbers in the targets' own units,
                (rows,), or (rows, …) of several.
            targets: of classes their indices, (rows,); of labels 0 or 1 for each, (rows, labels); otherwise numbers,
                shaped as the predictions.
            weights: (rows,) how much each row counts, float64; None where all count alike. A weight of 2 counts as
                the row twice, and weights that are all twice as large change nothing.
        """

    def __call__(self, predictions: Array, targets: Array, weights: Array | None = None) -> float:
        """The figure of these rows, which may have weights of 0; NaN where it is undefined.

        It is so too where no row has a weight above 0, or a prediction is not finite. The arguments are those of
        `compute`. Raises `ConfigError` where `compute` gives no number.
        """
        predictions, targets = np.asarray(predictions, np.float64), np.asarray(targets)
        if weights is not None:
            counting = (weights := np.asarray(weights, np.float64)) > 0
            if not counting.all():
                predictions, targets, weights = predictions[counting], targets[counting], weights[counting]
        if not len(predictions) or not np.isfinite(predictions).all():
            return float("nan")
        figure = self.compute(predictions, targets, weights)
        if isinstance(figure, bool | np.bool_) or not isinstance(figure, int | float | np.integer | np.floating):
            raise ConfigError(f"{self!r}.compute gives {figure!r}, a {type(figure).__name__}; expected a number")
        return float(figure)


def weighted_mean(figures: Array, weights: Array | None) -> Array:
    """The mean over the rows with these weights, (rows, …) to (…)."""
    mean: Array = figures.mean(axis=0) if weights is None else np.tensordot(weights, figures, 1) / weights.sum()
    return mean
