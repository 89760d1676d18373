"""What a fit leaves: the figures of its epochs, the answers of the networks, and the file that they are saved to."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from nnlite import threads
from nnlite.core.ensemble import Ensemble
from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.estimators import rows
from nnlite.estimators.called import checks_its_call
from nnlite.saving import model_file
from nnlite.tables import Table
from nnlite.training.history import History
from nnlite.types import Array


class FittedNetworks:
    """The part of an estimator that a fit has filled: it says how the training went, predicts, and is saved.

    A subclass trains, and calls `_set_networks`.
    """

    histories_: list[History]
    model_: Sequential | Ensemble
    predictor_: Predictor
    n_iter_: int

    def _set_networks(self, models: list[Sequential], histories: list[History], temperature: float = 1.0) -> None:
        """Sets the attributes that a fit leaves.

        Args:
            models: the members.
            histories: the figures of the training of each.
            temperature: what the log odds of their mean are divided by.
        """
        alone = len(models) == 1 and temperature == 1
        self.model_ = models[0] if alone else Ensemble(models, temperature)
        self.predictor_ = Predictor(self.model_)
        self.histories_ = histories
        self.n_iter_ = max(map(len, histories))

    def _members(self) -> list[Sequential]:
        return list(self.model_.members) if isinstance(self.model_, Ensemble) else [self.model_]

    @property
    def history_(self) -> History:
        """The figures of each epoch of the first member; `histories_` has those of all."""
        check_is_fitted(self)
        return self.histories_[0]

    @property
    def best_epoch_(self) -> int:
        """The epoch whose weights were kept, from 1; of an ensemble the mean of its members', rounded.

        Of a model of scikit-learn's, which has no history, it is the last epoch.
        """
        check_is_fitted(self)
        best = [history.best_epoch or len(history) or self.n_iter_ for history in self.histories_]
        return round(float(np.mean(best)))

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch; of an ensemble the mean of its members.

        A member that ended earlier counts with the loss of its last epoch, so that the curve has no jump there.
        """
        return self._curve("training_loss")

    @property
    def validation_loss_curve_(self) -> list[float]:
        """The validation loss of each epoch, as `loss_curve_`; empty where there were no validation rows."""
        return self._curve("validation_loss")

    def _curve(self, column: str) -> list[float]:
        check_is_fitted(self)
        found = [history[column] for history in self.histories_ if column in history.columns]
        longest = max(map(len, found), default=0)
        return [float(np.mean([each[min(at, len(each) - 1)] for each in found])) for at in range(longest)]

    def _outputs(self, X: Any, ask: Callable[[Predictor, Table], Array]) -> Array:
        check_is_fitted(self)
        table = rows.as_rows(self, X, reset=False)
        with threads.limited(1):  # another number changes the last bits, and in a worker of joblib it is another
            return ask(self.predictor_, table)

    @checks_its_call
    def save(self, path: Any) -> None:
        """Writes the model, its preprocessing included, to one file, which `nnlite.load` reads.

        Args:
            path: the path of the file, usually ending in .safetensors.
        """
        check_is_fitted(self)
        model_file.save(self.model_, path)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")
