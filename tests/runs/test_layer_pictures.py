"""What a `LayerSnapshots` of a run has recorded is drawn, and stands in its report, also in one that is made anew."""

import pytest

from nnlite.cli import main
from nnlite.runs import layer_pictures
from tests.conftest import ROOT

IRIS = (ROOT / "configs/iris.toml").read_text() + '\n[[callbacks]]\ntype = "LayerSnapshots"\n'
KINDS = ("activations", "weights")


def train(here, *words):
    (here / "c.toml").write_text(IRIS)
    assert main(["train", "c.toml", "training.epochs=2", "--out", "run", "--quiet", *words]) == 0


@pytest.mark.parametrize(
    ("words", "folder"), [((), "run"), pytest.param(("training.members=2",), "run/member-1", marks=pytest.mark.slow)]
)
def test_the_report_has_the_pictures_of_the_layers_also_when_it_is_made_anew(here, words, folder):
    train(here, *words)
    pictures = [(here / folder / f"{kind}.svg").read_text() for kind in KINDS]
    for _ in range(2):
        page = (here / "run/report.html").read_text()
        assert all(picture[picture.index("<svg") :] in page for picture in pictures)
        (here / "run/report.html").unlink()
        assert main(["report", "run"]) == 0


@pytest.mark.usefixtures("without_pictures")
def test_what_is_no_picture_stands_in_no_report(here):
    train(here)
    (here / "run/weights.svg").write_bytes(b"\xff<b>not a picture")
    assert main(["report", "run"]) == 0
    page = (here / "run/report.html").read_text()
    assert "not a picture" not in page


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.filterwarnings("always:run lacks the pictures")
def test_a_picture_of_the_layers_that_fails_does_not_cost_the_run(here, monkeypatch, capsys):
    monkeypatch.setitem(layer_pictures.KINDS, "weights", lambda *_: 1 / 0)
    train(here)
    said = capsys.readouterr().err.replace("\n  ", " ")
    assert "run lacks the pictures of its layers over the epochs: ZeroDivisionError" in said and "tries" not in said
    assert (here / "run/metrics.json").exists()
    assert (here / "run/report.html").exists()
