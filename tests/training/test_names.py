"""A model knows the names of the classes and columns that it was trained on, and compares all others with them."""

import copy
import pickle

import numpy as np
import pytest

import nnlite
from nnlite import (
    SGD,
    BinaryCrossEntropy,
    DataError,
    Dataset,
    Dense,
    Predictor,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.data import from_arrays

NAMES = ("a", "b", "c", "d")
CLASSES = ("no", "perhaps", "yes")


@pytest.fixture
def named(rng):
    """90 rows whose class is told by the columns a and b, so that the order of the columns matters."""
    y = np.arange(90) % 3
    x = rng.normal(size=(90, 4))
    x[:, :2] += 6 * np.stack([y == 1, y == 2], axis=1)
    return Dataset(x, y, classes=CLASSES, feature_names=NAMES)


def backwards(data):
    """The same rows with the columns, and the classes, in another order."""
    return Dataset(data.x[:, ::-1], 2 - data.y, classes=CLASSES[::-1], feature_names=NAMES[::-1])


def trainer_of(named, epochs=5, validation=None):
    model = Sequential([Standardize(), Dense(3), SoftmaxCrossEntropy()])
    trainer = Trainer(model, SGD(0.1, momentum=0.9), epochs=epochs, batch_size=16)
    trainer.fit(named, validation, progress=False)
    return trainer


def test_columns_and_classes_in_another_order_are_put_in_the_models(named):
    model = trainer_of(named).model
    assert nnlite.evaluate(model, named)["accuracy"] > 0.95
    assert nnlite.evaluate(model, backwards(named)) == nnlite.evaluate(model, named)
    probabilities = Dataset(named.x, np.eye(3)[named.y][:, ::-1], classes=CLASSES[::-1])
    assert nnlite.evaluate(model, probabilities) == nnlite.evaluate(model, named)


def test_validation_rows_are_put_in_the_order_of_the_training_rows(named):
    straight, turned = (trainer_of(named, validation=rows).history for rows in (named, backwards(named)))
    assert straight["validation_loss"] == turned["validation_loss"]


def test_a_second_fit_puts_its_rows_in_the_order_of_the_first(named):
    one, other = trainer_of(named), trainer_of(named)
    one.fit(named, progress=False)
    other.fit(backwards(named), backwards(named), progress=False)
    assert (one.model.parameters.values == other.model.parameters.values).all()


def test_other_names_are_refused_and_the_message_says_which_differ(named):
    model = trainer_of(named).model
    other = Dataset(named.x, named.y, feature_names=("a", "b", "x", "d"))
    with pytest.raises(DataError, match=r"the columns are not the model's \(missing: 'c'; unknown: 'x'\): name them"):
        nnlite.evaluate(model, other)
    twice = Dataset(named.x, named.y, feature_names=("a", "b", "b", "c"))
    with pytest.raises(DataError, match=r"\(missing: 'd'\)"):
        nnlite.evaluate(model, twice)
    other = Dataset(named.x, named.y, classes=("no", "never", "yes"))
    with pytest.raises(DataError, match=r"classes are not the model's \(unknown: 'never'\): name the labels alike"):
        nnlite.evaluate(model, other)
    trainer = Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), SGD())
    with pytest.raises(DataError, match=r"the classes are not those of the training rows \(unknown: 'never'\)"):
        trainer.fit(named, other)
    with pytest.raises(DataError, match=r"the columns are not those of the training rows \(missing: 'a', 'b', 'c', "):
        trainer.fit(named, Dataset(named.x, named.y, feature_names=("p", "q", "r", "s")))


def test_rows_without_some_class_get_the_indices_of_all(named):
    model = trainer_of(named).model
    some = named.y != 0
    lacking = from_arrays(named.x[some], np.array(CLASSES)[named.y[some]])
    assert lacking.classes == ("perhaps", "yes")
    whole = Dataset(named.x[some], named.y[some], classes=CLASSES)
    assert nnlite.evaluate(model, lacking) == nnlite.evaluate(model, whole)


def test_rows_without_names_are_taken_as_they_are(named):
    model = trainer_of(named).model
    assert nnlite.evaluate(model, Dataset(named.x, named.y)) == nnlite.evaluate(model, named)
    nameless = trainer_of(Dataset(named.x, named.y)).model
    assert nameless.classes is None and nameless.feature_names is None
    assert nnlite.evaluate(nameless, named) == nnlite.evaluate(model, named)


