"""Model files with a table: what fits is loaded whole, what was forged is refused."""

import copy
import tracemalloc

import pytest

import nnlite
from nnlite import BinaryCrossEntropy, Columns, DataError, Dense, Embeddings, ModelFileError, Sequential
from nnlite.data.table_reader import TableReader
from nnlite.plugins.registry import Registry
from nnlite.saving import model_file
from nnlite.tables import TableEncoder, description
from nnlite.tables.column import Column
from tests.helpers import forged_tables

ROWS = {"age": [31, 40, 27, 44], "town": ["Bern", "Rome", "Bern", "Oslo"], "paid": ["yes", "no", "no", "yes"]}


@pytest.fixture(scope="module")
def whole():
    return forged_tables.parts(forged_tables.ensemble())


@pytest.mark.parametrize("name", [name for name in forged_tables.FORGERIES if ",000" not in name])
def test_a_forged_table_is_refused(whole, name):
    values, arrays = copy.deepcopy(whole)
    columns = {column["name"]: column for column in values["table"]["encoder"]["columns"]}
    forged_tables.FORGERIES[name](values, arrays, columns)
    with pytest.raises(ModelFileError):
        model_file.from_bytes(forged_tables.sealed(values, arrays), Registry())


def test_the_table_that_is_forged_is_loaded_whole_without(whole):
    again = model_file.from_bytes(forged_tables.sealed(*whole), Registry())
    known = {name: cells for name, cells in forged_tables.ROWS.items() if name != "paid"}
    assert len(again.members) == 2 and again.table.target == "paid" and again.predict_proba(known).shape == (6, 2)


def trained(*layers):
    rows = {name: cells for name, cells in ROWS.items() if name != "paid"}
    data = TableReader(TableEncoder.fit(rows), "paid").dataset(ROWS, ("no", "yes"))
    model = Sequential([*layers, Dense(1), BinaryCrossEntropy()])
    nnlite.Trainer(model, nnlite.SGD(0.1), epochs=1).fit(data)
    return model


@pytest.mark.parametrize("layers", [[Columns([0, 4])], [Embeddings([4], size=2)]])
def test_every_model_of_a_table_that_trains_is_loaded_again(layers):
    model = trained(*layers)
    again = model_file.from_bytes(model_file.to_bytes(model), Registry())
    rows = {name: cells for name, cells in ROWS.items() if name != "paid"}
    assert (again.predict_proba(rows) == nnlite.Predictor(model).predict_proba(rows)).all()


@pytest.mark.parametrize("layers", [[Columns()], [], [nnlite.Standardize()], [Embeddings()]])
def test_codes_that_no_layer_knows_of_are_refused_before_training(layers):
    with pytest.raises(DataError, match=r"hold codes of categories, .*: begin the model with Columns\(rows\.table"):
        trained(*layers)


def test_a_layer_of_ones_own_may_know_the_codes():
    class Own(nnlite.Layer):
        def forward(self, x, *, training=False):
            return x / x.dtype.type(4)

        def backward(self, dy):
            return dy / dy.dtype.type(4)

    assert trained(Columns([0, 4])).table == trained(Own(), Dense(2)).table


@pytest.mark.parametrize("layer", [Columns([0, 5]), Columns([4, 0]), Embeddings([5]), Embeddings([1, 4])])
def test_other_codes_than_those_of_the_table_are_refused_before_training(layer):
    with pytest.raises(DataError, match=r"has the codes .*, the columns of the table \(0, 4\); give it those of the"):
        trained(layer)


def test_more_categories_than_a_file_may_have_are_told_before_training(monkeypatch):
    monkeypatch.setattr(description, "MOST_CATEGORIES", 2)
    model = Sequential([Columns([0, 4]), Dense(1), BinaryCrossEntropy()]).build((2,))
    rows = {name: cells for name, cells in ROWS.items() if name != "paid"}
    model.table = TableReader(TableEncoder.fit(rows), "paid")
    model.feature_names = model.table.encoder.names
    with pytest.raises(ModelFileError, match="the columns have 3 categories, and 2 are the most"):
        model_file.check_can_be_saved(model)


def test_many_texts_for_a_missing_value_take_no_memory_for_each_column():
    few, many = (
        TableEncoder([Column(f"c{place}", "category", missing=("x",)) for place in range(500)], missing)
        for missing in (["m"], [f"m{place}" for place in range(1_000)])
    )
    assert few.encode({f"c{place}": ["x"] for place in range(500)}).shape == (1, 500)
    sizes = []
    for missing in (few.missing, many.missing):
        tracemalloc.start()
        TableEncoder(few.columns, missing)
        sizes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sizes[1] < sizes[0] + 2**20


def test_readers_that_take_other_texts_for_missing_are_not_alike():
    rows = {"a": ["x", "-", "y", "x"], "b": [1.0, 2.0, 3.0, 4.0]}
    one, other = (
        TableReader(TableEncoder.fit(rows, kinds={"a": "category"}, missing=missing), "c")
        for missing in (["", "?"], ["", "!"])
    )
    assert one.encoder.columns == other.encoder.columns and one != other
    assert one == TableReader.from_description(*one.description())


def test_a_file_of_an_earlier_version_in_which_a_flag_has_the_name_of_a_column_is_loaded(monkeypatch):
    rows = {"a": [1.5, None, 3.0, 4.5], "a is missing": [5.0, 6.5, 8.0, 9.0]}
    with monkeypatch.context() as earlier:
        earlier.setattr("nnlite.tables.encoder._apart", lambda name, column, taken: name)
        reader = TableReader(TableEncoder.fit(rows), "paid")
        model = Sequential([Columns([0, 0, 0]), Dense(1), BinaryCrossEntropy()])
        data = reader.dataset({**rows, "paid": ["yes", "no", "yes", "no"]}, ("no", "yes"))
        nnlite.Trainer(model, nnlite.SGD(0.1), epochs=1).fit(data)
        assert model.feature_names == ("a", "a is missing", "a is missing")
        content, answers = model_file.to_bytes(model), nnlite.Predictor(model).predict_proba(rows)
    again = model_file.from_bytes(content, Registry())
    assert again.feature_names == ("a", "a is missing", "a is missing (2)")
    assert (again.predict_proba(rows) == answers).all()
    model_file.from_bytes(model_file.to_bytes(again.model), Registry())
