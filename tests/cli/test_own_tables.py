"""From a file of a user's to a model: look, init, train."""

import gzip
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import tables
from nnlite.cli import main
from nnlite.config import training_config
from nnlite.data import table_rows
from nnlite.runs.folder import RunFolder
from nnlite.tables import infer, read_csv
from tests.helpers.mistakes import UNUSABLE_FILE, WRONG_CONFIG, WRONG_DATA, left
from tests.helpers.own_tables import NAMES, rows, write_csv

QUICKLY = ["training.epochs=2", "training.members=2"]


@pytest.fixture
def shop(here, without_pictures):
    return str(write_csv("shop.csv", rows()))


def test_look_shows_every_column_in_80_characters(shop, capsys):
    assert main(["look", shop, "--target", "paid"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "shop.csv: 60 rows, 4 columns beside the target: 1 number, 1 category, 1 date, 1"
    table = {line.split()[0]: line.split()[1:] for line in lines if line and line[0] != " "}
    assert table["age"][:3] == ["number", "38", "4"] and table["town"][:2] == ["category", "3"]
    assert "  ! counts the rows: an id" in lines
    assert [line.split() for line in lines[-2:]] == [["yes", "34", "56.7", "%"], ["no", "26", "43.3", "%"]]


def test_look_shows_the_first_of_many_columns_and_says_so(here, capsys):
    names = [f"column {place}" for place in range(300)]
    table = np.random.default_rng(0).integers(9, size=(30, 300)).tolist()
    for row, cells in enumerate(table):
        cells[280] = row
    assert main(["look", str(write_csv("wide.csv", table, names))]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) < 150 and "column 49 " in out and "column 50 " not in out
    assert out.splitlines()[-4:-2] == [
        "… and 250 more columns, which are not shown",
        "  ! column 280: counts the rows: an id",
    ]


def test_look_takes_hostile_names_and_texts(here, capsys):
    names = ["a\nb", "\x1b[31mred", "ü" * 300]
    table = [[f"x\x1b{row % 3}", "\u202e" + "y" * 500 * (row % 2), row % 5] for row in range(30)]
    assert main(["look", str(write_csv("odd.csv", table, names)), "--target", "ü" * 300]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out and max(map(len, out.splitlines())) <= 80


def test_look_without_a_header_takes_places_for_names(here, capsys):
    write_csv("shop.csv", rows(), names=None)
    assert main(["look", "shop.csv", "--no-header", "--target", "4"]) == 0
    out, err = capsys.readouterr()
    assert "target: 2 classes" in out and not err


def test_what_is_said_of_columns_is_looked_at(here, capsys, refused):
    write_csv(
        "shop.csv", [[*row, row[0] % 5 + 1, f"{row[0] % 28 + 1}.12.2024"] for row in rows()], [*NAMES, "a.b", "on"]
    )
    said = ['data.kinds."a.b"=category', "data.formats.on=%d.%m.%Y", "data.drop=['age']", 'data.missing=["Rome"]']
    assert main(["look", "shop.csv", said[0], "--target", "paid", *said[1:]]) == 0
    table = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert table["a.b"][:2] == ["category", "5"] and table["on"][:2] == ["date", "28"]
    assert table["age"][0] == "ignore" and table["town"][:3] == [
        "category",
        "2",
        str(sum(row[2] == "Rome" for row in rows())),
    ]
    assert main(["init", "shop.csv", "--target", "paid", *said, *QUICKLY]) == 0
    section = tomllib.loads(Path("shop.toml").read_text())["data"]
    assert section["kinds"] == {"a.b": "category"} and section["missing"] == ["Rome"]
    capsys.readouterr()
    wrong = ["look", "shop.csv", "data.formats.on=%Y"]
    refused(WRONG_DATA, wrong, "shop.csv: line 2, column 'on': '1.12.2024' is no date, written as '%Y' says")
    refused(WRONG_DATA, ["look", "shop.csv", "data.kinds.agee=number"], "did you mean 'age'?")
    refused(WRONG_DATA, ["look", "shop.csv", "data.drop=['agee']"], "did you mean 'age'?")
    refused(WRONG_CONFIG, ["look", "shop.csv", "data.kindz.age=number"], "did you mean 'kinds'?")
    refused(WRONG_CONFIG, ["look", "shop.csv", "training.epochs=1"], "a look is at the data alone")
    refused(WRONG_CONFIG, ["look", "shop.csv", "data.missing=x"], """write data.missing=["x"], on the command line""")
    refused(WRONG_CONFIG, ["look", "shop.csv", "data.missing=[x, y]"], """'data.missing=["x", "y"]'""")
    refused(WRONG_CONFIG, ["look", "shop.csv", "data.target=4"], """write data.target="4",""")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.b", "size [cm]", "y=z", "it's", 'the "big" one', "a.b = [c]"])
def test_a_column_of_any_name_can_be_named(name, here, without_pictures, capsys):
    write_csv("shop.csv", [[*row, row[0] % 5] for row in rows()], [*NAMES, name])
    said = f"data.kinds.{json.dumps(name)}=category"
    assert main(["look", "shop.csv", said]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(name)]
    assert line.removeprefix(name).split()[0] == "category"
    assert main(["init", "shop.csv", "--target", "paid", said, *QUICKLY, "-o", "a.toml"]) == 0
    assert main(["train", "a.toml", "--quiet"]) == 0
    assert main(["train", "shop.csv", "--target", "paid", said, *QUICKLY, "--quiet"]) == 0
    for run in ("runs/shop", "runs/shop-2"):
        kinds = {column.name: column.kind for column in nnlite.load(run).table.encoder.columns}
        assert kinds[name] == "category"
        assert main(["predict", run, "shop.csv", "-o", "out.csv"]) == 0


def test_a_name_without_its_quotes_is_told(here, refused):
    write_csv("shop.csv", rows(), ["id", "a.b", "town", "born", "paid"])
    refused(WRONG_CONFIG, ["look", "shop.csv", "data.kinds.a.b=number"], """stands in quotes: 'data.kinds."a.b"=""")


def test_a_header_that_is_a_row_is_told_with_the_option(here, refused):
    write_csv("shop.csv", [[1, 1, "a"], [2, 3, "b"]], names=None)
    refused(
        WRONG_DATA, ["look", "shop.csv"], "shop.csv, line 1: columns 1 and 2 are both called '1' … say --no-header"
    )
    Path("latin.csv").write_bytes("name,y\nMüller,1\n".encode("latin-1"))
    refused(WRONG_DATA, ["look", "latin.csv"], "latin.csv, line 2: … such as --encoding latin-1")
    assert main(["look", "latin.csv", "--encoding", "latin-1"]) == 0


def test_init_writes_a_config_that_trains_as_it_stands(shop, here, capsys):
    assert main(["init", shop, "--target", "paid", "-o", "configs.toml", *QUICKLY]) == 0
    assert capsys.readouterr().out == "configs.toml: nnlite train configs.toml trains it\n"
    assert tomllib.loads(Path("configs.toml").read_text())["data"]["path"] == "shop.csv"
    assert main(["train", "configs.toml", "--quiet"]) == 0
    assert RunFolder(Path("runs/shop")).finished


def test_paths_of_changes_are_relative_to_the_working_folder_wherever_the_config_is_written(shop, here):
    write_csv("later.csv", rows(seed=1))
    Path("own.py").write_text("import nnlite\n\nclass Own(nnlite.ReLU):\n    pass\n")
    Path("deep").mkdir()
    named = ["data.test_path=later.csv", 'plugins=["own.py"]', "model.start_from=before"]
    assert main(["init", shop, "--target", "paid", "-o", "deep/shop.toml", *QUICKLY, *named]) == 0
    written = tomllib.loads(Path("deep/shop.toml").read_text())
    assert [written["data"][key] for key in ("path", "test_path")] == ["../shop.csv", "../later.csv"]
    assert (written["plugins"], written["model"]["start_from"]) == (["../own.py"], "../before")
    found = training_config.load("deep/shop.toml").document
    assert found["data"]["test_path"] == str(here / "later.csv") and found["plugins"] == [str(here / "own.py")]


OF_FILES = """
import nnlite
from nnlite.data.npz import FilePath
from nnlite.signature import PositiveFloat


class Own(nnlite.ReLU):
    def __init__(self, weights: FilePath | None = None, note: str = "a/b.txt"):
        self.weights, self.note = weights, note


class Rule(nnlite.SGD):
    def __init__(self, learning_rate: PositiveFloat = 0.01, table: FilePath = "rule.txt"):
        self.learning_rate, self.table = learning_rate, table


class Report(nnlite.Callback):
    def __init__(self, file: FilePath = "report.txt"):
        self.file = file

    def end(self, fit):
        pass


class Rate(nnlite.Schedule):
    def __init__(self, file: FilePath = "rates.txt"):
        self.file = file

    def multiplier(self, moment):
        return 1.0


class Figure(nnlite.Metric):
    tasks, rising = ("classification",), True

    def __init__(self, file: FilePath = "costs.txt"):
        self.file = file

    name = "figure"

    def compute(self, predictions, targets, weights):
        return 1.0
"""


def test_a_path_of_any_kind_of_a_plugin_is_relative_to_the_config_that_is_written(shop, here):
    Path("own.py").write_text(OF_FILES)
    Path("deep").mkdir()
    own, loss = '{type="Own",weights="w.npz",note="a/b.txt"}', '{type="SoftmaxCrossEntropy"}'
    named = [
        'plugins=["own.py"]',
        f'model.layers=[{{type="Columns"}},{own},{{type="Residual",layers=[{own}]}},{{type="Dense"}},{loss}]',
        'optimizer={type="Rule",table="t.txt"}',
        'schedule={type="Rate",file="r.txt"}',
        'callbacks=[{type="Report",file="deep/c.txt"},{type="Report"}]',
        'training.metrics=[{type="Figure",file="m.txt"},"F1"]',
    ]
    assert main(["init", shop, "--target", "paid", "-o", "deep/shop.toml", *named]) == 0
    written = tomllib.loads(Path("deep/shop.toml").read_text())
    layers = written["model"]["layers"]
    assert [layers[1]["weights"], layers[2]["layers"][0]["weights"]] == ["../w.npz", "../w.npz"]
    assert layers[1]["note"] == "a/b.txt"
    assert (written["optimizer"]["table"], written["schedule"]["file"]) == ("../t.txt", "../r.txt")
    assert written["callbacks"] == [{"type": "Report", "file": "c.txt"}, {"type": "Report"}]
    assert written["training"]["metrics"] == [{"type": "Figure", "file": "../m.txt"}, "F1"]
    found = training_config.load("deep/shop.toml").document
    paths = [found["model"]["layers"][1]["weights"], found["optimizer"]["table"], found["callbacks"][0]["file"]]
    assert paths == [str(here / path) for path in ("w.npz", "t.txt", "deep/c.txt")]


@pytest.mark.parametrize("more", [[], ["data.test_fraction=0.3", "data.drop=['town']"]])
def test_a_file_is_read_and_understood_once(more, shop, capsys, monkeypatch):
    calls = []
    monkeypatch.setattr(tables, "read_csv", lambda *args, **how: calls.append("read") or read_csv(*args, **how))
    monkeypatch.setattr(table_rows, "infer", lambda *args: calls.append("infer") or infer(*args))
    assert main(["train", shop, "--target", "paid", "--quiet", *QUICKLY, *more]) == 0
    assert calls == ["read", "infer"]


def test_init_overwrites_nothing(shop, refused):
    Path("shop.toml").write_text("mine")
    refused(UNUSABLE_FILE, ["init", shop, "--target", "paid"], "shop.toml is there already, and is not overwritten")
    assert Path("shop.toml").read_text() == "mine"


def test_train_of_a_file_is_train_of_what_init_writes(shop, here, capsys):
    assert main(["init", shop, "--target", "paid", *QUICKLY]) == 0
    assert main(["train", "shop.toml", "--quiet"]) == 0
    assert main(["train", shop, "--target", "paid", "--quiet", *QUICKLY, "--out", "other"]) == 0
    model = RunFolder(Path("runs/shop")).model.read_bytes()
    assert RunFolder(Path("other")).model.read_bytes() == model
    assert Path("other/config.toml").read_text() == Path("runs/shop/config.toml").read_text()


def test_train_says_which_columns_it_leaves_out_and_how_it_takes_texts(here, without_pictures, capsys):
    table = [
        [*cells, f"free text {row}", f"{row + 1}.{row + 100}", f"{row + 2},5" if row > 1 else f"small{row}", row % 7]
        for row, cells in enumerate(rows())
    ]
    path = str(write_csv("shop.csv", table, (*NAMES, "notes", "price", "size", "own"), delimiter=";"))
    command = ["train", path, "--target", "paid", *QUICKLY, 'data.drop=["own"]']
    assert main(command) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    said = " ".join(out.split("\n\n")[0].split())
    assert "left out: 'id' (counts the rows), 'notes' (texts, 60 different ones in 60 rows" in said
    assert "'own'" not in said
    assert "! texts taken for missing: 'size' ('small0', 'small1')" in said
    assert "! read in one of two ways: 'price' (numbers with a thousands dot (or is it a decimal point?" in said
    capsys.readouterr()
    assert main([*command, "--quiet", "--out", "again"]) == 0
    out, err = capsys.readouterr()
    assert "left out" not in out
    warned = " ".join(err.split())
    assert "warning: left out: 'id' (counts the rows), 'notes'" in warned
    assert "warning: texts taken for missing: 'size' ('small0', 'small1')" in warned
    assert "rows to train" not in warned


def test_train_names_the_first_ten_of_many_columns(here, without_pictures, capsys):
    table = [[*cells, *["same"] * 14] for cells in rows()]
    path = str(write_csv("shop.csv", table, (*NAMES, *(f"c{column}" for column in range(14)))))
    assert main(["train", path, "--target", "paid", *QUICKLY]) == 0
    said = " ".join(capsys.readouterr().out.split("\n\n")[0].split())
    assert "'c8' ('same' in every row), and 5 more" in said and "'c9'" not in said


@pytest.mark.parametrize("ending", [".csv.gz", ".tsv", ".txt"])
def test_train_takes_files_of_each_kind(ending, here, without_pictures, capsys):
    path = write_csv("plain", rows(), delimiter="\t")
    packed = gzip.compress(path.read_bytes()) if ending == ".csv.gz" else path.read_bytes()
    Path(f"shop{ending}").write_bytes(packed)
    command = ["train", f"shop{ending}", "--target", "paid", "--quiet", *QUICKLY]
    assert main([*command, 'data.drop=["id"]']) == 0
    assert RunFolder(Path("runs/shop")).finished


@pytest.mark.filterwarnings("default")
def test_a_regression_is_trained_too(here, without_pictures, capsys):
    write_csv("shop.csv", rows())
    assert main(["train", "shop.csv", "--target", "age", "--quiet", *QUICKLY]) == 0
    out, err = capsys.readouterr()
    said = " ".join(err.split())  # a long path parts the line elsewhere
    assert "test rmse" in out and "4 rows have no target 'age' and are left out" in said


def test_a_run_of_a_file_goes_on_without_it_being_named_again(shop, here, capsys):
    command = ["train", shop, "--target", "paid", "--quiet", *QUICKLY]
    assert main([*command, "--resume"]) == 0
    assert main([*command, "--resume"]) == 0
    assert capsys.readouterr().out.endswith("runs/shop: this run is finished\n")
    assert main(["train", "--resume", "runs/shop"]) == 0
    shutil.move("shop.csv", "elsewhere.csv")
    assert main(["verify", "runs/shop"]) == WRONG_DATA
    assert "shop.csv cannot be read" in " ".join(capsys.readouterr().err.split())


def test_a_run_that_was_stopped_after_its_last_member_is_finished(shop, here, capsys):
    command = ["train", shop, "--target", "paid", *QUICKLY]
    assert main([*command, "--quiet"]) == 0
    folder = RunFolder(Path("runs/shop"))
    model = folder.model.read_bytes()
    folder.metrics.unlink()
    folder.model.unlink()
    assert main([*command, "--resume"]) == 0
    assert "going on from its 2 members, which are trained" in capsys.readouterr().out
    assert folder.model.read_bytes() == model and folder.finished


def test_a_folder_is_no_config_and_a_run_that_is_not_over_says_how_it_goes_on(shop, here, capsys, refused):
    refused(WRONG_CONFIG, ["train", "."], ". is a folder; name a config, a TOML file, or a data file with --target")
    command = ["train", shop, "--target", "paid", *QUICKLY]
    assert main([*command, "--quiet"]) == 0
    capsys.readouterr()
    refused(WRONG_CONFIG, ["train", "runs/shop"], "with the run in it goes on: nnlite train --resume runs/shop")
    folder = RunFolder(Path("runs/shop"))
    folder.metrics.unlink()
    folder.model.unlink()
    for use in (["predict"], ["evaluate"]):
        refused(
            UNUSABLE_FILE, [*use, "runs/shop", shop], "no model.safetensors yet … nnlite train --resume runs/shop"
        )
    refused(UNUSABLE_FILE, ["inspect", "runs/shop"], "no model.safetensors yet … nnlite train --resume runs/shop")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["train", "shop.csv"], "there is no --target: name the column of shop.csv to predict"),
        (["init", "shop.csv"], "there is no --target"),
        (["init", "shop.toml", "--target", "x"], "shop.toml is no data file by its ending"),
        (["train", "shop.toml", "--target", "x"], "--target goes with a data file"),
        (["train", "shop.toml", "--no-header"], "--no-header goes with a data file"),
    ],
)
def test_options_that_do_not_go_together_end_with_the_usage(command, said, here, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(command)
    assert said in " ".join(capsys.readouterr().err.split()) and not left(here)


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        (WRONG_DATA, ["--target", "payd"], "shop.csv: there is no column 'payd'; did you mean 'paid'?"),
        (WRONG_DATA, ["--target", "town", "data.task=regression"], "shop.csv: line 2, column 'town'"),
        (WRONG_DATA, ["--target", "paid", "data.path=nowhere.csv"], "nowhere.csv cannot be read"),
        (WRONG_CONFIG, ["--target", "paid", "data.tsak=regression"], "did you mean 'task'?"),
        (WRONG_CONFIG, ["--target", "paid", "--delimiter", "::"], "the delimiter is '::'; expected one character"),
        (WRONG_CONFIG, ["--target", "paid", "model.layers[3].unit=3"], "shop.csv: model.layers[3].unit"),
    ],
)
def test_what_is_wrong_with_a_file_or_a_key_is_told(code, words, said, here, refused):
    write_csv("shop.csv", rows())
    refused(code, ["train", "shop.csv", *words], said)
    refused(code, ["init", "shop.csv", *words], said)


