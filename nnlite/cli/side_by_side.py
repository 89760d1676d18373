"""The commands `runs`, a table of runs, and `compare`, which says how runs differ and whether that is chance."""

import argparse
import csv
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnlite.cli.terminal import in_lines
from nnlite.cli.wide_table import Column, in_blocks
from nnlite.text import counted, cut, printable, rounded

if TYPE_CHECKING:
    from nnlite.comparison.listed_run import ListedRun
    from nnlite.comparison.listing import Listing
    from nnlite.comparison.results import Comparable, Comparison

_NAME = 34  # characters of a run's folder in a table
_MOST_NOTES = 20
_FEW_KEYS = 4


def runs(options: argparse.Namespace) -> None:
    """Prints a table of the runs in some folders."""
    from nnlite.comparison.listing import listing
    from nnlite.runs import results
    from nnlite.runs.folder import RUNS

    found = listing(options.folders or [RUNS], options.sort)
    notes = sys.stdout
    if options.json:
        documents = [
            {**run.row(), "why": run.why, "figures": run.figures, "config": run.config} for run in found.runs
        ]
        print(results.as_json([_without(each, each["figures"]) for each in documents]), end="")
        notes = sys.stderr
    elif options.csv:
        rows = found.rows()
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _plain(value) for key, value in row.items()} for row in rows)
        notes = sys.stderr
    else:
        print("\n".join(in_blocks(list(_columns(found)))))
        print()
    for line in _notes(found):
        print(in_lines(printable(line)), file=notes)


def compare(options: argparse.Namespace) -> None:
    """Prints how runs differ, ranks them, tests whether they do on the same rows, and draws their curves."""
    from nnlite import plots
    from nnlite.cli.commands import check_figure
    from nnlite.comparison.comparing import compare as compared

    check_figure(options.output)
    found = compared(options.runs)
    for line in _comparison(found):
        print(line)
    plots.import_quickly()
    for number, comparable in enumerate((each for each in found.comparable if each.histories), start=1):
        output = options.output if number == 1 else options.output.with_stem(f"{options.output.stem}-{number}")
        several = len(comparable.histories) > 1
        ranked = f"ranked by {comparable.ranked_by.replace('_', ' ')}" if several else None
        plots.save(plots.curves(comparable.histories, title=ranked), output)
        print(in_lines(printable(output)))


def _comparison(found: "Comparison") -> Iterator[str]:
    for place, comparable in enumerate(found.comparable):
        if place:
            yield ""
        yield from _ranking(comparable)
    if found.said:
        yield ""
        yield from (in_lines(printable(said)) for said in found.said)


def _ranking(comparable: "Comparable") -> Iterator[str]:
    from nnlite.comparison.results import in_words, spread_in_words

    ranked = [
        (str(rank), name, value)
        for rank, group in enumerate(comparable.groups, start=1)
        for name, value in zip(group.runs, group.values, strict=True)
    ]
    keys = headings(comparable.differing)
    yield from in_blocks(
        [
            Column("run", [f"{rank}. {name}" for rank, name, _ in ranked], left=True, most=_NAME),
            Column(comparable.ranked_by, ["-" if math.isnan(value) else rounded(value) for *_, value in ranked]),
            *(
                Column(keys[key], list(map(value_in_words, values)), left=_are_texts(values))
                for key, values in comparable.differing.items()
            ),
        ]
    )
    for rank, group in enumerate(comparable.groups, start=1):
        if len(group.runs) > 1:
            yield ""
            yield in_lines(f"{rank}. {comparable.ranked_by.replace('_', ' ')} {spread_in_words(group)}")
    for test in comparable.tests:
        yield ""
        for said in in_words(test):
            yield in_lines(printable(said))


def _without(document: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in names}


def _plain(value: Any) -> Any:
    """A value of a config as a cell: tables and lists as TOML writes them."""
    from nnlite.config import toml

    return toml.show(value) if isinstance(value, bool | list | Mapping) else value


