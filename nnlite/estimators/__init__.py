"""scikit-learn estimators: `fit`, `predict` and all that its searches, pipelines and ensembles ask for."""

from nnlite.estimators.classifier import NNClassifier
from nnlite.estimators.regressor import NNRegressor

__all__ = ["NNClassifier", "NNRegressor"]
