"""Whatever a user can get wrong ends in one clear message and a documented exit code, and leaves nothing behind."""

import contextlib
import errno
import gc
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite.cli import main
from nnlite.plugins.registry import Registry
from tests.conftest import ROOT

WRONG_CONFIG, WRONG_DATA, UNUSABLE_FILE, DIVERGED, INTERRUPTED = 2, 3, 4, 5, 130

DENSE, LOSS = '{ type = "Dense", units = 3 }', '{ type = "SoftmaxCrossEntropy" }'
NPZ = 'source = "npz"\npath = "d.npz"'
HUGE = "0x" + "f" * 5000
X, Y = np.random.default_rng(0).normal(size=(60, 4)), np.arange(60) % 3
IMPORT, OWN = "from nnlite import *\n", "class Own(Layer):\n"
BODY = "    def forward(self, x, *, training=False): return x\n    def backward(self, dy): return dy\n"
BUILD = "    def build(self, input_shape, rng): pass\n"
INIT = "    def __init__(self, {}):\n        self.width = width\n" + BODY
TRAIN = ("train", "c.toml")

posix_only = pytest.mark.skipif(os.name != "posix", reason="other systems have other ways")


def config(top="", data='source = "iris"', layers=f"[{DENSE}, {LOSS}]", rest=""):
    return f"{top}\n[data]\n{data}\n[model]\nlayers = {layers}\n[training]\nepochs = 1\n{rest}\n"


def own(layer='{ type = "Own" }'):
    return config('plugins = ["own.py"]', layers=f"[{layer}, {DENSE}, {LOSS}]")


def write(content, name="c.toml"):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


def left(folder):
    return {str(path) for path in folder.rglob("*") if "__pycache__" not in str(path)}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(here, capsys):
    """Runs a command that must end with this code and this message ("…" leaves text out), and leave nothing."""

    def run(code, command, said):
        before = left(here)
        ended = main(command)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert err.count("error: ") == 1 and ended == code, err
        assert re.search(".*".join(map(re.escape, said.split(" … "))), err, re.DOTALL), err
        assert left(here) == before
        return err.partition("error: ")[2]

    return run


def test_the_help_documents_every_exit_code(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    codes = capsys.readouterr().out.partition("Exit codes:")[2]
    assert {int(code) for code in re.findall(r"\b\d+\b", codes)} == {0, 1, 2, 3, 4, 5, 129, 130, 143}


@pytest.mark.parametrize(
    ("command", "said"),
    [(["trian"], "trian"), (["train"], "CONFIG"), (["plot"], "RUN"), (["train", "c", "-x"], "-x")],
)
def test_a_wrong_command_line_ends_with_the_usage(command, said, here, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(command)
    err = capsys.readouterr().err
    assert said in err and err.startswith("usage: ") and not left(here)


def test_a_config_that_cannot_be_read_is_named_with_the_reason(refused):
    refused(WRONG_CONFIG, ["train", "nope.toml"], "nope.toml cannot be read: No such file")
    refused(WRONG_CONFIG, ["train", "a" * 300], "cannot be read: File name too long")
    Path("folder.toml").mkdir()
    refused(WRONG_CONFIG, ["train", "folder.toml"], "folder.toml cannot be read: Is a directory")


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
    assert len(err.splitlines()) == 31
    write(config(rest=f"{'x' * 5000} = 1"))
    assert len(refused(WRONG_CONFIG, TRAIN, "training.xxx … ...: there is no such key … Valid: epochs")) < 400


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
        ('{ type = "SGD" }', "model.layers[0].type = … there is no layer or loss 'SGD'"),
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


def with_one(array, place, value):
    changed = array.astype(np.float64)
    changed[place] = value
    return changed


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (X.astype(object), Y, "'x' holds Python objects; save it as numbers or text"),
        (X, Y.astype(object), "'y' holds Python objects; save it as numbers or text"),
        (with_one(X, (3, 1), np.nan), Y, "x[3, 1] is nan (row 3); expected finite numbers"),
        (with_one(X, (3, 1), -np.inf), Y, "x[3, 1] is -inf (row 3); expected finite numbers"),
        (with_one(X, (3, 1), 1e300), Y, "x[3, 1] is 1e+300 … float32"),
        (X, with_one(Y, 7, np.nan), "label nan … every row needs a label"),
        (X[:50], Y, "x has 50 rows, but y has shape (60,); expected one target for each row"),
        (X[:0], Y[:0], "no rows"),
        (X[:, :0], Y, "(60, 0)"),
        (X[:, 0], Y, "x has shape (60,); expected (rows, features)"),
        (X.astype(str), Y, "x has dtype <U … expected numbers"),
        (X.astype(complex), Y, "x has dtype complex128; expected numbers"),
        (X, np.eye(3)[Y], "labels … (60, 3); expected one number or text for each row"),
        (X, np.where(np.arange(60) == 0, 9, Y), "class 9 has too few rows"),
        (X[:1], Y[:1], "every label is 0; a classifier needs at least two classes"),
    ],
)
def test_arrays_that_are_no_rows_and_labels_are_refused(x, y, said, refused):
    np.savez("d.npz", x=x, y=y)
    write(config(data=NPZ))
    refused(WRONG_DATA, TRAIN, said)


