"""An estimator passed to a function of nnlite's that takes a model is refused, with the attribute that is one."""

import numpy as np
import pytest

import nnlite
from nnlite import SGD, Dataset, Ensemble, NNClassifier, Predictor, Sequential, Trainer

X, y = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 2


@pytest.fixture(scope="module")
def fitted():
    return NNClassifier(epochs=1, ensemble=1, random_state=0).fit(X, y)


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda found: nnlite.evaluate(found, Dataset(X, y)), r"a Predictor: its predictor_ is one"),
        (lambda found: nnlite.evaluate(found, (X, y)), r"a Predictor: its predictor_ is one"),
        (lambda found: nnlite.save(found, "m.safetensors"), "a Sequential: its model_ is one"),
        (lambda found: Predictor(found), "a Sequential: its model_ is one"),
        (lambda found: Ensemble([found]), "a Sequential: its model_ is one"),
        (lambda found: Trainer(found, SGD(0.1)), "expected a Sequential"),
        (lambda found: Sequential([found]), "expected a layer"),
        (lambda found: nnlite.train_members(lambda member: found, Dataset(X, y)), "expected a Trainer"),
        (lambda found: nnlite.evaluate(NNClassifier(), Dataset(X, y)), "fit it, its predictor_ is then one"),
        (lambda found: nnlite.evaluate("model.safetensors", Dataset(X, y)), "got a str"),
    ],
)
def test_an_estimator_is_no_model_but_says_where_it_has_one(call, part, fitted):
    with pytest.raises(nnlite.NnliteError, match=part):
        call(fitted)


def test_its_predictor_is_evaluated_on_a_table_with_the_target(fitted):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"0": X[:, 0], "1": X[:, 1], "target": y})
    assert nnlite.evaluate(fitted.predictor_, frame)["accuracy"] == fitted.score(X, y)
    assert fitted.predictor_.table.target == "target"
