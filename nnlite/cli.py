"""The command line: words to calls, and all printing.

Exit codes: 0 done; 1 `check` found something wrong, or `verify` a difference; 2 a wrong command line, config or
model, or a Python warning that was to be an error; 3 data that cannot be read or used, or that is not that of the
run; 4 a run folder, picture or model file that cannot be read or written, a run that another process trains, or
nowhere to print to; 5 training diverged; 129 the terminal was closed, 130 Ctrl-C, 143 it was told to end (SIGTERM).
"""

import argparse
import atexit
import contextlib
import errno
import gc
import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nnlite import __version__, files, lock
from nnlite.errors import (
    DataError,
    DivergenceError,
    ModelFileError,
    NnliteError,
    RunError,
)
from nnlite.signals import Interrupted, Signals

if TYPE_CHECKING:
    from nnlite.config import TrainingConfig
    from nnlite.data import Splits

EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (DataError, 3),
    (RunError, 4),
    (ModelFileError, 4),
    (OSError, 4),
    (DivergenceError, 5),
    (NnliteError, 2),
    (MemoryError, 2),
    (Warning, 2),  # only where Python was told to raise them
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Errors that a user can cause are told in a few lines."""
    parser = _parser()
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
    # Pictures are only written to files; a backend for windows or notebooks may not even be installed here.
    os.environ.pop("MPLBACKEND", None)
    # At the end Python searches all that is left for cycles, a tenth of a second after scikit-learn and Matplotlib
    # were imported; but it goes with the process anyway.
    atexit.register(gc.freeze)
    command: Callable[[argparse.Namespace], int | None] = options.command
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _in_lines()
            code = command(options) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has gone, as `| head` does; let Python's own flush find no pipe
        _mute()
        return 4
    except KeyboardInterrupt as interrupted:
        kept = bool(getattr(interrupted, "__notes__", ()))
        with _while_there_is_a_terminal():
            print(f"\n{str(interrupted) or 'interrupted'}{'' if kept else ': nothing was written'}", file=sys.stderr)
            _print_notes(interrupted)
        return 128 + (interrupted.number if isinstance(interrupted, Interrupted) else signal.SIGINT)
    except tuple(kind for kind, _ in EXIT_CODES) as error:
        said = str(error) or ("the memory is not enough" if isinstance(error, MemoryError) else type(error).__name__)
        with _while_there_is_a_terminal():
            print(f"error: {said}", file=sys.stderr)
            _print_notes(error)
        return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
    return code


@contextlib.contextmanager
def _while_there_is_a_terminal() -> Iterator[None]:
    """What is printed to a terminal that was closed is lost, and no error; the signal that says so is for others."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        _mute()


def _mute() -> None:
    """Lets whatever is still printed go nowhere, Python's own last flush too."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _in_lines() -> Callable[..., None]:
    """A function that shows Python's warnings, of a layer of the user's most likely, as a line each, once."""
    shown = set()

    def show(message: Warning | str, category: object, filename: str, lineno: int, *_: object) -> None:
        line = f"warning: {message} ({filename}, line {lineno})"
        if line not in shown:
            shown.add(line)
            print(line, file=sys.stderr)

    return show


def _tell_to_wait() -> None:
    """Says at the first signal what is waited for; past Python's streams, which may be in the middle of a line."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # there is no terminal, or no more
        os.write(sys.stderr.fileno(), b"\nfinishing the step, to write a checkpoint; Ctrl-C again leaves at once\n")


