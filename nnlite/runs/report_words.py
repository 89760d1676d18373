"""What a report says of a run in words: the summary on top, what was trained on what, and how to use the model."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlite.config.training_config import TrainingConfig
from nnlite.data import Dataset, Splits
from nnlite.data.arrays import listed
from nnlite.metrics.baseline import in_words
from nnlite.metrics.monitor import words
from nnlite.report.contents import Facts, Figure, Figures
from nnlite.report.page import number
from nnlite.runs.row_values import values_of
from nnlite.runs.trained import Trained
from nnlite.text import counted, cut
from nnlite.training.early_stopping import EarlyStopping

_MOST_NAMES, _MOST_NUMBERS = 12, 30


def summary(
    figures: Mapping[str, Any], shown: Sequence[Figures], part: str, rows: Dataset | None, config: TrainingConfig
) -> list[str]:
    """How good the model is, in a sentence or two.

    Args:
        figures: what `metrics.json` says.
        shown: the figures of each part as the report has them.
        part: the part that the report is about.
        rows: its rows; None where they are not there.
        config: the run's config.
    """
    of_part = next((each for each in shown if each.part == part), None)
    if of_part is None:
        return [
            "There were neither test nor validation rows: nothing is known of it on rows that it did not train on."
        ]
    known = {each.name: each for each in of_part.figures}
    main = next((known[name] for name in ("accuracy", "rmse", "loss") if name in known), None)
    if main is None:
        return []
    about = counted(len(rows), f"{part} row") if rows is not None else f"the {part} rows"
    interval = "" if _undefined(main.low) else f" (95 % interval {number(main.low)} to {number(main.high)})"
    if _undefined(main.value):
        return [f"On {about} its {main.name} is undefined."]
    if main.name == "rmse":
        r2 = known["r2"].value if "r2" in known else None  # a loss of the user's may have the RMSE alone
        explained = "" if _undefined(r2) else f", and explains {_percent(r2)} of the variance"
        sentence = (
            f"On {about} the model is off by {number(main.value)}{interval}, the root of the mean square{explained}."
        )
    elif main.name == "accuracy":
        sentence = (
            f"Of {about} the model gets {_percent(main.value)} right: an accuracy of {number(main.value)}{interval}."
        )
    else:
        sentence = f"On {about} the model's loss is {number(main.value)}."
    return [sentence, *_compared(main, figures.get(part, {}).get("baseline", {}), known)]


def _compared(main: Figure, baseline: Mapping[str, Any], known: Mapping[str, Figure]) -> list[str]:
    """A sentence on how the baseline and a linear model compare; nothing where neither is known."""
    said = []
    if not _undefined(main.baseline):
        answer = baseline["answer"]
        comma = "," if isinstance(answer, float) else ""  # of "2.5, the mean of the training targets"
        said.append(f"Always answering {cut(in_words(answer))}{comma} gives {number(main.baseline)}")
    if not _undefined(main.linear):
        said.append(f"a linear model {'' if said else 'gives '}{number(main.linear)}")
    if not said:
        return []
    sentence = ", ".join(said)
    balanced = known.get("balanced_accuracy")
    rare = main.baseline is not None and main.name == "accuracy" and main.baseline >= 0.7
    of_classes = ""
    if rare and balanced is not None and not _undefined(balanced.value):
        of_classes = f" One class is most of the rows; the mean recall of the classes is {number(balanced.value)}."
    return [f"{sentence[0].upper()}{sentence[1:]}.{of_classes}"]


def _undefined(figure: float | None) -> bool:
    return figure is None or math.isnan(figure)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %".replace("-", "−")


def count(rows: Dataset | None, part: str, figures: Mapping[str, Any]) -> str:
    """The rows that the report is about, such as "30 test rows"."""
    number_of_rows = len(rows) if rows is not None else sum(each["rows"] for each in figures.get("classes", ()))
    return counted(number_of_rows, f"{part} row") if number_of_rows else f"the {part} rows"


def missing(splits: Splits | None) -> list[str]:
    """A sentence on what the report lacks, and why."""
    why = (
        "The rows could not be read again"
        if splits is None
        else "There are no rows that no network of the run has trained on"
    )
    return [f"{why}: there is nothing here that is computed from them anew, such as the worst mistakes."]


def trained(
    config: TrainingConfig,
    of_run: Trained,
    figures: Mapping[str, Any],
    splits: Splits | None,
    described: Mapping[str, Any],
) -> Facts:
    """What was trained on what: terms, and what is said of each."""
    document, model = config.document, of_run.model
    section, criterion = document["data"], of_run.first.criterion
    counts = described.get("rows", {})
    parts = {"train": "to train", "validation": "to validate", "test": "to test"}
    facts = [("data", str(section.get("path") or section["source"]))]
    if criterion is not None:
        facts.append(("predicts", _answer(criterion.task, model.classes, of_run)))
    facts.append(("rows", ", ".join(f"{counts[part]:,} {said}" for part, said in parts.items() if counts.get(part))))
    facts.append(("each row", _row(of_run)))
    for name in ("optimizer", "schedule"):
        if name in document:
            facts.append((name, repr(config.registry.make(document[name]))))
    if "early_stopping" in document:
        facts.append(("early stopping", repr(EarlyStopping(**document["early_stopping"]))))
    facts.append(("training", _epochs(config, of_run, figures)))
    seconds = sum(row.get("seconds", 0.0) for history in of_run.histories.values() for row in history.rows)
    took = f"{seconds:.1f} seconds" if seconds >= 0.1 else "less than 0.1 seconds"
    facts.append(("time", f"{took}, on {counted(described.get('threads', 1), 'thread')}"))
    facts.append(("seed", str(config.seed)))
    return facts


def _answer(task: str, classes: Sequence[Any] | None, of_run: Trained) -> str:
    if task == "regression":
        size = math.prod(of_run.model.output_shape)
        return "a number" if size == 1 else counted(size, "number")
    what = ("label", "labels") if task == "multi-label" else ("class", "classes")
    names = list(classes or ())
    if not names:
        return what[1]
    shown = [cut(str(name), 40) for name in names[:_MOST_NAMES]]
    return f"{counted(len(names), *what)}: {', '.join(shown)}{', …' if len(names) > _MOST_NAMES else ''}"


def _row(of_run: Trained) -> str:
    model = of_run.model
    if model.table is not None:
        used = [column for column in model.table.encoder.columns if column.kind != "ignore"]
        kinds = {kind: sum(column.kind == kind for column in used) for kind in ("number", "category", "date")}
        parts = ", ".join(
            counted(number_of, kind, "categories" if kind == "category" else None)
            for kind, number_of in kinds.items()
            if number_of
        )
        return f"{counted(len(used), 'column')}: {parts}"
    shape = model.input_shape
    return counted(shape[0], "number") if len(shape) == 1 else f"{' × '.join(map(str, shape))} numbers"


def _epochs(config: TrainingConfig, of_run: Trained, figures: Mapping[str, Any]) -> str:
    lengths = [len(history) for history in of_run.histories.values()]
    if len(lengths) > 1:
        alike = len(set(lengths)) == 1
        epochs = f"of {counted(lengths[0], 'epoch')}" if alike else f"of {listed(lengths)} epochs"
        return f"{counted(len(lengths), 'network')} {epochs}"
    said = counted(lengths[0], "epoch")
    history, best = next(iter(of_run.histories.values())), figures.get("best_epoch")
    ended = figures.get("ended_early") or ""
    if best is not None and lengths[0]:
        said += f"; the best was epoch {best}, by the {words(history.decisive)}"
        if "early_stopping" not in config.document:
            said += "; the weights are those of the last one"
        elif "weights of" not in ended:
            said += ", whose weights are kept"
    return f"{said}. {ended[0].upper()}{ended[1:]}" if ended else said


def loading(config: TrainingConfig, of_run: Trained, splits: Splits | None) -> str:
    """Python that loads the model and predicts a row, to be run in the run's folder."""
    plugins = config.document["plugins"]
    load = 'nnlite.load("model.safetensors")'
    if plugins:
        load = f'nnlite.load("model.safetensors", plugins={plugins!r})'
    model = of_run.model
    classes = model.criterion is not None and model.criterion.task == "classification"
    more = "\npredictor.predict_proba(rows)  # a probability for each class" if classes else ""
    lines = ["import nnlite", "", f"predictor = {load}", f"rows = {_example(of_run, splits)}"]
    if lines[3].startswith("rows = np."):
        lines.insert(0, "import numpy as np")
    return "\n".join(lines) + f"\npredictor.predict(rows){more}\n"