def test_a_missing_array_is_told_with_the_nearest_name(refused):
    np.savez("d.npz", X=X, labels=Y)
    write(config(data=NPZ))
    refused(WRONG_DATA, TRAIN, "d.npz: there is no array 'x'; did you mean 'X'? Valid: X, labels")
    refused(WRONG_DATA, [*TRAIN, "data.x=X", "data.y=label"], "no array 'label'; did you mean 'labels'?")


def archive(header=b"", offset=None, value=0):
    """The bytes of an .npz, with another header of x, or another byte in the zip's directory."""
    np.savez("made", x=X, y=Y)
    if header:
        with zipfile.ZipFile("made.npz", "w") as file:
            file.writestr("x.npy", b"\x93NUMPY\x01\x00" + b"v\x00" + header.ljust(117) + b"\n" + X.tobytes())
    content = bytearray(Path("made.npz").read_bytes())
    Path("made.npz").unlink()
    if offset is not None:
        content[content.index(b"PK\x01\x02") + offset] = value
    return bytes(content)


def shaped(shape):
    return archive(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".encode())


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: b"1,2,3\n4,5,6\n",
        lambda: b"PK\x03\x04",
        lambda: archive()[:1000],
        lambda: archive()[:-1],
        lambda: archive().replace(X.tobytes()[:64], bytes(64)),
        lambda: archive(offset=6, value=255),
        lambda: archive(offset=8, value=1),
        lambda: archive(offset=10, value=99),
        lambda: archive(b"nonsense"),
        lambda: shaped((10**14, 4)),
        lambda: shaped((-1, 4)),
        lambda: shaped((10**30, 4)),
    ],
    ids="empty csv magic cut cut-one crc version encrypted compression header huge negative overflow".split(),
)
def test_a_file_that_is_no_whole_npz_is_refused(make, refused):
    write(make(), "d.npz")
    write(config(data=NPZ))
    err = refused(WRONG_DATA, TRAIN, "d.npz")
    assert len(err) < 500
    assert "allow_pickle" not in err and "Python objects" not in err, "this is not what is wrong"
    gc.collect()  # a file left open is a warning of this test


def test_a_data_file_that_cannot_be_read_or_is_of_another_kind_is_named_with_the_reason(refused):
    write(config(data=NPZ))
    refused(WRONG_DATA, TRAIN, "d.npz cannot be read: No such file")
    np.save("d.npy", X)
    refused(WRONG_DATA, [*TRAIN, "data.path=d.npy"], "d.npy … holds a single array; expected an .npz file")
    Path("d.npz").mkdir()
    refused(WRONG_DATA, TRAIN, "d.npz cannot be read: Is a directory")