def _print_notes(error: BaseException) -> None:
    for note in getattr(error, "__notes__", ()):
        print(note, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nnlite",
        description="Train small neural networks from config files.",
        epilog="Exit codes: " + (__doc__ or "").partition("Exit codes: ")[2].strip(),
    )
    parser.add_argument("--version", action="version", version=f"nnlite {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    train_command = commands.add_parser("train", help="train the model of a config file", description=(
        "Trains the model that a config file describes, evaluates it on the test part of the data, and writes "
        "a run folder: the model, its figures, its pictures."
    ))  # fmt: skip
    train_command.add_argument(
        "config",
        metavar="CONFIG",
        nargs="?",
        help="a TOML file, such as configs/digits.toml; the run's own with --resume RUN",
    )
    train_command.add_argument(
        "overrides", metavar="KEY=VALUE", nargs="*", default=[], help="sets a key of the config: training.epochs=10"
    )
    train_command.add_argument(
        "--out", metavar="DIR", type=Path, help="the run folder, new or empty (default: runs/<name of the config>)"
    )
    train_command.add_argument("--resume", metavar="RUN", nargs="?", const="", help=(
        "go on with this run, which was interrupted; without RUN with the latest of the config's name, or begin one"
    ))  # fmt: skip
    train_command.set_defaults(command=train, usage=train_command)

    verify_command = commands.add_parser("verify", help="train a run again, and compare every epoch", description=(
        "Trains a run again from its config, in memory, and compares the weights at the end of every epoch with "
        "those of the run, to the last bit."
    ))  # fmt: skip
    verify_command.add_argument("run", metavar="RUN", type=Path, help="a run folder, such as runs/digits")
    verify_command.set_defaults(command=verify)

    find_command = commands.add_parser("lr-find", help="suggest a learning rate for a config file", description=(
        "Trains the model that a config file describes for a few hundred steps at ever higher learning rates, draws "
        "the loss over the rate, and suggests a rate. It leaves nothing but the picture."
    ))  # fmt: skip
    find_command.add_argument("config", metavar="CONFIG", type=Path, help="a TOML file, such as configs/digits.toml")
    find_command.add_argument(
        "overrides", metavar="KEY=VALUE", nargs="*", default=[], help="sets a key of the config: optimizer.momentum=0"
    )
    _add_output(find_command, "learning_rate.svg")
    find_command.set_defaults(command=lr_find)

    plot_command = commands.add_parser("plot", help="draw the curves of runs, several over each other")
    plot_command.add_argument("runs", metavar="RUN", type=Path, nargs="+", help="a run folder, such as runs/digits")
    _add_output(plot_command, "curves.svg")
    plot_command.set_defaults(command=plot)

    check_command = commands.add_parser(
        "check", help="check the layers in a Python file: gradients, shapes, contract"
    )
    check_command.add_argument("target", metavar="FILE_OR_MODULE", help="my_layers.py, or a module's dotted name")
    check_command.set_defaults(command=check)

    schema_command = commands.add_parser("schema", help="print the JSON Schema of config files, for editors")
    schema_command.add_argument(
        "plugins", metavar="PLUGIN", nargs="*", help="Python files whose layers the schema shall know too"
    )
    schema_command.set_defaults(command=schema)
    return parser


def _add_output(command: argparse.ArgumentParser, default: str) -> None:
    words = f"the picture, .svg, .png or .pdf (default: {default})"
    command.add_argument("-o", "--output", metavar="FILE", type=Path, default=Path(default), help=words)


def schema(options: argparse.Namespace) -> None:
    """Prints the JSON Schema of config files."""
    from nnlite.registry import Registry
    from nnlite.schema import json_schema

    print(json_schema(Registry(options.plugins)), end="")


def check(options: argparse.Namespace) -> int:
    """Runs every check on every layer of a file, and prints a table."""
    from nnlite.testing import check_file
    from nnlite.testing.files import table

    reports = check_file(options.target)
    print(table(reports))
    return 1 if any(report.failures for report in reports) else 0


def plot(options: argparse.Namespace) -> None:
    """Draws the curves of one run, or of several over each other."""
    from nnlite import plots, runs

    _check_picture(options.output)
    histories = {str(run): runs.read_history(run) for run in options.runs}
    plots.save(plots.curves(histories), options.output)
    print(options.output)


def _check_picture(output: Path) -> None:
    if output.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise RunError(f"{output} does not end in .svg, .png or .pdf: the ending chooses the format")
    files.check_writable(output)


