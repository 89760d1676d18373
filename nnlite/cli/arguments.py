"""The arguments of every command, and the help that explains them."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn, TypeAlias

from nnlite.cli import commands, explaining, inspecting, looking, own_tables, side_by_side, using
from nnlite.cli.terminal import in_lines
from nnlite.text import printable
from nnlite.version import __version__


class _Parser(argparse.ArgumentParser):
    """A parser whose errors have lines of at most 80 characters, as all messages have."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, in_lines(printable(f"{self.prog}: error: {message}")) + "\n")


def parser(exit_codes: str) -> argparse.ArgumentParser:
    """The parser of the whole command line; each command leaves its function in `command`.

    Args:
        exit_codes: what they mean, which ends the help.
    """
    whole = _Parser(
        prog="nnlite",
        description="Train small neural networks from config files, or from your own tables.",
        epilog=f"Exit codes: {exit_codes}",
    )
    whole.add_argument("--version", action="version", version=f"nnlite {__version__}")
    subparsers = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_training(subparsers)
    _add_runs(subparsers)
    _add_tables(subparsers)
    _add_models(subparsers)
    _add_tools(subparsers)
    return whole


_FILE = "a data file: .csv, .tsv, .txt, each also .gz, or .parquet"

_AS_TRAINED = ("as in the file that the model was trained on",) * 2

_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _add_training(subparsers: _Commands) -> None:
    train_command = subparsers.add_parser("train", help="train a model, of a config or a table", description=(
        "Trains the model that a config file describes, evaluates it on the test part of the data, and writes "
        "a run folder: the model, its metrics, its figures. In place of a config there may be a data file, "
        "data.csv --target NAME: what `nnlite init` would write is trained."
    ))  # fmt: skip
    train_command.add_argument(
        "config",
        metavar="CONFIG",
        nargs="?",
        help="a TOML file, such as configs/digits.toml, or a data file; the run's own with --resume RUN",
    )
    train_command.add_argument(
        "overrides",
        metavar="KEY=VALUE",
        nargs="*",
        default=[],
        help=("sets a key of the config, training.epochs=10, or unsets one, training.clip_norm=none"),
    )
    train_command.add_argument(
        "--out", metavar="DIR", type=Path, help="the run folder, new or empty (default: runs/<name of the config>)"
    )
    train_command.add_argument("--resume", metavar="RUN", nargs="?", const="", help=(
        "go on with this run, which was interrupted; without RUN with the latest of the config's name, or begin one"
    ))  # fmt: skip
    train_command.add_argument(
        "--quiet",
        action="store_true",
        help="print the figures and files at the end, and warnings, but neither the model nor progress",
    )
    _add_target(train_command)
    _add_reading(train_command)
    train_command.set_defaults(command=commands.train, usage=train_command)

    verify_command = subparsers.add_parser("verify", help="train a run again, and compare every epoch", description=(
        "Trains a run again from its config, in memory, and compares the weights at the end of every epoch with "
        "those of the run, to the last bit."
    ))  # fmt: skip
    verify_command.add_argument("run", metavar="RUN", type=Path, help="a run folder, such as runs/digits")
    verify_command.set_defaults(command=commands.verify)

    find_command = subparsers.add_parser("lr-find", help="suggest a learning rate for a config file", description=(
        "Trains the model that a config file describes for a few hundred steps at ever higher learning rates, draws "
        "the loss over the rate, and suggests a rate. It writes nothing but the figure."
    ))  # fmt: skip
    find_command.add_argument("config", metavar="CONFIG", type=Path, help="a TOML file, such as configs/digits.toml")
    find_command.add_argument(
        "overrides", metavar="KEY=VALUE", nargs="*", default=[], help="sets a key of the config: optimizer.momentum=0"
    )
    _add_output(find_command, "learning_rate.svg")
    find_command.set_defaults(command=commands.lr_find)

    explain_command = subparsers.add_parser("explain", help="explain a config before it is trained", description=(
        "Shows what a config file would train: the network as a table and as a drawing, its memory and, from a few "
        "steps that are made and thrown away, its time; what each section means, and what is unusual in it for its "
        "data. It writes nothing but the drawing, where that is asked for."
    ))  # fmt: skip
    explain_command.add_argument(
        "config", metavar="CONFIG", type=Path, help="a TOML file, such as configs/digits.toml"
    )
    explain_command.add_argument(
        "overrides", metavar="KEY=VALUE", nargs="*", default=[], help="sets a key of the config: training.epochs=10"
    )
    explain_command.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="writes the network as a drawing, an .svg file"
    )
    explain_command.set_defaults(command=explaining.explain)

    plot_command = subparsers.add_parser("plot", help="draw the curves of runs, several over each other")
    plot_command.add_argument("runs", metavar="RUN", type=Path, nargs="+", help="a run folder, such as runs/digits")
    _add_output(plot_command, "curves.svg")
    plot_command.set_defaults(command=commands.plot)

    report_command = subparsers.add_parser("report", help="write the report of a finished run anew", description=(
        "Writes report.html and the pictures of a finished run anew, from its folder and its data: one page on what "
        "was trained, how good it is, what it goes by and where it is wrong. Every run writes it at its end."
    ))  # fmt: skip
    report_command.add_argument("run", metavar="RUN", type=Path, help="a run folder, such as runs/digits")
    report_command.set_defaults(command=commands.report)


