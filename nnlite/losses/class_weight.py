"""Class weights say how much a row counts in the loss, by its class."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from nnlite.annotations import NonNegativeFloat
from nnlite.core.loss import Loss
from nnlite.data.arrays import listed
from nnlite.errors import ConfigError, ShapeError, nearest
from nnlite.text import counted, cut
from nnlite.types import Array
from nnlite.warning import warn

ByName: TypeAlias = dict[str | int, NonNegativeFloat]
ClassWeight: TypeAlias = Literal["balanced"] | tuple[NonNegativeFloat, ...] | ByName | None
"""The weight of each class: "balanced" by its rarity, in the classes' order, by their names; None for equal ones."""


class ClassifierLoss(Loss):
    """A loss whose rows count by their classes, as its argument `class_weight` says.

    Weights that are learnt ("balanced"), or that belong to names, are the statistic `class_weight`, which is saved
    with the model.

    A loss derived from this class calls `build_class_weight` in `build`, and divides by the sum of `weights`.
    """

    class_weight: ClassWeight = None

    def shares(self, targets: Array) -> Array:
        """How much of each row belongs to each class, (rows, classes), from targets that are no class indices."""
        return targets

    def build_class_weight(self, classes: int) -> None:
        """Declares what is to be learnt; raises `ShapeError` if there is not one weight for each class."""
        given = self.class_weight
        if given is None:
            return
        if not isinstance(given, str):
            if isinstance(given, tuple) and len(given) != classes:
                raise ShapeError(
                    f"class_weight has {counted(len(given), 'weight')}, but the model tells {classes} "
                    "classes apart; give one "
                    'for each class, in their order or by their names, or "balanced"'
                )
            if not any(given.values() if isinstance(given, dict) else given):
                raise ShapeError(
                    f"class_weight is {cut(str(given))}; expected a weight above 0 for one class at least"
                )
        if isinstance(given, str | dict):
            # 1 until the rows are known; NaN until the names are, for no weight is right then.
            self.add_statistic("class_weight", (classes,), 1 if isinstance(given, str) else np.nan)

    def name_classes(self, classes: Sequence[Any]) -> None:
        """Gives each class the weight that `class_weight` has under its name.

        Raises `ConfigError` that names those which `class_weight` lacks, or has too many.
        """
        if not isinstance(self.class_weight, dict):
            return
        given, names = {str(name): weight for name, weight in self.class_weight.items()}, list(map(str, classes))
        if unknown := [name for name in given if name not in names]:
            raise ConfigError(f"class_weight has {unknown[0]!r}, which is no class{nearest(unknown[0], names)}")
        if missing := [name for name in names if name not in given]:
            raise ConfigError(f"class_weight lacks {listed(missing)}: give every class a weight")
        self.statistics["class_weight"] = np.array([given[name] for name in names], np.float64)

    def adapt(self, targets: Array) -> None:
        """Learns balanced weights; classes that nobody has named have their indices for names.

        Given weights with which a class is not learnt, as if its rows were absent, draw a `UserWarning`.
        """
        if self.class_weight == "balanced":
            classes = len(self.statistics["class_weight"])
            self.statistics["class_weight"] = balanced(
                targets if targets.ndim == 1 else self.shares(targets), classes
            )
        elif isinstance(self.class_weight, dict) and np.isnan(self.statistics["class_weight"]).any():
            self.name_classes(range(len(self.statistics["class_weight"])))
        if self.class_weight is not None and self.class_weight != "balanced":
            _warn_of_ignored(self.class_weight)

    def weights(self, targets: Array, sample_weight: Array | None = None) -> Array | None:
        """Sample weights times class weights, (rows,); for a row of probabilities the mean class weight."""
        if self.class_weight is None:
            return sample_weight
        known = self.statistics.get("class_weight")
        known = np.asarray(self.class_weight) if known is None else known
        of_rows: Array = known.take(targets) if targets.ndim == 1 else self.shares(targets) @ known
        return of_rows if sample_weight is None else sample_weight * of_rows


def _warn_of_ignored(given: tuple[float, ...] | Mapping[str | int, float]) -> None:
    """Warns of classes whose rows weigh nothing, or less than a millionth of the others'."""
    weights = dict(given if isinstance(given, Mapping) else enumerate(given))
    heaviest = max(weights.values())
    if ignored := [name for name, weight in weights.items() if weight < heaviest / 1e6]:
        warn(
            f"class_weight gives the class{'es' * (len(ignored) > 1)} {listed(ignored)} less than a millionth of the "
            f"largest weight, {heaviest:g}, so that the model does not learn {'them' if len(ignored) > 1 else 'it'}"
        )


def balanced(targets: Array, classes: int) -> Array:
    """Class weights that give all classes the same total weight: rows / (classes · rows of the class).

    As scikit-learn's "balanced", over the classes that have rows; a class without rows gets 1.

    >>> import numpy as np
    >>> from nnlite.losses.class_weight import balanced
    >>> balanced(np.array([0, 0, 0, 1]), 2).round(6)
    array([0.666667, 2.      ])

    Source: King, Zeng, "Logistic Regression in Rare Events Data" (2001).
    """
    counts = np.bincount(targets, minlength=classes) if targets.ndim == 1 else targets.sum(axis=0)
    present = counts > 0
    weights = np.ones(classes)
    weights[present] = counts.sum() / (np.count_nonzero(present) * counts[present])
    return weights
