"""A model of truth values gives the same answers for 0 and 1, however they come."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import nnlite
from nnlite import NNClassifier

QUICK = {"epochs": 20, "learning_rate": 0.01, "ensemble": 1, "random_state": 0}

rng = np.random.default_rng(0)
X = rng.random((300, 3)) < 0.5
y = X[:, 0] ^ X[:, 1]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [int, float, object])
def test_arrays_of_truth_values(kind, tmp_path):
    found = NNClassifier(**QUICK).fit(X, y)
    assert found.score(X, y) == 1
    assert (found.predict_proba(X.astype(kind)) == found.predict_proba(X)).all()
    found.save(tmp_path / "m.safetensors")
    again = nnlite.load(tmp_path / "m.safetensors")
    assert (again.predict_proba(X.astype(kind)) == found.predict_proba(X)).all()


def test_columns_of_a_frame_that_a_file_made_numbers_of(tmp_path):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).astype({"c": object})
    frame.loc[::7, "c"] = None
    found = NNClassifier(**QUICK).fit(frame, y)
    frame.astype({"a": int, "b": float, "c": float}).to_csv(tmp_path / "read.csv", index=False)
    read = pd.read_csv(tmp_path / "read.csv")
    assert read.dtypes.tolist() == [np.dtype(int), np.dtype(float), np.dtype(float)]
    assert (found.predict_proba(read) == found.predict_proba(frame)).all()
    found.save(tmp_path / "m.safetensors")
    again = nnlite.load(tmp_path / "m.safetensors")
    np.testing.assert_allclose(again.predict_proba(tmp_path / "read.csv"), found.predict_proba(frame), rtol=1e-9)
    with pytest.warns(UserWarning, match="'a' has a value that no training row had, in 1 row: '2'"):
        found.predict(read.head(3).assign(a=[0, 1, 2]))


def test_a_converted_pipeline():
    theirs = make_pipeline(OneHotEncoder(), MLPClassifier((8,), solver="lbfgs", random_state=0)).fit(X, y)
    ours = NNClassifier.from_sklearn(theirs)
    np.testing.assert_allclose(ours.predict_proba(X.astype(int)), theirs.predict_proba(X.astype(int)), atol=1e-9)
