"""The temperature of an ensemble is found on the rows that its members were not trained on."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.data.dataset import Dataset
from nnlite.estimators.validation_rows import Parts
from nnlite.training import calibration


def temperature(
    models: Sequence[Sequential],
    parts: Parts,
    given: Dataset | None,
    *,
    calibrate: bool | Literal["auto"],
) -> float:
    """The temperature at which held-out rows have the lowest log loss; 1 where there are too few.

    A row that several members were validated on has the mean of their probabilities, as in prediction.

    Args:
        models: the members.
        parts: the training and validation rows of each.
        given: validation rows that are the same for all members, if there are any.
        calibrate: True for any number of rows, "auto" from `calibration.LEAST_ROWS` on.
    """
    held = [validation for _, validation in parts if validation is not None] if given is None else [given]
    numbers = np.concatenate([data.numbers for data in held]) if held else np.empty(0, np.intp)
    places, rows = np.unique(numbers, return_inverse=True)
    if len(places) < (calibration.LEAST_ROWS if calibrate == "auto" else 1):
        return 1.0
    predictors = [Predictor(model) for model in models]
    if given is not None:
        found = [np.mean([predictor._of_rows(given.x) for predictor in predictors], axis=0)]
    else:
        found = [predictor._of_rows(data.x) for predictor, data in zip(predictors, held, strict=True)]
    p = np.concatenate(found)
    total = np.zeros((len(places), p.shape[1]))
    np.add.at(total, rows, p)
    first = np.unique(rows, return_index=True)[1]
    y = np.concatenate([data.y for data in held])[first]
    weights = [data.sample_weight for data in held]
    weight = None if weights[0] is None else np.concatenate([each for each in weights if each is not None])[first]
    return calibration.temperature(total / np.bincount(rows)[:, None], y, weight)
