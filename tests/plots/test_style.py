"""The style: the same whatever the user has set, at home on any page, seen by a notebook."""

import io
import itertools
import re
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from nnlite import plots
from nnlite.plots.style import COLOURS, INK, on, shades
from tests.helpers.histories import history_of
from tests.plots.test_hostile_names import NAMES, pictures

HISTORY = history_of({"training_loss": 0.5, "validation_loss": 0.6}, {"training_loss": 0.4, "validation_loss": 0.5})


def test_what_the_user_has_set_changes_no_byte_and_stays_as_it_was():
    usual = plots.as_svg(plots.curves({"run": HISTORY}))
    with matplotlib.rc_context(
        {"axes.facecolor": "black", "xtick.color": "white", "font.size": 20, "svg.fonttype": "path"}
    ):
        before = dict(matplotlib.rcParams)
        assert plots.as_svg(plots.curves({"run": HISTORY})) == usual
        assert dict(matplotlib.rcParams) == before
        buffer = io.StringIO()
        plots.curves({"run": HISTORY}).savefig(buffer, format="svg")
        assert "<text" in buffer.getvalue() and "font-size: 20px" not in buffer.getvalue()


@pytest.fixture(scope="module")
def drawn():
    """Each kind of picture as SVG, drawn twice, with all names that are hostile."""
    name = "".join(NAMES.values())
    return [[plots.as_svg(figure) for _, figure in pictures(name)] for _ in range(2)]


@pytest.mark.slow
def test_every_picture_is_xml_whatever_the_names_are(drawn):
    for text in drawn[0]:
        assert ElementTree.fromstring(text).attrib["aria-label"]
        assert "\x1b" not in text


def test_a_picture_is_the_same_bytes_each_time(drawn):
    assert drawn[0] == drawn[1]


@pytest.mark.slow
def test_a_png_is_the_same_bytes_each_time():
    one, other = ([plots.as_png(figure) for _, figure in pictures("a")] for _ in range(2))
    assert one == other


def test_words_are_text_and_nothing_holds_for_the_whole_page():
    text = plots.as_svg(plots.curves({"a <b> & $c$ name": HISTORY}))
    root = ElementTree.fromstring(text)
    shown = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "a <b> & $c$ name" in shown and "training" in shown and "epoch" in shown
    assert "<style" not in text and "<metadata" not in text and INK in text and text.count(INK) == 1
    assert root.attrib["color"] == INK and root.attrib["role"] == "img"
    assert root.attrib["aria-label"].startswith("Learning curves: loss over 2 epochs of 1 run.")
    assert "#ffffff" not in text  # no background


def test_several_pictures_in_a_page_share_no_name(drawn):
    names = [set(re.findall(r' id="([^"]+)"', text)) for text in drawn[0]]
    assert all(not one & other for one, other in itertools.combinations(names, 2)) and any(names)
    for text, own in zip(drawn[0], names, strict=True):
        assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', text)) <= own


def test_a_notebook_shows_a_picture_as_it_is_saved(tmp_path):
    figure = plots.confusion(np.eye(2, dtype=int), ["a", "b"])
    plots.save(figure, tmp_path / "a.svg")
    plots.save(figure, tmp_path / "a.png")
    assert (tmp_path / "a.svg").read_text().endswith(figure._repr_svg_())
    assert (tmp_path / "a.png").read_bytes() == figure._repr_png_()


def linear(colour):
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """WCAG 2.1's contrast of two linear colours."""
    light, dark = sorted((float(each @ (0.2126, 0.7152, 0.0722)) for each in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


WHITE, DARK = linear("#ffffff"), linear("#111111")


def test_words_and_lines_can_be_seen_on_white_and_on_dark():
    assert contrast(linear(INK), WHITE) >= 4.5 and contrast(linear(INK), linear("#000000")) >= 4.5
    for colour in COLOURS:
        assert min(contrast(linear(colour), WHITE), contrast(linear(colour), DARK)) > 2.75


@pytest.mark.parametrize("share", [0.5, 0.75, 1.0])
def test_white_words_can_be_read_on_the_shades_of_the_larger_shares(share):
    *colour, opaque = shades()(share)
    for page in (1.0, 17 / 255):
        seen = "#" + "".join(f"{round(255 * (part * opaque + page * (1 - opaque))):02x}" for part in colour)
        assert on(share) == "white" and contrast(linear(seen), WHITE) >= 4.5


# Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009).
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def lab(colour):
    """CIE L*a*b* of a linear sRGB colour."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(colour, 0, 1) / (0.9505, 1, 1.089)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", BLIND)
def test_a_colour_blind_reader_tells_the_colours_apart(kind):
    seen = [lab(np.array(BLIND[kind]) @ linear(colour)) for colour in COLOURS]
    apart = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in itertools.combinations(range(6), 2)}
    assert min(apart.values()) > 9.5  # 2.3 is just noticeable
    assert apart[0, 1] > 50  # training and validation
