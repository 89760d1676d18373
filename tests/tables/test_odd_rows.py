"""What is odd about rows is said with its line: footers, texts among numbers, labels that are one more likely."""

import json
import warnings

import pytest

from nnlite.data.table_rows import table_rows
from nnlite.errors import ConfigError, DataError
from nnlite.tables import MISSING, TableEncoder, as_table, read_csv, targets
from nnlite.tables.alike import alike_in_words
from nnlite.tables.footer import footer_in_words
from nnlite.tables.look import look


def table_of(tmp_path, text):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    return read_csv(path)


def told(table, **said):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table_rows(table, "paid", **said)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"Yes": 3, "yes": 1, "no": 2}, "'Yes' (3 rows), 'yes' (1 row) differ"),
        ({"a b": 3, "a  b": 1, "A b": 2}, "'a b' (3 rows), 'a  b' (1 row), 'A b' (2 rows) differ"),
        ({"Z\u00fcrich": 3, "Zu\u0308rich": 2}, "'Z\u00fcrich' (3 rows), 'Zu\u0308rich' (2 rows) differ"),
        ({"yes": 1, "no": 2}, ""),
    ],
)
def test_labels_that_differ_in_case_or_spaces_alone(labels, said, tmp_path):
    assert alike_in_words(labels).startswith(said) and bool(said) == bool(alike_in_words(labels))
    cells = [label for label, count in labels.items() for _ in range(count)]
    table = as_table({"age": list(range(0, 3 * len(cells), 3)), "paid": cells})
    assert any("the classes '" in each for each in told(table)) == bool(said)
    assert bool(look(table, "paid").target.alike) == bool(said)
    assert bool(look(table.rows(range(len(cells)))).columns[1].suspicious) == bool(said)


FIVE = "age,town,paid\n31,Bern,1\n45,Rome,2\n31,Bern,1\n60,Oslo,1\n27,Rome,2\n45,Bern,1\n"


@pytest.mark.parametrize(
    ("last", "footer", "among_numbers"),
    [
        ("Sum,,", True, True),
        ("Sum,,8", False, True),
        (",,8", True, False),
        ("note,Rome,2", False, True),
        ("33,Rome,", False, False),
        ("33,Rome,2", False, False),
        ("(6 rows),,", True, True),
        (",(6 Zeilen),", True, False),
        (",(7 rows),?", True, False),
    ],
)
def test_a_footer_is_told_with_its_line(last, footer, among_numbers, tmp_path):
    table = table_of(tmp_path, f"{FIVE}{last}\n")
    said = told(table)
    looked = look(table, "paid")
    assert any("line 8, the last one, looks like a footer" in each for each in said) == footer == bool(looked.footer)
    assert any("line 8 has" in each and "so that the column is a category" in each for each in said) == among_numbers
    assert any("line 8 has" in each for each in looked.columns[0].suspicious) == among_numbers
    assert not any("line 8 has" in each for each in told(table, kinds={"age": "category"}))


@pytest.mark.parametrize("above", ["town,paid\nBern,yes\nRome,no\n", "paid\nyes\nno\n"])
def test_a_count_of_the_rows_above_it_alone_is_a_footer_of_any_table(above, tmp_path):
    width = above.partition("\n")[0].count(",")
    footers = {count: look(table_of(tmp_path, f"{above}({count} rows){',' * width}\n")).footer for count in (1, 2, 3)}
    assert "line 4, the last one, looks like a footer ('(2 rows)', and no other cell filled)" in footers[2]
    assert not footers[1] and not footers[3]
    table = table_of(tmp_path, f"{above}(2 rows){',' * width}\n")
    assert footer_in_words(table.rows([1, 2]), frozenset())  # a part of the file


@pytest.mark.parametrize("last", ["(6 rows)", "Sum,8", "(6 rows)\n\n  \n", '"(6 rows)"'])
def test_a_last_line_with_too_few_cells_is_told_to_be_a_footer_or_cut_off(last, tmp_path):
    with pytest.raises(
        DataError, match=r"line 8 has .*: it is the last line: if it is a footer.* cut off, get it again"
    ):
        table_of(tmp_path, f"{FIVE}{last}\n")
    with pytest.raises(DataError, match=r"line 8 has .*: put quotes around a cell"):
        table_of(tmp_path, f"{FIVE}{last.strip()}\n{FIVE.splitlines()[1]}\n")


