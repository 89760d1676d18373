"""Runs of the command line in processes of their own, quickly made: each is a fork of one that has imported all."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    """
    nnlite.cli.command_line nnlite.runs.run nnlite.runs.verify scipy.optimize threadpoolctl safetensors.numpy
    matplotlib.figure matplotlib.backends.backend_svg
    """.split()
)


def start(folder: Path, arguments: Sequence[object], **options: Any) -> Any:
    """A process that runs the command line in the folder; `exitcode`, `kill` and `join` are multiprocessing's.

    What it prints comes to `stdout` and `stderr` in the folder.

    Args:
        folder: to run in.
        arguments: of the command line.
        options: of `_run`.
    """
    process = _CONTEXT.Process(target=_run, args=(str(folder), [str(each) for each in arguments]), kwargs=options)
    process.start()
    return process


def finish(folder: Path, arguments: Sequence[object], **options: Any) -> int:
    """Runs the command line to its end, whatever that is; returns the exit code, negative for a signal."""
    process = start(folder, arguments, **options)
    process.join()
    code: int = process.exitcode
    process.close()
    return code


def _run(folder: str, arguments: list[str], kill_at_step: int | None = None, pictures: bool = True) -> None:
    """In the new process: runs the command line, and kills it at the end of this step, counted from its beginning.

    A run that ends by itself writes how many steps it made to the file `steps`.
    """
    from nnlite import plots
    from nnlite.cli import command_line as cli
    from nnlite.runs.checkpoints import Checkpoints

    os.chdir(folder)
    for stream, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    if not pictures:
        plots.save = lambda picture, path: None  # type: ignore[assignment]
    steps, after_step = 0, Checkpoints.after_step

    def counted(self: Checkpoints, fit: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == kill_at_step:
            os.kill(os.getpid(), signal.SIGKILL)
        after_step(self, fit)

    Checkpoints.after_step = counted  # type: ignore[method-assign]
    code = cli.main(arguments)
    Path("steps").write_text(str(steps))
    sys.stdout.flush()
    os._exit(code)
