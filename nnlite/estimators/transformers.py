"""What a fitted transformer of scikit-learn makes of the columns that it is given."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.utils.validation import check_is_fitted

from nnlite.errors import ConfigError
from nnlite.estimators.features import CategoryValues, Cell, Feature
from nnlite.missing import is_missing
from nnlite.tables.cells import text_of
from nnlite.tables.column import category


def through(step: Any, features: Sequence[Feature]) -> list[Feature]:
    """What a fitted step of a pipeline makes of these columns.

    Args:
        step: a transformer, or "passthrough".
        features: the columns that it is given.

    Raises:
        ConfigError: where this cannot be expressed; it names the transformer, and the setting.
    """
    if step is None or isinstance(step, str):  # "drop" has no columns, and the caller leaves it out
        return list(features)
    follow = _STEPS.get(type(step))
    if follow is None:
        known = ", ".join(kind.__name__ for kind in _STEPS if kind is not FunctionTransformer)
        raise ConfigError(f"{_name(step)} cannot be converted; expected a pipeline of {known}")
    check_is_fitted(step)
    return follow(step, features)


def _name(step: Any) -> str:
    return type(step).__name__


def _refused(step: Any, setting: str, why: str) -> ConfigError:
    return ConfigError(f"{_name(step)}({setting}) cannot be converted: {why}")


def _pipeline(step: Pipeline, features: Sequence[Feature]) -> list[Feature]:
    for _, each in step.steps:
        features = through(each, features)
    return list(features)


def _column_transformer(step: ColumnTransformer, features: Sequence[Feature]) -> list[Feature]:
    if step.transformer_weights:
        raise _refused(step, f"transformer_weights={step.transformer_weights!r}", "columns keep their weights")
    found: list[Feature] = []
    for name, transformer, _ in step.transformers_:
        places = step._transformer_to_input_indices[name]  # names, slices, masks and callables are resolved there
        if len(places) and transformer != "drop":  # without columns it was not fitted
            found += through(transformer, [features[place] for place in places])
    return found


def _function(step: FunctionTransformer, features: Sequence[Feature]) -> list[Feature]:
    if step.func is not None:  # without one it stands for "passthrough" in a fitted ColumnTransformer
        raise _refused(step, f"func={step.func!r}", "a file of a model holds no functions")
    return list(features)


def _scaler(step: StandardScaler, features: Sequence[Feature]) -> list[Feature]:
    means = step.mean_ if step.with_mean else np.zeros(len(features))
    scales = step.scale_ if step.with_std else np.ones(len(features))
    return [
        feature.scaled(float(mean), float(scale))
        for feature, mean, scale in zip(features, means, scales, strict=True)
    ]


def _imputer(step: SimpleImputer, features: Sequence[Feature]) -> list[Feature]:
    if step.add_indicator:
        raise _refused(step, "add_indicator=True", "the flags of missing values are no columns of the model")
    if not is_missing(step.missing_values):
        raise _refused(step, f"missing_values={step.missing_values!r}", "expected NaN or None")
    found = []
    for feature, fill in zip(features, step.statistics_, strict=True):
        if not is_missing(fill):
            found.append(feature.filled(fill))
        elif step.keep_empty_features:
            found.append(feature)  # else it is dropped: training rows had no value
    return found


def _one_hot(step: OneHotEncoder, features: Sequence[Feature]) -> list[Feature]:
    if step.handle_unknown == "warn":  # before 1.7 unknown ones were not counted as infrequent, later they are
        raise _refused(
            step, "handle_unknown='warn'", 'versions of scikit-learn differ in it; set "infrequent_if_exist"'
        )
    found: list[Feature] = []
    for place, feature in enumerate(features):
        keys, rare = _keys(step, place, feature)
        groups = [{key} for key in keys if key not in rare] + ([rare] if rare else [])
        if step.drop_idx_ is not None and (dropped := step.drop_idx_[place]) is not None:
            groups = [group for group in groups if keys[dropped] not in group]
        known, gap = set(keys), _gap(feature)
        texts = frozenset(key for key in keys if key is not None)
        for group in groups:
            unknown = {"error": math.nan, "ignore": 0.0}.get(step.handle_unknown, float(group is rare))
            missing = float(gap in group) if gap in known else unknown
            ones = {key: 1.0 for key in group if key is not None}
            found.append(CategoryValues(feature.column, texts, ones, 0.0, missing, unknown))
    return found


def _ordinal(step: OrdinalEncoder, features: Sequence[Feature]) -> list[Feature]:
    unknown = math.nan if step.handle_unknown == "error" else float(step.unknown_value)
    found: list[Feature] = []
    for place, feature in enumerate(features):
        keys, rare = _keys(step, place, feature)
        has_nan = is_missing(last := step.categories_[place][-1]) and last is not None
        in_order = keys[:-1] if has_nan else keys  # None and "" are categories as others are
        frequent = [key for key in in_order if key not in rare]
        codes = dict.fromkeys(rare, float(len(frequent))) | {key: float(code) for code, key in enumerate(frequent)}
        if has_nan:
            codes[None] = float(step.encoded_missing_value)
        missing = codes.get(_gap(feature), unknown)
        own = {key: code for key, code in codes.items() if key is not None}
        found.append(CategoryValues(feature.column, frozenset(own), own, 0.0, missing, unknown))
    return found


def _keys(step: Any, place: int, feature: Feature) -> tuple[list[str | None], set[str | None]]:
    """The texts that name an encoder's categories of a column, None for a missing one, and the infrequent of them."""
    if not isinstance(feature, Cell) or not feature.is_raw:
        raise ConfigError(
            f"{_name(step)} of {feature.column!r} behind a scaler or an encoder cannot be converted; expected it "
            "first, or behind a SimpleImputer"
        )
    categories = step.categories_[place]
    keys = [_key(value, step, feature) for value in categories]
    if len(set(keys)) < len(keys):
        twice = [value for value, key in zip(categories, keys, strict=True) if keys.count(key) > 1]
        raise ConfigError(
            f"{_name(step)} of {feature.column!r} has the categories {twice[0]!r} and {twice[1]!r}, which are one to "
            "nnlite: spaces around a text, 1 and '1', or None and NaN make no difference; clean the column first"
        )
    if None in keys and feature.fill is not None and _key(feature.fill, step, feature) is not None:
        blank = categories[keys.index(None)]
        raise ConfigError(
            f"{_name(step)} of {feature.column!r} has the category {blank!r} behind a SimpleImputer that leaves it, "
            "but to nnlite it is a missing value; make it NaN first"
        )
    infrequent = (getattr(step, "infrequent_categories_", None) or {place: None})[place]
    return keys, {_key(value, step, feature) for value in (() if infrequent is None else infrequent)}


def _key(value: Any, step: Any, feature: Feature) -> str | None:
    """The text by which nnlite knows a category; None where it takes it for a missing value."""
    if is_missing(value):
        return None
    if not isinstance(value, str | bool | int | float | np.bool_ | np.integer | np.floating):
        raise ConfigError(
            f"{_name(step)} of {feature.column!r} has the category {value!r}; expected texts, numbers, or true and "
            "false"
        )
    return category(text_of(value), "") or None


def _gap(feature: Feature) -> str | None:
    """The text of the category that a missing value is taken for; None if it stays missing."""
    assert isinstance(feature, Cell)
    return None if feature.fill is None else category(text_of(feature.fill), "") or None


_STEPS: dict[type, Callable[[Any, Sequence[Feature]], list[Feature]]] = {
    StandardScaler: _scaler,
    SimpleImputer: _imputer,
    OneHotEncoder: _one_hot,
    OrdinalEncoder: _ordinal,
    ColumnTransformer: _column_transformer,
    Pipeline: _pipeline,
    FunctionTransformer: _function,
}
