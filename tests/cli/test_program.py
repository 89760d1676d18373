"""The program itself: a module, a version, a list of commands."""

import importlib.metadata
import subprocess
import sys

import nnlite
from nnlite.cli import command_line as cli


def test_the_command_line_is_a_module_too_and_tells_its_version():
    done = subprocess.run([sys.executable, "-m", "nnlite", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"nnlite {nnlite.__version__}\n"


def test_without_a_command_the_commands_are_listed(capsys):
    assert cli.main([]) == 2
    assert all(f"    {command} " in capsys.readouterr().out for command in ["train"])


def test_the_version_is_that_of_the_package():
    assert importlib.metadata.version("nnlite") == nnlite.__version__
