"""The command line: parses the arguments, calls a command, and turns errors into a few lines and an exit code.

Exit codes: 0 done; 1 `check` found something wrong, `verify` a difference, or the code of a plug-in failed while it
was used; 2 a wrong command line, config, model or plug-in file, or a Python warning that was to be an error; 3 data
that cannot be read or used, or that is not that of the run; 4 a run folder, figure or model file that cannot be read
or written, a run that another process trains, or nowhere to print to; 5 training diverged; 129 the terminal was
closed, 130 Ctrl-C, 143 it was told to end (SIGTERM).
"""

import argparse
import atexit
import gc
import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from nnlite.cli.advice import in_options
from nnlite.cli.arguments import parser as make_parser
from nnlite.cli.terminal import in_lines
from nnlite.errors import (
    DataError,
    DivergenceError,
    ModelFileError,
    NnliteError,
    PluginError,
    RunError,
)
from nnlite.plugins import failing
from nnlite.runs.signals import Interrupted
from nnlite.text import printable
from nnlite.training.progress_bar import mute, while_there_is_a_terminal

_PACKAGE = Path(__file__).parent.parent

EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (DataError, 3),
    (RunError, 4),
    (ModelFileError, 4),
    (OSError, 4),
    (DivergenceError, 5),
    (PluginError, 1),
    (NnliteError, 2),
    (MemoryError, 2),
    (Warning, 2),  # only under -W error
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Errors that a user can cause are printed in a few lines."""
    parser = make_parser((__doc__ or "").partition("Exit codes: ")[2].strip())
    if not (sys.argv[1:] if arguments is None else arguments):
        parser.print_help()
        return 2
    options, rest = parser.parse_known_args(arguments)
    if "overrides" in options and not any(word.startswith("-") for word in rest):
        options.overrides += rest  # argparse takes only those that stand together
    elif rest:
        parser.error(
            f"unrecognized arguments: {' '.join(rest)}; a key of the config is set by training.epochs=5, say"
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a folder's name may have letters the terminal lacks
    # Figures are only written to files; a backend for windows or notebooks may not even be installed here.
    os.environ.pop("MPLBACKEND", None)
    # At the end Python searches all that is left for cycles, which takes time once Matplotlib is imported; but
    # it goes with the process anyway.
    atexit.register(gc.freeze)
    command: Callable[[argparse.Namespace], int | None] = options.command
    try:
        with warnings.catch_warnings(), failing.told():
            warnings.showwarning = _in_lines(options)
            code = command(options) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output has ended, as `| head` does; Python's own flush finds no pipe
        mute()
        return 4
    except KeyboardInterrupt as interrupted:
        kept = bool(getattr(interrupted, "__notes__", ()))
        with while_there_is_a_terminal():
            print(f"\n{str(interrupted) or 'interrupted'}{'' if kept else ': nothing was written'}", file=sys.stderr)
            _print_notes(interrupted)
        return 128 + (interrupted.number if isinstance(interrupted, Interrupted) else signal.SIGINT)
    except tuple(kind for kind, _ in EXIT_CODES) as error:
        said = str(error) or ("the memory is not enough" if isinstance(error, MemoryError) else type(error).__name__)
        with while_there_is_a_terminal():
            print(in_lines(printable(f"error: {in_options(said, options)}", keep="\n")), file=sys.stderr)
            _print_notes(error)
        return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
    return code


def _in_lines(options: argparse.Namespace) -> Callable[..., None]:
    """A function that shows Python's warnings once; with their place in a file, where that is not nnlite's."""
    shown = set()

    def show(message: Warning | str, category: object, filename: str, lineno: int, *_: object) -> None:
        place = "" if Path(filename).is_relative_to(_PACKAGE) else f" ({filename}, line {lineno})"
        said = printable(f"warning: {in_options(str(message), options)}{place}", keep="\n")
        if said not in shown:
            shown.add(said)
            print(in_lines(said), file=sys.stderr)

    return show


def _print_notes(error: BaseException) -> None:
    for note in getattr(error, "__notes__", ()):
        print(printable(note, keep="\n"), file=sys.stderr)  # whole: it may be a command to copy
