"""Tables as data: parted first, encoded by what the training rows have, and read by the model from any source."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import DataError
from nnlite.cli import command_line as cli
from nnlite.config import training_config
from nnlite.data import SOURCES
from nnlite.tables import read_csv

CONFIG = """
[data]
source = "csv"
path = "people.csv"
target = "paid"
{more}
[model]
layers = [
  {{ type = "Columns", one_hot = 4 }},
  {{ type = "PeriodicEmbedding" }},
  {{ type = "Embeddings", size = 2 }},
  {{ type = "Dense", units = 8 }},
  {{ type = "ReLU" }},
  {{ type = "Dense" }},
  {{ type = "SoftmaxCrossEntropy" }},
]
[optimizer]
type = "AdamW"
learning_rate = 0.01
[training]
epochs = 4
{training}
"""
TOWNS = [f"town {letter}" for letter in "abcdefghij"]


def people(rng, rows=200):
    """Columns: numbers with gaps, a large and a small category, a date, the patient, and what is to be predicted."""
    age = np.round(rng.normal(40, 10, rows), 1)
    town = rng.integers(0, len(TOWNS), rows)
    smokes = rng.integers(0, 2, rows)
    day = np.datetime64("2024-01-01") + rng.permutation(rows)
    paid = np.where(age / 10 + smokes + (town == 3) > 4.5, "yes", "no")
    return {
        "age": ["" if row % 7 == 0 else str(value) for row, value in enumerate(age)],
        "town": [TOWNS[place] for place in town],
        "smokes": [("no", "yes")[value] for value in smokes],
        "since": [str(each) for each in day],
        "patient": [f"p{each}" for each in rng.integers(0, 30, rows)],
        "paid": list(paid),
    }


def write(path, columns):
    lines = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]
    Path(path).write_text("\n".join(lines) + "\n")


@pytest.fixture
def here(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    columns = people(rng)
    write("people.csv", columns)
    return columns


def in_another_process(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def config(more="", training=""):
    Path("people.toml").write_text(CONFIG.format(more=more, training=training))
    return training_config.load("people.toml")


def trained(more=""):
    splits, trainer = config(more).build()
    trainer.fit(splits.train, splits.validation, progress=False)
    return splits, trainer.model


def test_what_layers_learn_is_that_of_the_training_rows_by_hand(here):
    splits, model = trained('drop = ["patient", "since"]')
    train = splits.train
    lines = train.numbers - 2  # a row's line in the file; the header is line 1
    ages = np.array([float(here["age"][line]) for line in lines if here["age"][line]])
    towns = sorted({here["town"][line] for line in lines})
    assert train.feature_names == ("age", "age is missing", "town", "smokes")
    first = model.layers[0]
    assert first.statistics["fill"][0] == np.median(ages)
    assert first.statistics["mean"][0] == pytest.approx(ages.mean()) and first.codes == (0, 0, 1 + len(towns), 3)
    assert train.table.encoder.columns[1].categories == tuple(towns)
    assert model.layers[1].columns == 1 and model.layers[2].codes == (1 + len(towns),)
    assert model.output_shape == (2,) and model.classes == ("no", "yes")
    assert train.y.tolist() == [int(here["paid"][line] == "yes") for line in lines]


@pytest.mark.parametrize("members", [1, 2])
def test_the_encoder_learns_nothing_of_the_rows_to_test_on(here, members):
    """One text stands in a row of each other part alone, which the targets have put there before."""
    more, training = 'drop = ["patient"]', f"members = {members}"
    splits = config(more, training).load_data()
    town = list(here["town"])
    for part in ("validation", "test"):
        town[getattr(splits, part).numbers[0] - 2] = f"only in {part}"
    write("people.csv", {**here, "town": town})
    splits = config(more, training).load_data()
    place = splits.train.feature_names.index("town")
    known = splits.train.table.encoder.columns[1].categories
    assert "only in test" not in known and splits.test.x[0, place] == 0
    # All members share the encoder, and each has other validation rows; layers then learn from its training rows.
    assert ("only in validation" in known) == (members > 1) == bool(splits.validation.x[0, place])


def test_no_group_is_in_two_parts_and_the_latest_rows_are_the_test_rows(here):
    splits, _ = trained('group = "patient"')
    parts = [{here["patient"][line - 2] for line in part.numbers} for part in vars(splits).values()]
    assert sum(map(len, parts)) == len(set(here["patient"])) and "patient" not in splits.train.feature_names
    splits, _ = trained('time = "since"\ndrop = ["patient"]')
    days = [
        [here["since"][line - 2] for line in part.numbers] for part in (splits.train, splits.validation, splits.test)
    ]
    assert max(days[0]) < min(days[1]) and max(days[1]) < min(days[2])


def test_a_column_that_counts_the_rows_has_their_order(here):
    write("people.csv", {"day": [str(row) for row in range(200)], **here})
    splits, _ = trained('time = "day"')
    assert splits.test.numbers.tolist() == list(range(162, 202)) and "day" not in splits.train.feature_names


@pytest.mark.parametrize("per_day", [1, 3, 7, 30, 66])
def test_rows_of_one_day_stay_in_one_part(here, per_day):
    days = [str(np.datetime64("2024-01-01") + row // per_day) for row in range(200)]
    order = np.random.default_rng(0).permutation(200)
    write("people.csv", {"day": [days[row] for row in order], **here})
    parts = config('time = "day"\ntest_fraction = 0.25\nvalidation_fraction = 0.15').load_data()
    lines = np.array([0, 0, *(days[row] for row in order)])
    train, validation, test = (lines[part.numbers] for part in (parts.train, parts.validation, parts.test))
    assert max(train) < min(validation) <= max(validation) < min(test)
    assert abs(len(test) - 50) <= per_day / 2
    assert len(train) + len(validation) + len(test) == 200


def test_too_few_times_for_the_parts_are_told(here):
    write("people.csv", {"day": ["2024-01-01"] * 190 + ["2024-01-02"] * 10, **here})
    more = 'time = "day"\ntest_fraction = 0.25\nvalidation_fraction = '
    with pytest.raises(
        DataError, match=r"test_fraction = 0\.25: 2 different times in 200 rows are too few, since rows of"
    ):
        config(more + "0.1").load_data()
    assert len(config(more + "0.0").load_data().test) == 10


def test_a_class_of_late_rows_alone_is_told(here):
    late = ["yes"] * 150 + ["no"] * 50
    write("people.csv", {**here, "since": sorted(here["since"]), "paid": late})
    with pytest.warns(UserWarning, match="the class 'no' is only in later rows, so that the model never learns it"):
        config('time = "since"\ntest_fraction = 0.25').load_data()


def test_spaces_around_the_name_of_a_group_are_no_matter(here):
    patients = [f" {patient}" if row % 2 else patient for row, patient in enumerate(here["patient"])]
    write("people.csv", {**here, "patient": patients})
    parts = config('group = "patient"').load_data()
    groups = [{patients[line - 2].strip() for line in part.numbers} for part in (parts.train, parts.test)]
    assert not groups[0] & groups[1]


def test_dates_in_a_format_of_their_own_have_an_order(here):
    days = [f"{row % 28 + 1:02}.{row // 28 + 1:02}.2024" for row in range(200)]
    write("people.csv", {"day": days[::-1], **here})
    splits, _ = trained('time = "day"\nformats = { day = "%d.%m.%Y" }')
    assert splits.test.numbers.tolist() == list(range(41, 1, -1))


def test_test_rows_in_a_file_of_their_own(here):
    write("test.csv", {name: cells[:30] for name, cells in people(np.random.default_rng(1)).items()})
    splits, _ = trained('test_path = "test.csv"')
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (180, 20, 30)
    with pytest.raises(nnlite.ConfigError, match=r"data.test_fraction: the test rows are those of test_path"):
        config('test_path = "test.csv"\ntest_fraction = 0.1')
    write("test.csv", {**here, "paid": ["maybe", *here["paid"][1:]]})
    with pytest.raises(
        DataError, match=r"test\.csv: line 2, column 'paid': the label 'maybe' is none of the classes"
    ):
        config('test_path = "test.csv"').build()


def test_rows_to_test_on_that_are_those_to_train_on_are_refused_or_said(here):
    Path("linked.csv").symlink_to("people.csv")
    for path in ("people.csv", "linked.csv", "../" + Path.cwd().name + "/people.csv"):
        with pytest.raises(DataError, match="which is path itself, so that the model would be tested on what it was"):
            config(f'test_path = "{path}"').build()
    others = people(np.random.default_rng(1))
    for same, warned in ((30, True), (16, True), (14, False), (0, False)):
        some = {name: [*cells[:same], *others[name][same:30]] for name, cells in here.items()}
        write("test.csv", {"more": ["x"] * 30, **{name: some[name] for name in sorted(some)}})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            config('test_path = "test.csv"').build()
        said = [str(warning.message) for warning in caught]
        assert any(f"test.csv: {same} of 30 rows to test on stand in " in each for each in said) == warned


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('drop = ["twon"]', r"there is no column 'twon'; did you mean 'town'"),
        ('group = "paid"', "group: the column 'paid' is the target"),
        ('group = "patient"\ntime = "since"', "group and time exclude each other"),
        ('time = "town"', "time: the column 'town' is of kind category"),
        (
            'time = "age"',
            "line 2, column 'age': it is missing, so that the row has no place in time, as in 28 more rows; fill it "
            "in, take such rows out of the file, or let time name another column",
        ),
        ('group = "age"', "line 2, column 'age': it is missing, so that the row belongs to no group, as in 28 more"),
        ('kinds = { town = "number" }', "'town .' is no number"),
    ],
)
def test_what_is_said_of_columns_and_cannot_be_is_refused(here, more, said):
    with pytest.raises(DataError, match=said):
        config(more).build()


def test_rows_without_a_target_are_left_out_and_counted(here):
    write("people.csv", {**here, "paid": ["", "?", *here["paid"][2:]]})
    with pytest.warns(UserWarning, match=r"people\.csv: 2 rows have no target 'paid' and are left out"):
        splits = config().load_data()
    assert sum(len(part) for part in vars(splits).values()) == 198


def test_a_model_predicts_the_same_bits_from_every_source_and_in_another_process(here):
    _, model = trained('drop = ["patient"]')
    nnlite.save(model, "m.safetensors")
    predictor = nnlite.load("m.safetensors")
    found = predictor.predict_proba("people.csv")
    turned = {name: here[name] for name in reversed(list(here)) if name != "paid"} | {"more": ["x"] * 200}
    rows = [dict(zip(turned, cells, strict=True)) for cells in zip(*turned.values(), strict=True)]
    typed = turned | {"age": np.array([float(text or "nan") for text in turned["age"]])}
    for source in (read_csv("people.csv"), here, turned, rows, typed):
        assert predictor.predict_proba(source).tobytes() == found.tobytes()
    assert predictor.predict_proba(rows[5]).tolist() == predictor.predict_proba([rows[5]]).tolist()
    assert predictor.predict(rows[5]).tolist() == [("no", "yes")[found[5].argmax()]]
    code = "import nnlite; print(nnlite.load('m.safetensors').predict_proba('people.csv').tobytes().hex())"
    assert in_another_process(code) == found.tobytes().hex()
    in_portions = np.concatenate([part for _, part in predictor.in_portions("people.csv", 64)])
    assert np.allclose(in_portions, found, atol=1e-6)
    assert nnlite.evaluate(model, predictor.table.dataset("people.csv", model.classes))["accuracy"] > 0.5


def test_texts_that_no_training_row_had_are_said(here):
    _, model = trained()
    nnlite.save(model, "m.safetensors")
    row = {name: cells[0] for name, cells in here.items()} | {"town": "Atlantis", "smokes": "often"}
    with pytest.warns(UserWarning) as said:
        nnlite.load("m.safetensors").predict(row)
    messages = sorted(str(each.message) for each in said)
    assert "'smokes' has a text that no training row had, in 1 row: 'often'" in messages[0]
    assert "'town' has a text that no training row had, in 1 row: 'Atlantis'" in messages[1]
    del row["town"]
    with pytest.raises(DataError, match="the column 'town' is missing"):
        nnlite.load("m.safetensors").predict(row)


@pytest.mark.filterwarnings("ignore:.*alone it tells the target")
def test_rows_without_names_come_with_or_without_the_target(tmp_path, rng, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = rng.normal(size=(60, 3))
    y = (x[:, 0] > 0).astype(int)
    lines = [f"{label},{a},{b},{c}" for label, (a, b, c) in zip(y, x, strict=True)]  # the target comes first
    Path("people.csv").write_text("\n".join(lines))
    text = CONFIG.format(more="header = false", training="").replace('"paid"', '"0"')
    Path("people.toml").write_text(text)
    splits, trainer = training_config.load("people.toml").build()
    trainer.fit(splits.train, splits.validation, progress=False)
    nnlite.save(trainer.model, "m.safetensors")
    predictor = nnlite.load("m.safetensors")
    with_target = predictor.predict_proba(np.column_stack([y, x]))
    assert with_target.tobytes() == predictor.predict_proba(x).tobytes()
    assert (predictor.predict(x) == y.astype(str)).mean() > 0.75


def test_a_run_on_a_table_resumes_and_verifies_and_knows_another_table(here, without_pictures):
    config('drop = ["patient"]')
    assert cli.main(["train", "people.toml", "--quiet"]) == 0
    assert cli.main(["verify", "runs/people"]) == 0
    assert sorted(nnlite.load("runs/people").classes) == ["no", "yes"]
    Path("people.csv").write_text(Path("people.csv").read_text().replace("town a", "town z"))
    assert cli.main(["verify", "runs/people"]) == 3  # the same numbers, but other names of categories


def test_training_on_a_table_imports_no_other_package_of_tables(here):
    config()
    code = (
        "import sys; from nnlite.config import training_config\n"
        "splits, trainer = training_config.load('people.toml').build()\n"
        "trainer.fit(splits.train, splits.validation, progress=False)\n"
        "print(*{'pandas', 'sklearn', 'polars', 'pyarrow'} & {*sys.modules})"
    )
    assert in_another_process(code) == ""


def test_openml_needs_pandas_and_says_so(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="tables of OpenML need pandas: pip install pandas, or save"):
        SOURCES["openml"]("credit-g")


def test_a_table_of_openml(monkeypatch, rng):
    class Found:
        frame = people(rng, 80)
        target_names = ("paid",)

    asked = {}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda name, **how: asked.update(how, name=name) or Found)
    splits = SOURCES["openml"]("people", version=3).split(0.2, 0.1, 0)
    assert len(splits.train) == 56 and splits.train.classes == ("no", "yes")
    assert (asked["name"], asked["version"], asked["as_frame"]) == ("people", 3, True)


def test_import_nnlite_does_not_load_what_reads_tables():
    assert in_another_process("import sys, nnlite; print('nnlite.tables' in sys.modules)") == "False"
    assert "nnlite.tables" in sys.modules


def test_evaluation_says_what_it_does_not_know_and_no_rows_are_refused(here):
    _, model = trained()
    others = {**here, "town": ["Atlantis"] * 200}
    with pytest.warns(UserWarning, match="'town' has a text that no training row had, in 200 rows: 'Atlantis'"):
        model.table.dataset(others, model.classes)
    write("test.csv", others)
    with pytest.warns(UserWarning, match="'town' has a text that no training row had, in 200 rows: 'Atlantis'"):
        config('test_path = "test.csv"').build()
    with pytest.raises(DataError, match="there are no rows"):
        nnlite.Predictor(model).predict({name: [] for name in here})
