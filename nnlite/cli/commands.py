"""The commands of the command line: each calls the function that does the work, and prints the result."""

import argparse
import gc
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlite import files
from nnlite.cli.terminal import BestEpoch, MemberLine, in_lines, tell_to_wait
from nnlite.errors import ConfigError, DataError, RunError
from nnlite.runs import lock
from nnlite.runs.figures import figures_in_lines, notes
from nnlite.runs.signals import Signals
from nnlite.text import counted, printable
from nnlite.training import progress_bar
from nnlite.training.callbacks import Callback
from nnlite.training.progress_bar import ProgressBar
from nnlite.training.progress_lines import MOST_LINES, ProgressLines

if TYPE_CHECKING:
    from nnlite.config.training_config import TrainingConfig
    from nnlite.data import Splits
    from nnlite.runs.folder import RunFolder
    from nnlite.runs.run import Run
    from nnlite.runs.verify import Verdict


def schema(options: argparse.Namespace) -> None:
    """Prints the JSON Schema of config files."""
    from nnlite.config.schema import json_schema
    from nnlite.plugins.registry import Registry

    print(json_schema(Registry(options.plugins)), end="")


def check(options: argparse.Namespace) -> int:
    """Runs every check on all that a file defines, and prints a table."""
    from nnlite.testing import check_file
    from nnlite.testing.reports import table

    reports = check_file(options.target)
    print(table(reports))
    return 1 if any(report.failures for report in reports) else 0


def new(options: argparse.Namespace) -> None:
    """Writes a file with a layer, or another kind, to begin with, and says what to do with it."""
    from nnlite.testing.new import next_steps, write_new

    path = write_new(options.kind, options.name, options.out)
    print(printable(next_steps(options.kind, options.name, path), keep="\n"))


def plot(options: argparse.Namespace) -> None:
    """Draws the curves of one run, or of several over each other."""
    from nnlite import plots
    from nnlite.runs.folder import RunFolder

    check_figure(options.output)
    found = {str(run): RunFolder(run).read_histories() for run in options.runs}
    histories = {
        (run if len(of_run) == 1 else member if len(found) == 1 else f"{run}, {member}"): history
        for run, of_run in found.items()
        for member, history in of_run.items()
    }
    plots.import_quickly()
    plots.save(plots.curves(histories), options.output)
    print(printable(options.output))


def report(options: argparse.Namespace) -> None:
    """Writes the report and the pictures of a finished run anew."""
    from nnlite import plots
    from nnlite.runs import reporting
    from nnlite.runs.folder import RunFolder

    folder = RunFolder(options.run)
    folder.check_begun()
    plots.import_quickly()
    if said := reporting.again(folder):
        _warn(said)
    print(printable(folder.path / reporting.NAME))


def check_figure(output: Path) -> None:
    """Raises `RunError` unless a picture can be written there."""
    if output.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise RunError(f"{output} does not end in .svg, .png or .pdf: the ending chooses the format")
    files.check_writable(output)


def lr_find(options: argparse.Namespace) -> None:
    """Suggests a learning rate for a config, and draws the losses that suggest it."""
    from nnlite import plots
    from nnlite.config import training_config
    from nnlite.training.learning_rate_finder import range_test

    check_figure(options.output)
    config = training_config.load(options.config, options.overrides)
    splits, trainer = config.build()
    found = range_test(trainer, splits.train)
    plots.import_quickly()
    plots.save(plots.range_test(found.rates, found.losses, found.suggestion, config.name), options.output)
    print(f"suggested: optimizer.learning_rate={found.suggestion:g}")
    print(printable(options.output))


def train(options: argparse.Namespace) -> None:
    """Trains a config's model and writes the run folder; or goes on with a run that was interrupted."""
    from nnlite.runs import results, start

    if not gc.get_freeze_count():  # once per process, or the garbage of earlier runs would never be collected
        gc.freeze()  # what was imported stays, so searches for cycles need not go through it
    with Signals(tell_to_wait) as signals:
        config, folder = _asked(options)
        with start.run_of(config, folder, options.out, signals, _warn) as run:
            if run is None:
                print(printable(f"{folder}: this run is finished"))
                return
            if folder is not None and not options.quiet:
                print(printable(f"{folder}: going on from {run.resumed_from or 'the beginning'}"))
            figures = _trained(run, quiet=options.quiet)
            written = sorted(file.name for file in run.folder.path.iterdir() if file.name != lock.NAME)
    if options.quiet:
        for line in (*figures_in_lines(figures.get("test", {}), "test "), *_outlying_rows(figures)):
            print(in_lines(printable(line)))
        print(in_lines(printable(f"{run.folder}: {', '.join(written)}")))
    else:
        print("\n".join(_ending(run, figures)))
    if undefined := results.undefined(figures, run.trainer.metrics):
        raise DataError(undefined)


def _ending(run: "Run", figures: Mapping[str, Any]) -> list[str]:
    """The lines at the end of a run."""
    from nnlite.cli.ending import ending
    from nnlite.runs import findings, reporting

    return ending(
        list(run.histories.values()),
        run.trainer.ended_early if run.config.members == 1 else "",
        figures,
        findings.read(run.folder),
        [*notes(figures.get("test", {}), "test "), *_outlying_rows(figures)],
        str(report if (report := run.folder.path / reporting.NAME).exists() else run.folder),
        best_kept=run.trainer.early_stopping is not None,
    )


def _outlying_rows(figures: Mapping[str, Any]) -> Iterator[str]:
    """A line for the test rows, and one for the validation rows, where a few of them decide about their loss."""
    from nnlite.runs import outlying

    for part in ("test", "validation"):
        if rows := figures.get(part, {}).get("outlying_rows"):
            yield outlying.in_words(part, figures[part]["loss"], rows)


