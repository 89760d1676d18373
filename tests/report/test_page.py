"""The page of a report: everything is escaped, in order, and of itself alone."""

import itertools
import re
from dataclasses import dataclass, replace

import pytest

from nnlite import Dense, Sequential, SoftmaxCrossEntropy
from nnlite.report import (
    Bin,
    Calibration,
    ClassRow,
    Contents,
    Figure,
    Figures,
    Importance,
    Mistake,
    Mistakes,
    Picture,
    network_of,
    page,
)
from tests.helpers.page import Page
from tests.plots.test_hostile_names import NAMES

HOSTILE = {
    **NAMES,
    "script": "</pre></title><script>alert(1)</script>",
    "attribute": "\" onload='alert(1)' x=\"",
    "template": "{{ 7*7 }}{% raw %}",
}


@dataclass(frozen=True)
class Found:
    name: str
    severity: str
    sentence: str
    evidence: str
    change: str


def contents(name="flowers"):
    """A report in which every section is there, and everything that can have the name has it."""
    network = network_of(Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,)))
    picture = Picture('<svg role="img" aria-label="a" width="100pt" viewBox="0 0 1 1"></svg>')
    figures = [Figure("accuracy", 0.9, 0.8, 0.95, 0.5, 0.85), Figure(name, None), Figure("loss", float("nan"))]
    return Contents(
        name,
        [f"Of 30 rows {name}"],
        replace(network, loss=name, blocks=(replace(network.blocks[0], name=name, arguments=name),)),
        f"name = {name}",
        f"nnlite.load({name})",
        trained=[(name, name)],
        verdict=name,
        findings=[Found(name, "high", name, name, name), Found(name, name, name, "", "")],
        figures=[Figures("test", 30, figures, [name]), Figures("validation", 10, figures[:1])],
        part="30 test rows",
        curves=[picture],
        answers=[picture],
        confusion=[[1, 2], [3, 4]],
        classes=[ClassRow(name, 3, 0.5, None, 0.25), ClassRow("other", 7, 0.5, 1.0, 0.25)],
        threshold_pictures=[picture],
        calibration=Calibration(0.1, 0.2, [Bin(0.5, 0.6, 3, 0.55, 0.5)]),
        calibration_pictures=[picture],
        importance=[Importance(name, 0.5, 0.1, [-0.2]), Importance("b", -0.1, 0.1, [0.0])],
        importance_of=["log_loss", "accuracy"],
        importance_note=name,
        mistakes=Mistakes("probability", [name], [Mistake("row 1", name, name, 0.9, [name])], name),
        mistake_pictures=[picture],
        network_pictures=[picture],
        versions=[("nnlite", name)],
        hashes=[(name, "ab12")],
        missing=[name],
    )


def test_the_page_is_well_formed_and_has_its_sections_in_order():
    text = page(contents())
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    read = Page(text)
    headings = [tag for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1" and headings.count("h1") == 1
    assert all(int(after[1]) <= int(before[1]) + 1 for before, after in itertools.pairwise(headings))
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for attributes in read.of("a")]
    assert links == [f"#{each}" for each in ids] and len(links) == 14
    assert text == page(contents())


def test_it_asks_for_nothing_and_runs_nothing():
    text = page(contents())
    read = Page(text)
    assert not read.of("script") and not read.of("iframe") and not read.of("img")
    loaded = [v for _, each in read.elements for k, v in each.items() if k in ("src", "href", "xlink:href", "data")]
    assert all(value.startswith(("#", "data:,")) for value in loaded)
    assert not re.search(r"url\((?!#)|@import|@font-face", text)
    assert not [name for _, each in read.elements for name in each if name.startswith("on")]
    (policy,) = [each["content"] for each in read.of("meta") if "http-equiv" in each]
    assert "default-src 'none'" in policy and "script-src" not in policy


def test_a_screen_reader_finds_what_it_needs():
    read = Page(page(contents()))
    for tag, attributes in read.elements:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or (
                attributes["role"] == "img" and attributes["aria-label"]
            )
        if attributes.get("role") == "region" or tag == "nav":
            assert attributes["aria-label"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")
    assert len(read.of("table")) == 8 and len(read.of("thead")) == 8
    assert read.of("html")[0]["lang"] == "en" and len(read.of("main")) == 1 and len(read.of("title")) >= 1


def _shape(read):
    """The elements with the names of their attributes; empty words have no <text>, and short cells stay whole."""
    return [(tag, sorted({*each} - {"class"})) for tag, each in read.elements if tag != "text"]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_name_is_words_and_nothing_else(kind):
    hostile, plain = Page(page(contents(HOSTILE[kind]))), Page(page(contents()))
    assert kind == "empty" or _shape(hostile) == _shape(plain)  # what is empty is left out
    assert not hostile.of("script") and not hostile.of("b")
    assert not set(hostile.text) & set("\x00\x08\x1b\x7f\x85\u202e\u202c\ud83d\udcff\ufffe")
    if kind == "template":
        assert "{{ 7*7 }}" in hostile.text
    page(contents(HOSTILE[kind])).encode()


def test_figures_are_rounded_for_eyes_and_whole_for_programs():
    text = page(contents())
    assert '<td class="n"><data value="0.9">0.9000</data></td>' in text
    assert '<data value="0.8">0.8000</data> to <data value="0.95">0.9500</data>' in text
    assert re.search(r"<th scope=\"row\">loss</th>\s*<td class=\"n\">–</td>", text)


def test_large_figures_have_five_digits_and_small_changes_four_decimals():
    report = contents()
    figures = [Figure("rmse", 53.946618, 45.1015, 62.5888)]
    changes = [Importance("a", 0.05, 0.00075, [-0.00025])]
    text = page(replace(report, figures=[Figures("test", 9, figures, [])], importance=changes))
    assert ">53.947</data>" in text and ">45.102</data> to " in text
    assert ">+0.0500</data> ± 0.0008<" in text and ">−0.0003<" in text


def test_without_any_interval_a_table_has_no_column_for_it():
    test = [Figure("accuracy", 0.9, 0.8, 0.95), Figure("loss", 0.1)]
    figures = [Figures("test", 30, test, []), Figures("validation", 10, test[1:], [])]
    first, second = Page(page(replace(contents(), figures=figures))).tables["figures"]
    assert first[0][:3] == ["figure", "model", "95 % interval"] and len(first[2]) == len(first[0])
    assert second == [["figure", "model"], ["loss", 0.1]]


def test_sections_without_contents_are_left_out():
    network = network_of(Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,)))
    read = Page(page(Contents("run", ["Nothing is known."], network, "", "")))
    assert [each["id"] for each in read.of("h2")] == ["trained", "network", "use", "config"]


def test_a_finding_of_any_severity_has_a_class_of_the_style():
    classes = [each["class"] for each in Page(page(contents("</style>"))).of("li") if "class" in each]
    assert classes == ["high", "low"]
