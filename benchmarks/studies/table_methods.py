"""Methods of scikit-learn for a fold of a table, behind one encoding, and what a fold is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from nnlite.data import Dataset
from nnlite.data.table_rows import TableRows
from nnlite.tables import Table
from nnlite.types import Array


@dataclass(frozen=True)
class Fold:
    """Attributes:
    train: the rows to learn from.
    test: the others, without their targets.
    y: the targets of the others: indices of classes, or numbers.
    """

    train: TableRows
    test: Table
    y: Array


Method: TypeAlias = Callable[[Fold, int], Array]
"""Gets a fold and a seed; gives probabilities of the classes, or numbers, for the test rows."""


def with_scikit_learn(make: Callable[[bool, int], Any]) -> Method:
    """A method of scikit-learn behind the shared encoding; `make` gets whether to predict numbers, and the seed."""
    return partial(_with_scikit_learn, make)  # other processes get it, as they would not get a function in here


def _with_scikit_learn(make: Callable[[bool, int], Any], fold: Fold, seed: int) -> Array:
    from sklearn.pipeline import make_pipeline

    train = fold.train.split(0.0, 0.0, seed).train
    numbers = train.classes is None
    model = make_pipeline(encoding(train), make(numbers, seed)).fit(train.x, train.y)
    assert train.table is not None
    x = train.table.encode(fold.test)
    found: Array = model.predict(x) if numbers else model.predict_proba(x)
    return found


def encoding(train: Dataset) -> Any:
    """Numbers with gaps filled and scaled, flags as they are, categories one-hot: of an encoded table."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    assert train.table is not None
    encoder = train.table.encoder
    codes = np.array(encoder.codes)
    numbers = np.arange(len(codes)) < encoder.numbers
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), np.flatnonzero(numbers)),
            ("flags", "passthrough", np.flatnonzero(~numbers & (codes == 0))),
            ("codes", OneHotEncoder(handle_unknown="ignore", sparse_output=False), np.flatnonzero(codes > 0)),
        ]
    ).set_params(numbers__simpleimputer__strategy="median")


def linear(numbers: bool, seed: int) -> Any:
    """Logistic regression, or ridge."""
    from sklearn.linear_model import LogisticRegression, Ridge

    return Ridge() if numbers else LogisticRegression(max_iter=1000)


def boosting(numbers: bool, seed: int) -> Any:
    """Boosted trees on histograms."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if numbers else HistGradientBoostingClassifier
    return kind(random_state=seed)


def forest(numbers: bool, seed: int) -> Any:
    """A random forest."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestRegressor if numbers else RandomForestClassifier)(random_state=seed)


def network(numbers: bool, seed: int, **settings: Any) -> Any:
    """scikit-learn's network with these settings; it gets numbers to predict scaled, or would hardly learn them."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    if numbers:
        return TransformedTargetRegressor(MLPRegressor(random_state=seed, **settings), transformer=StandardScaler())
    return MLPClassifier(random_state=seed, **settings)