@pytest.mark.parametrize("trained_on_codes", [False, True])
def test_codes_do_not_stand_for_names_that_are_text(named, trained_on_codes):
    """Nobody can tell whether 0 is "no", the first in order, or "yes", the first in somebody's code book."""
    codes = from_arrays(named.x, named.y)
    assert codes.classes == (0, 1, 2)
    train, other = (codes, named) if trained_on_codes else (named, codes)
    model = trainer_of(train).model
    with pytest.raises(DataError, match=r"if they are indices, make the rows with Dataset\(x, y\)"):
        nnlite.evaluate(model, other)


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_keeps_the_names(named, again):
    model = again(trainer_of(named).model)
    assert (model.classes, model.feature_names) == (CLASSES, NAMES)


def test_a_saved_model_keeps_the_names_and_may_be_given_others(named, tmp_path):
    model = trainer_of(named).model
    nnlite.save(model, tmp_path / "m.safetensors")
    predictor = nnlite.load(tmp_path / "m.safetensors")
    assert (predictor.classes.tolist(), predictor.feature_names) == (list(CLASSES), NAMES)
    assert (predictor.model.classes, predictor.model.feature_names) == (CLASSES, NAMES)
    assert nnlite.evaluate(predictor.model, backwards(named)) == nnlite.evaluate(model, named)
    assert Predictor(model).classes.tolist() == list(CLASSES)
    nnlite.save(model, tmp_path / "m.safetensors", classes=("non", "peut-être", "oui"))
    assert nnlite.load(tmp_path / "m.safetensors").model.classes == ("non", "peut-être", "oui")
    for names in ({"classes": CLASSES[::-1]}, {"feature_names": NAMES[::-1]}):
        with pytest.raises(DataError, match="the model was trained on them in the order"):
            nnlite.save(model, tmp_path / "m.safetensors", **names)


def test_a_predictor_puts_the_columns_of_a_table_in_order(named):
    class Table:
        def __init__(self, rows, columns):
            self.rows, self.columns = rows, columns

        def __array__(self, dtype=None, copy=None):
            return self.rows

    predictor = Predictor(trainer_of(named).model)
    straight = predictor.predict_proba(named.x)
    assert (predictor.predict_proba(Table(named.x[:, ::-1], NAMES[::-1])) == straight).all()
    with pytest.raises(DataError, match=r"the model was trained on \(missing: 'b'; unknown: 'e'\): choose the table"):
        predictor.predict(Table(named.x, ("a", "e", "c", "d")))
    with pytest.raises(DataError, match=r"\(unknown: 'e'\)"):
        predictor.predict(Table(named.x[:, [0, 1, 2, 3, 3]], (*NAMES, "e")))
    with pytest.raises(DataError, match="put in their order: 'b' stands there twice"):
        predictor.predict(Table(named.x[:, [0, 1, 2, 3, 1]], (*NAMES, "b")))


def test_a_trainers_state_has_the_names(named):
    trainer = trainer_of(named)
    other = Trainer(Sequential([Standardize(), Dense(3), SoftmaxCrossEntropy()]), SGD(0.1, momentum=0.9), epochs=5)
    other.state = trainer.state
    assert (other.model.classes, other.model.feature_names) == (CLASSES, NAMES)


def test_names_are_forgotten_when_the_model_is_built_anew_or_they_are_set_to_none(named):
    model = trainer_of(named).model
    model.classes = None
    assert nnlite.evaluate(model, Dataset(named.x, named.y, classes=("x", "y", "z")))["accuracy"] > 0.95
    assert model.build((4,)).feature_names is None


def test_a_config_can_name_the_columns_of_a_file(named, tmp_path):
    from nnlite.config import training_config

    np.savez(tmp_path / "rows.npz", x=named.x, y=np.array(CLASSES)[named.y])
    np.savez(tmp_path / "parts.npz", x_train=named.x, y_train=named.y, x_test=named.x, y_test=named.y)
    for source in ('"npz"\npath = "rows.npz"', '"npz_parts"\npath = "parts.npz"'):
        text = f"""
            [data]
            source = {source}
            feature_names = ["a", "b", "c", "d"]
            [model]
            layers = [{{ type = "Dense", units = 3 }}, {{ type = "SoftmaxCrossEntropy" }}]
        """
        (tmp_path / "c.toml").write_text(text)
        splits, trainer = training_config.load(tmp_path / "c.toml").build()
        trainer.fit(splits.train, splits.validation, progress=False)
        assert trainer.model.feature_names == splits.test.feature_names == NAMES
    changes = ["data.feature_names=['a']"]
    with pytest.raises(DataError, match="there are 1 feature names for rows of shape"):
        training_config.load(tmp_path / "c.toml", changes).load_data()