@pytest.mark.parametrize(("key", "value"), [("plugins", '["a\\u0000b"]'), ("data.path", '"a\\u0000b"')])
def test_a_path_with_a_null_character_is_refused(key, value, refused):
    write(config(f"plugins = {value}") if key == "plugins" else config(data=f'source = "npz"\npath = {value}'))
    refused(WRONG_CONFIG, TRAIN, f"{key} … null")
    write(config(data=NPZ))
    refused(WRONG_CONFIG, [*TRAIN, f"{key}={value}"], "null")


def test_a_path_that_no_file_system_has_is_refused(refused):
    Path("loop.py").symlink_to("loop.py")
    for path in ("x" * 5000 + ".py", "loop.py", "loop.py/own.py"):
        write(config(f'plugins = ["{path}"]'))
        refused(WRONG_CONFIG, TRAIN, f"plugins: … {path[:20]}")


@pytest.mark.parametrize("names", [("$a^$", "b", "c"), ("日本", "b", "c"), np.arange(3, dtype=np.longdouble)])
def test_classes_may_be_called_anything(names, here):
    np.savez("d.npz", x=X, y=np.asarray(names)[Y])
    write(config(data=NPZ))
    assert main(TRAIN) == 0 and (here / "runs/c/confusion.svg").is_file()


@pytest.mark.parametrize("name", ["$a^$", "日本", "a b"])
def test_runs_may_be_called_anything(name, here):
    write(config(), f"{name}.toml")
    assert main(["train", f"{name}.toml"]) == 0
    assert main(["plot", f"runs/{name}"]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_a_config_whose_name_is_no_text_is_trained_or_refused(here, capfdbinary):
    write(config(), "caf\udce9.toml")
    ended = main(["train", "caf\udce9.toml"])
    assert ended in (0, WRONG_CONFIG, UNUSABLE_FILE) and (here / "runs").exists() == (ended == 0)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ("", "model.layers[0].type = … there is no layer or loss 'Own'"),
        ("class Own(Layer:\n", "own.py fails … SyntaxError … line 2"),
        ("import nopackage\n", "own.py fails in line 2: ModuleNotFoundError: No module named 'nopackage'"),
        ("raise ValueError('broken')\n", "own.py fails in line 2: ValueError: broken"),
        ("raise SystemExit\n", "own.py fails in line 2: SystemExit"),
        ("class Dense(Layer):\n" + BODY, "'Dense' is defined twice, in nnlite itself and in … own.py"),
        (OWN + BUILD + BODY, "model.layers[0] … Own.build must return the output's shape … returned None"),
        (OWN + INIT.format("a=3, width=3"), "Own.__init__ must store its argument 'a', unchanged, as self.a"),
        (OWN + INIT.format("width: 'Foo' = 3"), "Own … 'Foo'"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_refused(classes, said, refused):
    write(classes and IMPORT + classes, "own.py")
    write(own())
    refused(WRONG_CONFIG, TRAIN, said)


@pytest.mark.parametrize(("argument", "expected"), [("width: int = 3", "an integer"), ("width=3.0", "a number")])
def test_arguments_of_a_plug_in_layer_are_checked_like_any_others(argument, expected, refused):
    write(IMPORT + OWN + INIT.format(argument), "own.py")
    write(own('{ type = "Own", width = [4] }'))
    refused(WRONG_CONFIG, TRAIN, f"model.layers[0].width = [4]: expected {expected}")
    write(own('{ type = "Own", widht = 4 }'))
    refused(WRONG_CONFIG, TRAIN, "model.layers[0].widht: there is no such key; did you mean 'width'?")


def test_a_plug_in_that_is_missing_or_no_python_file_is_named(refused):
    write(own())
    refused(WRONG_CONFIG, TRAIN, "own.py is not a file")
    refused(WRONG_CONFIG, ["schema", "nope.py"], "nope.py is not a file")
    write(own().replace("own.py", "c.toml"))
    refused(WRONG_CONFIG, TRAIN, "c.toml is not a Python file")


def test_a_class_in_two_plug_ins_names_both_files(refused):
    for name in ("one.py", "two.py"):
        write(IMPORT + OWN + BODY, name)
    write(config('plugins = ["one.py", "two.py"]'))
    refused(WRONG_CONFIG, TRAIN, "'Own' is defined twice … one.py … two.py")


def test_a_plug_in_layer_that_fails_in_training_leaves_no_run(here):
    write(IMPORT + OWN + BODY.replace("return dy", "return dy.nothing"), "own.py")
    write(config('plugins = ["own.py"]', layers=f'[{DENSE}, {{ type = "Own" }}, {LOSS}]'))
    with contextlib.suppress(AttributeError):  # its author needs the traceback
        assert main(TRAIN) == WRONG_CONFIG
    assert not (here / "runs").exists()


@posix_only
@pytest.mark.parametrize("out", ["full", "file", "file/run", "link", "a" * 300])
def test_an_output_folder_that_is_taken_or_cannot_be_made_is_refused(out, refused):
    write(config())
    write("kept", "full/file")
    write("kept", "file")
    Path("link").symlink_to("nowhere")
    refused(UNUSABLE_FILE, [*TRAIN, "--out", out], f"the run folder {out} … name a")
    assert Path("full/file").read_text() == Path("file").read_text() == "kept"


def test_a_file_in_the_place_of_the_folder_of_runs_is_told(refused):
    write(config())
    write("", "runs")
    refused(UNUSABLE_FILE, TRAIN, "cannot make the run folder runs … --out")


@pytest.mark.parametrize("out", [[], ["--out", "a/b"], ["--out", "empty"]])
def test_a_run_that_diverges_leaves_nothing(out, refused):
    write(config(rest='[optimizer]\ntype = "SGD"\nlearning_rate = 1e38'))
    Path("empty").mkdir()
    refused(DIVERGED, [*TRAIN, *out], "in epoch 1, step … learning rate 1e+38 … smaller")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), UNUSABLE_FILE, "model.safetensors: No space left"),
        (KeyboardInterrupt(), INTERRUPTED, "interrupted: nothing was written"),
    ],
    ids=["full disk", "Ctrl-C"],
)
def test_a_run_that_fails_while_it_is_written_leaves_nothing(error, code, said, here, monkeypatch, capsys):
    replace = os.replace

    def failing(source, target):
        if str(target).endswith("model.safetensors"):
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    write(config())
    before = left(here)
    assert main(TRAIN) == code
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err and left(here) == before


