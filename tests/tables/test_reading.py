"""Tables from files: what is read, and what a file that cannot be read is told."""

import csv
import gzip
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.errors import ConfigError, DataError
from nnlite.tables import chunks, read_csv, read_table
from nnlite.tables.table import coded


def written(tmp_path, content, name="data.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def cells(table):
    """The texts of a table without spaces around them, by column."""
    columns = {name: coded(column) for name, column in table.columns.items()}
    return {name: [column.values[code].strip() for code in column.codes] for name, column in columns.items()}


A_B = {"a": ["1", "3"], "b": ["x", "y"]}

FILES = {
    "commas": ("a,b\n1,x\n3,y\n", A_B),
    "semicolons": ("a;b\n1,5;x\n3,5;y\n", {"a": ["1,5", "3,5"], "b": ["x", "y"]}),
    "tabulators": ("a\tb\n1\tx\n3\ty\n", A_B),
    "bars": ("a|b\n1|x\n3|y\n", A_B),
    "no last line break": ("a,b\n1,x\n3,y", A_B),
    "CRLF": ("a,b\r\n1,x\r\n3,y\r\n", A_B),
    "CR": ("a,b\r1,x\r3,y\r", A_B),
    "a mark at the beginning": ("\ufeffa,b\n1,x\n3,y\n", A_B),
    "UTF-16": ("a,b\n1,x\n3,y\n".encode("utf-16"), A_B),
    "blank lines": ("\n\na,b\n\n1,x\n   \n3,y\n\n", A_B),
    "spaces after commas": ("a, b\n1, x\n3, y\n", A_B),
    "quotes": ('"a","b"\n"1","x"\n"3","y"\n', A_B),
    "a comma in quotes": ('a,b\n1,"x,y"\n', {"a": ["1"], "b": ["x,y"]}),
    "a line break in quotes": ('a,b\n1,"x\ny"\n3,z\n', {"a": ["1", "3"], "b": ["x\ny", "z"]}),
    "quotes in quotes": ('a,b\n1,"5"" wide"\n', {"a": ["1"], "b": ['5" wide']}),
    "a quote within a cell": ('a,b\n1,5" wide\n', {"a": ["1"], "b": ['5" wide']}),
    "single quotes": ("'a','b'\n'1','x, y'\n'3','y'\n", {"a": ["1", "3"], "b": ["x, y", "y"]}),
    "apostrophes": ("a,b\n1,don't\n3,'tis\n", {"a": ["1", "3"], "b": ["don't", "'tis"]}),
    "one column": ("a\n1\n3\n", {"a": ["1", "3"]}),
    "a column without a name": (",a\n0,1\n1,3\n", {"Unnamed: 0": ["0", "1"], "a": ["1", "3"]}),
    "lines that end in a comma": ("a,b,\n1,x,\n3,y,\n", A_B | {"Unnamed: 2": ["", ""]}),
    "umlauts": ("größe\n1\n3\n", {"größe": ["1", "3"]}),
    "many columns": (
        ",".join(f"c{place}" for place in range(10_000)) + "\n" + ",".join("7" * 10_000) + "\n",
        {f"c{place}": ["7"] for place in range(10_000)},
    ),
    "a cell as long as a book": ("a,b\n1," + "x" * 2_000_000 + "\n", {"a": ["1"], "b": ["x" * 2_000_000]}),
    "a quoted book": ('a,b\n1,"' + "x\n" * 200_000 + '"\n', {"a": ["1"], "b": [("x\n" * 200_000).strip()]}),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_however_it_is_written(name, tmp_path):
    content, expected = FILES[name]
    assert cells(read_csv(written(tmp_path, content))) == expected


def test_a_compressed_file_and_the_endings(tmp_path):
    content = "a\tb\n1\tx, y\n3\ty\n"
    expected = {"a": ["1", "3"], "b": ["x, y", "y"]}
    for name, data in (
        ("d.tsv", content.encode()),
        ("d.txt", content.encode()),
        ("d.tsv.gz", gzip.compress(content.encode())),
    ):
        assert cells(read_table(written(tmp_path, data, name))) == expected
    assert cells(read_csv(written(tmp_path, " 1  2 \n 3   4\n", "d.txt"), header=False)) == {
        "0": ["1", "3"],
        "1": ["2", "4"],
    }


def test_delimiter_and_encoding_are_taken_as_said(tmp_path):
    path = written(tmp_path, "größe:b\n1:x\n".encode("latin-1"))
    assert cells(read_csv(path, delimiter=":", encoding="latin-1")) == {"größe": ["1"], "b": ["x"]}
    for delimiter in ("", "::", "\n", '"', 3):
        with pytest.raises(ConfigError, match="expected one character"):
            read_csv(path, delimiter=delimiter)


BAD = {
    "empty": ("", "is empty; expected a line with the names"),
    "blank": ("\n \n\n", "is empty|has a header and no rows"),
    "a header only": ("a,b\n", "has a header and no rows"),
    "too few cells": ("a,b,c\n1,2,3\n4,5\n6,7,8\n", r"line 3 has 2 values; expected 3, as line 1 has: put quotes"),
    "too many cells": ("a,b\n1,2\n\n4,5,6\n", r"line 4 has 3 values; expected 2, as line 1 has"),
    "two faults that cancel": ("a,b,c\n1,2\n3,4,5,6\n", "line 2 has 2 values"),
    "a comma at the end": ("a,b\n1,2,\n", "it ends in a ',', and line 1 does not"),
    "a title": (
        "Report of May\na,b\n1,2\n",
        "line 2 has 2 values; expected 1, as line 1 has: if line 1 is a title or a comment",
    ),
    "an open quote": ('a,b\n1,2\n3,"x\n5,6\n7,8\n', "line 3: a quote is opened and never closed"),
    "a quote that is closed twice": ('a,b\n1,"x\n3,y\n5,"z"\n6,7\n', "line 2: a quote is closed within a cell"),
    "a row over many lines": (
        'a,b\n1,"x\n3,y"\n1,2,"\n"\n',
        "line 4 has 3 values; expected 2.* goes on to line 5: is a quote open",
    ),
    "latin-1": ("a,b\n1,x\n2,café\n".encode("latin-1"), 'line 3: byte 0xe9 is no UTF-8 text.*encoding = "latin-1"'),
    "latin-1 in the header": ("größe,b\n1,x\n".encode("latin-1"), 'line 1: byte 0xf6.*encoding = "latin-1"'),
    "UTF-16 without a mark": ("a,b\n1,x\n".encode("utf-16-le"), 'null bytes; say encoding = "utf-16-le"'),
    "a spreadsheet": (b"PK\x03\x04\0\0\x08\0", "null bytes; it may be a spreadsheet: export it as CSV"),
    "two equal names": ("a,b,a\n1,2,3\n", "line 1: columns 1 and 3 are both called 'a'.*say header = false"),
    "a broken gzip file": (gzip.compress(b"a,b\n" + b"1,2\n" * 1000)[:-30], "gzip file is damaged or cut off"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_one_clear_error(name, tmp_path):
    content, message = BAD[name]
    path = written(tmp_path, content)
    for read in (read_csv, lambda path: list(chunks(path, 2))):
        with pytest.raises(DataError, match=message) as caught:
            read(path)
        assert "data.csv" in str(caught.value)


def test_an_encoding_that_is_none_and_paths_that_are_no_files(tmp_path):
    path = written(tmp_path, "a\n1\n")
    with pytest.raises(DataError, match="there is no encoding 'utf-9'"):
        read_csv(path, encoding="utf-9")
    for wrong in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(DataError, match="cannot be read"):
            read_csv(wrong)
    with pytest.raises(DataError, match="expected 1 or more rows"):
        list(chunks(path, 0))


@pytest.mark.parametrize("encoding", ["hex", "zlib", "undefined", "idna", "utf-8\0", "täxt", ""])
def test_what_is_no_encoding_of_texts_is_told(tmp_path, encoding):
    (path := tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"there is no encoding .* of texts"):
        read_csv(path, encoding=encoding)


@pytest.mark.parametrize(
    "encoding", ["Latin-1", "ISO-8859-15", "windows-1252", "U8", "mac-roman", "shift-jis", "cp1252"]
)
def test_an_encoding_has_every_name_that_python_knows(tmp_path, encoding):
    (path := tmp_path / "t.csv").write_bytes("a,b\n1,x\n".encode(encoding))
    assert read_csv(path, encoding=encoding).names == ("a", "b")


def test_a_byte_that_is_no_text_is_found_far_down(tmp_path):
    path = written(tmp_path, b"a,b\n" + b"1,2\n" * 20_000 + b"3,caf\xe9\n")
    with pytest.raises(DataError, match="line 20002: byte 0xe9"):
        read_csv(path)


@pytest.mark.parametrize(
    ("content", "header", "message"),
    [
        ("1,x\n2,y\n", True, "taken for the names.*header = false"),
        ("a,b\n1,x\n", True, None),
        ("1,x\n2,y\n", False, None),
        ("a,b\n1,x\n2,y\n", False, "taken for a row.*header = true"),
        ("region,2020,2021\nnorth,3,4\n", True, "taken for the names"),
        ("region,2020,sum\nnorth,3,4\n", True, None),
        ("x,y\na,b\n", False, None),
        ("1,5;x\n2,5;y\n", True, "taken for the names"),
        ("$3;x\n$4;y\n", True, "taken for the names"),
        ("2024-01-01,x\n2024-02-01,y\n", True, "taken for the names"),
        ("31.12.2024;x\n1.2.2023;y\n", True, "taken for the names"),
        ("5,?,x\n6,3,y\n?,4,y\n", True, "taken for the names"),
        (",?,x\n6,3,y\n7,4,y\n", True, None),
        (",size,town\n6,3,y\n7,4,y\n", False, None),
        ("size,town\n3,y\n4,y\n", False, "taken for a row"),
        ("n,y,rep\ny,y,dem\nn,y,rep\ny,n,dem\nn,y,dem\ny,n,rep\n", True, "taken for the names"),
        ("Ann,yes\nBob,no\nEve,yes\nJim,no\nLea,no\n", True, "taken for the names"),
        ("yes\nno\nyes\nno\nyes\n", True, "taken for the names"),
        ("name,paid\nAnn,yes\nBob,no\nEve,yes\nJim,no\n", True, None),
        ("male,town,paid\nmale,Bern,yes\nfemale,Bern,no\nmale,Rome,yes\nfemale,Rome,no\n", True, None),
        ("smoker,age\nsmoker,3\nother,4\nother,3\nsmoker,5\n", True, None),
        ("Ann,Bern\nBob,Rome\nEve,Oslo\n", True, None),
    ],
)
def test_a_first_line_that_looks_otherwise_is_a_warning(content, header, message, tmp_path):
    path = written(tmp_path, content)
    if message is None:
        read_csv(path, header=header)
    else:
        with pytest.warns(UserWarning, match=message):
            read_csv(path, header=header)


def test_a_file_without_a_header_has_numbered_columns_and_every_row(tmp_path):
    table = read_csv(written(tmp_path, "1,x\n3,y\n"), header=False)
    assert cells(table) == {"0": ["1", "3"], "1": ["x", "y"]} and not table.named
    assert cells(read_csv(written(tmp_path, "7\n"), header=False)) == {"0": ["7"]}
    decimal_commas = read_csv(written(tmp_path, "1,5;2,5\n3,5;4,5\n"), header=False)
    assert cells(decimal_commas) == {"0": ["1,5", "3,5"], "1": ["2,5", "4,5"]}


def test_the_line_of_each_row_is_known(tmp_path):
    table = read_csv(written(tmp_path, 'a,b\n\n1,"x\r\ny"\n2,z\n\n3,"u\nv\nw"\n4,t\n'))
    assert table.lines.tolist() == [3, 5, 7, 10]
    part = table.rows(np.array([False, True, False, True]))
    assert part.lines.tolist() == [5, 10]
    assert part.where(1, "b").endswith("data.csv: line 10, column 'b'")


def test_portions_are_the_rows_of_the_whole(tmp_path):
    path = written(tmp_path, "a,b\n" + "".join(f"{row},t{row % 7}\n" for row in range(5000)))
    whole = read_csv(path)
    for size in (1, 7, 1024, 9999):
        if size == 1:
            parts = list(chunks(path, 1))[:10]
            assert [len(part) for part in parts] == [1] * 10
            continue
        parts = list(chunks(path, size))
        assert all(len(part) == size for part in parts[:-1])
        assert [cell for part in parts for cell in cells(part)["a"]] == cells(whole)["a"]
        assert [line for part in parts for line in part.lines.tolist()] == whole.lines.tolist()
    unnamed = list(chunks(written(tmp_path, "1,2\n" * 5), 2, header=False))
    assert [len(part) for part in unnamed] == [2, 2, 1]


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = written(tmp_path, "a,b\n" + "1,2\n" * 50_000)
    parts = chunks(path)
    next(parts)
    with path.open("a") as file:
        file.write("3,4\n")
    with pytest.raises(DataError, match="was changed while it was read; copy it first"):
        list(parts)


CELL = st.text(st.sampled_from("ab1 \"',;\n\r.é"), max_size=5)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=9)
    )
)
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "data.csv"
    names = [f"n{place}" for place in range(len(rows[0]))]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = cells(read_csv(path, delimiter=","))
    assert found == {name: [row[place].strip() for row in rows] for place, name in enumerate(names)}


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("a1,\n\r "), max_size=40))
def test_lines_without_quotes_are_split_as_the_csv_module_does(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("csv")
    plain, quoted = folder / "plain.csv", folder / "quoted.csv"
    plain.write_bytes(b"h,k\n" + text.encode())
    quoted.write_bytes(b'"h",k\n0,"0"\n' + text.encode())  # a quote in the first row: all goes through the module

    def told(path):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return cells(read_csv(path, delimiter=","))
            except DataError as error:
                return "values" if "expected 2" in str(error) else "no rows"

    found, expected = told(plain), told(quoted)
    if isinstance(expected, dict):
        expected = {name: values[1:] for name, values in expected.items()}
    assert found == expected or (found == "no rows" and expected == {"h": [], "k": []})


def test_parquet_needs_a_package_and_says_which(tmp_path, monkeypatch):
    import sys

    for name in ("pyarrow", "pandas"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DataError, match="needs pyarrow, which is not installed: pip install pyarrow"):
        read_table(tmp_path / "d.parquet")
    with pytest.raises(DataError, match="pip install pyarrow"):
        list(chunks(tmp_path / "d.parquet"))


def test_parquet_is_read_whole_and_in_portions(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    path = tmp_path / "d.parquet"
    parquet.write_table(pyarrow.table({"a": list(range(10)), "b": ["x", None] * 5}), path)
    whole = read_table(path)
    assert whole.columns["a"].tolist() == list(range(10)) and len(whole) == 10
    parts = list(chunks(path, 4))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert parts[2].where(1, "a").endswith("d.parquet: row 9, column 'a'")
    twice = pyarrow.table([[1, 2], ["x", "y"]], names=["a", "a"])
    parquet.write_table(twice, path)
    for read in (read_table, lambda path: list(chunks(path))):
        with pytest.raises(DataError, match=r"d\.parquet: two columns are called 'a'; expected a name of its own"):
            read(path)
    path.write_bytes(b"PAR1 nonsense")
    for read in (read_table, lambda path: list(chunks(path))):
        with pytest.raises(DataError, match="cannot be read as Parquet"):
            read(path)


def test_a_folder_on_the_way_to_a_file_makes_no_column(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    path = tmp_path / "year=2024" / "d.parquet"
    path.parent.mkdir()
    parquet.write_table(pyarrow.table({"a": [1, 2]}), path)
    assert read_table(path).names == next(chunks(path)).names == ("a",)


@pytest.mark.parametrize("begin", ["sep=;\n", "\ufeffsep=;\r\n", "SEP=;\n"])
def test_a_first_line_for_excel_is_no_header(begin, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes((begin + "a;b\n1;2\n3;4\n").encode())
    table = read_csv(path)
    assert table.names == ("a", "b") and table.lines.tolist() == [3, 4]


def test_a_column_that_only_begins_so_stays(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sep=;b\n1;2\n")
    assert read_csv(path).names == ("sep=", "b")
