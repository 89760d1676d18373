"""The command `inspect`: prints what a model is, what it has learnt of its columns, and where it comes from."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nnlite.cli.terminal import in_lines
from nnlite.cli.using import loaded
from nnlite.runs.figures import figures_in_lines
from nnlite.text import counted, printable

if TYPE_CHECKING:
    from nnlite.core.predictor import Predictor
    from nnlite.core.sequential import Sequential
    from nnlite.tables import TableEncoder

_MOST_NAMES, _MOST_LINES = 50, 200


def inspect(options: argparse.Namespace) -> None:
    """Prints what a model is: its layers, its columns and their preprocessing, its classes, where it comes from."""
    from nnlite.saving import model_file, tensors

    predictor = loaded(options)
    file = model_file.file_of(options.model)
    _, description = tensors.read(file)
    size = file.stat().st_size
    print(
        in_lines(
            printable(
                f"{file}: written by nnlite {description['nnlite']}, format {description['format']}, {size:,} bytes"
            )
        )
    )
    print(f"\n{predictor.members[0].summary()}")
    if len(predictor.members) > 1:
        print(f"{len(predictor.members)} members of these layers, whose mean is predicted")
    for line in _names_in_lines(predictor):
        print(in_lines(printable(line)))
    if Path(options.model).is_dir():
        for line in _provenance(Path(options.model)):
            print(in_lines(printable(line)))


def _names_in_lines(predictor: "Predictor") -> Iterator[str]:
    """Lines on the classes and the columns of a model."""
    if predictor.classes is not None:
        names = [str(name) for name in predictor.classes.tolist()]
        shown = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
        yield ""
        yield (f"{counted(len(names), 'class', 'classes')}: {shown}")
    reader = predictor.table
    if reader is not None:
        encoder = reader.encoder
        yield ""
        header = "columns by name" if encoder.named else "columns by place, without a header"
        yield (
            f"predicts {reader.target!r} of tables: "
            f"{counted(len(encoder.columns), 'column becomes', 'columns become')} "
            f"{counted(len(encoder.names), 'number')}; {header}"
        )
        lines = list(_columns_in_lines(predictor.members[0], encoder))
        yield from lines[:_MOST_LINES]
        if len(lines) > _MOST_LINES:
            yield f"  … and {counted(len(lines) - _MOST_LINES, 'more line')}"
    elif predictor.feature_names is not None:
        names = list(predictor.feature_names)
        yield ""
        yield (
            f"{counted(len(names), 'feature')}: "
            f"{', '.join(names[:_MOST_NAMES])}{', …' if len(names) > _MOST_NAMES else ''}"
        )


def _columns_in_lines(model: "Sequential", encoder: "TableEncoder") -> Iterator[str]:
    """For each column what it is and why, and what was learnt of it; of an ensemble by its first member."""
    scaled = dict(_scaling(model, encoder))
    for column, line in zip(encoder.columns, encoder.described().splitlines(), strict=True):
        yield f"  {line}"
        for name in encoder.of_numbers.get(column.name, ()):
            if name in scaled:
                own = "" if name == column.name else f"{name.removeprefix(column.name).strip()}: "
                yield f"    {own}{scaled[name]}"
        if column.categories:
            names = column.categories
            yield f"    {', '.join(names[:_MOST_NAMES])}{', …' if len(names) > _MOST_NAMES else ''}"


def _scaling(model: "Sequential", encoder: "TableEncoder") -> Iterator[tuple[str, str]]:
    """For each number that columns become what the first layer does with it."""
    from nnlite.layers import Columns

    first = model.layers[0]
    if not isinstance(first, Columns):
        return
    learnt = (first.statistics[name].tolist() for name in ("fill", "mean", "gain"))
    for name, fill, mean, gain in zip(
        encoder.names[: encoder.numbers], *(each[: encoder.numbers] for each in learnt), strict=True
    ):
        if not gain:
            yield name, f"always {fill:.6g} in training: not used"
        elif first.numbers == "standard":
            yield name, f"missing becomes {fill:.6g}; mean {mean:.6g}, deviation {1 / gain:.6g}"
        else:
            yield name, f"missing becomes {fill:.6g}"


def _provenance(path: Path) -> Iterator[str]:
    """Lines on the run that the model comes from."""
    from nnlite.runs.folder import RunFolder

    folder = RunFolder(path)
    config, made = folder.read_config(), folder.read_environment()
    section = config.document["data"]
    rows = ", ".join(f"{count:,} {part}" for part, count in made["rows"].items() if count)
    yield ""
    yield f"run {config.name}, seed {config.seed}: {section.get('path') or section['source']} ({rows} rows)"
    packages = made["packages"]
    libraries = f"nnlite {made['nnlite']}, NumPy {packages['numpy']}, Python {made['python']}"
    yield f"trained with {libraries} on {made['platform']}"
    yield f"data SHA-256 {made['data_sha256']}"
    if folder.finished:
        yield from figures_in_lines(folder.read_metrics().get("test", {}), "test ")
    else:
        yield "the run is not finished"
