"""The gallery's reports and pictures are those that its command makes today."""

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

GALLERY = ROOT / "docs/gallery"


def headings(page):
    return re.findall(r"<h2[^>]*>(.*?)</h2>", page)


@pytest.mark.slow
def test_the_command_makes_the_gallery_anew(tmp_path):
    subprocess.run([sys.executable, GALLERY / "remake.py", tmp_path], check=True, capture_output=True)
    made, kept = (
        {path.relative_to(folder) for path in folder.glob("*/*") if path.suffix in (".svg", ".html")}
        for folder in (tmp_path, GALLERY)
    )
    assert made == kept and len({path.parent for path in kept}) == 5
    assert not any(str(ROOT) in path.read_text() for path in tmp_path.glob("*/*.*"))
    for path in kept:
        if path.suffix == ".html":
            assert headings((tmp_path / path).read_text()) == headings((GALLERY / path).read_text())