def _add_runs(subparsers: _Commands) -> None:
    runs_command = subparsers.add_parser("runs", help="show runs side by side in a table", description=(
        "Shows the runs in some folders: what differs in their configs, the best of how many epochs, the figures of "
        "the test and validation rows, the seconds of training. It reads their files alone, so that none of their "
        "plug-ins runs."
    ))  # fmt: skip
    runs_command.add_argument(
        "folders", metavar="FOLDER", type=Path, nargs="*", help="run folders, or folders of some (default: runs)"
    )
    runs_command.add_argument(
        "--sort",
        metavar="NAME",
        help="a figure, the best first: accuracy, validation_loss, seconds; or a config's key",
    )
    form = runs_command.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print the table as CSV, all figures in full")
    form.add_argument("--json", action="store_true", help="print it as JSON, with the whole configs")
    runs_command.set_defaults(command=side_by_side.runs)

    compare_command = subparsers.add_parser("compare", help="compare runs: is one better, or chance", description=(
        "Shows what differs in the configs of runs, ranks them by accuracy or RMSE, with the spread over runs that "
        "differ in their seed alone, and draws their curves over each other. Runs with the same test rows are tested "
        "row by row: McNemar's test of the accuracy, the paired bootstrap of log loss or RMSE. Their data is read "
        "again. Runs of other tasks or of other data are ranked and drawn apart."
    ))  # fmt: skip
    compare_command.add_argument("runs", metavar="RUN", type=Path, nargs="+", help="two run folders or more")
    _add_output(compare_command, "comparison.svg")
    compare_command.set_defaults(command=side_by_side.compare)


def _add_tables(subparsers: _Commands) -> None:
    look_command = subparsers.add_parser("look", help="show what the columns of a data file are", description=(
        "Shows what each column of a data file is and why, how many values it has and lacks, and what is suspicious: "
        "constant, an id, twice there, nearly the target. With --target how the column to predict is spread."
    ))  # fmt: skip
    look_command.add_argument("file", metavar="FILE", help=_FILE)
    look_command.add_argument(
        "overrides",
        metavar="KEY=VALUE",
        nargs="*",
        default=[],
        help='says what init and train take too: data.kinds.zip=category, data.drop=["id"]',
    )
    _add_target(look_command)
    look_command.add_argument(
        "--task", choices=("classification", "regression"), help="what is predicted (default: found in the target)"
    )
    _add_reading(look_command)
    look_command.set_defaults(command=looking.look)

    init_command = subparsers.add_parser("init", help="write a config for a data file", description=(
        "Writes a config that trains a model of a data file as it stands, each choice explained in a comment."
    ))  # fmt: skip
    init_command.add_argument("file", metavar="FILE", help=_FILE)
    init_command.add_argument(
        "overrides", metavar="KEY=VALUE", nargs="*", default=[], help="sets a key of the config: training.epochs=10"
    )
    _add_target(init_command)
    init_command.add_argument(
        "-o", "--output", metavar="CONFIG", type=Path, help="the config, a new file (default: FILE's name, .toml)"
    )
    _add_reading(init_command)
    init_command.set_defaults(command=own_tables.init, usage=init_command)