def _columns(found: "Listing") -> Iterator[Column]:
    yield Column("run", [str(run.folder) for run in found.runs], left=True, most=_NAME)
    keys = [
        Column(name, [value_in_words(value) for value in found.differing[key]], left=_are_texts(found.differing[key]))
        for key, name in headings(found.differing).items()
    ]
    figures = list(_figures(found))
    # A few keys stand before the figures, which they explain; many would push those out of sight.
    yield from [*keys, *figures] if len(keys) <= _FEW_KEYS else [*figures, *keys]


def _figures(found: "Listing") -> Iterator[Column]:
    rows = [run.row() for run in found.runs]
    if any(row["best_epoch"] for row in rows):
        yield Column("best_epoch", [_of_epochs(row) for row in rows])
    elif any(row["epochs"] for row in rows):
        yield Column("epochs", [_of_epochs(row) for row in rows])
    names = dict.fromkeys(name for run in found.runs for name in run.figures)
    for name in sorted(names, key=lambda name: not name.startswith("test_")):
        yield Column(name, [_figure(run, name) for run in found.runs])
    yield Column("seconds", ["" if row["seconds"] is None else f"{row['seconds']:,.1f}" for row in rows])


def _are_texts(values: Sequence[Any]) -> bool:
    return any(not isinstance(value, int | float) for value in values if value is not None)


def _of_epochs(row: Mapping[str, Any]) -> str:
    """The best epoch of how many; of a run without a best one how many there are so far."""
    if row["epochs"] is None:
        return ""
    return f"{row['best_epoch'] or '…'}/{row['epochs']}"


def _figure(run: "ListedRun", name: str) -> str:
    figure = run.figures.get(name)
    return "" if figure is None else "-" if math.isnan(figure) else rounded(figure)


def headings(differing: Mapping[str, Any]) -> dict[str, str]:
    """For each key of a config a short name: as much of its end as tells it from the others.

    >>> from nnlite.cli.side_by_side import headings
    >>> headings({"optimizer.learning_rate": 0, "model.layers[1].units": 0, "model.layers[3].units": 0, "seed": 0})
    {'optimizer.learning_rate': 'learning_rate', 'model.layers[1].units': 'layers[1].units', \
'model.layers[3].units': 'layers[3].units', 'seed': 'seed'}
    """
    found = {}
    for key in differing:
        steps = key.removesuffix(".type").split(".")
        for count in range(1, len(steps) + 1):
            name = ".".join(steps[-count:])
            ends = [other for other in differing if f".{other.removesuffix('.type')}".endswith(f".{name}")]
            if len(ends) == 1:
                break
        found[key] = name
    return found


def value_in_words(value: Any) -> str:
    """A value of a config in few words; of a table its type, of a list of layers the layers.

    >>> from nnlite.cli.side_by_side import value_in_words
    >>> value_in_words([{"type": "Dense", "units": 3}, {"type": "ReLU"}]), value_in_words(None), value_in_words(True)
    ('Dense 3, ReLU', '-', 'true')
    """
    from nnlite.config import toml

    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        first = next((each for each in list(value.values())[1:2] if type(each) is int), "")
        return f"{value['type']} {first}".rstrip()
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        return ", ".join(map(value_in_words, value))
    return toml.show(value)


def _notes(found: "Listing") -> Iterator[str]:
    said = counted(len(found.runs), "run")
    if found.sorted_by:
        said += f", sorted by {found.sorted_by}, {'highest' if found.falling else 'lowest'} first"
    yield said
    notes = [f"{run.folder}: {run.why}" for run in found.runs if run.state == "unfinished"]
    notes += [f"{run.folder}: broken: {cut(run.why, 200)}" for run in found.runs if run.state == "broken"]
    notes += [f"{folder}: {cut(why, 200)}" for folder, why in found.others.items()]
    yield from notes[:_MOST_NOTES]
    if len(notes) > _MOST_NOTES:
        yield f"… and {counted(len(notes) - _MOST_NOTES, 'more folder')} of which there is something to say"
