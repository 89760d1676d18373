"""A run folder is what a training run leaves behind; none is ever overwritten."""

import contextlib
import itertools
import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nnlite import environment, files, metrics, plots, storage, threads, toml
from nnlite.config import TrainingConfig
from nnlite.data import Splits
from nnlite.errors import ConfigError, DataError, RunError
from nnlite.evaluation import evaluate
from nnlite.history import History, monitored
from nnlite.trainer import Trainer
from nnlite.types import Array

HISTORY = "history.csv"
MODEL = "model.safetensors"

# JSON text, which stays as it is whatever brackets it holds, or else a list of numbers.
_TEXT_OR_NUMBERS = re.compile(r'("(?:[^"\\]|\\.)*")|\[([-+\d.e,\s]+)\]')


@contextlib.contextmanager
def new_folder(name: str, out: Path | None = None) -> Iterator[Path]:
    """A new run folder for the length of a run; if the run fails, it is as if it had never been.

    Args:
        name: of the config: the folder is runs/<name>, or runs/<name>-2 and so on if there is one.
        out: the folder itself, if the user wants it elsewhere; it must be new or empty.

    Raises:
        RunError: when the folder cannot be made or is not empty.
    """
    folder, made = _claim(name) if out is None else _claim_exactly(out)
    try:
        yield folder
    except BaseException:
        with _undisturbed(), contextlib.suppress(OSError):
            for file in folder.iterdir():
                file.unlink()
            for empty in made:  # but for a folder that somebody else uses too
                empty.rmdir()
        raise


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not stop what the first one began."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _claim(name: str) -> tuple[Path, list[Path]]:
    made = _make(Path("runs"))
    for number in itertools.count(1):
        folder = Path("runs", name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(
                f"cannot make the run folder {folder}: {error.strerror}; name another with --out"
            ) from None
        return folder, [folder, *made]
    raise AssertionError("there is always a next number")


def _claim_exactly(out: Path) -> tuple[Path, list[Path]]:
    made = _make(out)
    if any(out.iterdir()):
        raise RunError(f"the run folder {out} is not empty; a run is never overwritten, so name a new one")
    if not os.access(out, os.W_OK):
        raise RunError(f"the run folder {out} cannot be written; name another with --out")
    return out, made


def _make(folder: Path) -> list[Path]:
    """Makes the folder and its parents; returns those that were not there, innermost first."""
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the run folder {folder}: {error.strerror}; name another with --out") from None
    return missing


def write(folder: Path, settings: TrainingConfig, splits: Splits, trainer: Trainer) -> dict[str, Any]:
    """Everything that a finished run leaves in its folder; returns what `metrics.json` says."""
    with threads.limited(trainer.thread_count):  # the figures' last digits are the run's too
        predicted = np.empty(0) if splits.test is None else trainer.model.predict(splits.test.x)
        figures = _figures(trainer, splits, predicted)
    files.write(folder / "config.toml", settings.to_toml())
    files.write(folder / HISTORY, trainer.history.to_csv())
    names = {"classes": splits.train.classes, "feature_names": splits.train.feature_names}
    storage.save(trainer.model, folder / MODEL, **names)
    used = environment.describe(settings.seed, splits, trainer.thread_count)
    files.write(folder / "environment.json", as_json(used))
    plots.save(picture := plots.curves({settings.name: trainer.history}), folder / "loss.svg")
    plots.save(picture, folder / "loss.png")
    title = f"{settings.name}, test rows"
    if (filters := plots.filters(trainer.model, settings.name)) is not None:
        plots.save(filters, folder / "filters.svg")
    if splits.test is not None and "confusion" in figures["test"]:
        matrix, classes = np.array(figures["test"]["confusion"]), splits.train.classes or ()
        plots.save(plots.confusion(matrix, classes, title), folder / "confusion.svg")
        if (shape := plots.image_shape(trainer.model)) is not None:
            images = splits.test.x.reshape(-1, *shape)
            plots.save(plots.mistakes(images, splits.test.y, predicted, classes, title), folder / "mistakes.svg")
    if splits.test is not None and trainer.model.network.criterion.task == "regression":
        plots.save(plots.predictions(splits.test.y, predicted, title), folder / "predictions.svg")
    files.write(folder / "metrics.json", as_json(figures))
    return figures


def _figures(trainer: Trainer, splits: Splits, predicted: Array) -> dict[str, Any]:
    """The final figures on each part of the data; on the test part in full."""
    figures: dict[str, Any] = {}
    if splits.test is not None:
        figures["test"] = evaluate(trainer.model, splits.test)
        if splits.test.classes is not None and splits.test.y.ndim == 1:
            found = predicted.argmax(axis=1)
            figures["test"] |= metrics.per_class(splits.test.y, found, splits.test.classes)
    if splits.validation is not None:
        figures["validation"] = evaluate(trainer.model, splits.validation)
    figures["best_epoch"] = trainer.history.best_epoch
    if trainer.ended_early:
        figures["ended_early"] = trainer.ended_early
    return figures


def read_history(run: Path) -> History:
    """The history in a run folder; raises `RunError`."""
    path = run / HISTORY
    try:
        history = History.from_csv(path.read_text(encoding="utf-8"))
        history.monitor = _monitor(run, history)
        return history
    except OSError as error:
        raise RunError(f"{run} is not a run folder: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RunError(f"{path}: the file is not UTF-8 text, so not a history") from None
    except DataError as error:
        raise RunError(f"{path}: {error}") from None


def _monitor(run: Path, history: History) -> str | None:
    """What early stopping looked at, if the run's config names a figure."""
    try:
        monitor = toml.parse((run / "config.toml").read_bytes()).get("early_stopping", {}).get("monitor")
        return None if monitor is None else monitored(monitor, history.columns)
    except (OSError, ConfigError, AttributeError):
        return None  # the curves can be drawn without


def as_json(document: Any) -> str:
    """The document as JSON that people can read too: a row of numbers on one line."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _TEXT_OR_NUMBERS.sub(lambda found: found[1] or f"[{' '.join(found[2].split())}]", text) + "\n"
