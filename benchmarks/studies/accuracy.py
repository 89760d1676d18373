"""The accuracy of configs (of one of regression its R²), each trained with many seeds.

A seed chooses the parts of the data, the starting weights, and the order of the rows, so the spread over
seeds is the spread of all that chance decides. Settings are chosen on validation rows, with other seeds
than those reported; the test rows are then left alone:

    python -m benchmarks.studies.accuracy configs/iris.toml --part validation --first-seed 100 --seeds 40
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnlite import Dataset, Sequential, evaluate
from nnlite.config import training_config as config
from nnlite.errors import DataError, NnliteError

CONFIGS = tuple(
    Path("configs", f"{name}.toml")
    for name in ("iris", "wine", "breast_cancer", "digits", "digits_cnn", "digits_rows", "order", "diabetes")
)


@dataclass(frozen=True)
class Score:
    """What one training gave: its accuracies, or R² (None on test rows that were left alone), and its time."""

    validation: float
    test: float | None
    seconds: float


def measure(path: Path, seed: int, *, test: bool) -> Score:
    """Trains the config's model with this seed, and writes nothing; raises `NnliteError`."""
    settings = config.load(path, [f"seed={seed}"])
    splits = settings.load_data()
    model = settings.build_model(splits.train)
    trainer = settings.build_trainer(model)
    started = time.perf_counter()
    trainer.fit(splits.train)
    seconds = time.perf_counter() - started
    return Score(
        accuracy(model, splits.validation, f"{path}: validation_fraction"),
        accuracy(model, splits.test, f"{path}: test_fraction") if test else None,
        seconds,
    )


def accuracy(model: Sequential, part: Dataset | None, key: str) -> float:
    """The fraction of the part's rows that the model gets right, or R²; `key` is wrong if there are no rows."""
    if part is None:
        raise DataError(f"{key} is 0, so there are no rows to measure the accuracy on")
    figures = evaluate(model, part)
    return next(figure for name, figure in figures.items() if name != "loss")


def table(paths: Sequence[Path], seeds: range, *, test: bool) -> Iterator[str]:
    """The lines of a Markdown table, each as soon as its config is measured; raises `NnliteError`."""
    part = "test" if test else "validation"
    columns = ["config", f"mean {part} accuracy", "standard deviation", "worst"]
    columns += ["mean validation accuracy"] if test else []
    columns += ["seconds"]
    widths = [max(len(column), 6) for column in columns]
    widths[0] = max(widths[0], *(len(str(path)) for path in paths))
    yield f"| {' | '.join(column.ljust(width) for column, width in zip(columns, widths, strict=True))} |"
    yield f"| {'-' * widths[0]} | {' | '.join('-' * (width - 1) + ':' for width in widths[1:])} |"
    for path in paths:
        scores = [measure(path, seed, test=test) for seed in seeds]
        validation = [score.validation for score in scores]
        reported = [score.test for score in scores if score.test is not None] if test else validation
        figures = [statistics.fmean(reported), statistics.pstdev(reported), min(reported)]
        figures += [statistics.fmean(validation)] if test else []
        cells = [f"{figure:.4f}" for figure in figures]
        cells += [f"{statistics.fmean(score.seconds for score in scores):.2f}"]
        shown = " | ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield f"| {str(path).ljust(widths[0])} | {shown} |"


def main() -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studies.accuracy",
        description="Trains each config with many seeds and prints a table: mean accuracy over the seeds, its "
        "standard deviation, the worst seed, and the seconds that one training takes on average.",
    )
    parser.add_argument(
        "configs", metavar="CONFIG", nargs="*", type=Path, help=f"default: {' '.join(map(str, CONFIGS))}"
    )
    parser.add_argument("--seeds", metavar="N", type=int, default=20, help="how many seeds (default: 20)")
    parser.add_argument("--first-seed", metavar="N", type=int, default=0, help="the first of them (default: 0)")
    parser.add_argument(
        "--part",
        choices=("test", "validation"),
        default="test",
        help="the rows to report on (default: test); with validation the test rows are left alone",
    )
    options = parser.parse_args()
    if options.seeds < 1 or options.first_seed < 0:
        parser.error("--seeds must be at least 1 and --first-seed at least 0")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    try:
        for line in table(options.configs or CONFIGS, seeds, test=options.part == "test"):
            print(line, flush=True)
    except NnliteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
