"""The commands `predict`, which writes a model's answers, and `evaluate`, which prints how good they are."""

import argparse
import csv
import io
import math
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from nnlite.cli.terminal import in_lines
from nnlite.errors import ConfigError, DataError, RunError
from nnlite.runs.figures import UNDEFINED, figures_in_lines
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.core.predictor import Predictor
    from nnlite.metrics.metric import Metric
    from nnlite.tables.table import Cells

Columns = list[list[str]]
"""Columns of texts, of one length."""

_DIGITS = "%.7g"  # more is noise in float32


def predict(options: argparse.Namespace) -> None:
    """Writes a row for each row of a file: its class and the probability of each class, or its number, as CSV."""
    from nnlite import files

    if options.output is not None:
        for read in (Path(options.data), Path(options.model)):
            if options.output.resolve() in (read.resolve(), (read / "model.safetensors").resolve()):
                raise RunError(f"-o {options.output} is what is read: it would be lost; name another file")
    predictor = loaded(options)
    keep = [name for names in options.keep or () for name in next(csv.reader([names]), [])]
    if Path(options.data).is_dir():
        if keep:
            raise ConfigError("--keep names columns of a table; the first column of pictures is their file's name")
        if predictor.table is not None:
            raise DataError(f"{options.data} is a folder; the model was trained on a table: give a data file")
        portions, keep = _of_pictures(predictor, options.data), ["file"]
    else:
        portions = _of_table(predictor, options.data, keep)
    heading = [*keep, *_headings(predictor)]
    if twice := [name for name in keep if heading.count(name) > 1]:
        raise ConfigError(f"--keep: the output would have two columns {twice[0]!r}; leave it out, or rename it")
    portions = chain([next(portions)], portions)  # most errors come before anything is written
    if options.output is None:
        if sys.stdout is None:
            raise RunError("there is nowhere to print to; name a file with -o")
        _write(sys.stdout, heading, portions)
        return
    with files.replaced(options.output) as binary:
        text = io.TextIOWrapper(binary, "utf-8", errors="backslashreplace", newline="")
        rows = _write(text, heading, portions)
        text.flush()
        text.detach()
    print(printable(f"{options.output}: {counted(rows, 'row')}"))


def _write(file: TextIO, heading: Sequence[str], portions: Iterator[Columns]) -> int:
    """Writes columns, portion by portion, as CSV; returns how many rows they have."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(heading)
    rows = 0
    for columns in portions:
        count = len(columns[0])
        text = "\n".join(map(",".join, zip(*columns, strict=True))) + "\n"
        marks = text.count(","), text.count("\n")
        if len(columns) > 1 and marks == (count * (len(columns) - 1), count) and '"' not in text and "\r" not in text:
            file.write(text)  # no cell needs quotes
        else:
            writer.writerows(zip(*columns, strict=True))
        rows += count
    return rows


def _of_table(predictor: "Predictor", path: str, keep: Sequence[str]) -> Iterator[Columns]:
    """The columns of the output for a table's file, a portion at a time."""
    from nnlite import threads

    with threads.limited(1):  # a portion of rows is too little for several to share
        for table, found in predictor.in_portions(path):
            yield [*map(_texts, table.only(keep).columns.values()), *_answers(predictor, found)]


def _texts(cells: "Cells") -> list[str]:
    """A column as it was read; numbers of a Parquet file as text."""
    from nnlite.tables.column import as_texts

    if not isinstance(cells, list):
        column = as_texts(cells)
        cells = [column.values[code] for code in column.codes.tolist()]
    return ["" if text is None else text for text in cells]


def _of_pictures(predictor: "Predictor", path: str) -> Iterator[Columns]:
    """The columns of the output for a folder of pictures, a portion at a time."""
    from nnlite.data.image_folder import picture_portions

    for names, x in picture_portions(path, predictor.model.input_shape):
        found = predictor.predict(x) if _of_numbers(predictor) else predictor.predict_proba(x)
        yield [names, *_answers(predictor, found)]