def _add_models(subparsers: _Commands) -> None:
    predict_command = subparsers.add_parser("predict", help="predict the rows of a data file", description=(
        "Writes a line for each row of a data file: its class and the probability of each class, or its number, as "
        "CSV. The file may be larger than memory. For a model of images, a folder of pictures."
    ))  # fmt: skip
    _add_model(predict_command)
    predict_command.add_argument("data", metavar="DATA", help="a data file with the model's columns, in any order")
    predict_command.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the answers (default: the terminal)"
    )
    predict_command.add_argument(
        "--keep", metavar="NAMES", action="append", help="columns of DATA to repeat beside them: id,name"
    )
    _add_format(predict_command, *_AS_TRAINED)
    predict_command.set_defaults(command=using.predict)

    evaluate_command = subparsers.add_parser("evaluate", help="say how good a model is on a data file", description=(
        "Prints the figures of a model on a data file that has the target too, with 95 % intervals, and for a run "
        "folder beside its baseline. For a model of images, a folder of pictures by class."
    ))  # fmt: skip
    _add_model(evaluate_command)
    evaluate_command.add_argument("data", metavar="DATA", help="a data file with the model's columns and its target")
    evaluate_command.add_argument("--metric", metavar="NAME", action="append", default=[], help=(
        "a further figure, ROCAUC or '{type=\"TopK\",k=3}', several times for several (default: those of the run)"
    ))  # fmt: skip
    evaluate_command.add_argument("--json", action="store_true", help="print all figures as JSON")
    _add_format(evaluate_command, *_AS_TRAINED)
    evaluate_command.set_defaults(command=using.evaluate)

    inspect_command = subparsers.add_parser("inspect", help="show what a model is", description=(
        "Shows the layers of a model, its columns and what becomes of them, its classes, and for a run folder where "
        "it comes from."
    ))  # fmt: skip
    _add_model(inspect_command)
    inspect_command.set_defaults(command=inspecting.inspect)


def _add_tools(subparsers: _Commands) -> None:
    new_command = subparsers.add_parser("new", help="write a file with a layer, or another kind", description=(
        "Writes a commented Python file that keeps the contract, with a formula to replace. An existing file is kept."
    ))  # fmt: skip
    kinds = ("layer", "loss", "optimizer", "schedule", "metric", "callback", "source")
    new_command.add_argument("kind", metavar="KIND", choices=kinds, help=", ".join(kinds))
    new_command.add_argument("name", metavar="NAME", help="the class, such as Swish; of a source the function")
    new_command.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="the file to write (default: the name in snake case, such as swish.py)",
    )
    new_command.set_defaults(command=commands.new)

    check_command = subparsers.add_parser(
        "check", help="check what a Python file of yours adds: gradients, shapes, contract"
    )
    check_command.add_argument(
        "target", metavar="FILE_OR_MODULE", help="a Python file of yours, or a module's dotted name"
    )
    check_command.set_defaults(command=commands.check)

    schema_command = subparsers.add_parser("schema", help="print the JSON Schema of config files, for editors")
    schema_command.add_argument(
        "plugins", metavar="PLUGIN", nargs="*", help="Python files whose layers are to be in the schema too"
    )
    schema_command.set_defaults(command=commands.schema)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help="a model file, or a run folder, such as runs/digits")


def _add_target(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--target", metavar="NAME", help="the column to predict; without a header its place, from 0 on"
    )


def _add_reading(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-header",
        dest="header",
        action="store_false",
        help="the first line of the data file is a row (header = false)",
    )
    _add_format(command, "found", "utf-8")


def _add_format(command: argparse.ArgumentParser, delimiter: str, encoding: str) -> None:
    command.add_argument(
        "--delimiter", metavar="CHAR", help=f"what parts the cells of the data file (default: {delimiter})"
    )
    command.add_argument(
        "--encoding", metavar="NAME", help=f"how its bytes are text, such as latin-1 (default: {encoding})"
    )


def _add_output(command: argparse.ArgumentParser, default: str) -> None:
    words = f"the figure, .svg, .png or .pdf (default: {default})"
    command.add_argument("-o", "--output", metavar="FILE", type=Path, default=Path(default), help=words)
