"""The command `init`, and the config of `train FILE`: a config that is made from a data file."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlite import files
from nnlite.cli.terminal import in_lines
from nnlite.errors import RunError
from nnlite.text import printable

if TYPE_CHECKING:
    from nnlite.config.own_table import OwnTable


def init(options: argparse.Namespace) -> None:
    """Writes a config for a data file, each choice explained."""
    found = made_from(options, options.file, options.overrides)
    output = options.output or Path(f"{found.document['name']}.toml")
    if output.exists():
        raise RunError(f"{output} is there already, and is not overwritten; name another file with -o, or remove it")
    files.write(output, found.to_toml(output))
    print(in_lines(printable(f"{output}: nnlite train {shlex.quote(str(output))} trains it")))


def first_option(options: argparse.Namespace) -> str:
    """The first option that goes with a data file alone, of those that were given; "" if none was."""
    given = {
        "--target": options.target is not None,
        "--no-header": not options.header,
        "--delimiter": options.delimiter is not None,
        "--encoding": options.encoding is not None,
    }
    return next((option for option, is_given in given.items() if is_given), "")


def made_from(options: argparse.Namespace, file: str | Path, overrides: list[str]) -> "OwnTable":
    """The config for a data file, as the options of the command line say; an error of its usage ends the program."""
    from nnlite.config.own_table import is_data, own_table

    if not is_data(file):
        options.usage.error(
            f"{file} is no data file by its ending; expected .csv, .tsv, .txt, .gz, .parquet or the like"
        )
    if options.target is None and not any(change.startswith("data.target=") for change in overrides):
        options.usage.error(
            f"there is no --target: name the column of {file} to predict; nnlite look {file} shows all"
        )
    return own_table(Path(file), said_of_file(options), overrides)


def said_of_file(options: argparse.Namespace, **more: str | None) -> dict[str, Any]:
    """The keys of `[data]` that options of the command line say, and more of them; None says nothing."""
    said = {key: getattr(options, key) for key in ("target", "delimiter", "encoding")} | more
    header = {} if options.header else {"header": False}
    return {key: value for key, value in said.items() if value is not None} | header
