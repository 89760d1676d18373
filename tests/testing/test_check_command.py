"""`nnlite check`: the checks over a user's file, as a table."""

import pytest

from nnlite.cli import command_line as cli
from nnlite.testing import LAYER_CHECKS

ALL = len(LAYER_CHECKS)

RIGHT = '''
from nnlite import Layer

class Twice(Layer):
    """y = 2·x."""

    def forward(self, x, *, training=False):
        return x * 2

    def backward(self, dy):
        return dy * 2
'''


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(source, name="my_layers.py"):
        (tmp_path / name).write_text(source)
        code = cli.main(["check", name])
        return code, "".join(capsys.readouterr())

    return run


def test_a_right_layer_passes_on_every_shape_it_takes(check):
    code, said = check(RIGHT)
    assert code == 0
    row = next(line for line in said.splitlines() if line.startswith("Twice()"))
    assert "(4,) (1,) (2,3) (2,6,6)" in row and f"{ALL} of {ALL}" in row and row.endswith("passed")


TIMES = """
from nnlite import Layer, ShapeError

class Times(Layer):
    def __init__(self, slope: float = 0.5):
        self.slope = slope

    def forward(self, x, *, training=False):
        return x * self.slope

    def backward(self, dy):
        raise ShapeError("it does not work backwards")
"""


def test_an_argument_is_not_blamed_where_backward_fails(check):
    code, said = check(TIMES)
    assert code == 1 and "it does not work backwards" in said and "no effect" not in said


def test_a_wrong_gradient_is_told_under_the_table(check):
    code, said = check(RIGHT.replace("dy * 2", "dy * 3"))
    assert code == 1
    assert "FAILED" in said
    assert "wrong: derivatives: Twice() on inputs of shape (4,): ∂y/∂x" in said


def test_a_layer_that_raises_is_told_without_a_traceback(check):
    code, said = check(RIGHT.replace("return dy * 2", "return dy.nothing"))
    assert code == 1 and "AttributeError" in said and "Traceback" not in said


def test_one_cause_is_told_once_and_first(check):
    code, said = check(RIGHT.replace("return dy * 2", "return dy.nothing"))
    assert code == 1 and said.count("wrong:") == 1 and "wrong: shapes: Twice()" in said
    assert f"0 of {ALL}" not in said and "checks wait until this is right" in said


def test_an_array_to_which_backward_makes_the_step_is_the_one_cause(check):
    build = "    def build(self, input_shape, rng):\n        self.g = 2.0 + 0 * rng.random(input_shape)\n"
    source = RIGHT.replace("    def forward", f"{build}        return input_shape\n\n    def forward")
    source = source.replace("return x * 2", "self.x = x\n        return x * self.g.astype(x.dtype)")
    step = "dx = dy * self.g.astype(dy.dtype)\n        self.g -= 0.1 * (dy * self.x).sum(axis=0)\n        return dx"
    code, said = check(source.replace("return dy * 2", step))
    assert code == 1 and said.count("wrong:") == 1
    assert "backward changes self.g, an array that is no parameter" in said


def test_arguments_without_default_are_guessed_from_their_annotation(check):
    init = "    def __init__(self, factor: float):\n        self.factor = factor\n\n    def forward"
    source = RIGHT.replace("    def forward", init).replace("* 2", "* self.factor")
    code, said = check(source)
    assert code == 0 and "Twice(3.0)" in said
    code, said = check(source.replace("factor: float", "factor"))
    assert code == 1 and "no value can be guessed for the argument 'factor'" in said


def test_what_cannot_be_told_is_no_failure(check):
    init = "    def __init__(self, kind: str = 'a'):\n        self.kind = kind\n\n    def forward"
    code, said = check(RIGHT.replace("    def forward", init))
    assert (
        code == 0
        and "not checked: Twice(): no other value for argument 'kind'" in said
        and f"{ALL - 1} of {ALL}" in said
    )


def test_what_a_layer_lacks_is_told_and_what_is_not_checked(check):
    code, said = check(
        RIGHT.replace("def backward", "def backwards") + "\nfrom nnlite import SGD\nclass Own(SGD): pass\n"
    )
    assert code == 1 and "it lacks backward" in said
    assert "nnlite.testing.check_optimizer checks this optimizer" in said


@pytest.mark.parametrize("module", ["rectifiers", "periodic_embedding"])
def test_an_argument_without_effect_on_a_single_number_is_no_mistake(module, capsys):
    """On the shape (1,) one slope is one slope for each feature, and the first column all columns."""
    assert cli.main(["check", f"nnlite.layers.{module}"]) == 0
    assert f"{ALL} of {ALL}" in (said := capsys.readouterr().out) and "FAILED" not in said


def test_a_module_is_named_with_dots(capsys):
    assert cli.main(["check", "nnlite.layers.activations"]) == 0
    assert "Tanh()" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nope", "nope is neither a file nor a module"),
        ("nope.py", "nope.py is not a file"),
        ("nnlite.errors", "nnlite.errors defines no layer"),
    ],
)
def test_a_target_without_layers_is_refused(target, said, capsys):
    assert cli.main(["check", target]) == 2
    assert said in capsys.readouterr().err
