"""The command line: words to calls; all printing is done here."""

from nnlite.cli.command_line import main

__all__ = ["main"]
