"""A config that is wrong ends in one clear message and exit code 2, and leaves nothing behind."""

import os
from pathlib import Path

import pytest

from nnlite.cli import main
from tests.helpers.mistakes import (
    BODY,
    DENSE,
    HUGE,
    IMPORT,
    LOSS,
    OWN,
    TRAIN,
    UNUSABLE_FILE,
    WRONG_CONFIG,
    WRONG_DATA,
    config,
    write,
)


def test_a_config_that_cannot_be_read_is_named_with_the_reason(refused):
    refused(WRONG_CONFIG, ["train", "nope.toml"], "nope.toml cannot be read: No such file")
    refused(WRONG_CONFIG, ["train", "a" * 300], "cannot be read: File name too long")
    Path("folder.toml").mkdir()
    refused(WRONG_CONFIG, ["train", "folder.toml"], "folder.toml is a folder; name a config")
    refused(WRONG_CONFIG, ["explain", "folder.toml"], "folder.toml cannot be read: Is a directory")
    Path("folder.toml/config.toml").write_text("")
    refused(WRONG_CONFIG, ["explain", "folder.toml"], "the config of this run is folder.toml/config.toml")


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may read and write everything")
def test_missing_permissions_are_told(refused):
    write(config())
    Path("locked").mkdir(0o500)
    refused(UNUSABLE_FILE, [*TRAIN, "--out", "locked"], "the run folder locked … --out")
    refused(UNUSABLE_FILE, [*TRAIN, "--out", "locked/run"], "the run folder locked/run: Permission denied … --out")
    Path("c.toml").chmod(0)
    refused(WRONG_CONFIG, TRAIN, "c.toml cannot be read: Permission denied")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x01\x02\xff\xfe" * 50, "byte 3 is not UTF-8 text"),
        (b"# caf\xe9\n" + config().encode(), "byte 5 is not UTF-8 text; save the file as UTF-8"),
        (config().encode("utf-16"), "not UTF-8 text"),
        (b"", "data.source is missing … model.layers is missing"),
        (b" \n# nothing\n", "data.source is missing … model.layers is missing"),
        (b"seed = \n", "not valid TOML … line 1"),
        (b"seed = 1\rseed = 2\r", "not valid TOML … line 1"),
        (b"seed = 1\nseed = 2\n", "not valid TOML … line 2"),
        (b"[data]\n[model]\n[data]\n", "not valid TOML … line 3"),
        (b"x = 1\n" * 12_000, "bytes; a config has at most 65,536"),
        ("seed = " + "1" * 5000, "integer"),
        (config(f"seed = {HUGE}"), "seed"),
        (config(data=f"source = {HUGE}"), "data.source"),
        (config(layers=f"[{DENSE.replace('3', HUGE)}, {LOSS}]"), "units"),
        (config(rest=f"batch_size = {HUGE}"), "batch_size"),
    ],
    ids="binary latin-1 utf-16 empty blank broken cr twice table large digits seed source units batch".split(),
)
def test_a_file_that_is_no_config_is_refused(content, said, refused):
    write(content)
    err = refused(WRONG_CONFIG, TRAIN, said)
    assert len(err) < 1000
    assert "set_int_max_str_digits" not in err, "advice to a Python programmer, not to a user"


@pytest.mark.parametrize(
    "text",
    [
        "a." * 30_000 + "a = 1",
        "[" + "a." * 30_000 + "a]",
        '"".' * 15_000 + "a = 1",
        r'"\"".' * 12_000 + "a = 1",
        ("a." * 15 + "b" * 100 + ".") * 470 + "a = 1",
        "a" * 60_000,
        "[[" + "a" * 60_000,
        'a = "' + "-" * 60_000,
        "# " + "_" * 60_000 + "\n=",
        "a = 0x" + "0" * 60_000,
        "a = " + "1_" * 30_000,
        "a = " + "[" * 60_000,
        "a = " + "{a = " * 12_000,
        "[[a]]\n" * 10_000,
        "'" * 60_000,
        "a" + "\t" * 60_000,
        "a\n" * 30_000,
        "x" * 10_000_000,
    ],
    ids=lambda text: text[:7].strip(),
)
def test_pathological_toml_is_refused(text, refused):
    """At once: a reader that needed time in proportion to the square of the text would take minutes."""
    write(text)
    refused(WRONG_CONFIG, TRAIN, "c.toml: ")


