"""The commands of the command line: each calls what does it, and prints what came out."""

import argparse
import contextlib
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nnlite.cli.terminal import Progress, shown, tell_to_wait
from nnlite.errors import RunError
from nnlite.runs import lock
from nnlite.runs.signals import Signals
from nnlite.saving import files

if TYPE_CHECKING:
    from nnlite.config.training_config import TrainingConfig
    from nnlite.data import Splits


def schema(options: argparse.Namespace) -> None:
    """Prints the JSON Schema of config files."""
    from nnlite.config.schema import json_schema
    from nnlite.plugins.registry import Registry

    print(json_schema(Registry(options.plugins)), end="")


def check(options: argparse.Namespace) -> int:
    """Runs every check on every layer of a file, and prints a table."""
    from nnlite.testing import check_file
    from nnlite.testing.check_file import table

    reports = check_file(options.target)
    print(table(reports))
    return 1 if any(report.failures for report in reports) else 0


def plot(options: argparse.Namespace) -> None:
    """Draws the curves of one run, or of several over each other."""
    from nnlite import plots
    from nnlite.runs import results

    _check_picture(options.output)
    histories = {str(run): results.read_history(run) for run in options.runs}
    plots.save(plots.curves(histories), options.output)
    print(options.output)


def _check_picture(output: Path) -> None:
    if output.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise RunError(f"{output} does not end in .svg, .png or .pdf: the ending chooses the format")
    files.check_writable(output)


def lr_find(options: argparse.Namespace) -> None:
    """Suggests a learning rate for a config, and draws why."""
    from nnlite import plots
    from nnlite.config import training_config as config
    from nnlite.training.learning_rate_finder import range_test

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
    from nnlite import threads
    from nnlite.runs import folder as run_folder
    from nnlite.runs import same_run
    from nnlite.runs.run import Run
    from nnlite.saving import checkpoint
    from nnlite.saving import model_file as storage

    with Signals(tell_to_wait) as signals, contextlib.ExitStack() as stack:
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
            gc.freeze()  # what was imported stays, so searches for cycles need not go through it
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
        with Progress(trainer.epochs, len(trainer.history)) as progress:
            run.train(progress.step, progress.epoch)
        if trainer.ended_early:
            print(trainer.ended_early, file=sys.stderr)
        figures = run.finish()
        written = sorted(file.name for file in folder.iterdir() if file.name != lock.NAME)
    for name, figure in figures.get("test", {}).items():
        if isinstance(figure, float):  # the rest are tables
            print(f"test {name} {shown(figure)}")
    print(f"{folder}: {', '.join(written)}")


def _asked(options: argparse.Namespace) -> tuple["TrainingConfig", Path | None]:
    """The config to train, and the folder of the run to go on with, if there is one."""
    from nnlite.config import training_config as config
    from nnlite.runs import folder as run_folder
    from nnlite.runs import same_run

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
    from nnlite.runs import verify as verifying

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