def lr_find(options: argparse.Namespace) -> None:
    """Suggests a learning rate for a config, and draws why."""
    from nnlite import config, plots
    from nnlite.range_test import range_test

    _check_picture(options.output)
    settings = config.load(options.config, options.overrides)
    splits = settings.load_data()
    trainer = settings.build_trainer(settings.build_model(splits.train.x.shape[1:]))
    found = range_test(trainer, splits.train)
    plots.save(plots.range_test(found.rates, found.losses, found.suggestion, settings.name), options.output)
    print(f"suggested: optimizer.learning_rate={found.suggestion:g}")
    print(options.output)


def train(options: argparse.Namespace) -> None:
    """Trains a config's model and writes the run folder; or goes on with a run that was interrupted."""
    from nnlite import checkpoint, run_folder, same_run, storage, threads
    from nnlite.run import Run

    with Signals(_tell_to_wait) as signals, contextlib.ExitStack() as stack:
        settings, folder = _asked(options)
        found = None
        if folder is not None and not run_folder.finished(folder):
            stack.enter_context(run_folder.existing(folder))
        if folder is not None and run_folder.finished(folder):  # by now; another process may have had it
            same_run.check_same_config(folder, settings, None)
            with contextlib.suppress(RunError, OSError), run_folder.existing(folder):  # it may be read-only
                checkpoint.clear(folder)  # the process may have been killed before it could
            print(f"{folder}: this run is finished")
            return
        if folder is not None:
            found = run_folder.newest_checkpoint(folder, lambda said: print(f"warning: {said}", file=sys.stderr))
            same_run.check_same_config(folder, settings, found)
        splits = settings.load_data()
        if not gc.get_freeze_count():  # once: what a run leaves behind, in a process of many, must not stay
            gc.freeze()  # scikit-learn stays, so searches for cycles need not go through it
        trainer = settings.build_trainer(settings.build_model(splits.train.x.shape[1:]))
        trainer.check(splits.train, splits.validation)  # what does not fit is told before there is a folder
        names = {"classes": splits.train.classes, "feature_names": splits.train.feature_names}
        storage.check_can_be_saved(trainer.model, **names)
        if folder is None:
            folder = stack.enter_context(run_folder.new(settings.name, options.out))
            run = Run(folder, settings, splits, trainer, signals)
            run.begin()
        else:
            run = Run(folder, settings, splits, trainer, signals)
            for change in run.go_on(found):
                print(
                    f"warning: the run was begun elsewhere, which may change its weights: {change}", file=sys.stderr
                )
            print(f"{folder}: going on from {found.path.name if found else 'the beginning'}")
        print(_told(splits))
        print(f"\n{trainer.model.summary()}\n", flush=True)
        if threads.crowded(trainer.thread_count):
            print(
                f"{trainer.thread_count} threads have fewer cores here, and wait for each other: training.threads=1 "
                "may be many times faster, with other last bits",
                file=sys.stderr,
            )
        with _Progress(trainer.epochs, len(trainer.history)) as progress:
            run.train(progress.step, progress.epoch)
        if trainer.ended_early:
            print(trainer.ended_early, file=sys.stderr)
        figures = run.finish()
        written = sorted(file.name for file in folder.iterdir() if file.name != lock.NAME)
    for name, figure in figures.get("test", {}).items():
        if isinstance(figure, float):  # the rest are tables
            print(f"test {name} {_shown(figure)}")
    print(f"{folder}: {', '.join(written)}")


