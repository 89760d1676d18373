"""What all tests share."""

import re
from html import escape
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from nnlite import files, plots
from nnlite.cli import main
from nnlite.data import Dataset
from tests.helpers.mistakes import left

collect_ignore_glob = ["oracles/golden/*"]  # scripts, with requirements of their own

ROOT = Path(__file__).parents[1]


def pytest_terminal_summary(terminalreporter):
    """Prints what tests said: `record_property("said", line)`, or (number, of) under the name of what is the worst.

    A test that prints says nothing where several processes run the tests; its properties come from all of them.
    """
    reports = [report for each in terminalreporter.stats.values() for report in each if hasattr(report, "when")]
    lines, numbers = [], {}
    for report in reports:
        if report.when == "call":
            for name, value in report.user_properties:
                if name == "said":
                    lines.append(value)
                elif name.startswith("worst "):
                    numbers.setdefault(name, []).append(tuple(value))
    lines += [f"{name}: {worst:.1e}, {of}" for name, found in numbers.items() for worst, of in [max(found)]]
    if lines:
        terminalreporter.section("said by the tests")
        terminalreporter.write_line("\n".join(sorted(lines)))


@pytest.fixture(scope="session", autouse=True)
def _compiled_once():
    """Lets the processes that tests start, hundreds of them, keep what Python compiles, whatever a variable says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture
def without_pictures(monkeypatch):
    """A picture takes longer to draw than a short training: here its file holds the words and numbers in it."""

    def content(picture):
        axes = picture.axes
        return [
            [text.get_text() for text in picture.findobj(Text)],
            [line.get_xydata().tolist() for each in axes for line in each.lines],
            [points.get_offsets().tolist() for each in axes for points in each.collections],
            [image.get_array().tolist() for each in axes for image in each.images],
        ]

    monkeypatch.setattr(plots, "as_svg", lambda picture: f"<svg><text>{escape(repr(content(picture)))}</text></svg>")
    monkeypatch.setattr(plots, "save", lambda picture, path: files.write(path, repr(content(picture))))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def make_blobs() -> Dataset:
    """90 rows in 3 well separated classes, 4 features."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    centres = np.array([[3, 0, 0, 1], [0, 3, 0, 1], [0, 0, 3, 1]])
    return Dataset(rng.normal(size=(90, 4)) * 0.3 + centres[y], y, classes=("a", "b", "c"))


@pytest.fixture
def blobs() -> Dataset:
    return make_blobs()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working folder of a test, which is empty."""
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
        in_one_line = re.sub(r"\n +", " ", err)  # where a line is parted depends on the lengths of paths
        assert err.count("error: ") == 1 and ended == code, err
        assert re.search(".*".join(map(re.escape, said.split(" … "))), in_one_line, re.DOTALL), err
        assert left(here) == before
        return err.partition("error: ")[2]

    return run
