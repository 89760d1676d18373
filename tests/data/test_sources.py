"""The sources: scikit-learn's data, row for row."""

import gzip
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from sklearn import datasets

from nnlite.data import SOURCES, scikit_learn


@pytest.mark.parametrize("source", ["iris", "digits", "wine", "breast_cancer", "diabetes"])
def test_the_sources_give_scikit_learns_data(source):
    data = SOURCES[source]()
    theirs = getattr(datasets, f"load_{source}")(**{"scaled": False} if source == "diabetes" else {})
    for ours, expected in ((data.x, theirs.data), (data.y, theirs.target)):
        assert ours.dtype == expected.dtype and ours.shape == expected.shape
        assert ours.tobytes() == expected.tobytes()
    assert data.feature_names == tuple(theirs.feature_names)
    classes = None if source == "diabetes" else tuple(theirs.target_names.tolist())
    assert repr(data.classes) == repr(classes)


@pytest.mark.parametrize("spoilt", ["missing", "cut off", "of another shape", "no gzip", "no numbers"])
@pytest.mark.parametrize("source", ["iris", "digits", "diabetes"])
def test_scikit_learn_is_asked_where_its_files_are_not_as_expected(source, spoilt, tmp_path, monkeypatch):
    expected = SOURCES[source]()
    file = {"iris": "iris.csv", "digits": "digits.csv.gz", "diabetes": "diabetes_target.csv.gz"}[source]
    folder = tmp_path / "datasets" / "data"
    shutil.copytree(Path(datasets.__file__).parent / "data", folder)
    whole = (folder / file).read_bytes()
    plain = gzip.decompress(whole) if file.endswith(".gz") else whole
    pack = gzip.compress if file.endswith(".gz") else bytes
    contents = {
        "cut off": whole[: len(whole) // 2],
        "of another shape": pack(plain[: plain.rindex(b"\n", 0, -1) + 1]),  # its last row is not there
        "no gzip": plain[:1000],
        "no numbers": pack(plain.replace(b"5", b"five")),
    }
    if spoilt == "missing":
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(contents[spoilt])
    asked = []
    load = getattr(datasets, f"load_{source}")
    monkeypatch.setattr(datasets, f"load_{source}", lambda **options: asked.append(source) or load(**options))
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(scikit_learn, "find_spec", lambda name: spec)
    found = SOURCES[source]()
    assert asked == [source]
    assert found.x.tobytes() == expected.x.tobytes() and found.y.tobytes() == expected.y.tobytes()
    assert (found.classes, found.feature_names) == (expected.classes, expected.feature_names)


def test_the_class_names_stand_at_their_indices():
    assert SOURCES["iris"]().classes == ("setosa", "versicolor", "virginica")
    assert SOURCES["digits"]().classes == tuple(range(10))


def test_diabetes_comes_as_it_was_measured():
    data = SOURCES["diabetes"]()
    assert (data.x.shape, data.y.min(), data.y.max()) == ((442, 10), 25, 346)
    assert data.feature_names[:3] == ("age", "sex", "bmi") and data.classes is None
    assert data.x[:, 0].min() >= 19 and data.x[:, 0].max() <= 79  # years, not a scaled figure


def test_one_digit_is_one_against_the_others():
    data, digits = SOURCES["one_digit"](digit=3), SOURCES["digits"]()
    assert data.classes == ("other", "3") and (data.x == digits.x).all()
    assert (data.y == (digits.y == 3)).all()
