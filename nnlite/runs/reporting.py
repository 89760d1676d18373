"""The report on a run is collected from what the run has left, and written into its folder."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlite import files, threads
from nnlite.config.training_config import TrainingConfig
from nnlite.core.ensemble import Ensemble
from nnlite.data import Dataset, Splits
from nnlite.data.naming import in_order
from nnlite.diagnosis.finding import Finding
from nnlite.errors import DataError, RunError
from nnlite.metrics import Brier
from nnlite.metrics.baseline import in_words
from nnlite.metrics.calibration import reliability
from nnlite.metrics.classification import likeliest, per_class, per_label
from nnlite.report import Bin, Calibration, ClassRow, Contents, Figure, Figures, Picture, network_of, page
from nnlite.report.contents import Facts
from nnlite.runs import finished_run, layer_pictures, report_words
from nnlite.runs.beside_linear import figures_of_linear
from nnlite.runs.column_importance import importance_of
from nnlite.runs.drawing import Drawing
from nnlite.runs.folder import RunFolder
from nnlite.runs.trained import Trained
from nnlite.runs.worst_mistakes import mistakes_of
from nnlite.types import Array

NAME = "report.html"


def write(
    folder: RunFolder,
    config: TrainingConfig,
    splits: Splits | None,
    trained: Trained,
    figures: Mapping[str, Any],
    predicted: Array | None = None,
    findings: Sequence[Finding] = (),
) -> None:
    """Draws the pictures of a run, and writes them and the report into its folder.

    Args:
        folder: the run folder, which has the config, the environment and the model.
        config: the run's config.
        splits: its rows, in the model's order; None where they cannot be read any more.
        trained: what it has trained.
        figures: what `metrics.json` says.
        predicted: what the model gives for the test rows; None where it is to be computed.
        findings: what was noticed, the most important first.
    """
    with threads.limited(trained.thread_count), np.errstate(all="ignore"):  # what overflows is undefined
        contents = _collect(folder, config, splits, trained, figures, predicted, findings)
        files.write(folder.path / NAME, page(contents))


def again(folder: RunFolder) -> str:
    """Writes pictures and report of a finished run anew, from its folder.

    Args:
        folder: the run folder.

    Returns:
        Why the rows cannot be read any more, so that the report lacks what is computed from them; "" if they can.

    Raises:
        RunError: where it is no run folder, or the run is not finished.
        NnliteError: where a file of it cannot be read.
    """
    folder.check_begun()
    if not folder.finished:
        raise RunError(f"the run in {folder} is not finished, so there is nothing to report on yet")
    config = folder.read_config()
    run = finished_run.read(folder)
    names = [f"member {index + 1}" for index in range(len(run.histories))] if config.members > 1 else [config.name]
    described = folder.read_environment()
    trained = Trained(
        run.predictor.model, dict(zip(names, run.histories, strict=True)), described.get("threads", 1), config.metrics
    )
    said = ""
    splits: Splits | None = None
    try:
        splits = _rows(config, trained, described)
    except DataError as error:
        said = f"The rows are not there any more as they were: {error}"
    write(folder, config, splits, trained, run.figures, None, run.findings)
    return said


def _rows(config: TrainingConfig, trained: Trained, described: Mapping[str, Any]) -> Splits:
    """The rows of a run, read again, in the model's order; raises `DataError` where they are others."""
    from nnlite.runs.environment import data_hash

    splits = config.load_data()
    if described.get("data_sha256") not in (None, data_hash(splits)):
        raise DataError("they are others than those of the run")
    return ordered(splits, trained)


def ordered(splits: Splits, trained: Trained) -> Splits:
    """The rows with classes and columns in the model's order."""
    names = trained.model.classes, trained.model.feature_names
    validation, test = (None if part is None else in_order(part, *names) for part in (splits.validation, splits.test))
    return Splits(in_order(splits.train, *names), validation, test)