@pytest.mark.parametrize(
    ("before", "after"),
    [("[", "]"), ("{ a = ", " }"), ('{ type = "Residual", layers = [', "] }")],
    ids=["lists", "tables", "layers"],
)
@pytest.mark.parametrize("depth", [40, 70, 150, 1500])
def test_what_is_nested_deeper_than_any_config_is_refused(before, after, depth, refused):
    deep = before * depth + DENSE + after * depth
    write(config(layers=f"[{deep}, {LOSS}]"))
    refused(WRONG_CONFIG, TRAIN, "model.layers[0] = " if depth == 40 and "type" not in before else "nested … deep")
    write(config())
    refused(WRONG_CONFIG, [*TRAIN, "a." * 5000 + "a=1"], "nested more than 64 deep")


def test_of_a_great_many_mistakes_the_first_are_told(refused):
    write(config(layers="[" + "3," * 25_000 + "]"))
    err = refused(WRONG_CONFIG, TRAIN, "more than 30 things are wrong:")
    assert err.count("\n  model.layers[") == 30
    write(config(rest=f"{'x' * 5000} = 1"))
    assert (
        len(refused(WRONG_CONFIG, TRAIN, "training.xxx … ...: there is no such key … Valid: metrics, epochs")) < 400
    )


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            f"{{ type = 'Dense', units = {10**12} }}, {{ type = 'BatchNorm' }}, {LOSS}",
            "model.layers[0] Dense(1000000000000): … numbers",
        ),
        (
            f"{DENSE.replace('3', str(2**62))}, {{ type = 'BatchNorm' }}, {LOSS}",
            "model.layers[1] BatchNorm() … no memory",
        ),
        (f"{DENSE.replace('3', str(2**62))}, {{ type = 'MeanSquaredError' }}", "no memory is large enough"),
        (
            f"{{ type = 'Residual', layers = [{DENSE.replace('3', str(10**11))}, {DENSE}] }}, {LOSS}",
            "model.layers[0].layers[0] Dense(100000000000): its … numbers cannot be made … GB",
        ),
    ],
)
def test_layers_that_no_memory_holds_are_refused(layers, said, refused):
    write(config(layers=f"[{layers}]"))
    refused(WRONG_CONFIG, TRAIN, said)


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + config().encode(), config().replace("\n", "\r\n")])
def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(content, here):
    write(content)
    assert main(TRAIN) == 0 and (here / "runs/c/model.safetensors").is_file()


@pytest.mark.parametrize(
    ("key", "expected", "values"),
    [
        ("training.batch_size", "an integer of at least 1", "0 -1 1.5 nan true '32' [] {} 1979-05-27"),
        ("optimizer.learning_rate", "a number above 0", "0 -1 nan inf -inf '0.1' true [0.1]"),
        ("optimizer.momentum", "a number of at least 0 and below 1", "1 -0.1 nan 'a' false"),
        ("seed", "an integer of at least 0", "-1 1.5 nan '0' true [1] {}"),
        ("data.test_fraction", "a number of at least 0 and below 1", "1 -0.1 nan inf 'a'"),
        ("data.digit", "one of 0, 1, 2", "'3' 10 'one' 0.5"),
        ("model.dtype", "one of float32, float64", "float16 3 true []"),
        ("model.layers[0].use_bias", "true or false", "1 'yes' []"),
        ("model.layers[0].weight_init", "one of zeros, ones", "one 3"),
    ],
)
def test_a_value_of_a_wrong_type_or_out_of_range_is_shown_with_what_is_valid(key, expected, values, refused):
    write(
        config(data='source = "one_digit"' if key == "data.digit" else 'source = "iris"')
        + '[optimizer]\ntype = "SGD"'
    )
    for value in values.split():
        err = refused(WRONG_CONFIG, [*TRAIN, f"{key}={value}"], f"c.toml: {key} = … : expected {expected}")
        assert value.strip("'") in err, "as it would stand in the file"


