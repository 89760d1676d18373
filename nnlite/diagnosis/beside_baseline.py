"""A model that is no better than an answer which looks at no feature."""

from collections.abc import Iterator

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject
from nnlite.metrics.baseline import in_words
from nnlite.text import rounded


def no_better(subject: Subject) -> Iterator[Finding]:
    """A finding where the figures of the test rows are no better than the baseline's, or may be no better.

    A classifier with the better balanced accuracy is none where the classes are of unequal size: it finds rare ones
    at the cost of the frequent one.
    """
    figures = subject.figures
    baseline = figures.get("baseline")
    if baseline is None:
        return
    always = in_words(baseline["answer"])
    if "rmse" in baseline:
        name, model, other = "rmse", figures["rmse"], baseline["rmse"]
        worse, unsure = model >= other, figures["rmse_interval"][1] >= other
    else:
        name, model, other = "accuracy", figures["accuracy"], baseline["accuracy"]
        unequal = other > baseline["balanced_accuracy"] + 0.1
        if unequal and figures["balanced_accuracy"] > baseline["balanced_accuracy"] + 0.1:
            return
        worse, unsure = model <= other + 1e-7, figures["accuracy_interval"][0] <= other
    if not (worse or unsure):  # also where a figure is NaN
        return
    low, high = figures[f"{name}_interval"]
    yield Finding(
        "no_better_than_baseline",
        "high" if worse else "medium",
        f"The model {'is' if worse else 'may be'} no better than always answering {always}.",
        f"test {name} {rounded(model)} (95 % interval {rounded(low)} to {rounded(high)}), of the constant answer "
        f"{rounded(other)}",
    )
