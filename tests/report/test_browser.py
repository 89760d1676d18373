"""The report in a real browser: it fits a telephone, can be read in light and dark, and asks for nothing."""

import pytest

from nnlite.cli import main
from nnlite.report import page
from tests.helpers.browser import look
from tests.helpers.own_tables import rows, write_csv
from tests.report.test_page import HOSTILE, contents
from tests.runs.test_report import CONFIGS

pytestmark = pytest.mark.slow

RUNS = {
    "two classes": [str(CONFIGS / "one_digit.toml"), "training.epochs=3"],
    "ten classes": [str(CONFIGS / "digits.toml"), "training.epochs=2"],
    "images": [str(CONFIGS / "digits_cnn.toml"), "training.epochs=1"],
    "numbers": [str(CONFIGS / "diabetes.toml"), "training.epochs=5"],
    "a table": ["shop.csv", "--target", "paid", "training.epochs=5", "training.members=2"],
}


@pytest.mark.parametrize("run", RUNS)
def test_the_report_of_a_run(run, here):
    write_csv("shop.csv", rows(200))
    command, *more = RUNS[run]
    assert main(["train", command, *more, "--out", "run", "--quiet"]) == 0
    text = (here / "run/report.html").read_text(encoding="utf-8")
    for width, dark in ((360, False), (360, True), (1000, False), (1000, True)):
        found = look(here, text, width, dark=dark)
        assert found["dark"] == dark and found["words"] > 100
        assert found["scroll"] <= found["width"] == width and not found["wide"], found["wide"]
        assert not found["low"], found["low"]
        assert not found["console"] and not found["asked"] and not found["scripts"]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_harm_nothing(kind, tmp_path):
    found = look(tmp_path, page(contents(HOSTILE[kind])))
    assert not found["console"] and not found["asked"] and not found["scripts"] and not found["wide"]
    assert not found["low"] and "IMG" not in found["tags"] and "B" not in found["tags"]


def test_the_browser_would_have_seen_it(tmp_path):
    """A page with every fault is seen to have it."""
    text = """<!DOCTYPE html><html><body><p style="color:#999;background:#fff">pale</p>
    <div style="width:500px">wide</div><img src="http://elsewhere.test/picture.png">
    <script>console.error("wrong")</script></body></html>"""
    found = look(tmp_path, text)
    assert found["wide"] and found["scroll"] > 360 and found["scripts"] == 1
    assert [low[1] for low in found["low"]] == ["pale"]
    assert any("wrong" in line for line in found["console"])
    assert any("elsewhere.test" in line for line in found["asked"])