@pytest.mark.slow
def test_a_run_of_a_file_imports_neither_pandas_nor_scikit_learn(here):
    write_csv("shop.csv", rows())
    code = f"""
import sys
from nnlite.cli import main
assert main(["look", "shop.csv", "--target", "paid"]) == 0
assert main(["train", "shop.csv", "--target", "paid", "--quiet", *{QUICKLY!r}]) == 0
assert main(["predict", "runs/shop", "shop.csv", "-o", "out.csv"]) == 0
assert main(["evaluate", "runs/shop", "shop.csv"]) == 0
print("MODULES", *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.rpartition("MODULES")[2].split()}
    assert "numpy" in loaded and not loaded & {"pandas", "sklearn", "scipy", "joblib", "pyarrow", "polars"}


def test_a_list_of_missing_texts_can_be_pasted(here, refused, capsys):
    write_csv(
        "shop.csv", [[row % 7, "n. [d]" if row == 9 else row % 6, row % 2] for row in range(40)], ["a", "b", "paid"]
    )
    command = ["look", "shop.csv", "data.kinds.b=number"]
    said = refused(WRONG_DATA, command, "'n. [d]' is no number … say 'data.missing=")
    pasted = "data.missing=" + said.partition("say 'data.missing=")[2].partition("'")[0]
    assert "\n" in pasted and main([*command, pasted]) == 0


def test_the_comment_of_init_heeds_formats_and_drop(here, without_pictures):
    table = [[*cells, f"{cells[0] % 28 + 1}.12.2024", f"free text {cells[0]}"] for cells in rows()]
    path = str(write_csv("shop.csv", table, (*NAMES, "on", "notes")))
    assert main(["init", path, "--target", "paid", "data.formats.on=%d.%m.%Y", 'data.drop=["town"]']) == 0
    comment = " ".join(Path("shop.toml").read_text().partition("\n\n")[0].replace("#", "").split())
    assert "1 of numbers, 2 of dates, 3 left out" in comment and "'on'" not in comment
    assert "'town' (data.kinds, drop or group says so)" in comment and "'notes' (texts, 60 different" in comment


def test_two_targets_are_refused_and_usage_errors_have_80_characters(shop, refused, capsys):
    for command in ("init", "look", "train"):
        refused(WRONG_CONFIG, [command, shop, "--target", "paid", "data.target=town"], "the target is 'paid' and, by")
    assert main(["look", shop, "--target", "paid", "data.target=paid"]) == 0
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["train", shop])
    err = capsys.readouterr().err
    assert "there is no --target" in " ".join(err.split()) and max(map(len, err.splitlines())) <= 80