@pytest.mark.parametrize("value", ["3", "[]", "true", "{ units = 3 }", "{ type = 3 }", "1979-05-27"])
def test_layers_that_are_no_list_of_tables_with_a_type_are_refused(value, refused):
    write(config(layers=value))
    refused(WRONG_CONFIG, TRAIN, f"c.toml: model.layers = {value}: expected a list of tables, such as [{{ type")
    write(config(layers=f"[{value}, {LOSS}]"))
    refused(WRONG_CONFIG, TRAIN, f"c.toml: model.layers[0] = {value}: expected a table with a type … Valid: … Dense")


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ('{ type = "" }', "model.layers[0].type = … there is no layer or loss … Valid: … Dense"),
        (
            '{ type = "Dens" }',
            "model.layers[0].type = … there is no layer or loss 'Dens'; did you mean 'Dense'? Valid: ",
        ),
        (
            '{ type = "SGD" }',
            "model.layers[0].type = … SGD is an optimizer, which belongs in [optimizer]; expected a layer",
        ),
        ('{ type = "iris" }', "iris is a data source, which belongs in data.source; expected a layer or loss"),
        ('{ type = "F1" }', "F1 is a metric, which belongs in training.metrics; expected a layer or loss"),
        (
            '{ type = "Residual", layers = [{ type = "Cosine" }] }',
            "Cosine is a schedule, which belongs in [schedule]",
        ),
        ('{ type = "Layer" }', "model.layers[0].type = … there is no layer or loss 'Layer'"),
        ('{ type = "Dense" }', "model.layers[0].units is missing: expected an integer of at least 1"),
        (DENSE.replace("units", "unit"), "model.layers[0].unit: there is no such key; did you mean 'units'? Valid: "),
        (DENSE.replace("3", "0"), "model.layers[0].units = 0: expected an integer of at least 1"),
        (DENSE.replace("3", "{ units = 3 }"), "model.layers[0].units = { units = 3 }: expected an integer"),
        (f"{DENSE}, {DENSE}", "model.layers[1] … Dense … expected a loss … SoftmaxCrossEntropy"),
        (f"{DENSE}, {LOSS}, {DENSE}, {LOSS}", "model.layers[1] is the loss SoftmaxCrossEntropy … can only come last"),
        (LOSS, "at least one layer before its loss"),
        (f"{DENSE.replace('3', '4')}, {LOSS}", "model.layers[0] Dense(4) … (4,) … 3 classes … (3,)"),
        (f'{{ type = "ReLU" }}, {LOSS}', "model.layers[0] ReLU() … (4,) … 3 classes … (3,)"),
        (f"{DENSE.replace('3', str(10**12))}, {LOSS}", f"model.layers[0] Dense({10**12}) … cannot be made"),
        (f"{DENSE.replace('3', str(10**30))}, {LOSS}", f"{10**30}"),
    ],
)
def test_layers_that_make_no_model_are_refused(layers, said, refused):
    write(config(layers=f"[{layers}]"))
    refused(WRONG_CONFIG, TRAIN, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (config("sead = 1"), "sead: there is no such key; did you mean 'seed'? Valid: "),
        (config().replace("epochs", "epoch"), "training.epoch: there is no such key; did you mean 'epochs'?"),
        (config(data='sourc = "iris"'), "data.sourc: there is no such key; did you mean 'source'?"),
        (config(data='source = "digitz"'), "data.source = … expected … did you mean 'digits'? Valid: iris"),
        (config(data="source = 3"), "data.source = 3: expected the name of a data source … Valid: iris"),
        (config(data='source = "npz"'), "data.path is missing: expected a string"),
        (config(data='source = "iris"\npath = "x"'), "data.path: there is no such key"),
        (
            config(rest='[optimizer]\ntype = "Sgd"'),
            "type = … did you mean 'SGD'? Valid: SGD, Adam, AdamW, RMSprop, LBFGS",
        ),
        (config(rest="[optimizer]\nmomentum = 0.5"), "optimizer = { momentum = 0.5 }: expected a table with a type"),
        (config("optimizer = 3"), "error: c.toml: optimizer = 3: expected a table"),
        ("model = 3\ndata = 2", "data = 2: expected a table … model = 3: expected a table"),
    ],
)
def test_wrong_keys_and_sections_are_told_with_their_place(text, said, refused):
    write(text)
    refused(WRONG_CONFIG, TRAIN, said)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"top": 'plugins = ["nope.py"]'}, "nope.py"),
        ({"layers": f"[{LOSS}]"}, "before its loss"),
        ({"data": 'source = "iris"\ntest_fraction = 0.5\nvalidation_fraction = 0.5'}, "data.test_fraction"),
        ({"data": 'source = "Iris"\ntest_fraction = 2'}, "data.test_fraction = 2"),
    ],
    ids=["plug-in", "only a loss", "fractions", "source"],
)
def test_an_error_of_one_kind_hides_none_of_another(other, said, refused):
    write(config(**other, rest="batch_size = 0"))
    assert said in refused(WRONG_CONFIG, TRAIN, "training.batch_size = 0")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.epochs", "'training.epochs' … key=value"),
        ("=3", "'=3' … key=value"),
        ("training..epochs=1", "training..epochs=1"),
        ("model.layers[0]units=3", "model.layers[0]units=3"),
        ("training.epochs=", "training.epochs = … expected an integer"),
        ("training.epochs=ten", "training.epochs = … ten … expected an integer"),
        ("training.epoch=3", "training.epoch: … did you mean 'epochs'?"),
        ("model.layers[0].units=32", "model.layers[0] Dense(32) … 3 classes"),
        ("model.layers[5].units=3", "model.layers[5].units=3' names item 5 of a list with 2 items"),
        (f"model.layers[{'9' * 5000}].units=3", "model.layers[999"),
        ("model.layers[-1].units=3", "model.layers[-1].units"),
        ("model.layers.0.units=3", "model.layers.0.units"),
        ("data.source=digitz", "data.source = … did you mean 'digits'?"),
        ("data.source=\udcff", "data.source"),
        ("data.source.x=3", "data.source.x=3"),
        ("seed[0]=3", "seed[0]=3"),
        ("model=3", "model = 3: expected a table"),
        (f"training.epochs={HUGE}", "training.epochs"),
        ("plugins=own.py", "plugins = … own.py … expected a list"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_an_override_that_cannot_stand_is_refused(override, said, refused):
    write(config())
    refused(WRONG_CONFIG, [*TRAIN, override], said)


@pytest.mark.usefixtures("without_pictures")
def test_overrides_reach_into_lists_and_take_bare_words(here):
    write(config(layers=f"[{DENSE}, {DENSE}, {LOSS}]"))
    assert main([*TRAIN, "model.layers[0].units=32", "model.layers[1].weight_init=he_normal"]) == 0
    document = (here / "runs/c/config.toml").read_text()
    assert "units = 32" in document and 'weight_init = "he_normal"' in document


@pytest.mark.usefixtures("without_pictures")
def test_overrides_stand_before_and_after_options(here):
    write(config())
    assert main([*TRAIN, "seed=3", "--out", "run", "data.source=wine"]) == 0
    assert main([*TRAIN, "--out", "other", "data.source=wine", "seed=3"]) == 0
    assert (here / "run/model.safetensors").read_bytes() == (here / "other/model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("test", "validation", "said"),
    [(0.5, 0.5, "leave nothing to train on"), (0.001, 0.1, "gives 0 "), (0.99, 0.005, "every part needs")],
)
def test_fractions_that_leave_nothing_are_refused(test, validation, said, refused):
    write(config(data=f'source = "iris"\ntest_fraction = {test}\nvalidation_fraction = {validation}'))
    refused(WRONG_CONFIG if test == 0.5 else WRONG_DATA, TRAIN, f"test_fraction = {test} … {said}")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            '[optimizer]\ntype = "MeanSquaredError"',
            "MeanSquaredError is a loss, which belongs at the end of model.layers",
        ),
        ('[optimizer]\ntype = "Cosine"', "Cosine is a schedule, which belongs in [schedule]; expected an optimizer"),
        ('[schedule]\ntype = "LBFGS"', "LBFGS is an optimizer, which belongs in [optimizer]; expected a schedule"),
        ('[[callbacks]]\ntype = "Own"', "Own is a layer, which belongs among model.layers; expected a callback"),
        (
            '[[callbacks]]\ntype = "EarlyStopping"',
            "its arguments are the keys of [early_stopping]; expected a callback",
        ),
        ('metrics = ["FigureLog"]', "FigureLog is a callback, which belongs in [[callbacks]]; expected a metric"),
    ],
)
def test_a_name_of_another_kind_is_told_where_it_belongs(section, said, refused):
    """`metrics` stands in `[training]`, the last section before."""
    write(IMPORT + OWN + BODY, "own.py")
    write(config('plugins = ["own.py"]', rest=section))
    refused(WRONG_CONFIG, TRAIN, said)


def test_a_class_in_place_of_a_source_is_told_where_it_belongs(refused):
    write(config(data='source = "Dense"'))
    said = 'data.source = "Dense", Dense is a layer, which belongs among model.layers: expected the name of a'
    refused(WRONG_CONFIG, TRAIN, said)