def _collect(
    folder: RunFolder,
    config: TrainingConfig,
    splits: Splits | None,
    trained: Trained,
    figures: Mapping[str, Any],
    predicted: Array | None,
    findings: Sequence[Finding],
) -> Contents:
    """All that the report says."""
    part, rows = _about(splits, trained, figures)
    if rows is not None and (predicted is None or part != "test"):
        predicted = trained.model.predict(rows.x)
    of_part = dict(figures.get(part, {}))
    answers = np.empty(0) if predicted is None else predicted
    if rows is not None and rows.classes is not None and rows.y.ndim == 1 and "classes" not in of_part:
        of_part |= per_class(rows.y, likeliest(answers), rows.classes, rows.sample_weight)
    elif rows is not None and trained.first.criterion is not None and trained.first.criterion.task == "multi-label":
        names = rows.classes or tuple(range(rows.y.shape[-1]))
        of_part["classes"] = per_label(rows.y, answers, names, rows.sample_weight)
    linear: dict[str, float] = {}
    said_of_linear = ""
    if splits is not None and rows is not None:
        linear, said_of_linear = figures_of_linear(trained.first, splits.train, rows, trained.metrics)
    drawing = Drawing(folder, config)
    drawing.training(trained, splits)
    if rows is not None:
        drawing.answers(trained, rows, answers, of_part, part)
    shown = _figures(figures, linear, part, said_of_linear, splits)
    described = folder.read_environment() if folder.environment.exists() else {}
    contents = {
        "name": config.name,
        "summary": report_words.summary(figures, shown, part, rows, config),
        "verdict": figures.get("test", {}).get("verdict", ""),
        "findings": findings,
        "trained": report_words.trained(config, trained, figures, splits, described),
        "figures": shown,
        "part": report_words.count(rows, part, of_part),
        "curves": drawing.some("loss"),
        "answers": drawing.some("confusion", "predictions"),
        "network": network_of(trained.first, trained.members),
        "network_pictures": [*drawing.some("filters"), *_of_layers(folder, trained)],
        "loading": report_words.loading(config, trained, splits),
        "config": config.to_toml(),
        "versions": report_words.versions(described),
        "hashes": _hashes(folder, described),
    }
    if "classes" in of_part:
        contents["classes"] = [
            ClassRow(str(each["class"]), each["rows"], each["precision"], each["recall"], each["f1"])
            for each in of_part["classes"]
        ]
        contents["confusion"] = of_part.get("confusion", ())
    if rows is None:
        contents["missing"] = report_words.missing(splits)
        return Contents(**contents)
    found = importance_of(trained, rows, f"{part} row", config.seed)
    word = "line" if config.document["data"]["source"] == "csv" else "row"
    contents |= {
        "calibration": _calibration(rows, answers),
        "calibration_pictures": drawing.some("calibration"),
        "threshold_pictures": drawing.some("roc", "precision_recall"),
        "importance": found.columns,
        "importance_of": found.figures,
        "importance_note": found.note,
    }
    if "mistakes" in drawing.pictures:
        contents["mistake_pictures"] = drawing.some("mistakes")
    else:
        important = [each.column for each in found.columns]
        contents["mistakes"] = mistakes_of(rows, answers, f"{part} row", word, important)
    return Contents(**contents)


def _of_layers(folder: RunFolder, trained: Trained) -> list[Picture]:
    """How the layers changed over the epochs, if that was recorded; of an ensemble those of its first member."""
    return [*layer_pictures.read(folder.member(0) if trained.members > 1 else folder).values()]


def _about(splits: Splits | None, trained: Trained, figures: Mapping[str, Any]) -> tuple[str, Dataset | None]:
    """The part of the rows that the report is about: the test rows, or without any the validation rows.

    The validation rows of one member of an ensemble are training rows of the others, so they say nothing of it.
    """
    if splits is None:
        return "test" if "test" in figures else "validation", None
    if splits.test is not None:
        return "test", splits.test
    return "validation", None if isinstance(trained.model, Ensemble) else splits.validation


def _figures(
    figures: Mapping[str, Any],
    linear: Mapping[str, float],
    about: str,
    said_of_linear: str,
    splits: Splits | None,
) -> list[Figures]:
    """The figures of the test and the validation rows, beside the baseline and the linear model.

    Args:
        figures: what `metrics.json` says.
        linear: the figures of a linear model, by name.
        about: the part of the rows that they are of.
        said_of_linear: a sentence on that model.
        splits: the rows; None where they are not there.
    """
    found = []
    for part in ("test", "validation"):
        if not (of_part := figures.get(part)):
            continue
        baseline, beside, notes = of_part.get("baseline", {}), dict[str, float](), []
        if baseline:
            notes.append(f"The baseline always answers {in_words(baseline['answer'])}.")
        rows = None if splits is None else {"test": splits.test, "validation": splits.validation}[part]
        if rows is not None and rows.sample_weight is not None:
            notes.append("Each row counts by its weight; where rows are counted, each is one.")
        if part == about and said_of_linear:
            beside, notes = dict(linear), [*notes, said_of_linear]
            if "log_loss" not in of_part and "log_loss" in beside:
                beside["loss"] = beside["log_loss"]  # the model's loss is the log loss
        main = [name for name, value in of_part.items() if value is None or isinstance(value, float)]
        shown = [_figure(name, of_part, baseline.get(name), beside.get(name)) for name in main]
        found.append(Figures(part, 0 if rows is None else len(rows), shown, notes))
    return found


def _figure(name: str, figures: Mapping[str, Any], baseline: float | None, linear: float | None) -> Figure:
    low, high = figures.get(f"{name}_interval") or (None, None)
    return Figure(name, figures[name], low, high, baseline, linear)


def _calibration(rows: Dataset, predicted: Array) -> Calibration | None:
    """How sure a classifier is, and how often it is right; None of another model."""
    if rows.classes is None or rows.y.ndim != 1 or predicted.ndim != 2:
        return None
    found = reliability(predicted, rows.y, rows.sample_weight)
    if not found.rows.any():
        return None
    edges = found.edges.tolist()
    columns = (found.rows.tolist(), found.confidence.tolist(), found.accuracy.tolist())
    bins = [Bin(*each) for each in zip(edges[:-1], edges[1:], *columns, strict=True) if each[2]]
    return Calibration(found.ece, Brier()(predicted, rows.y, rows.sample_weight), bins)


def _hashes(folder: RunFolder, described: Mapping[str, Any]) -> Facts:
    """SHA-256 of what was trained on, and of what came out."""
    names = {
        "data_sha256": "rows and targets",
        "names_sha256": "names of columns and classes",
        "config_sha256": "config.toml",
        "plugins_sha256": "plug-ins",
    }
    found = [(said, described[name]) for name, said in names.items() if described.get(name)]
    if folder.model.exists():
        found.append((folder.model.name, hashlib.sha256(folder.model.read_bytes()).hexdigest()))
    return found
