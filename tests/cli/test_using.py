"""A trained model is used from the command line: predict, evaluate, inspect."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlite
from nnlite import files, plots
from nnlite.cli import main, using
from nnlite.data import Dataset
from tests.helpers.mistakes import UNUSABLE_FILE, WRONG_CONFIG, WRONG_DATA
from tests.helpers.own_tables import NAMES, read_csv, rows, write_csv


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with runs of a classifier and a regression on the shop's table."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(plots, "save", lambda picture, path: files.write(path, "a picture"))
        write_csv("shop.csv", rows(80))
        quickly = ["--quiet", "training.epochs=4", "training.members=2"]
        assert main(["train", "shop.csv", "--target", "paid", *quickly]) == 0
        complete = [row for row in rows(80) if row[1] != ""]
        write_csv("ages.csv", complete)
        assert main(["train", "ages.csv", "--target", "age", *quickly]) == 0
    return folder


@pytest.fixture
def shop(trained, here):
    """The working folder with copies of the runs."""
    shutil.copytree(trained, here, dirs_exist_ok=True)
    return here


def test_classes_are_predicted_with_the_probability_of_each(shop, capsys):
    assert main(["predict", "runs/shop", "shop.csv"]) == 0
    heading, *found = read_csv(capsys.readouterr().out)
    assert heading == ["prediction", "probability no", "probability yes"]
    predictor = nnlite.load("runs/shop")
    np.testing.assert_allclose(np.array(found)[:, 1:].astype(float), predictor.predict_proba("shop.csv"), rtol=1e-6)
    assert [row[0] for row in found] == predictor.predict("shop.csv").tolist()


def test_numbers_are_predicted_in_one_column(shop, capsys):
    assert main(["predict", "runs/ages/model.safetensors", "ages.csv"]) == 0
    heading, *found = read_csv(capsys.readouterr().out)
    assert heading == ["prediction"]
    np.testing.assert_allclose(
        np.array(found)[:, 0].astype(float), nnlite.load("runs/ages").predict("ages.csv"), rtol=1e-6
    )


def test_columns_are_kept_as_they_stand_in_the_file(shop, capsys):
    names = ["town", 'na"me, the\nlast', "age", "paid", "born", "id"]
    hostile = [[row[2], f"\"Jo,\n{row[0]}\" = 'x'; ü", row[1], row[4], row[3], f"{row[0]} "] for row in rows(80)]
    path = write_csv("other.csv", hostile, names)
    assert main(["predict", "runs/shop", str(path), "--keep", '"na""me, the\nlast",id', "-o", "out.csv"]) == 0
    assert capsys.readouterr().out == "out.csv: 80 rows\n"
    with open("out.csv", newline="", encoding="utf-8") as file:
        heading, *found = csv.reader(file)
    assert heading == [names[1], "id", "prediction", "probability no", "probability yes"]
    assert [row[:2] for row in found] == [[row[1], row[5]] for row in hostile]


def test_a_row_a_line_in_portions_too(shop, capsys):
    write_csv("many.csv", rows(80) * 40)  # more than are read at once
    assert main(["predict", "runs/shop", "many.csv", "--keep", "id"]) == 0
    found = read_csv(capsys.readouterr().out)[1:]
    assert [row[0] for row in found] == [str(row % 80) for row in range(3200)]
    probability = np.array(found)[:, 2].astype(float).reshape(40, 80)
    np.testing.assert_allclose(probability, probability[:1].repeat(40, 0), rtol=1e-5)


def test_an_output_is_whole_or_as_it_was(shop, capsys):
    Path("out.csv").write_text("before")
    write_csv("wrong.csv", [*rows(80) * 40, ["1", "x", "Bern", "1950-01-01", "no"]])
    assert main(["predict", "runs/shop", "wrong.csv", "-o", "out.csv"]) == WRONG_DATA
    assert "wrong.csv: line 3202, column 'age': 'x' is no number" in capsys.readouterr().err
    assert Path("out.csv").read_text() == "before" and not list(Path().glob(".*.tmp"))
    assert main(["predict", "runs/shop", "shop.csv", "-o", "out.csv"]) == 0
    assert len(read_csv(Path("out.csv").read_text())) == 81


def test_what_is_wrong_with_rows_to_predict_is_told(shop, refused):
    write_csv("columns.csv", rows(), [name.replace("town", "city") for name in NAMES])
    refused(WRONG_DATA, ["predict", "runs/shop", "columns.csv"], "columns.csv: the column 'town' is missing … 'city'")
    refused(WRONG_DATA, ["predict", "runs/shop", "shop.csv", "--keep", "agee"], "did you mean 'age'?")
    refused(WRONG_DATA, ["predict", "runs/shop", "nowhere.csv"], "nowhere.csv cannot be read")
    refused(WRONG_DATA, ["predict", "runs/shop", "runs"], "runs is a folder; the model was trained on a table")
    refused(UNUSABLE_FILE, ["predict", "nowhere", "shop.csv"], "nowhere cannot be read")
    refused(UNUSABLE_FILE, ["predict", "runs", "shop.csv"], "it has the runs 'ages', 'shop'")
    refused(UNUSABLE_FILE, ["predict", "runs/shop", "shop.csv", "-o", "no/out.csv"], "cannot write no/out.csv")
    write_csv("prediction.csv", rows(), [*NAMES[:-1], "prediction"])
    keep = ["predict", "runs/shop", "prediction.csv", "--keep", "prediction"]
    refused(WRONG_CONFIG, keep, "the output would have two columns 'prediction'")


@pytest.mark.filterwarnings("default")
def test_texts_that_no_training_row_had_are_told(shop, capsys):
    write_csv("new.csv", [[0, 40, "Kyiv", "1990-01-01", "no"]] * 3)
    assert main(["predict", "runs/shop", "new.csv"]) == 0
    out, err = capsys.readouterr()
    assert len(read_csv(out)) == 4 and "'town' has a text that no training row had, in 3 rows: 'Kyiv'" in err.replace(
        "\n  ", " "
    )


def test_files_of_another_form_are_read_as_said(shop, capsys):
    Path("semicolon.csv").write_bytes(
        write_csv("x.csv", rows(80), delimiter=";").read_bytes().replace(b"Oslo", "Mü".encode("latin-1"))
    )
    assert main(["predict", "runs/shop", "semicolon.csv"]) == WRONG_DATA
    assert "such as --encoding latin-1 (Western Europe) or cp1252" in capsys.readouterr().err
    assert main(["predict", "runs/shop", "x.csv", "--delimiter", ";"]) == 0


def _with(path, row, column, text):
    table = rows(80)
    table[row][column] = text
    return str(write_csv(path, table))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_advice_is_what_can_be_done_for_a_trained_model(command, shop, capsys):
    files = {
        _with("comma.csv", 2, 1, "1,5"): "no number; write it as the training rows are written, such as 1234.5, or",
        _with("date.csv", 2, 3, "31.1.1990"): "no date, written as 'ISO' says; write it … such as 2024-12-31",
        str(write_csv("twice.csv", rows(), [*NAMES[:-1], "age"])): "both called 'age' … write a line above it with",
        str(write_csv("nothing.csv", rows(), None)): "taken for the names … write the names in a line above it",
        str(
            write_csv("semi.csv", rows(), delimiter=";")
        ): "if something else than ',' parts the cells, say --delimiter",
        str(
            write_csv("more.csv", [[*row, 1] for row in rows()], NAMES)
        ): "else than ',' parts the cells, say --delimiter",
    }
    Path("latin.csv").write_bytes(write_csv("x.csv", rows()).read_bytes().replace(b"Oslo", b"M\xfc"))
    Path("wide.csv").write_bytes(Path("shop.csv").read_bytes().decode().encode("utf-16-le"))
    files |= {"latin.csv": "say what the text is, such as --encoding latin-1", "wide.csv": "say --encoding utf-16-le"}
    for path, said in files.items():
        assert main([command, "runs/shop", path]) == WRONG_DATA
        err = capsys.readouterr().err
        assert max(map(len, err.splitlines())) <= 80
        err = " ".join(err.split())
        assert re.search(".*".join(map(re.escape, said.split(" … "))), err), (path, err)
        for not_there in ("kinds", "missing, ", "predictor.", "header = "):
            assert not_there not in err.partition("error: ")[2], (path, err)


def test_from_python_advice_is_what_can_be_done_there(shop):
    predictor = nnlite.load("runs/shop")
    with pytest.raises(nnlite.DataError, match="no number; write it as the training rows are"):
        predictor.predict({"id": 1, "age": "1,5", "town": "Bern", "born": "1990-01-01"})
    write_csv("semi.csv", rows(), delimiter=";")
    with pytest.raises(nnlite.DataError, match=r"set predictor\.table\.delimiter"):
        predictor.predict("semi.csv")
    predictor.table.delimiter = ";"
    assert len(predictor.predict("semi.csv")) == 60


def test_help_says_what_is_the_default(capsys):
    for command, said in (("predict", "as in the file that the model was trained on"), ("look", "default: found")):
        with pytest.raises(SystemExit, match="0"):
            main([command, "--help"])
        assert said in " ".join(capsys.readouterr().out.split())


def test_the_reader_of_a_pipe_may_end(shop):
    write_csv("many.csv", rows(80) * 100)
    code = "import sys; from nnlite.cli import main; sys.exit(main(['predict', 'runs/shop', 'many.csv']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait() == 4


def test_a_model_is_evaluated_as_by_hand(shop, capsys):
    write_csv("new.csv", [*rows(50, seed=1), [50, 33, "Bern", "1960-01-01", ""]])
    assert main(["evaluate", "runs/shop", "new.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    predictor, truth = nnlite.load("runs/shop"), np.array([row[-1] for row in rows(50, seed=1)])
    right = (predictor.predict("new.csv")[:50] == truth).mean()
    assert found["rows"] == 50 and found["rows_without_target"] == 1
    assert found["accuracy"] == pytest.approx(right) and found["accuracy_interval"][0] < right
    proba = predictor.predict_proba("new.csv")[:50]
    assert found["loss"] == pytest.approx(-np.log(proba[np.arange(50), (truth == "yes") * 1]).mean(), rel=1e-5)
    trained = json.loads(Path("runs/shop/metrics.json").read_text())["test"]["baseline"]["answer"]
    assert found["baseline"]["answer"] == trained
    assert found["baseline"]["accuracy"] == pytest.approx((truth == trained).mean())


def test_an_evaluation_reads_well(shop, capsys):
    write_csv("new.csv", [*rows(50, seed=1), [50, 33, "Bern", "1960-01-01", ""]])
    assert main(["evaluate", "runs/shop", "new.csv"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:2] == ["50 rows with a target", "1 row without a target left out"] and not err
    assert any(line.startswith("accuracy 0.") and "(95 % interval 0." in line for line in lines)
    assert any(line.startswith("baseline, always ") for line in lines)
    assert max(map(len, lines)) <= 80
    assert main(["evaluate", "runs/shop/model.safetensors", "new.csv"]) == 0
    assert "baseline" not in capsys.readouterr().out  # a file does not know it


def test_figures_that_are_undefined_are_said_to_be_so(shop, capsys):
    likely = [row for row in rows(50, seed=1) if row[-1] == "yes"]
    write_csv("new.csv", likely)
    assert main(["evaluate", "runs/shop", "new.csv"]) == 0
    out = capsys.readouterr().out
    assert "recall undefined" in out and "nan" not in out
    assert main(["evaluate", "runs/shop", "new.csv", "--json"]) == 0
    none, _ = json.loads(capsys.readouterr().out)["classes"]
    assert none["class"] == "no" and none["rows"] == 0 and none["recall"] is None


def test_rows_that_were_trained_on_flatter(shop, capsys):
    config = Path("runs/shop/config.toml")
    path = Path("shop.csv").resolve().as_posix()
    before = next(line for line in config.read_text().splitlines() if line.startswith("path = "))
    config.write_text(config.read_text().replace(before, f"path = {json.dumps(path)}"))
    assert main(["evaluate", "runs/shop", "shop.csv"]) == 0
    assert "trained on rows of this file" in capsys.readouterr().err


def test_numbers_are_evaluated(shop, capsys):
    complete = [row for row in rows(50, seed=1) if row[1] != ""]
    write_csv("new.csv", complete)
    assert main(["evaluate", "runs/ages", "new.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    error = nnlite.load("runs/ages").predict("new.csv") - np.array([row[1] for row in complete])
    assert found["rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-5)
    assert found["rmse_interval"][0] < found["rmse"] < found["rmse_interval"][1] and "mae" in found["baseline"]
    mean = json.loads(Path("runs/ages/metrics.json").read_text())["test"]["baseline"]["answer"]
    assert main(["evaluate", "runs/ages", "new.csv"]) == 0
    evaluated = capsys.readouterr().out
    assert main(["inspect", "runs/ages"]) == 0
    for out in (evaluated, capsys.readouterr().out):
        assert f"baseline, always {mean:.4g}, the mean of the training targets: mae" in " ".join(out.split())


def test_labels_that_the_model_does_not_know_are_named(shop, refused):
    write_csv("new.csv", [*rows(20, seed=1), [50, 33, "Bern", "1960-01-01", "perhaps"]])
    refused(WRONG_DATA, ["evaluate", "runs/shop", "new.csv"], "new.csv: line 22, column 'paid': the label 'perhaps'")
    write_csv("without.csv", [row[:-1] for row in rows(20)], NAMES[:-1])
    refused(WRONG_DATA, ["evaluate", "runs/shop", "without.csv"], "without.csv: the target 'paid' is missing")


def test_a_model_is_inspected(shop, capsys):
    assert main(["inspect", "runs/shop"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    for said in (
        f"written by nnlite {nnlite.__version__}",
        "PeriodicEmbedding",
        "2 members of these layers",
        "2 classes: no, yes",
        "predicts 'paid' of tables: 4 columns become",
        "town  category  3 known",
        "id    ignore    counts the rows",
        "run shop, seed 0: ",
        f"NumPy {np.__version__}",
        "test accuracy ",
    ):
        assert said in out, said
    assert main(["inspect", "runs/ages/model.safetensors"]) == 0
    assert "run ages" not in capsys.readouterr().out


def test_a_column_with_the_name_of_a_part_of_a_date_is_inspected_as_itself(tmp_path, capsys):
    days = np.datetime64("2024-01-01") + np.arange(40)
    rows = {"day": days, "day days": 0.5 + np.arange(40) % 7, "paid": ["yes", "no"] * 20}
    parts = nnlite.data.from_table(rows, "paid", validation_fraction=0)
    layers = [nnlite.Columns(parts.train.table.encoder.codes, numbers="standard"), nnlite.Dense(1)]
    model = nnlite.Sequential([*layers, nnlite.BinaryCrossEntropy()])
    nnlite.Trainer(model, nnlite.SGD(0.1), epochs=1).fit(parts.train, progress=False)
    nnlite.save(model, tmp_path / "model.safetensors")
    assert main(["inspect", str(tmp_path / "model.safetensors")]) == 0
    out = capsys.readouterr().out
    own, date = np.median(parts.train.x[:, -2]), np.median(parts.train.x[:, 0])
    assert out.count(f"missing becomes {own:.6g}") == 1
    assert f"days (2): missing becomes {date:.6g}" in out


def test_a_model_of_arrays_without_names_is_inspected_but_takes_no_files(here, capsys, refused):
    model = nnlite.Sequential([nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]).build((2,))
    nnlite.save(model, "model.safetensors", classes=["a", "b"])
    assert main(["inspect", "model.safetensors"]) == 0
    write_csv("x.csv", [[1, 2, "a"]], ["u", "w", "y"])
    told = "columns cannot be told apart: give the data of the training feature_names"
    refused(WRONG_CONFIG, ["predict", "model.safetensors", "x.csv"], f"the model was not trained on a table … {told}")
    refused(
        WRONG_DATA, ["evaluate", "model.safetensors", "x.csv"], f"x.csv: the model was trained on arrays … {told}"
    )
    refused(WRONG_CONFIG, ["predict", "model.safetensors", "x.csv", "--delimiter", ";"], "takes no tables")
    model = nnlite.Sequential([nnlite.Flatten(), nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]).build((2, 3))
    nnlite.save(model, "steps.safetensors")
    refused(WRONG_CONFIG, ["predict", "steps.safetensors", "x.csv"], "but takes arrays of shape (2, 3): in Python")


@pytest.fixture
def named(here):
    """Models of arrays whose columns have names, of classes and of a number, and such rows."""
    x = np.random.default_rng(0).normal(size=(40, 2))
    names, y = ("u\nv", "w"), (x[:, 1] > x[:, 0]).astype(int)
    for file, data, loss in (
        ("classes", Dataset(x, y, classes=("lo", "hi"), feature_names=names), nnlite.SoftmaxCrossEntropy()),
        ("indices", Dataset(x, y, feature_names=names), nnlite.SoftmaxCrossEntropy()),
        ("number", Dataset(x, x.sum(axis=1), feature_names=names), nnlite.MeanSquaredError()),
    ):
        layers = [nnlite.Standardize(), nnlite.Dense(1 if file == "number" else 2), loss]
        model = nnlite.Sequential(layers)
        nnlite.Trainer(model, nnlite.Adam(0.1), epochs=20).fit(data, progress=False)
        nnlite.save(model, f"{file}.safetensors")
    return x, y


def test_a_model_of_arrays_with_names_takes_a_table_of_numbers(named, capsys):
    """By the names of its columns, in any order and with further ones; with the bits of the array itself."""
    x, y = named
    assert main(["inspect", "classes.safetensors"]) == 0
    assert "2 features: u\\nv, w" in capsys.readouterr().out
    write_csv("x.csv", [[row, f"{b!r}", f"{a!r}"] for row, (a, b) in enumerate(x.tolist())], ["id", "w", "u\nv"])
    for file in ("classes", "indices", "number"):
        assert main(["predict", f"{file}.safetensors", "x.csv", "--keep", "id"]) == 0
        heading, *found = read_csv(capsys.readouterr().out)
        assert heading[:2] == ["id", "prediction"] and [row[0] for row in found] == [str(row) for row in range(40)]
        predictor = nnlite.load(f"{file}.safetensors")
        expected = predictor.predict(x)
        assert (predictor.predict("x.csv") == expected).all()
        got = np.array([row[1] for row in found])
        assert (got == expected.astype(str)).all() if file != "number" else np.allclose(got.astype(float), expected)
    for file, targets in (("classes", np.array(["lo", "hi"])[y]), ("indices", y), ("number", x.sum(axis=1))):
        write_csv(
            "xy.csv", [[str(t), a, b] for t, (a, b) in zip(targets, x.tolist(), strict=True)], ["y", "u\nv", "w"]
        )
        assert main(["evaluate", f"{file}.safetensors", "xy.csv", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        model = nnlite.load(f"{file}.safetensors").model
        expected = nnlite.evaluate(model, Dataset(x, y if file != "number" else x.sum(axis=1)))
        assert found["rows"] == 40 and found["loss"] == pytest.approx(expected["loss"], rel=1e-6)
        assert nnlite.evaluate(nnlite.load(f"{file}.safetensors"), "xy.csv")["loss"] == pytest.approx(found["loss"])


def test_what_a_model_of_arrays_cannot_take_is_named(named, refused, capsys):
    model, names = "classes.safetensors", ["u\nv", "w", "y"]

    def wrong(commands, rows, names, said):
        write_csv("x.csv", rows, names)
        for command in commands.split():
            refused(WRONG_DATA, [command, model, "x.csv"], said)

    wrong("predict evaluate", [["1", "2", "hi"], ["3", "four", "lo"]], names, "column 'w': 'four' is no number")
    gap = [["1", "2", "hi"], ["3", "", "lo"]]
    wrong("predict evaluate", gap, names, "column 'w': the number is missing, and the model takes no gaps")
    others = "the columns 'u\\nv', 'w' are missing; there are: 'u', 'W', 'y'"
    wrong("predict evaluate", [["1", "2", "hi"]], ["u", "W", "y"], others)
    two = "a table to evaluate it on has one column beside its own … the target; there are 2: 'y', 'z'"
    wrong("evaluate", [["1", "2", "hi", 1]], [*names, "z"], two)
    wrong("evaluate", [["1", "2"]], names[:2], "the target; there is none")
    wrong("evaluate", [["1", "2", "no"]], names, "the label 'no' is none of the classes")
    write_csv("x.csv", [["1", "2", "hi"]], names, delimiter=";")
    assert main(["predict", model, "x.csv", "--delimiter", ";"]) == 0
    capsys.readouterr()
    Path("x.csv").write_text("p;q;y\n1;2;hi\n")
    refused(WRONG_DATA, ["predict", model, "x.csv", "--delimiter", "|"], "than '|' parts the cells, say --delimiter")
    predictor = nnlite.load(model)
    predictor.reader.delimiter = "|"
    with pytest.raises(nnlite.DataError, match=r"set predictor\.reader\.delimiter"):
        predictor.predict("x.csv")


def test_several_targets_of_a_row_cannot_be_told_in_a_file(here, refused):
    model = nnlite.Sequential([nnlite.Dense(2), nnlite.MeanSquaredError()])
    data = Dataset(np.eye(2), np.eye(2), feature_names=("u", "w"))
    nnlite.Trainer(model, nnlite.SGD(0.1), epochs=1).fit(data, progress=False)
    nnlite.save(model, "two.safetensors")
    write_csv("x.csv", [[1, 2, 3]], ["u", "w", "y"])
    refused(WRONG_DATA, ["evaluate", "two.safetensors", "x.csv"], "the model predicts several things of each row")


@pytest.fixture
def pictures(here):
    """A model of images, and folders of pictures by class: dark ones and bright ones."""
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for name, level in (("bright", 200), ("dark", 20)):
        (here / "all" / name).mkdir(parents=True)
        for number in range(70):
            pixels = rng.integers(level, level + 40, size=(6, 5, 3)).astype(np.uint8)
            image.fromarray(pixels).save(here / "all" / name / f"{number:02}.png")
    x = np.where(np.arange(60)[:, None, None, None] % 2, 30, 220) + rng.normal(size=(60, 3, 6, 5))
    layers = [nnlite.Rescale(1 / 255), nnlite.Flatten(), nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]
    model = nnlite.Sequential(layers)
    data = Dataset(x, np.arange(60) % 2, classes=("bright", "dark"))
    nnlite.Trainer(model, nnlite.Adam(0.05), epochs=20).fit(data, progress=False)
    nnlite.save(model, "model.safetensors")
    return here


def test_a_folder_of_pictures_is_predicted_and_evaluated(pictures, capsys, refused):
    assert main(["predict", "model.safetensors", "all/dark"]) == 0
    heading, *found = read_csv(capsys.readouterr().out)
    assert heading == ["file", "prediction", "probability bright", "probability dark"]
    assert [row[:2] for row in found] == [[f"{number:02}.png", "dark"] for number in range(70)]
    assert main(["evaluate", "model.safetensors", "all", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["rows"] == 140 and figures["accuracy"] == 1
    refused(
        WRONG_CONFIG, ["predict", "model.safetensors", "all/dark", "--keep", "x"], "--keep names columns of a table"
    )
    refused(WRONG_DATA, ["predict", "model.safetensors", "all"], "all has no pictures")
    write_csv("x.csv", rows())
    refused(WRONG_CONFIG, ["predict", "model.safetensors", "x.csv"], "takes images: give a folder of them")
    refused(WRONG_DATA, ["evaluate", "model.safetensors", "x.csv"], "give a folder of them by class")


@pytest.mark.parametrize("output", ["shop.csv", "./shop.csv", "runs/shop/model.safetensors"])
def test_what_is_read_is_not_written_over(output, shop, refused):
    before = Path(output).read_bytes()
    refused(UNUSABLE_FILE, ["predict", "runs/shop", "shop.csv", "-o", output], "is what is read: it would be lost")
    assert Path(output).read_bytes() == before


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(
            st.lists(st.text(st.sampled_from('a ,"\n\rü'), max_size=3), min_size=width, max_size=width), min_size=1
        )
    )
)
def test_rows_are_written_as_the_csv_module_writes_them(rows):
    found, expected = io.StringIO(newline=""), io.StringIO(newline="")
    using._write(found, ["h"], iter([[list(column) for column in zip(*rows, strict=True)]]))
    csv.writer(expected, lineterminator="\n").writerows([["h"], *rows])
    assert found.getvalue() == expected.getvalue()


def test_columns_to_keep_may_be_named_one_by_one(shop, capsys):
    assert main(["predict", "runs/shop", "shop.csv", "--keep", "town,age", "--keep", "id"]) == 0
    assert read_csv(capsys.readouterr().out)[0][:4] == ["town", "age", "id", "prediction"]
