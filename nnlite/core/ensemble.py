"""An ensemble is several models of the same task, whose predictions are averaged."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.core.estimator_hint import estimator_hint
from nnlite.core.loss import Loss
from nnlite.core.sequential import Sequential
from nnlite.errors import ConfigError
from nnlite.text import as_html, counted
from nnlite.types import Array, DtypeName, Shape

if TYPE_CHECKING:
    from nnlite.data.table_reader import TableReader


class Ensemble:
    """Models that were trained apart, and predict together: the mean of their probabilities, or of their numbers.

    Networks that begin with other weights, and learn from other parts of the rows, make different mistakes; their
    mean makes fewer than most of them. The mean is taken in float64, in the order of the members.

    Args:
        members: models that are built, take the same rows and give the same outputs.
        temperature: what the mean's log odds are divided by, above 0: more than 1 makes probabilities less certain,
            less than 1 makes them more certain, and neither changes which class is the likeliest.
            `nnlite.training.calibration` finds it. 1 where numbers are predicted.

    Raises:
        ConfigError: when there is no model, or two do not belong together, or the temperature fits neither.

    Attributes:
        members: the models.
        temperature: the argument.

    >>> import numpy as np
    >>> from nnlite import Dense, Ensemble, Sequential, SoftmaxCrossEntropy
    >>> models = [Sequential([Dense(2), SoftmaxCrossEntropy()]).build((3,), seed) for seed in (0, 1)]
    >>> x = np.ones((1, 3))
    >>> mean = (models[0].predict(x).astype(float) + models[1].predict(x)) / 2
    >>> bool((Ensemble(models).predict(x) == mean).all())
    True

    Sources: Hansen, Salamon, "Neural network ensembles" (1990); of the temperature: Guo, Pleiss, Sun, Weinberger, "On
    calibration of modern neural networks" (2017).
    """

    def __init__(self, members: Iterable[Sequential], temperature: float = 1.0) -> None:
        self.members = tuple(members)
        self.temperature = float(temperature)
        if not self.members:
            raise ConfigError("an ensemble needs at least one model")
        first = self.members[0]
        for index, model in enumerate(self.members):
            if not isinstance(model, Sequential):
                raise ConfigError(
                    f"member {index} is a {type(model).__name__}, expected a Sequential{estimator_hint(model)}"
                )
            model.check_built()
            for name in ("input_shape", "output_shape", "classes", "feature_names"):
                if (has := getattr(model, name)) != (expected := getattr(first, name)):
                    raise ConfigError(
                        f"the {name} of member {index} is {has!r}, that of member 0 {expected!r}: members take the "
                        "same rows, and answer the same question"
                    )
            if model.table is not None and first.table is not None and model.table != first.table:
                raise ConfigError(
                    f"member {index} learnt other columns, or other categories of them, than member 0: members take "
                    "the same rows, encoded alike"
                )
            if type(model.criterion) is not type(first.criterion):
                raise ConfigError(
                    f"the loss of member {index} is {model.criterion!r}, that of member 0 {first.criterion!r}; "
                    "expected the same"
                )

        if not 0 < self.temperature < math.inf:
            raise ConfigError(f"temperature is {temperature}; expected a finite number above 0")
        if self.temperature != 1 and (self.criterion is None or self.criterion.task == "regression"):
            raise ConfigError(f"temperature is {temperature}, but the members give no probabilities of classes")

    @property
    def criterion(self) -> Loss | None:
        """The loss of the first member, which evaluates the ensemble."""
        return self.members[0].criterion

    @property
    def input_shape(self) -> Shape:
        """The shape of one example."""
        return self.members[0].input_shape

    @property
    def output_shape(self) -> Shape:
        """The shape of one example's raw output in each member."""
        return self.members[0].output_shape

    @property
    def dtype(self) -> DtypeName:
        """The dtype that the members compute in."""
        return self.members[0].dtype

    @property
    def takes_gaps(self) -> bool:
        """Whether NaN may stand where a number is missing."""
        return self.members[0].takes_gaps

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The names of the classes, in order."""
        return self.members[0].classes

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The names of the columns of a row, in order."""
        return self.members[0].feature_names

    @property
    def table(self) -> "TableReader | None":
        """What made the training rows of a table."""
        return self.members[0].table

    def predict(self, x: Array) -> Array:
        """The mean of the members' predictions for rows x, (rows, …), in float64."""
        return self.combined(member.predict(x) for member in self.members)

    def combined(self, predictions: Iterable[Array]) -> Array:
        """The prediction of the ensemble, in float64, from those of its members in order."""
        first, *others = predictions
        total = np.array(first, np.float64)
        for each in others:
            total += each
        mean: Array = total / len(self.members)
        criterion = self.criterion
        if self.temperature == 1 or criterion is None:
            return mean
        # The log odds are the outputs of a model that would predict the mean itself.
        return criterion.predict(criterion.outputs_from(mean) / self.temperature)

    def _repr_html_(self) -> str:
        """What a notebook shows: how many members there are, and the layers of one."""
        at = "" if self.temperature == 1 else f", at temperature {self.temperature:.4g}"
        words = f"Ensemble: the mean of {counted(len(self.members), 'network')} of these layers{at}"
        return f"{as_html(words)}{self.members[0]._repr_html_()}"

    def __repr__(self) -> str:
        at = "" if self.temperature == 1 else f" at temperature {self.temperature:.4g}"
        return f"Ensemble of {len(self.members)}{at}: {self.members[0]!r}"
