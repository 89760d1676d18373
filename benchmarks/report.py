"""A report is what becomes of the CSV files: tables in docs/performance.md, and a picture."""

from pathlib import Path
from types import ModuleType

from benchmarks.measuring import measurement
from benchmarks.measuring.commands import ROOT
from benchmarks.measuring.options import Findings
from benchmarks.parts import convolution, growth, imports, memory, process, recurrent, search, shares, steps, table
from nnlite import files

PARTS: dict[str, ModuleType] = {
    "steps": steps,
    "convolution": convolution,
    "recurrent": recurrent,
    "shares": shares,
    "process": process,
    "import": imports,
    "growth": growth,
    "memory": memory,
    "table": table,
    "search": search,
}
"""By the name that the command line knows; each has `measure(options)` and `markdown(measurements)`."""

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"
END = "<!-- end of figures -->"


def text(part: str, findings: Findings) -> str:
    """The tables and notes of a part, in Markdown."""
    tables = PARTS[part].markdown(findings.measurements)
    notes = "\n".join(f"- {note}" for note in findings.notes)
    return "\n\n".join(block for block in (tables, notes) if block)


def saved(folder: Path) -> dict[str, Findings]:
    """What the folder's CSV files hold, by part."""
    return {
        part: Findings(*measurement.read(folder / f"{part}.csv"))
        for part in PARTS
        if (folder / f"{part}.csv").exists()
    }


def insert(page: str, texts: dict[str, str]) -> str:
    """The page with these texts between its markers; what is around them stays as it is."""
    for part, inserted in texts.items():
        begin = f"<!-- figures: {part} -->"
        before, found, rest = page.partition(begin)
        _, end, after = rest.partition(END)
        if not found or not end:
            raise ValueError(f"the page has no {begin} with an {END} after it")
        page = f"{before}{begin}\n\n{inserted}\n\n{END}{after}"
    return page


def write(folder: Path, page: Path | None) -> None:
    """Makes the picture, and the page's tables, from all CSV files in the folder."""
    from benchmarks.picture import draw
    from nnlite import plots

    found = saved(folder)
    plots.save(draw({part: findings.measurements for part, findings in found.items()}), folder / "benchmarks.svg")
    if page is not None:
        texts = {part: text(part, findings) for part, findings in found.items()}
        files.write(page, insert(page.read_text(), texts))
