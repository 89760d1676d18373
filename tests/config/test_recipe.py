"""The recipe for a table, and the config file that is made of it."""

import tomllib

import pytest

from nnlite.config import toml, training_config
from nnlite.config.own_table import is_data, own_table
from nnlite.config.recipe import EPOCHS, MEMBERS, batch_size_for, recipe
from nnlite.errors import ConfigError, DataError
from tests.helpers.own_tables import rows, write_csv


@pytest.mark.parametrize(
    ("count", "batch"), [(20, 32), (499, 32), (500, 64), (3999, 64), (4000, 128), (8000, 256), (10**6, 256)]
)
def test_the_batch_grows_with_the_training_rows(count, batch):
    assert recipe(count, "classification", ["number"] * 10).document["training"]["batch_size"] == batch


def test_the_batch_is_that_of_the_rows_a_member_is_trained_on():
    count, test = 5000, 0.5
    found = recipe(count, "regression", [], test_fraction=test).document
    trained = count * (1 - found["data"]["test_fraction"] - found["data"]["validation_fraction"])
    assert found["training"]["batch_size"] == batch_size_for(round(trained)) == 64 != batch_size_for(count)


def test_small_tables_get_everything_and_large_ones_a_minute():
    kinds = ["number"] * 20
    small = recipe(2000, "classification", kinds)
    assert small.document["training"] | {"batch_size": 0} == {
        "members": MEMBERS,
        "epochs": EPOCHS,
        "batch_size": 0,
    }
    assert "minute" not in " ".join(small.reasons.values())
    before = MEMBERS * EPOCHS
    for count in (100_000, 500_000, 5_000_000):
        large = recipe(count, "classification", kinds)
        training = large.document["training"]
        assert training["members"] * training["epochs"] < before
        assert "so that it takes about a minute" in large.reasons["training.epochs"]
        before = training["members"] * training["epochs"]
    assert training == {"members": 1, "epochs": 10, "batch_size": 256}


def test_a_fifth_of_the_rows_that_are_not_for_testing_validates():
    assert recipe(100, "regression", []).document["data"] == {"test_fraction": 0.2, "validation_fraction": 0.16}
    alone = recipe(100, "regression", [], test_fraction=0.0)
    assert alone.document["data"]["validation_fraction"] == 0.2


def test_a_test_fraction_of_the_users_leaves_a_fifth_of_the_others_to_validate(here):
    write_csv("shop.csv", rows(200))
    made = own_table(here / "shop.csv", {"target": "paid"}, ["data.test_fraction=0.5"])
    assert made.document["data"]["validation_fraction"] == 0.1


@pytest.mark.parametrize(
    ("task", "loss"), [("classification", "SoftmaxCrossEntropy"), ("regression", "MeanSquaredError")]
)
def test_the_loss_is_that_of_the_task(task, loss):
    layers = recipe(100, task, ["number"]).document["model"]["layers"]
    assert layers[-1] == {"type": loss} and layers[0] == {"type": "Columns"}


def test_a_made_config_is_the_config_that_its_file_describes(here):
    (here / "data").mkdir()
    (here / "configs").mkdir()
    path = write_csv(here / "data" / "shop.csv", rows())
    made = own_table(path, {"target": "paid"}, ["training.epochs=7", "data.drop=['born']"])
    file = here / "configs" / "own.toml"
    file.write_text(made.to_toml(file))
    assert tomllib.loads(file.read_text())["data"]["path"] == "../data/shop.csv"
    assert training_config.load(file).document == made.checked().document
    assert made.checked().name == "shop" and made.checked().document["training"]["epochs"] == 7


def test_each_choice_is_explained_and_what_the_user_chose_is_not(here):
    path = write_csv("shop.csv", rows())
    text = own_table(path, {"target": "paid"}, ["early_stopping.patience=9"]).to_toml(here / "shop.toml")
    lines = {line.partition("=")[0].strip(): line for line in text.splitlines()}
    for key in ("validation_fraction", "members", "epochs", "batch_size", "{ type"):
        assert "# " in lines[key], key
    assert "#" not in lines["patience"]
    assert text.startswith("# Predicts 'paid' of shop.csv, one of 2 classes, from 4 columns: ")
    assert "'id' (counts the rows)" in text
    assert max(map(len, text.splitlines())) <= 110


def test_a_row_counter_is_left_out_though_rows_lack_a_target(here):
    table = rows()
    table[7][-1] = ""
    with pytest.warns(UserWarning, match="1 row has no target"):
        made = own_table(write_csv("shop.csv", table), {"target": "paid"})
    assert "'id' (counts the rows)" in made.comments[""]


def test_a_hostile_name_cannot_end_a_comment(here):
    path = write_csv("shop.csv", rows(), ["i\nd", "age", "town", "bo\r\n[rn", 'pa"i\\d'])
    made = own_table(path, {"target": 'pa"i\\d'})
    text = made.to_toml(here / "shop.toml")
    assert tomllib.loads(text)["data"]["target"] == 'pa"i\\d'
    assert tomllib.loads(text).keys() == made.document.keys()


def test_where_a_file_has_the_test_rows_none_are_taken(here):
    path = write_csv("shop.csv", rows())
    write_csv("new.csv", rows(20, seed=1))
    section = own_table(path, {"target": "paid"}, ["data.test_path=new.csv"]).document["data"]
    assert "test_fraction" not in section and section["validation_fraction"] == 0.2


@pytest.mark.parametrize(
    ("change", "said", "error"),
    [
        ("data.targets=x", "shop.csv: data.targets: there is no such key; did you mean 'target'", ConfigError),
        ("data.kinds.town=numer", "shop.csv: data.kinds = ", ConfigError),
        ("data.drop=[shoe]", "shop.csv: data.drop", ConfigError),
        ("data.drop=['shoe']", "there is no column 'shoe'", DataError),
        ("training.epoch=3", "shop.csv: training.epoch: there is no such key; did you mean 'epochs'", ConfigError),
        ("epochs", "shop.csv: the override 'epochs' is not of the form", ConfigError),
    ],
)
def test_a_wrong_change_is_told(change, said, error, here):
    path = write_csv("shop.csv", rows())
    with pytest.raises(error, match=said.replace("[", r"\[")):
        own_table(path, {"target": "paid"}, [change]).checked()


def test_data_files_are_known_by_their_endings():
    assert all(map(is_data, ["a.csv", "a.CSV", "a.csv.gz", "a.tsv", "a.txt", "a.parquet"]))
    assert not any(map(is_data, ["a.toml", "a", "runs/a", "a.safetensors"]))


def test_a_document_without_comments_is_dumped_as_ever():
    document = {"seed": 0, "data": {"source": "iris"}, "model": {"layers": [{"type": "Dense"}]}}
    assert toml.dump(document) == (
        'seed = 0\n\n[data]\nsource = "iris"\n\n[model]\nlayers = [\n  { type = "Dense" },\n]\n'
    )