def _headings(predictor: "Predictor") -> list[str]:
    """The names of the columns with answers."""
    width = predictor.model.output_shape
    if _of_numbers(predictor):
        return ["prediction"] if width in ((), (1,)) else [f"prediction {place}" for place in range(width[0])]
    names = range(width[0]) if predictor.classes is None else predictor.classes.tolist()
    several = predictor.model.criterion is not None and predictor.model.criterion.task == "multi-label"
    predicted = [f"prediction {name}" for name in names] if several else ["prediction"]
    return [*predicted, *(f"probability {name}" for name in names)]


def _answers(predictor: "Predictor", found: Array) -> Columns:
    """The columns with answers, from probabilities or numbers."""
    numbers = found.reshape(len(found), -1)
    written = [[_DIGITS % number for number in column] for column in numbers.T.tolist()]
    if _of_numbers(predictor):
        return written
    answers = predictor.answers(found)
    return [*(list(map(str, column)) for column in answers.reshape(len(found), -1).T.tolist()), *written]


def _of_numbers(predictor: "Predictor") -> bool:
    return predictor.model.criterion is not None and predictor.model.criterion.task == "regression"


def evaluate(options: argparse.Namespace) -> None:
    """Prints the figures of a model on rows with targets, and how they compare with a baseline that is known."""
    from nnlite.runs import results
    from nnlite.runs.evaluating import evaluated, trained_on

    predictor = loaded(options)
    metrics = _metrics(options)
    found = evaluated(predictor, options.data, options.model, metrics)
    if trained_on(Path(options.model), options.data):
        said = (
            "the model was trained on rows of this file, so that it looks better than it is; its test rows' figures "
        )
        print(in_lines(f"warning: {said}are shown by inspect"), file=sys.stderr)
    if options.json:
        print(results.as_json(found), end="")
    else:
        for line in _evaluation(found):
            print(in_lines(printable(line)))
    if undefined := results.undefined({"test": found}, metrics):
        raise DataError(undefined.replace("test ", ""))


def _metrics(options: argparse.Namespace) -> "list[Metric]":
    """The metrics that are named, or else those of the config of a run folder."""
    from nnlite.config import toml
    from nnlite.config.check import checked_metrics
    from nnlite.plugins.registry import Registry
    from nnlite.runs.folder import RunFolder

    folder = RunFolder(Path(options.model))
    config = folder.read_config() if folder.begun else None
    if options.metric:
        registry = Registry() if config is None else config.registry
        return checked_metrics(list(map(toml.parse_value, options.metric)), "--metric", registry)
    return [] if config is None else config.metrics


def _evaluation(found: dict[str, Any]) -> Iterator[str]:
    rows = found["rows"]
    yield f"{counted(rows, 'row')} with a target"
    if left_out := found["rows_without_target"]:
        yield f"{counted(left_out, 'row')} without a target left out"
    yield from figures_in_lines(found)
    if "r2" in found and found["r2"] is None:
        yield f"r2 {UNDEFINED}: all rows have the same target"
    if tables := found.get("classes"):
        width = max(len(str(each["class"])) for each in tables)
        yield ""
        for each in tables:
            known = {name: each[name] for name in ("precision", "recall", "f1")}
            shown = ", ".join(
                f"{name} {UNDEFINED if math.isnan(figure) else f'{figure:.3f}'}" for name, figure in known.items()
            )
            yield f"  {each['class']!s:<{width}}  {shown}, {counted(each['rows'], 'row')}"


def loaded(options: argparse.Namespace) -> "Predictor":
    """The model that is named: a file, or a run folder, whose config may name plug-ins that it needs."""
    from nnlite.runs.folder import RunFolder
    from nnlite.saving import model_file

    path = Path(options.model)
    folder = RunFolder(path)
    predictor = model_file.load(path, plugins=folder.read_config().document["plugins"] if folder.begun else ())
    for name in ("delimiter", "encoding"):
        if (said := getattr(options, name, None)) is not None:
            if predictor.reader is None:
                raise ConfigError(f"--{name} says how a table's file is written; this model takes no tables")
            setattr(predictor.reader, name, said)
    return predictor
