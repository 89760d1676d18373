"""Select passes on some of the columns of a row, by number or by name."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from nnlite.annotations import NonNegativeInt
from nnlite.core.layer import Layer
from nnlite.errors import ConfigError, ShapeError, nearest
from nnlite.text import counted
from nnlite.types import Array, Shape


class Select(Layer):
    """y = the named columns of x, in the order in which they are named.

    At the beginning of a branch of `Parallel` it says what the branch is given. A name stands for all columns that
    are made of the column of that name: behind `Columns` for each of those that a category has become.

    Shapes: x (batch, …, columns), y (batch, …, as many as are selected); rows or sequences.

    Args:
        columns: the number of each, counted from 0, or its name.
        names: the name of each column of x, if `columns` has names: `data.feature_names` of a `Dataset`. In a config
            they are filled in from the data, where only `Columns` or layers that keep columns apart stand before.

    Raises:
        ConfigError: if a column is selected twice; on build, if there is none of the name.
        ShapeError: on build, if x has no column of that number, or other columns than `names`.

    >>> import numpy as np
    >>> from nnlite import Select, Sequential
    >>> model = Sequential([Select(["width", "age"], names=["age", "height", "width"])]).build((3,))
    >>> model.forward(np.array([[1.0, 2.0, 3.0]]))
    array([[3., 1.]], dtype=float32)

    Source: ONNX has it as `Gather` along the last axis.
    """

    def __init__(
        self,
        columns: Annotated[Sequence[NonNegativeInt | str], Meta(min_length=1)],
        names: Sequence[str] = (),
        *,
        trainable: bool = True,
    ) -> None:
        if len(set(columns)) < len(columns):
            twice = next(column for column in columns if list(columns).count(column) > 1)
            raise ConfigError(f"Select: columns has {twice!r} twice")
        self.columns = columns
        self.names = names
        self.trainable = trainable

    @property
    def by_name(self) -> bool:
        """Whether some of the columns are selected by their names."""
        return any(isinstance(column, str) for column in self.columns)

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        if len(input_shape) not in (1, 2):
            raise ShapeError(f"takes rows or sequences of columns, but its input has shape {input_shape}")
        if self.names and len(self.names) != input_shape[-1]:
            raise ShapeError(
                f"is told the names of {counted(len(self.names), 'column')}, but its input has shape {input_shape}"
            )
        found = [place for column in self.columns for place in self._places(column, input_shape)]
        self.at = np.array(found, np.intp)
        return (*input_shape[:-1], len(found))

    def _places(self, column: int | str, input_shape: Shape) -> list[int]:
        """The columns of x that are meant by a number or a name."""
        if isinstance(column, int):
            if column >= input_shape[-1]:
                raise ShapeError(f"selects column {column}, counted from 0, but its input has shape {input_shape}")
            return [column]
        if not self.names:
            raise ConfigError(
                f"{self!r} selects by name, but knows no names: pass names=data.feature_names; in a config they are "
                "known of the data's columns and of what Columns makes of them, not behind a layer that mixes them"
            )
        if places := [place for place, name in enumerate(self.names) if name == column]:
            return places
        raise ConfigError(f"{self!r}: its input has no column {column!r}{nearest(column, dict.fromkeys(self.names))}")

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if training or self.passes_gradient:
            self.shape = x.shape
        return x.take(self.at, axis=-1)  # (batch, …, selected)

    def backward(self, dy: Array) -> Array:
        # ∂L/∂x is that of y in the columns that are selected, and 0 in the others
        dx = np.zeros(self.shape, dy.dtype)  # (batch, …, columns)
        dx[..., self.at] = dy
        return dx
