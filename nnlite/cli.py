"""The command line: words to calls, and all printing.

Exit codes: 0 done; 1 `check` found something wrong; 2 a wrong command line, config or model; 3 data that cannot
be read or used; 4 a run folder, picture or model file that cannot be read or written, or nowhere to print to;
5 training diverged; 130 Ctrl-C.
"""

import argparse
import atexit
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nnlite import __version__, files
from nnlite.errors import (
    DataError,
    DivergenceError,
    ModelFileError,
    NnliteError,
    RunError,
)

if TYPE_CHECKING:
    from nnlite.data import Splits

EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (DataError, 3),
    (RunError, 4),
    (ModelFileError, 4),
    (OSError, 4),
    (DivergenceError, 5),
    (NnliteError, 2),
    (MemoryError, 2),
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
        code = command(options) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has gone, as `| head` does; let Python's own flush find no pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 4
    except KeyboardInterrupt:
        print("\ninterrupted: nothing was written", file=sys.stderr)
        return 130
    except tuple(kind for kind, _ in EXIT_CODES) as error:
        said = str(error) or ("the memory is not enough" if isinstance(error, MemoryError) else type(error).__name__)
        print(f"error: {said}", file=sys.stderr)
        return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
    return code


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
    train_command.add_argument("config", metavar="CONFIG", type=Path, help="a TOML file, such as configs/digits.toml")
    train_command.add_argument(
        "overrides", metavar="KEY=VALUE", nargs="*", default=[], help="sets a key of the config: training.epochs=10"
    )
    train_command.add_argument(
        "--out", metavar="DIR", type=Path, help="the run folder, new or empty (default: runs/<name of the config>)"
    )
    train_command.set_defaults(command=train)

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
    """Trains a config's model and writes the run folder."""
    from nnlite import config, runs, threads

    settings = config.load(options.config, options.overrides)
    splits = settings.load_data()
    gc.freeze()  # scikit-learn stays, so searches for cycles need not go through it whenever more is imported
    model = settings.build_model(splits.train.x.shape[1:])
    trainer = settings.build_trainer(model)
    trainer.check(splits.train, splits.validation)  # what does not fit is told before there is a folder
    with runs.new_folder(settings.name, options.out) as folder:
        print(_told(splits))
        print(f"\n{model.summary()}\n", flush=True)
        if threads.crowded(trainer.thread_count):
            print(
                f"{trainer.thread_count} threads have fewer cores here, and wait for each other: training.threads=1 "
                "may be many times faster, with other last bits",
                file=sys.stderr,
            )
        with _Progress(trainer.epochs) as progress:
            trainer.fit(splits.train, splits.validation, on_step=progress.step, on_epoch=progress.epoch)
        if trainer.ended_early:
            print(trainer.ended_early, file=sys.stderr)
        figures = runs.write(folder, settings, splits, trainer)
        written = sorted(file.name for file in folder.iterdir())
    for name, figure in figures.get("test", {}).items():
        if isinstance(figure, float):  # the rest are tables
            print(f"test {name} {_shown(figure)}")
    print(f"{folder}: {', '.join(written)}")


def _told(splits: "Splits") -> str:
    """The sizes of the parts, in a line."""
    parts = {"to train": splits.train, "to validate": splits.validation, "to test": splits.test}
    return ", ".join(f"{len(part)} rows {purpose}" for purpose, part in parts.items() if part is not None)


def _shown(figure: float) -> str:
    """A figure with four decimals, or four digits where those would be too few or far too many."""
    return f"{figure:.4f}" if figure == 0 or 1e-3 <= abs(figure) < 1e5 else f"{figure:.4g}"


class _Progress:
    """How far training is: a bar on a terminal, a line for each epoch elsewhere; on standard error."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.bar: Any = None
        self.on_terminal = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def step(self, step: int, steps: int) -> None:
        """After a step."""
        if self.on_terminal:
            if self.bar is None:
                from tqdm import tqdm

                self.bar = tqdm(total=self.epochs * steps, unit="step", dynamic_ncols=True)
            self.bar.update()

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