@pytest.mark.parametrize(
    "row", [",1,1", "3,a,b", "3,1", "3,1,2,3", '"3,1,2', "inf,1,1", "2.5,0.1,0.1", "1" * 400 + ",1,1"]
)
def test_a_broken_row_of_a_history_is_named(row, refused):
    write(f"epoch,training_loss,validation_loss\n1,0.5,0.6\n2,0.4,0.5\n{row}\n", "run/history.csv")
    err = refused(UNUSABLE_FILE, ["plot", "run"], "run/history.csv: … row 3")
    assert not re.search(r"\bzip\b|int\(\)|NoneType", err), "Python's words, not a user's"


def test_a_folder_that_is_no_run_is_not_drawn(refused):
    refused(UNUSABLE_FILE, ["plot", "nope"], "nope is not a run folder")
    Path("run").mkdir()
    refused(UNUSABLE_FILE, ["plot", "run"], "run is not a run folder: run/history.csv")
    write("", "run/config.toml")
    refused(UNUSABLE_FILE, ["plot", "run"], "run has no history: no epoch of the run is over yet")
    write(bytes(range(256)), "run/history.csv")
    refused(UNUSABLE_FILE, ["plot", "run"], "run/history.csv: … not UTF-8")
    for content in ("", "epoch,training_loss\n", "a,b\n1,2\n", "epoch,training_loss\n1,\n"):
        write(content, "run/history.csv")
        refused(UNUSABLE_FILE, ["plot", "run"], "run/history.csv: … columns epoch and training_loss")


@posix_only
@pytest.mark.parametrize("output", ["curves.jpg", "curves", "no/curves.svg", "file/curves.svg", "a" * 300 + ".svg"])
def test_a_picture_that_cannot_be_written_is_refused(output, refused):
    write("epoch,training_loss\n1,0.5\n", "run/history.csv")
    write("", "file")
    said = f"cannot write {output}" if output.endswith(".svg") else f"{output} does not end in .svg, .png or .pdf"
    refused(UNUSABLE_FILE, ["plot", "run", "-o", output], said)


