"""`nnlite new`: a file of each kind passes its check as it stands, and a config can name what it has."""

import importlib.resources

import pytest

from nnlite.cli import command_line as cli
from nnlite.plugins.registry import Registry
from nnlite.testing.new import IN_A_CONFIG

NAMES = dict.fromkeys(IN_A_CONFIG, "OfMine") | {"source": "of_mine"}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = cli.main(arguments)
        return code, "".join(capsys.readouterr())

    return run


@pytest.mark.parametrize("kind", IN_A_CONFIG)
def test_a_new_file_passes_its_check_as_it_stands(run, kind):
    code, said = run("new", kind, NAMES[kind])
    assert code == 0 and "nnlite check of_mine.py" in said and 'plugins = ["of_mine.py"]' in said
    code, said = run("check", "of_mine.py")
    assert code == 0 and said.count("passed") == 2 and "not checked" not in said, said
    registry = Registry("of_mine.py")
    assert NAMES[kind] in registry.classes | registry.metrics | registry.sources


def test_every_template_is_a_kind():
    folder = importlib.resources.files("nnlite.testing") / "templates"
    assert {file.name for file in folder.iterdir()} == {f"{kind}.txt" for kind in IN_A_CONFIG}


def test_lines_are_short_enough():
    for file in (importlib.resources.files("nnlite.testing") / "templates").iterdir():
        for line in file.read_text().splitlines():
            assert len(line) <= 118, f"{file.name}: {line}"


def test_the_file_is_named_or_has_the_name_in_snake_case(run, tmp_path):
    assert run("new", "layer", "GRUCell")[0] == 0 and (tmp_path / "gru_cell.py").exists()
    assert run("new", "layer", "Swish", "--out", "mine.py")[0] == 0 and (tmp_path / "mine.py").exists()


def test_a_file_is_never_overwritten(run, tmp_path):
    (tmp_path / "swish.py").write_text("mine")
    code, said = run("new", "layer", "Swish")
    assert code == 2 and "swish.py exists, and is not overwritten" in said
    assert (tmp_path / "swish.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("layer", "my-layer"), "cannot be the name of a layer"),
        (("layer", "class"), "cannot be the name of a layer"),
        (("layer", "_Hidden"), "cannot be the name of a layer"),
        (("layer", "Dense"), "'Dense' is taken by nnlite"),
        (("loss", "Loss"), "'Loss' is taken by nnlite"),
        (("metric", "F1"), "'F1' is taken by nnlite"),
        (("source", "iris"), "'iris' is taken by nnlite"),
        (("layer", "Random"), "in the way of the Python module random"),
        (("layer", "Swish", "--out", "swish.txt"), "does not end in .py"),
    ],
)
def test_a_name_that_will_not_do_is_refused(run, tmp_path, arguments, why):
    code, said = run("new", *arguments)
    assert code == 2 and why in " ".join(said.split())
    assert not list(tmp_path.iterdir())
