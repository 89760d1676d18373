"""A search and a cross-validation of an estimator, whose results do not depend on where the fits are made."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_validate

from nnlite import NNClassifier

ESTIMATOR = NNClassifier(epochs=12, ensemble=2, hidden=[16], random_state=0)
GRID = {"learning_rate": [0.003, 0.03], "optimizer": ["AdamW", "SGD"]}


def searched(n_jobs=None):
    """All numbers of a search and of a cross-validation, but those of the clock."""
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(ESTIMATOR, GRID, cv=3, scoring="neg_log_loss", n_jobs=n_jobs).fit(X, y)
    folds = cross_validate(
        ESTIMATOR, X, y, cv=3, scoring="neg_log_loss", n_jobs=n_jobs, return_estimator=True, error_score="raise"
    )
    scores = [search.cv_results_[f"split{fold}_test_score"] for fold in range(3)]
    assert np.isfinite(scores).all() and len(np.unique(scores)) == 12
    outputs = [search.predict_proba(X), *(each.predict_proba(X) for each in folds["estimator"])]
    losses = [each.loss_curve_ for each in folds["estimator"]]
    return np.concatenate([np.ravel(each) for each in (*scores, folds["test_score"], *outputs, *losses)])
