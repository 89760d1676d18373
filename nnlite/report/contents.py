"""What a report says, as plain values: a page is made of them, and nothing else is read or computed for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnlite.diagnosis.finding import Finding
from nnlite.report.network import Network


@dataclass(frozen=True)
class Picture:
    """A picture of a section.

    Attributes:
        svg: an SVG element that is safe to stand in a page, with an `aria-label`.
    """

    svg: str


@dataclass(frozen=True)
class Figure:
    """One figure, of the model and of what it is compared with; NaN where it is undefined, None where it is unknown.

    Attributes:
        name: what it is called, such as "accuracy".
        value: the model's.
        low, high: the ends of its 95 % interval.
        baseline: that of the answer that looks at no feature.
        linear: that of a linear model.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    linear: float | None = None


@dataclass(frozen=True)
class Figures:
    """The figures of one part of the rows.

    Attributes:
        part: "test" or "validation".
        rows: how many rows it has.
        figures: the figures.
        notes: sentences on what stands beside the model's figures.
    """

    part: str
    rows: int
    figures: Sequence[Figure]
    notes: Sequence[str] = ()

    @property
    def beside(self) -> bool:
        """Whether there is a baseline or a linear model."""
        return any(figure.baseline is not None or figure.linear is not None for figure in self.figures)


@dataclass(frozen=True)
class ClassRow:
    """The figures of one class; NaN or None where there is nothing to divide by."""

    name: str
    rows: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Bin:
    """The rows for which a classifier is about as sure: from `low` to `high`."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """How a classifier's probabilities compare with how often it is right.

    Attributes:
        ece: the expected calibration error.
        brier: the Brier score.
        bins: those that have rows.
    """

    ece: float
    brier: float
    bins: Sequence[Bin]


@dataclass(frozen=True)
class Importance:
    """What shuffling one column does to the figures.

    Attributes:
        column: its name.
        mean, spread: by how much the first figure changes, and the standard deviation over the shuffles.
        others: the mean changes of the further figures.
    """

    column: str
    mean: float
    spread: float
    others: Sequence[float] = ()


@dataclass(frozen=True)
class Mistake:
    """A row that the model is wrong about.

    Attributes:
        row: where it stands, such as "row 17".
        true, predicted: the answers.
        by: how sure of it the model is, or how far off.
        values: those of the columns that are shown.
    """

    row: str
    true: str
    predicted: str
    by: float
    values: Sequence[str] = ()


@dataclass(frozen=True)
class Mistakes:
    """The worst mistakes of a part of the rows.

    Attributes:
        heading: what `Mistake.by` is.
        columns: the names of the columns that are shown.
        rows: the mistakes, the worst first.
        note: a sentence on how many there are.
    """

    heading: str
    columns: Sequence[str]
    rows: Sequence[Mistake]
    note: str


Facts = Sequence[tuple[str, str]]
"""Terms, and what is said of each."""


@dataclass(frozen=True)
class Contents:
    """All that a report says of a run; a section whose part is None or empty is left out.

    Attributes:
        name: the name of the run.
        summary: sentences on how good the model is.
        verdict: a sentence where it is no better than the baseline.
        findings: what was noticed, the most important first.
        trained: what was trained on what.
        figures: the figures of each part.
        part: the part that all the sections below are about, such as "30 test rows".
        curves: pictures of the history.
        answers: pictures of true and predicted classes or numbers.
        confusion: [true][predicted] counts, in the order of `classes`.
        classes: the figures of each class.
        calibration: of probabilities.
        threshold_pictures: of two classes, what each threshold of the probability gives.
        calibration_pictures, mistake_pictures: those of their sections.
        importance: of the columns, the most important first.
        importance_of: what the first and the further figures are.
        importance_note: a sentence on how it was found, or why it was not.
        mistakes: the worst ones.
        network: the layers.
        network_pictures: such as the filters of a first layer.
        loading: Python that loads the model and predicts, run in the run's folder.
        config: the text of the config file.
        versions: what it was trained with.
        hashes: of what it was trained on.
        missing: sentences on what the report lacks.
    """

    name: str
    summary: Sequence[str]
    network: Network
    config: str
    loading: str
    trained: Facts = ()
    verdict: str = ""
    findings: Sequence[Finding] = ()
    figures: Sequence[Figures] = ()
    part: str = ""
    curves: Sequence[Picture] = ()
    answers: Sequence[Picture] = ()
    confusion: Sequence[Sequence[int]] = ()
    classes: Sequence[ClassRow] = ()
    threshold_pictures: Sequence[Picture] = ()
    calibration: Calibration | None = None
    calibration_pictures: Sequence[Picture] = ()
    importance: Sequence[Importance] = ()
    importance_of: Sequence[str] = ()
    importance_note: str = ""
    mistakes: Mistakes | None = None
    mistake_pictures: Sequence[Picture] = ()
    network_pictures: Sequence[Picture] = ()
    versions: Facts = ()
    hashes: Facts = ()
    missing: Sequence[str] = ()
