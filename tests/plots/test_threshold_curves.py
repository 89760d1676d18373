"""ROC and precision-recall curves."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from nnlite import plots
from nnlite.plots.figure import DPI

RNG = np.random.default_rng(0)
TRUE = np.arange(300) % 4 // 3  # a quarter has the class
P = np.clip(0.3 * TRUE + 0.8 * RNG.random(300), 0, 1)
TWO = np.column_stack([1 - P, P])


def marks(axes):
    """The thresholds that are marked, and where."""
    return {text.get_text(): text.xy for text in axes.texts}


def test_of_two_classes_the_second_has_a_curve_with_its_thresholds():
    picture = plots.roc(TRUE, TWO, ["no", "yes"], "run")
    (axes,) = picture.axes
    chance, curve = axes.lines[:2]
    assert chance.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert curve.get_xydata()[0].tolist() == [0, 0] and curve.get_xydata()[-1].tolist() == [1, 1]
    recall, alarms = (P[TRUE == 1] >= 0.5).mean(), (P[TRUE == 0] >= 0.5).mean()
    assert marks(axes)["threshold 0.5"] == pytest.approx((alarms, recall))
    said = f"threshold 0.5: {100 * recall:.0f} % found, {100 * alarms:.0f} % false alarms"
    area = roc_auc_score(TRUE, P)
    assert picture.get_suptitle().split("\n") == ["run", "ROC of yes", f"area under the curve {area:.3f}", said]


def test_precision_over_recall_has_the_share_of_the_class_as_its_base():
    picture = plots.precision_recall(TRUE, TWO, ["no", "yes"], threshold=0.7)
    (axes,) = picture.axes
    recall, precision = (P[TRUE == 1] >= 0.7).mean(), (TRUE[P >= 0.7] == 1).mean()
    assert marks(axes)["threshold 0.7"] == pytest.approx((recall, precision))
    assert marks(axes)["share of the class 25 %"] == (0, 0.25)
    assert f"average precision {average_precision_score(TRUE, P):.3f}" in picture.get_suptitle()


@pytest.mark.parametrize(
    ("draw", "score"), [(plots.roc, roc_auc_score), (plots.precision_recall, average_precision_score)]
)
def test_of_more_classes_each_has_a_curve_and_the_six_lowest_are_named(draw, score):
    y, p = RNG.integers(0, 8, 200), RNG.dirichlet(np.ones(8), 200)
    picture = draw(y, p, [f"class {index}" for index in range(8)])
    figures = {f"class {index}": score(y == index, p[:, index]) for index in range(8)}
    lowest = sorted(figures, key=figures.get)[:6]
    (legend,) = picture.legends  # below the square, over no curve
    assert [text.get_text() for text in legend.get_texts()] == [f"{each} {figures[each]:.3f}" for each in lowest]
    assert legend.get_title().get_text() == "the lowest of 8 classes"


@pytest.mark.parametrize("draw", [plots.roc, plots.precision_recall])
def test_rows_without_a_probability_or_of_one_class_are_no_error(draw, tmp_path):
    for number, p in enumerate((np.full((3, 2), np.nan), np.array([[0.5, 0.5]] * 3))):
        picture = draw(np.zeros(3, int), p, ["no", "yes"])
        assert "undefined (rows of one class)" in picture.get_suptitle()
        plots.save(picture, tmp_path / f"{number}.svg")


def test_a_curve_of_many_rows_is_thinned_out():
    many = RNG.random(20_000)
    picture = plots.roc((many + RNG.random(20_000) > 1).astype(int), np.column_stack([1 - many, many]), ["a", "b"])
    assert len(picture.axes[0].lines[1].get_xdata()) < 1100
    assert len(plots.as_svg(picture)) < 100_000


STEEP = np.column_stack([1 - TRUE, TRUE]) * 0.98 + 0.01
RARE = np.arange(300) % 50 // 49


@pytest.mark.parametrize("draw", [plots.roc, plots.precision_recall])
@pytest.mark.parametrize(("true", "p"), [(TRUE, TWO), (TRUE, STEEP), (1 - TRUE, TWO[:, ::-1]), (RARE, TWO)])
@pytest.mark.parametrize("threshold", [0.5, 0.05])
def test_no_words_stand_over_others_however_steep_the_curve_is(draw, true, p, threshold):
    picture = draw(true, p, ["no", "yes"], threshold=threshold)
    picture.set_dpi(DPI)
    plots.as_png(picture)  # computes the layout
    for text in picture.axes[0].texts:
        text.arrowprops = text.arrow_patch = None  # the line to its point may cross others
    boxes = [text.get_window_extent() for text in picture.axes[0].texts]
    assert len(boxes) >= 1
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