def test_columns_that_are_seldom_filled_make_no_footer(tmp_path):
    rows = "".join(f"{row},,\n" if row % 3 else f"{row},x,2\n" for row in range(10, 30))
    assert not look(table_of(tmp_path, "age,town,more\n" + rows)).footer


def numbers_and(text):
    return as_table({"paid": [*(str(number / 2) for number in range(60)), text, text] * 2})


@pytest.mark.parametrize("task", [None, "regression"])
def test_a_text_among_numbers_to_predict_is_told_with_its_row(task):
    with pytest.raises(DataError, match=r"row 60, column 'paid': 'n\.b\.' is no number, as 3 more cells; co"):
        targets(numbers_and("n.b."), "paid", task)
    assert targets(numbers_and("n.b."), "paid", task, missing=["n.b."]).left_out == 4
    assert len(targets(numbers_and("n.b."), "paid", "classification").classes) == 61


def test_a_format_of_dates_is_none_of_numbers_to_predict():
    with pytest.raises(ConfigError, match="the target 'paid' has the format '%d'"):
        targets(numbers_and(""), "paid", format="%d")


def test_texts_that_leave_a_row_without_a_target_are_named():
    table = as_table({"age": list(range(0, 36, 3)), "paid": ["yes", "no", "none", ""] * 3})
    assert any("and are left out; 'none': if it is a target, say missing" in said for said in told(table))


def test_a_list_to_paste_has_all_that_is_missing_now_and_one_more(tmp_path):
    table = as_table({"age": ["31", "45", "27", "60", "31", "n. d."], "paid": ["yes", "no"] * 3})
    (said,) = [each for each in told(table) if "'n. d.'" in each]
    more = json.loads(said.partition("say missing = ")[2].partition("]")[0] + "]")
    assert more == [*MISSING, "n. d."] and not told(table, missing=more)
    with pytest.raises(DataError) as caught:
        TableEncoder.fit(table, kinds={"age": "number"})
    assert f'say missing = ["", "?", "NA", {json.dumps(more[3:])[1:]}' in str(caught.value)


def test_a_word_that_a_list_of_the_users_leaves_out_is_told():
    table = as_table({"town": ["Bern", "N/A", "unknown"] * 4, "paid": ["yes", "no"] * 6})
    (said,) = told(table, missing=["unknown"])
    assert said.startswith("column 'town': 'N/A' stands for itself, since missing leaves it out")
    assert not told(table) and not told(table, missing=[*MISSING, "unknown"])


def test_a_header_that_comes_again_is_told_with_its_line(tmp_path):
    lines = [f"{20 + row * 7 % 30},{'yes' if row % 3 else 'no'}" for row in range(40)]
    table = table_of(tmp_path, "\n".join(["age,paid", *lines[:20], " age,paid", *lines[20:]]))
    assert any(
        said.endswith("rows.csv: line 22 is the header once more: take it out of the file") for said in told(table)
    )
    assert "line 22 is the header once more" in look(table).footer
    encoder = TableEncoder.fit(table.without("paid").rows(slice(0, 20)))
    with pytest.raises(DataError, match=r"line 22, column 'age': .* the header once more; take that line out"):
        encoder.encode(table)


def test_a_date_that_is_not_iso_is_refused_with_its_pattern():
    table = as_table({"born": ["1/17/2022", "12/3/2021", "?"], "age": ["1", "2", "2"]})
    with pytest.raises(DataError, match=r"let formats say how its dates are written, '%m/%d/%Y', or"):
        TableEncoder.fit(table, kinds={"born": "date"})


def test_names_and_labels_that_differ_in_case_alone_are_told():
    with pytest.raises(DataError, match=r"none of the classes 'no', 'yes'; did you mean 'yes'\?"):
        targets(as_table({"paid": ["YES", "no"]}), "paid", classes=("no", "yes"))
    encoder = TableEncoder.fit({"Age": ["31", "45", "31"], "town": ["Bern", "Rome", "Bern"]})
    with pytest.raises(DataError, match=r"'Age' is missing; there are: 'age ', 'town'; call 'age ' 'Age'$"):
        encoder.encode({"age ": ["3"], "town": ["Bern"]})