def _asked(options: argparse.Namespace) -> tuple["TrainingConfig", Path | None]:
    """The config to train, and the folder of the run to go on with, if there is one."""
    from nnlite import config, run_folder, same_run

    path, resumed, changes = options.config, options.resume, list(options.overrides)
    if resumed and "=" in resumed and not Path(resumed).exists():
        resumed, changes = "", [resumed, *changes]  # CONFIG --resume key=value
    if path is not None and resumed and "=" in path and not Path(path).exists():
        path, changes = None, [path, *changes]  # --resume RUN key=value
    if path is None and resumed and Path(resumed).suffix == ".toml":
        path, resumed = resumed, ""  # --resume CONFIG
    if resumed:
        if options.out is not None:
            options.usage.error(f"--resume {resumed} goes on in its own folder; --out names that of a new run")
        run_folder.check_begun(folder := Path(resumed))
        return config.load(folder / run_folder.CONFIG if path is None else path, changes), folder
    if path is None:
        options.usage.error("there is no CONFIG: name a TOML file, such as configs/digits.toml, or --resume RUN")
    settings = config.load(path, changes)
    if resumed is None:
        return settings, None
    if options.out is not None:
        return settings, options.out if run_folder.begun(options.out) else None
    latest = run_folder.latest(settings.name)
    if latest is not None and run_folder.finished(latest) and same_run.config_changes(latest, settings):
        return settings, None  # it was another training
    return settings, latest


def verify(options: argparse.Namespace) -> int:
    """Trains a run again and compares every epoch."""
    from nnlite import verifying

    def show(epoch: int, epochs: int) -> None:
        if sys.stderr is not None and sys.stderr.isatty():
            print(f"\repoch {epoch}/{epochs}", end="\n" if epoch == epochs else "", file=sys.stderr, flush=True)

    with Signals():
        verdict = verifying.verify(options.run, show)
    if not verdict.differs:
        print(f"identical: {verdict.epochs} epoch{'s' * (verdict.epochs > 1)}, sha256 {verdict.sha256}")
        return 0
    print(f"different: {verdict.differs}")
    if verdict.repeated:
        print("every epoch came out as it was recorded: it is the file that was changed")
    if not (verdict.changes or verdict.repeated):
        print("the environment is the same; does a layer of your own draw numbers from elsewhere than its rng?")
    for change in verdict.changes:
        print(f"the environment is another: {change}")
    return 1


def _told(splits: "Splits") -> str:
    """The sizes of the parts, in a line."""
    parts = {"to train": splits.train, "to validate": splits.validation, "to test": splits.test}
    return ", ".join(f"{len(part)} rows {purpose}" for purpose, part in parts.items() if part is not None)


def _shown(figure: float) -> str:
    """A figure with four decimals, or four digits where those would be too few or far too many."""
    return f"{figure:.4f}" if figure == 0 or 1e-3 <= abs(figure) < 1e5 else f"{figure:.4g}"


class _Progress:
    """How far training is: a bar on a terminal, a line for each epoch elsewhere; on standard error."""

    def __init__(self, epochs: int, done: int = 0) -> None:
        self.epochs, self.done = epochs, done
        self.bar: Any = None
        self.on_terminal = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            with _while_there_is_a_terminal():
                self.bar.close()

    def step(self, step: int, steps: int) -> None:
        """After a step."""
        if self.on_terminal:
            if self.bar is None:
                from tqdm import tqdm

                before = self.done * steps + step - 1
                self.bar = tqdm(initial=before, total=self.epochs * steps, unit="step", dynamic_ncols=True)
            with _while_there_is_a_terminal():
                self.bar.update()

    @_while_there_is_a_terminal()
    def epoch(self, row: dict[str, float]) -> None:
        """After an epoch."""
        if self.bar is not None:
            self.bar.set_description(f"epoch {row['epoch']}/{self.epochs}", refresh=False)
            shown = {
                name: f"{row[f'{name}_loss']:.4f}" for name in ("training", "validation") if f"{name}_loss" in row
            }
            self.bar.set_postfix(shown, refresh=False)
        else:
            figures = ", ".join(
                f"{name.replace('_', ' ')} {_shown(figure)}"
                for name, figure in row.items()
                if name.startswith(("training_", "validation_"))
            )
            print(f"epoch {row['epoch']}/{self.epochs}: {figures}", file=sys.stderr)
