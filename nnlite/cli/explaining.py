"""The command `explain`: prints what a config would train, what that costs, what it means, and what is unusual."""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nnlite import files
from nnlite.cli.terminal import in_lines
from nnlite.errors import ConfigError, RunError
from nnlite.text import counted, printable

if TYPE_CHECKING:
    from nnlite.explanation.explaining import Explanation


def explain(options: argparse.Namespace) -> None:
    """Explains a config before it is trained."""
    from nnlite.config import own_table, training_config
    from nnlite.explanation.explaining import explain as explained

    if own_table.is_data(options.config):
        raise ConfigError(
            f"{options.config} is a data file, and explain takes a config, which nnlite init {options.config} "
            "--target NAME writes"
        )
    output: Path | None = options.output
    if output is not None and output.suffix.lower() != ".svg":
        raise RunError(f"{output} does not end in .svg, as the drawing of a network does")
    found = explained(training_config.load(options.config, options.overrides))
    for line in _lines(found):
        print(line)
    if output is not None:
        from nnlite.report.diagram import diagram_file

        files.write(output, diagram_file(found.network))
        print(f"\n{in_lines(printable(output))}")


def _lines(found: "Explanation") -> Iterator[str]:
    from nnlite.explanation.meaning import in_lines as meaning_in_lines

    parts = {"to train": "train", "to validate": "validation", "to test": "test"}
    rows = ", ".join(f"{counted(found.rows[part], 'row')} {what}" for what, part in parts.items() if found.rows[part])
    yield in_lines(printable(f"{found.name}: {rows}"))
    yield in_lines(printable(f"predicts {found.target}"))
    yield ""
    yield printable(found.summary, keep="\n")
    yield ""
    yield found.diagram
    yield ""
    memory = found.bytes
    yield in_lines(
        f"memory: weights {_bytes(memory['weights'])}, rows {_bytes(memory['rows'])}, "
        f"training beside them about {_bytes(memory['training'])}"
    )
    yield in_lines(_time(found))
    for meaning in found.meanings:
        yield ""
        for line in meaning_in_lines(meaning):
            yield in_lines(printable(line))
    yield ""
    yield "unusual:" if found.unusual else "nothing unusual"
    for said in found.unusual:
        yield in_lines(printable(f"  ! {said}"))


def _time(found: "Explanation") -> str:
    measured = found.measured
    if math.isnan(measured.step):
        return f"time: unknown, since training diverges ({counted(measured.steps, 'step')} an epoch)"
    return (
        f"time: {counted(measured.steps, 'step')} an epoch, each about {_seconds(measured.step)}; an epoch about "
        f"{_seconds(measured.epoch)}, {counted(found.epochs, 'epoch')} at most about "
        f"{_seconds(measured.epoch * found.epochs)} ({counted(measured.made, 'step')} measured)"
    )


def _seconds(seconds: float) -> str:
    """A time in the unit that suits it.

    >>> from nnlite.cli.explaining import _seconds
    >>> _seconds(0.00025), _seconds(0.25), _seconds(2.5), _seconds(300), _seconds(7200)
    ('0.25 ms', '250 ms', '2.5 s', '5 min', '2 h')
    """
    for unit, size in (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if seconds >= (2 * size if unit == "min" else size) or unit == "ms":
            return f"{seconds / size:.2g} {unit}" if seconds / size < 100 else f"{seconds / size:.0f} {unit}"
    raise AssertionError("milliseconds suit whatever is less")


def _bytes(size: int) -> str:
    """A size in memory, in the unit that suits it.

    >>> from nnlite.cli.explaining import _bytes
    >>> _bytes(500), _bytes(4200), _bytes(3_500_000), _bytes(2_000_000_000)
    ('500 bytes', '4.2 kB', '3.5 MB', '2 GB')
    """
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= least:
            return f"{size / least:.3g} {unit}"
    return f"{size} bytes"