def test_named_class_weights_follow_the_names_in_a_second_fit(rng):
    x, y = rng.normal(size=(60, 2)), np.arange(60) % 3 // 2
    model = Sequential([Dense(2), SoftmaxCrossEntropy(class_weight={"a": 5, "b": 1})])
    trainer = Trainer(model, SGD(0.1), epochs=1)
    trainer.fit(Dataset(x, y, classes=("a", "b")), progress=False)
    for data in (Dataset(x, 1 - y, classes=("b", "a")), Dataset(x, y)):
        trainer.fit(data, progress=False)
        assert model.criterion.statistics["class_weight"].tolist() == [5, 1] and model.classes == ("a", "b")
    trainer.fit(Dataset(x[:9], np.zeros(9, int), classes=("a",)), progress=False)  # rows that lack a class
    assert model.criterion.statistics["class_weight"].tolist() == [5, 1]


def test_integers_that_are_the_same_classes_in_another_order_are_mapped(rng):
    x = rng.normal(size=(80, 2))
    y = (x[:, 0] > 0).astype(int)
    model = Sequential([Dense(2), SoftmaxCrossEntropy()])
    Trainer(model, SGD(1.0), epochs=30).fit(Dataset(x, y, classes=(0, 1)), progress=False)
    right = nnlite.evaluate(model, Dataset(x, y, classes=(0, 1)))["accuracy"]
    assert right > 0.9
    for classes in ((1, 0), ("1", "0"), (1.0, 0.0)):
        assert nnlite.evaluate(model, Dataset(x, 1 - y, classes=classes))["accuracy"] == right


@pytest.mark.parametrize("shape", [(80,), (80, 1)])
@pytest.mark.parametrize("dtype", [int, float])
def test_targets_of_a_binary_loss_are_mapped_whatever_their_form(rng, shape, dtype):
    x = rng.normal(size=(80, 2))
    y = (x[:, 0] > 0).astype(dtype)
    model = Sequential([Dense(1), BinaryCrossEntropy()])
    Trainer(model, SGD(1.0), epochs=30).fit(Dataset(x, y, classes=("a", "b")), progress=False)
    figures = nnlite.evaluate(model, Dataset(x, y, classes=("a", "b")))
    assert figures["accuracy"] > 0.9
    assert nnlite.evaluate(model, Dataset(x, (1 - y).reshape(shape), classes=("b", "a"))) == figures


def test_probabilities_of_a_binary_loss_are_mapped(rng):
    x = rng.normal(size=(80, 2))
    model = Sequential([Dense(1), BinaryCrossEntropy()])
    Trainer(model, SGD(1.0), epochs=3).fit(Dataset(x, (x[:, 0] > 0) + 0, classes=("a", "b")), progress=False)
    p = rng.uniform(size=80)
    straight, turned = Dataset(x, p, classes=("a", "b")), Dataset(x, 1 - p, classes=("b", "a"))
    assert nnlite.evaluate(model, turned)["loss"] == pytest.approx(
        nnlite.evaluate(model, straight)["loss"], rel=1e-12
    )


@pytest.mark.parametrize(("trained", "other"), [((0, 1), (1, 2)), ((0, 1, 2), (1, 5, 9)), ((0, 10, 20), (0, 1, 2))])
def test_other_numbers_are_other_classes(rng, trained, other):
    """Labels that the model never saw are not taken for those with the same places."""
    y = np.arange(60) % len(trained)
    x = rng.normal(size=(60, 2)) + 5 * y[:, None]
    model = Sequential([Dense(len(trained)), SoftmaxCrossEntropy()])
    Trainer(model, SGD(0.1), epochs=1).fit(from_arrays(x, np.array(trained)[y]), progress=False)
    with pytest.raises(DataError, match=r"the classes are not the model's \(.*unknown: "):
        nnlite.evaluate(model, from_arrays(x, np.array(other)[y]))
