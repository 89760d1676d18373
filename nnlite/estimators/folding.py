"""Columns of a pipeline become an encoder, a `Columns` layer, and the weights of the dense layer behind it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnlite.errors import ConfigError
from nnlite.estimators.features import CategoryValues, Cell, Feature
from nnlite.layers import Columns
from nnlite.tables import MISSING, Column, TableEncoder
from nnlite.tables.column import UNKNOWN
from nnlite.types import Array


class Folded(NamedTuple):
    """What `folded` gives.

    Attributes:
        encoder: makes numbers and codes of the raw rows.
        columns: the layer, not built.
        statistics: those of the layer.
        weight, bias: of the dense layer behind it.
    """

    encoder: TableEncoder
    columns: Columns
    statistics: dict[str, Array]
    weight: Array
    bias: Array


class _Coded(NamedTuple):
    """A column of categories, and what all its codes add to the outputs of the dense layer."""

    column: Column
    rows: Array
    bias: Array


def folded(features: Sequence[Feature], names: Sequence[str], weight: Array, bias: Array, *, named: bool) -> Folded:
    """An encoder, a layer and weights with which features·weight + bias comes from the raw rows.

    Args:
        features: (inputs,), the columns that a pipeline hands to its network.
        names: the names of the raw columns, in order.
        weight: (inputs, units), of the first layer of the network.
        bias: (units,), of the same layer.
        named: whether the raw columns have names; otherwise they are known by their places.

    Raises:
        ConfigError: where a column is used in two ways that exclude each other.
    """
    columns, numbers, rows, bias = [], [], [], np.array(bias, np.float64)
    of_codes: list[Array] = []
    uses_of: dict[str, list[tuple[Feature, Array]]] = {name: [] for name in names}
    for feature, row in zip(features, weight, strict=True):
        uses_of[feature.column].append((feature, row))
    for name, uses in uses_of.items():
        cells = [(feature, row) for feature, row in uses if isinstance(feature, Cell)]
        values = [(feature, row) for feature, row in uses if isinstance(feature, CategoryValues)]
        if cells and values:
            raise ConfigError(
                f"the column {name!r} is taken for a number and for a category, but a column of a model is one of "
                "them; give the pipeline the column twice, under two names"
            )
        if cells:
            first = _as_one([feature for feature, _ in cells])
            columns.append(Column(name, "number", _WHY, "plain", MISSING))
            numbers.append(first)
            # value = gain·(x − centre) + offset, and the layer gives z = first.gain·(x − first.centre)
            rows.append(np.sum([row * (each.gain / first.gain) for each, row in cells], axis=0))
            for each, row in cells:
                bias += row * (each.gain * (first.centre - each.centre) + each.offset)
        elif values:
            coded = _coded(name, [feature for feature, _ in values], np.array([row for _, row in values]))
            columns.append(coded.column)
            of_codes.append(coded.rows)
            bias += coded.bias
        else:
            columns.append(Column(name, "ignore", "the pipeline drops it"))
    encoder = TableEncoder(columns, (), named=named)
    statistics = {
        "seen": np.ones(sum(encoder.codes)),
        "fill": np.array([each.fill for each in numbers], np.float64),
        "mean": np.array([each.centre for each in numbers], np.float64),
        "gain": np.array([each.gain for each in numbers], np.float64),
    }
    layer = Columns(encoder.codes, one_hot=max((0, *encoder.codes)))
    return Folded(encoder, layer, statistics, np.vstack([*rows, *of_codes]), bias)


_WHY = "as in the pipeline of scikit-learn"


def _as_one(cells: Sequence[Cell]) -> Cell:
    """The first of a column's cells, with what a missing value is taken for: the centre where nothing says so."""
    first = cells[0]
    fills = {float(each.fill) for each in cells if each.fill is not None}
    if len(fills) > 1:
        raise ConfigError(
            f"missing values of the column {first.column!r} are taken for {' and for '.join(map(str, sorted(fills)))}"
            ", but a column of a model has one such number"
        )
    return Cell(first.column, fills.pop() if fills else first.centre, first.centre, first.gain, first.offset)


def _coded(name: str, features: Sequence[CategoryValues], weight: Array) -> _Coded:
    """The column of categories of these features, and its part of the dense layer.

    Args:
        name: the name of the column.
        features: the numbers that the pipeline makes of its categories.
        weight: (features, units), their rows of the weight.
    """
    settled = [feature.settled() for feature in features]
    base = np.array([each.unknown for each in settled]) @ weight  # (units,), what an unknown category adds
    gaps = any(each.missing != each.unknown for each in settled)
    texts = set().union(*{each.texts for each in settled})
    # `Columns` makes of two codes beside 0 one column of −1 and 1, which has code 0 in the middle: that need not be
    # the number of an unknown category. With one more text, which counts as any unknown one, each code has a column.
    more = UNKNOWN
    while not texts or len(texts) + gaps == 2:
        while more in texts:
            more += "?"
        texts.add(more)
    places = {text: place for place, text in enumerate(sorted(texts))}
    # Code 0, unknown, is all zeros: what it adds is in the bias, and each code adds its difference from it.
    rows = np.zeros((len(texts) + gaps, weight.shape[1]))  # (codes − 1, units)
    of_all: dict[
        frozenset[str], Array
    ] = {}  # (units,), what all texts of a set add: 10,000 categories take no 10,000²
    for each, row in zip(settled, weight, strict=True):
        of_all[each.texts] = of_all.get(each.texts, 0.0) + (each.other - each.unknown) * row
        for text, number in each.own.items():
            rows[places[text]] += (number - each.other) * row
        if gaps:
            rows[-1] += (each.missing - each.unknown) * row
    for some, added in of_all.items():
        rows[[places[text] for text in some]] += added
    column = Column(name, "category", _WHY, gaps=gaps, categories=tuple(places))
    return _Coded(column, rows, base)