def _example(of_run: Trained, splits: Splits | None) -> str:
    """A row as Python: the first training row where it is short, or else zeros."""
    model = of_run.model
    if splits is None or splits.train.x.ndim != 2:
        return f"np.zeros({(1, *model.input_shape)})  # your own rows"
    if model.table is None:
        numbers = splits.train.x[0].tolist()
        if len(numbers) > _MOST_NUMBERS or any(isinstance(each, float) and math.isnan(each) for each in numbers):
            return f"np.zeros({(1, *model.input_shape)})  # your own rows"
        return f"[[{', '.join(f'{each:.6g}' for each in np.asarray(numbers, np.float64))}]]"
    values = values_of(splits.train, 0)
    if not model.table.encoder.named:
        cells = [values.get(column.name) for column in model.table.encoder.columns]
        return f"[{cells!r}]"
    inside = ", ".join(f"{name!r}: {value!r}" for name, value in values.items())
    if len(inside) > 90:
        inside = "\n    " + ",\n    ".join(f"{name!r}: {value!r}" for name, value in values.items()) + ",\n"
    return f"{{{inside}}}"


def versions(described: Mapping[str, Any]) -> Facts:
    """What it was trained with."""
    packages = described.get("packages", {})
    facts = [(name, described[name]) for name in ("nnlite", "python") if described.get(name)]
    facts += list(packages.items())
    facts += [(name, str(described[name])) for name in ("platform", "machine", "cores") if described.get(name)]
    for pool in described.get("thread_pools", ()):
        parts = [str(pool[key]) for key in ("internal_api", "version", "architecture") if pool.get(key)]
        facts.append(("matrices", " ".join(parts)))
    if simd := described.get("numpy_simd"):
        facts.append(("NumPy uses", ", ".join(map(str, simd))))
    return [(name, str(said)) for name, said in facts]
