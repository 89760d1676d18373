"""`nnlite check`: the checks over a user's file, as a table."""

import re

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
    row = next(line for line in said.splitlines() if "Twice()" in line)
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
    assert "Own()" in said and "1 of 1" in said


@pytest.mark.slow
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
        ("nnlite.errors", "nnlite.errors defines nothing to check"),
    ],
)
def test_a_target_with_nothing_to_check_is_refused(target, said, capsys):
    assert cli.main(["check", target]) == 2
    assert said in capsys.readouterr().err


KINDS = '''
import numpy as np
from nnlite import SGD, Cosine, Dataset, Layer, Metric, ShapeError, StopAtTarget
from nnlite.losses.regression import RegressionLoss

class Crop(Layer):
    """The first columns of what has two axes."""

    def __init__(self, kind: str, columns):
        self.kind, self.columns = kind, columns

    def build(self, input_shape, rng):
        if len(input_shape) != 2:
            raise ShapeError(f"two axes are expected, not {input_shape}")
        return input_shape[0], self.columns

    def forward(self, x, *, training=False):
        self.shape = x.shape
        return x[:, :, : self.columns] * len(self.kind)

    def backward(self, dy):
        dx = np.zeros(self.shape, dy.dtype)
        dx[:, :, : self.columns] = dy * len(self.kind)
        return dx

class Pinball(RegressionLoss):
    def __init__(self, q: float):
        self.q = q

    def costs(self, difference):
        return difference * self.slopes(difference)

    def slopes(self, difference):
        return np.where(difference < 0, -self.q, 1 - self.q)

class Own(SGD): pass
class Half(Cosine): pass
class Late(StopAtTarget): pass

class Certainty(Metric):
    tasks, rising = ("regression",), False

    def compute(self, predictions, targets, weights):
        return np.average(abs(predictions - targets).reshape(len(targets), -1).mean(axis=1), weights=weights)

def ramp(rows: int) -> Dataset:
    return Dataset(np.linspace(0, 1, rows)[:, None], np.arange(rows) % 2)

def file(path: str) -> Dataset:
    return Dataset(np.load(path), np.array([0, 1]))

EXAMPLES = [(Crop("ab", 2), (3, 4), {"variants": {"kind": "abc"}}), (Pinball(0.7), (1,), [1.0, 5.0, 2.0, 3.0])]
'''


def rows_of(said):
    """The table: what is checked to its kind, what it was checked on, and the verdict."""
    lines = [re.split(r"  +", line) for line in said.splitlines()[2:] if line[:1].isalpha() and "  " in line]
    return {line[1]: (line[0], line[-1]) for line in lines}


def test_every_kind_is_checked_with_examples_or_guesses(check):
    code, said = check(KINDS)
    assert rows_of(said) == {
        "Crop('ab', 2)": ("layer", "passed"),
        "Pinball(0.7)": ("loss", "passed"),
        "Own()": ("optimizer", "passed"),
        "Half()": ("schedule", "passed"),
        "Late(3.0)": ("callback", "passed"),
        "Certainty()": ("metric", "passed"),
        "ramp()": ("source", "passed"),
        "file()": ("source", "FAILED"),
    }
    assert code == 1 and "its arguments were guessed: EXAMPLES = [(file, {…})] gives others" in said
    assert "(3,4)" in said and "4 rows of (1)" in said and "3 rows of (1,)" in said


@pytest.mark.parametrize(
    ("right", "wrong", "who", "why"),
    [
        ("dy * len(self.kind)", "dy", "Crop('ab', 2)", "derivatives"),
        ("-self.q, 1 - self.q", "self.q, self.q - 1", "Pinball(0.7)", "direction"),
        (
            "class Own(SGD): pass",
            "class Own(SGD):\n    def update(self, *_): pass",
            "Own()",
            "changes no parameter",
        ),
        ("class Half(Cosine): pass", "class Half(Cosine):\n    def multiplier(self, m): return -1", "Half()", "-1"),
        (
            "class Late(StopAtTarget): pass",
            "class Late(StopAtTarget):\n    def end(self, fit): 1 / 0",
            "Late(3.0)",
            "Zero",
        ),
        ('("regression",), False', '("regression",), True', "Certainty()", "rising is True"),
        ("np.linspace(0, 1, rows)[:, None]", "np.random.default_rng().random((rows, 1))", "ramp()", "other rows"),
    ],
)
def test_a_mistake_of_every_kind_is_found(check, right, wrong, who, why):
    assert right in KINDS
    code, said = check(KINDS.replace(right, wrong))
    assert code == 1 and rows_of(said)[who][1] == "FAILED"
    failure = " ".join(said.partition(f"\n{who}\n")[2].split())
    assert why in failure


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ("EXAMPLES = 3", "EXAMPLES is a int; expected a list"),
        ("EXAMPLES = [Twice]", "expected a layer, loss, .*: write Twice"),
        ("EXAMPLES = [(Twice(), (4,), 5)]", "the example of Twice.. does not fit"),
        ("EXAMPLES = ['Twice']", r"EXAMPLES\[0\] begins with 'Twice'"),
    ],
)
def test_examples_that_are_none_are_refused(check, examples, said):
    code, found = check(RIGHT + examples)
    assert code == 2 and re.search(said, " ".join(found.split()))


def test_a_base_of_other_classes_is_not_checked_by_itself(check):
    base = RIGHT.replace("class Twice(Layer)", "class Base(Layer)").partition("    def backward")[0]
    code, said = check(base + "class Twice(Base):\n    def backward(self, dy):\n        return dy * 2\n")
    assert code == 0 and rows_of(said) == {"Base": ("layer", "not checked"), "Twice()": ("layer", "passed")}


def test_a_loss_that_takes_no_usual_targets_asks_for_an_example(check):
    source = "from nnlite import DataError, SoftmaxCrossEntropy\n\nclass Odd(SoftmaxCrossEntropy):\n"
    source += "    def encode(self, targets, output_shape):\n        raise DataError('no')\n"
    code, said = check(source)
    assert code == 1 and "it takes none of the targets that are tried; show some: EXAMPLES = [(Odd()" in said


def test_an_argument_of_a_source_that_cannot_be_guessed_may_be_shown(check):
    source = "import numpy as np\nfrom nnlite import Dataset\n\ndef ramp(rows) -> Dataset:\n"
    source += "    return Dataset(np.linspace(0, 1, rows)[:, None], np.arange(rows) % 2)\n"
    code, said = check(source)
    assert code == 1 and "the argument 'rows': give it a default; or show one: EXAMPLES = [(ramp, {…})]" in said
    code, said = check(source + "EXAMPLES = [(ramp, {'rows': 8})]\n")
    assert code == 0 and "8 rows of (1,)" in said
