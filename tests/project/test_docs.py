"""Every block of the README and of docs/ runs, in order, in a folder with the repository's configs.

A Python block whose first line is a file name becomes that file; a TOML block is checked as a config; a shell
block runs line by line (but for the README's first, which installs nnlite: `.ci/run` runs that one). A console block
shows a command and all that it prints, where … stands for anything; a diff block changes the file that it names.
"""

import itertools
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from sybil import Example
from sybil.document import Document
from sybil.parsers.markdown import CodeBlockParser

from nnlite.config import training_config as config
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def run_python(example: Example) -> None:
    source = str(example.parsed)
    first = source.partition("\n")[0]
    if first.startswith("# ") and first.endswith(".py"):
        Path(first.removeprefix("# ")).write_text(source)
    else:
        exec(compile("\n" * example.line + source, example.path, "exec"), example.namespace)


def check_toml(example: Example) -> None:
    first = str(example.parsed).partition("\n")[0]
    if first.startswith("# ") and first.endswith(".toml"):
        Path(first.removeprefix("# ")).write_text(example.parsed)
    document = tomllib.loads(str(example.parsed))
    if "model" in document:
        config.check(document, Path("block.toml").resolve())


def run_shell(example: Example) -> None:
    if "venv" in example.parsed:
        return
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for line in str(example.parsed).splitlines():
        done = subprocess.run(line, shell=True, capture_output=True, text=True, env=os.environ | {"PATH": path})
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def run_console(example: Example) -> None:
    for session in str(example.parsed).removeprefix("$ ").split("\n$ "):
        command, _, shown = session.partition("\n")
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(command, shell=True, capture_output=True, text=True, env=os.environ | {"PATH": path})
        expected = re.escape(shown.rstrip("\n")).replace("…", ".*")
        assert re.fullmatch(expected, done.stdout.rstrip("\n"), re.DOTALL), f"{command}\n{done.stdout}{done.stderr}"


def apply_diff(example: Example) -> None:
    """Replaces each run of - lines by the + lines behind it, in the file that the first line names."""
    first, *lines = str(example.parsed).splitlines()
    path = Path(first.removeprefix("--- "))
    text = path.read_text()
    for signs, group in itertools.groupby(lines, key=lambda line: line[0]):
        block = "".join(f"{line[1:]}\n" for line in group)
        if signs == "-":
            assert text.count(block) == 1, f"{path} does not have once:\n{block}"
            removed = block
        else:
            text = text.replace(removed, block)
    path.write_text(text)


PARSERS = [
    CodeBlockParser("console", run_console),
    CodeBlockParser("diff", apply_diff),
    CodeBlockParser("python", run_python),
    CodeBlockParser("toml", check_toml),
    CodeBlockParser("bash", run_shell),
]


LONG = ("README.md", "config.md", "runs.md")  # they train for ten seconds
RECIPES = ROOT / "docs" / "recipes.md"


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.slow] if page.name in LONG else []) for page in PAGES if page != RECIPES],
    ids=lambda page: page.name,
)
def test_every_block_runs(page, tmp_path, monkeypatch):
    for name in ("configs", "train.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    examples = list(Document.parse(str(page), *PARSERS))
    assert examples or page.name != "README.md"
    for example in examples:
        example.evaluate()


def recipes():
    """The title of each recipe, and its blocks."""
    return [section.partition("\n")[::2] for section in RECIPES.read_text().split("\n## ")[1:]]


@pytest.mark.slow
@pytest.mark.parametrize(("title", "recipe"), [pytest.param(*each, id=each[0]) for each in recipes()])
def test_each_recipe_is_complete_and_prints_what_it_says(
    title, recipe, tmp_path, monkeypatch, capsys, without_pictures
):
    """It runs by itself in an empty folder; what stands behind a print is printed, where … stands for anything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("page.md").write_text(recipe)
    before = set(sys.modules)
    for example in Document.parse("page.md", *PARSERS):
        example.evaluate()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]  # a file of the recipe, whose folder goes
    printed, shown = (
        capsys.readouterr().out.splitlines(),
        re.findall(r"^ *print\(.*\)  # (.*)$", recipe, re.MULTILINE),
    )
    assert printed and shown, title
    patterns = [re.escape(line).replace("…", ".*") for line in shown]
    for line in printed:
        assert any(re.fullmatch(pattern, line) for pattern in patterns), (line, shown)
    for pattern in patterns:
        assert any(re.fullmatch(pattern, line) for line in printed), (pattern, printed)


def test_the_list_of_recipes_names_all_of_them():
    page = RECIPES.read_text()
    listed = re.findall(r"\]\(#([^)]*)\)", page)
    anchors = [re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title, _ in recipes()]
    assert sorted(listed) == sorted(anchors)


@pytest.mark.parametrize("name", ["callbacks.md", "dependability.md"])
def test_the_blocks_that_write_files_run_a_second_time(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        for example in Document.parse(str(ROOT / "docs" / name), *PARSERS):
            example.evaluate()


def test_what_the_readme_shows_of_a_command_is_what_it_prints(tmp_path, monkeypatch):
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    sessions = [block for block in (ROOT / "README.md").read_text().split("```")[1::2] if block.startswith("\n$ ")]
    assert sessions
    for session in sessions:
        command, _, shown = session.removeprefix("\n$ python train.py ").partition("\n")
        line = [sys.executable, str(ROOT / "train.py"), *shlex.split(command)]
        assert subprocess.run(line, capture_output=True, text=True).stderr == shown


def test_a_block_that_fails_is_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("one\n")
    shown = ("console\n$ echo one\ntwo", "diff\n--- a.txt\n-two\n+one")
    for block in ("python\nassert False", 'toml\n[model]\nlayers = ["wrong"]', "bash\nfalse", *shown):
        (tmp_path / "page.md").write_text(f"```{block}\n```\n")
        for example in Document.parse("page.md", *PARSERS):
            with pytest.raises((AssertionError, config.ConfigError)):
                example.evaluate()


def test_the_links_lead_somewhere():
    for page in PAGES:
        for target in [part.partition(")")[0] for part in page.read_text().split("](")[1:]]:
            assert target.startswith("http") or (page.parent / target.partition("#")[0]).exists(), f"{page}: {target}"