def test_the_ending_of_a_picture_may_be_in_capitals(here):
    write("epoch,training_loss\n1,0.5\n", "run/history.csv")
    assert main(["plot", "run", "-o", "curves.PNG"]) == 0
    assert (here / "curves.PNG").read_bytes().startswith(b"\x89PNG")


def saved(*layers):
    model = nnlite.Sequential([*layers, nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]).build((3,))
    nnlite.save(model, "good")
    return Path("good").read_bytes()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: b"", "cut off, or is not a safetensors file"),
        (lambda content: b"some text, and more of it", "cut off, or is not a safetensors file"),
        (lambda content: content[:100], "cut off, or is not a safetensors file"),
        (lambda content: content[:-1], "is damaged"),
        (lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:], "is damaged"),
        (lambda content: content.replace(b"Dense", b"Dens3"), "is damaged"),
        (lambda content: content.replace(b"__metadata__", b"__metadota__"), "not written by nnlite"),
    ],
    ids="empty text cut cut-one flipped renamed foreign".split(),
)
def test_a_damaged_model_file_is_refused(damage, said, here):
    write(damage(saved()), "bad.safetensors")
    with pytest.raises(nnlite.ModelFileError, match=rf"^bad\.safetensors: .*{said}"):
        nnlite.load("bad.safetensors")


def test_a_model_file_that_cannot_be_read_is_named_with_the_reason(here):
    with pytest.raises(nnlite.ModelFileError, match="nope cannot be read: No such file"):
        nnlite.load("nope")
    with pytest.raises(nnlite.ModelFileError, match="cannot be read: Is a directory"):
        nnlite.load(here)


def test_a_model_with_a_plug_in_layer_says_that_it_needs_the_file(here):
    write(IMPORT + OWN + BODY, "own.py")
    write(saved(Registry(["own.py"]).make({"type": "Own"})), "model")
    with pytest.raises(nnlite.ModelFileError, match=r"there is no layer.*'Own'.*plugins="):
        nnlite.load("model")
    with pytest.raises(nnlite.ConfigError, match=r"nope\.py is not a file"):
        nnlite.load("model", plugins=["nope.py"])
    assert nnlite.load("model", plugins=["own.py"]).model.input_shape == (3,)


def test_a_model_that_is_not_built_is_not_saved(here):
    with pytest.raises(nnlite.NnliteError, match="not built"):
        nnlite.save(nnlite.Sequential([nnlite.Dense(2)]), "model")
    assert not left(here)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 3], "label 3 in row 1 .* 0 to 2"),
        ([-1, 0], "label -1 in row 0 .* 0 to 2"),
        ([np.nan, 1], "dtype float64 .*expected class indices"),
        (["a", "b"], "dtype <U1 .*expected class indices"),
    ],
)
def test_labels_that_are_no_class_indices_are_refused(labels, said):
    model = nnlite.Sequential([nnlite.Dense(3), nnlite.SoftmaxCrossEntropy()])
    with pytest.raises(nnlite.DataError, match=said):
        nnlite.Trainer(model, nnlite.SGD()).fit(nnlite.Dataset(np.ones((2, 4)), np.array(labels)))


def test_a_model_without_a_loss_is_not_trained():
    with pytest.raises(nnlite.ConfigError, match=r"no loss.*SoftmaxCrossEntropy"):
        nnlite.Trainer(nnlite.Sequential([nnlite.Dense(3)]), nnlite.SGD()).fit(nnlite.Dataset(X, Y))


def test_a_backend_for_pictures_that_is_not_installed_costs_nothing(tmp_path):
    environment = os.environ | {"MPLBACKEND": "no_such_backend"}
    command = [
        sys.executable,
        ROOT / "train.py",
        ROOT / "configs/iris.toml",
        "training.epochs=1",
        "--out",
        tmp_path / "r",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert (done.returncode, (tmp_path / "r" / "loss.svg").exists()) == (0, True), done.stderr
