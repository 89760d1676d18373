"""A feature is a column on its way through a pipeline of scikit-learn, said so that it needs no scikit-learn."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias


@dataclass(frozen=True)
class Cell:
    """A column as it is, or its numbers scaled: (x − centre)·gain + offset.

    Attributes:
        column: the name of the raw column.
        fill: what a missing value is taken for, a number or a text; None if nothing fills it.
        centre, gain, offset: see above; a large centre costs no digits, as it is subtracted first.
    """

    column: str
    fill: Any = None
    centre: float = 0.0
    gain: float = 1.0
    offset: float = 0.0

    @property
    def is_raw(self) -> bool:
        """Whether it is the column as it is, but for missing values."""
        return (self.centre, self.gain, self.offset) == (0.0, 1.0, 0.0)

    def filled(self, value: Any) -> Self:
        """Where a missing value is taken for this one, unless one before it says what for."""
        if self.fill is not None:
            return self
        return replace(self, fill=value if self.is_raw else self.centre + (value - self.offset) / self.gain)

    def scaled(self, mean: float, scale: float) -> Self:
        """(value − mean) / scale."""
        if self.is_raw:
            return replace(self, centre=mean, gain=1 / scale)
        return replace(self, gain=self.gain / scale, offset=(self.offset - mean) / scale)


@dataclass(frozen=True)
class CategoryValues:
    """A number for each category of a column.

    Attributes:
        column: the name of the raw column.
        texts: the texts that name the categories that are known.
        own: the numbers of some of these.
        other: the number of all the others of these; so a column of 0 and 1 is small however many they are.
        missing: that of a missing value, NaN if scikit-learn refuses it.
        unknown: that of a category that is not known, NaN if scikit-learn refuses it.
    """

    column: str
    texts: frozenset[str]
    own: Mapping[str, float]
    other: float
    missing: float
    unknown: float

    def filled(self, value: Any) -> Self:
        """Where NaN is taken for this value."""
        return self._each(lambda number: float(value) if math.isnan(number) else number)

    def scaled(self, mean: float, scale: float) -> Self:
        """(value − mean) / scale."""
        return self._each(lambda number: (number - mean) / scale)

    def settled(self) -> Self:
        """Without NaN: where scikit-learn refuses an unknown category, it counts as the mean of the known ones.

        Where it refuses a missing value, that counts as unknown.
        """
        unknown = self.unknown
        if math.isnan(unknown):
            total = sum(self.own.values()) + self.other * (len(self.texts) - len(self.own))
            unknown = total / max(len(self.texts), 1)
        return replace(self, unknown=unknown, missing=unknown if math.isnan(self.missing) else self.missing)

    def _each(self, change: Callable[[float], float]) -> Self:
        own = {text: change(number) for text, number in self.own.items()}
        other, missing, unknown = map(change, (self.other, self.missing, self.unknown))
        return replace(self, own=own, other=other, missing=missing, unknown=unknown)


Feature: TypeAlias = Cell | CategoryValues
"""One column of the matrix that a step of a pipeline hands on."""
