"""Whatever a user can get wrong ends in one clear message and a documented exit code, and leaves nothing behind."""

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
from nnlite.runs.folder import RunFolder
from nnlite.saving.checkpoint_times import CheckpointTimes
from tests.conftest import ROOT
from tests.helpers.mistakes import (
    BODY,
    BUILD,
    DENSE,
    DIVERGED,
    IMPORT,
    INIT,
    INTERRUPTED,
    LOSS,
    NPZ,
    OWN,
    PLUGIN_FAILED,
    TRAIN,
    UNUSABLE_FILE,
    WRONG_CONFIG,
    WRONG_DATA,
    X,
    Y,
    config,
    left,
    own,
    write,
)
from tests.helpers.terminal import run_in_terminal

CONFIG = str(ROOT / "configs/iris.toml")
posix_only = pytest.mark.skipif(os.name != "posix", reason="other systems have other ways")


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
        (X, with_one(Y, 7, np.nan), "the label in row 7 is nan; every row needs a label"),
        (X[:50], Y, "x has 50 rows, but y has shape (60,); expected one target for each row"),
        (X[:0], Y[:0], "no rows"),
        (X[:, :0], Y, "(60, 0)"),
        (X[:, 0], Y, "x has shape (60,); expected (rows, features)"),
        (X.astype(str), Y, "x has dtype <U … expected numbers"),
        (X.astype(complex), Y, "x has dtype complex128; expected numbers"),
        (X, np.eye(3)[Y], "labels … (60, 3); expected one number or text for each row"),
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


@pytest.mark.slow
@pytest.mark.parametrize("names", [("$a^$", "b", "c"), ("日本", "b", "c"), np.arange(3, dtype=np.longdouble)])
def test_classes_may_be_called_anything(names, here):
    np.savez("d.npz", x=X, y=np.asarray(names)[Y])
    write(config(data=NPZ))
    assert main(TRAIN) == 0 and (here / "runs/c/confusion.svg").is_file()


@pytest.mark.slow
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
        ("", "own.py … has nothing that a config could name"),
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
    assert main(TRAIN) == PLUGIN_FAILED
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
    monkeypatch.setattr(CheckpointTimes, "after_epoch", lambda self: False)  # on a slow machine there might be one
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
    with pytest.raises(nnlite.ModelFileError, match=r"is a folder, and no run folder: it has no config\.toml"):
        nnlite.load(here)


def test_a_folder_of_runs_is_no_run_and_says_which_it_has(here):
    for name in ("wine", "iris-2"):
        (here / "runs" / name).mkdir(parents=True)
        (here / "runs" / name / "config.toml").touch()
    (here / "runs/other").mkdir()
    with pytest.raises(
        nnlite.ModelFileError, match=r"^runs is a folder.* it has the runs 'iris-2', 'wine': give the"
    ):
        nnlite.load("runs")
    with pytest.raises(
        nnlite.ModelFileError, match=r"^the run runs/wine has no model\.safetensors yet.*--resume runs/wine"
    ):
        nnlite.load("runs/wine")


@posix_only
def test_on_a_terminal_the_bar_and_the_end_say_the_reason_of_an_early_end(here, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    words = ["early_stopping.patience=2", "training.epochs=99", "optimizer.learning_rate=0.5", "--out", "run"]
    code, lines = run_in_terminal([sys.executable, "-m", "nnlite", "train", CONFIG, *words], columns=120)
    assert code == 0
    # A bar may be drawn twice.
    assert {line.partition(" |")[0] for line in lines if " |" in line and "has not fallen for 2 epochs" in line}
    assert sum(line.startswith("stopped after epoch") for line in lines) == 1


def test_layers_that_are_unset_on_the_command_line_are_missing(here, capsys):
    assert main(["train", CONFIG, "model.layers=none"]) == 2
    err = " ".join(capsys.readouterr().err.split())
    assert err.startswith(f"error: {CONFIG}: model.layers is missing: expected a list of tables, such as [{{ type = ")
    assert "Traceback" not in err and err.count("error: ") == 1


def test_a_model_with_a_plug_in_layer_says_that_it_needs_the_file(here):
    write(IMPORT + OWN + BODY, "own.py")
    write(saved(Registry(["own.py"]).make({"type": "Own"})), "model")
    with pytest.raises(nnlite.ModelFileError, match=r"it needs Own of own\.py: .*plugins="):
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


@pytest.mark.slow
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


def test_a_training_says_last_which_epoch_was_the_best_and_of_which_one_the_model_is(here, capsys):
    config = str(ROOT / "configs/iris.toml")
    assert main(["train", config, "training.epochs=40", "optimizer.learning_rate=1.0"]) == 0
    best = RunFolder(Path("runs/iris")).read_history().best_epoch
    assert best < 40
    said = capsys.readouterr()
    assert said.err.splitlines()[-1].startswith("epoch 40/40 ")
    told = rf"^40 epochs in .* s; best epoch {best} \(validation loss .*\), model of epoch 40$"
    assert re.search(told, said.out, re.MULTILINE)