def _trained(run: "Run", *, quiet: bool) -> dict[str, Any]:
    """Trains a run to its end, and says how it goes; returns the final figures."""
    from nnlite import plots

    trainer = run.trainer
    if not quiet:
        for line in _data_in_words(run.splits):
            print(in_lines(printable(line)))
        print(f"\n{trainer.model.summary()}\n", flush=True)
        if trainer.model.taken is not None:
            print(in_lines(printable(f"{trainer.model.taken}")), flush=True)
    else:
        for line in list(_data_in_words(run.splits))[1:]:
            _warn(line.removeprefix("! "))
    if (taken := trainer.thread_count) < trainer.threads_wanted:
        said = (
            f"trains on {taken} of {trainer.threads_wanted} threads, as many as it was given: the last bits of the "
            "weights are others than on more"
        )
        print(in_lines(said), file=sys.stderr)
    bar = progress_bar.possible()
    members = run.config.members
    callbacks: list[Callback] = [ProgressBar() if bar else ProgressLines(MOST_LINES // members)]
    if members > 1:
        callbacks = [MemberLine(lambda: f"member {run.member + 1} of {members}"), *callbacks, BestEpoch()]
    run.train([] if quiet else callbacks)
    if run.config.pictures:
        plots.import_quickly()
    return run.finish()


def _warn(said: str) -> None:
    print(in_lines(printable(f"warning: {said}", keep="\n")), file=sys.stderr)


def _asked(options: argparse.Namespace) -> tuple["TrainingConfig", "RunFolder | None"]:
    """The config to train, and the folder of the run to go on with, if there is one.

    `--resume` may stand before a run folder, before a config, or alone, and overrides may come anywhere between:

        CONFIG --resume [key=value …]       the latest run of the config's name, or a new one
        --resume CONFIG [key=value …]       the same
        --resume RUN [key=value …]          the run in this folder, with its own config
        CONFIG --resume RUN                 the run in this folder, if that is its config

    In place of a config a data file may stand, of which one is made.
    """
    from nnlite.cli import own_tables
    from nnlite.config import own_table, training_config
    from nnlite.runs import start
    from nnlite.runs.folder import RunFolder

    path, resumed, overrides = options.config, options.resume, list(options.overrides)
    if resumed and "=" in resumed and not Path(resumed).exists():
        resumed, overrides = "", [resumed, *overrides]  # argparse took an override for the run
    if path is not None and resumed and "=" in path and not Path(path).exists():
        path, overrides = None, [path, *overrides]  # and here one for the config
    if path is None and resumed and Path(resumed).suffix == ".toml":
        path, resumed = resumed, ""
    if resumed:
        if options.out is not None:
            options.usage.error(f"--resume {resumed} goes on in its own folder; --out names that of a new run")
        folder = RunFolder(Path(resumed))
        folder.check_begun()
        return training_config.load(folder.config if path is None else path, overrides), folder
    if path is None:
        options.usage.error(
            "there is no CONFIG: name a TOML file, such as configs/digits.toml, or a data file, or --resume RUN"
        )
    if os.path.isdir(path):  # Path.is_dir() raises where a name is too long
        begun = (
            f"; with the run in it goes on: nnlite train --resume {shlex.quote(path)}"
            if RunFolder(Path(path)).begun
            else ""
        )
        raise ConfigError(f"{path} is a folder; name a config, a TOML file, or a data file with --target{begun}")
    if own_table.is_data(path):
        config = own_tables.made_from(options, path, overrides).checked()
    elif option := own_tables.first_option(options):
        options.usage.error(f"{option} goes with a data file; {path} is a config, which says such things in [data]")
    else:
        config = training_config.load(path, overrides)
    return config, None if resumed is None else start.unfinished(config, options.out)


def verify(options: argparse.Namespace) -> int:
    """Trains a run again and compares every epoch."""
    from nnlite.runs import verify as verifying

    def show(epoch: int, epochs: int) -> None:
        if sys.stderr is not None and sys.stderr.isatty():
            print(f"\repoch {epoch}/{epochs}", end="\n" if epoch == epochs else "", file=sys.stderr, flush=True)

    with Signals():
        verdict = verifying.verify(options.run, show)
    if not verdict.differs:
        print(f"identical: {counted(verdict.epochs, 'epoch')}, sha256 {verdict.sha256}")
        return 0
    for line in _differences_in_lines(verdict):
        print(in_lines(printable(line)))
    return 1


def _differences_in_lines(verdict: "Verdict") -> Iterator[str]:
    """Lines on where a run came out otherwise when it was trained again."""
    yield f"different: {verdict.differs}"
    if verdict.repeated:
        yield "every epoch came out as it was recorded: it is the file that was changed"
    if not (verdict.changes or verdict.repeated):
        yield (
            "the environment is the same, as far as it is recorded; does a layer of your own draw numbers from "
            "elsewhere than its rng?"
        )
    for change in verdict.changes:
        yield f"the environment is another: {change}"


def _data_in_words(splits: "Splits") -> Iterator[str]:
    """The sizes of the parts, in a line, and of a table what becomes of its columns."""
    from nnlite.cli.training_columns import columns_in_words

    parts = {"to train": splits.train, "to validate": splits.validation, "to test": splits.test}
    yield ", ".join(f"{counted(len(part), 'row')} {purpose}" for purpose, part in parts.items() if part is not None)
    if splits.train.table is not None:
        yield from columns_in_words(splits.train.table.encoder.columns)
