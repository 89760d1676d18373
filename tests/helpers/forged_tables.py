"""A forged table stands in a model file whose digest is right: its columns, its arrays or its members are made up."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import nnlite
from nnlite.core.ensemble import Ensemble
from nnlite.data.table_reader import TableReader
from nnlite.saving import model_file, tensors
from nnlite.tables import TableEncoder

ROWS: dict[str, list[str]] = {
    "age": ["31", "", "27.5", "45", "61", "19"],
    "town": ["Bern", "Rome", "", "Oslo", "Bern", "Rome"],
    "since": ["31.01.2024", "01.02.2024", "15.02.2024", "02.03.2024", "03.03.2024", "04.03.2024"],
    "sex": ["m", "f", "f", "m", "m", "f"],
    "paid": ["yes", "no", "no", "yes", "no", "yes"],
}

Parts = tuple[dict[str, Any], dict[str, np.ndarray]]
"""The description and the arrays of a file."""


def ensemble(members: int = 2, seed: int = 0) -> bytes:
    """The file of an ensemble that was trained on a table; of a single model, one member."""
    rows = {name: cells for name, cells in ROWS.items() if name != "paid"}
    reader = TableReader(TableEncoder.fit(rows, formats={"since": "%d.%m.%Y"}), "paid", delimiter=",")
    data = reader.dataset(ROWS, ("no", "yes"))
    models = []
    for member in range(members):
        layers = [nnlite.Columns(reader.encoder.codes), nnlite.Dense(1), nnlite.BinaryCrossEntropy()]
        nnlite.Trainer(model := nnlite.Sequential(layers), nnlite.SGD(0.1), epochs=1, seed=seed + member).fit(data)
        models.append(model)
    return model_file.to_bytes(models[0] if members == 1 else Ensemble(models))


def parts(content: bytes) -> Parts:
    """What stands in a file, to be changed."""
    arrays, description = tensors.from_bytes(content)
    return copy.deepcopy(description), {name: array.copy() for name, array in arrays.items()}


def sealed(description: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    """A file of these with the right digest."""
    return tensors.to_bytes(arrays, description)


Change = Callable[[dict[str, Any], dict[str, np.ndarray], dict[str, dict[str, Any]]], Any]
"""Changes a description, the arrays, and the descriptions of the columns by name, in place."""


def of_reader(**values: Any) -> Change:
    return lambda description, arrays, columns: description["table"].update(values)


def of_encoder(**values: Any) -> Change:
    return lambda description, arrays, columns: description["table"]["encoder"].update(values)


def of_column(column: str, /, **values: Any) -> Change:
    return lambda description, arrays, columns: columns[column].update(values)


def of_file(**values: Any) -> Change:
    return lambda description, arrays, columns: description.update(values)


def of_array(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda description, arrays, columns: arrays.update({name: change(arrays[name])})


def put(name: str, array: np.ndarray) -> Change:
    return lambda description, arrays, columns: arrays.update({name: array})


def renamed(before: str, after: str) -> Change:
    return lambda description, arrays, columns: arrays.update({after: arrays.pop(before)})


def text(before: bytes, after: bytes) -> Change:
    return of_array("table/text", lambda found: np.frombuffer(found.tobytes().replace(before, after), np.uint8))


def fewer_categories(description: Any, arrays: Any, columns: Any) -> None:
    """One category less, in the column, the texts and the ends."""
    columns["town"]["categories"] -= 1
    arrays["table/ends"] = np.delete(arrays["table/ends"], 0) - 4
    arrays["table/text"] = arrays["table/text"][4:]


def many_categories(count: int) -> Change:
    """This many in the column, the texts and the ends, three letters each, so that the codes are others."""

    def change(description: Any, arrays: Any, columns: Any) -> None:
        columns["sex"]["categories"] += count
        texts = "".join(chr(0x800 + k // 2**10) + chr(0x800 + k % 2**10) for k in range(count)).encode()
        ends = np.arange(1, count + 1) * 6 + len(arrays["table/text"])
        arrays["table/ends"] = np.append(arrays["table/ends"], ends)
        arrays["table/text"] = np.append(arrays["table/text"], np.frombuffer(texts, np.uint8))

    return change


def many_columns(count: int, missing: int = 0) -> Change:
    """This many further columns, with this many texts for a missing value in all of them."""

    def change(description: Any, arrays: Any, columns: Any) -> None:
        more = [
            {"name": f"c{k}", "kind": "category", "why": "", "format": "", "missing": ["x"]} for k in range(count)
        ]
        encoder = description["table"]["encoder"]
        encoder["columns"] += more
        encoder["missing"] = [f"m{k}" for k in range(missing)]

    return change


def one_text_each(count: int, texts: int) -> Change:
    """Columns of one category each before one column with all other texts."""

    def change(description: Any, arrays: Any, columns: Any) -> None:
        of = {"kind": "category", "why": "", "format": ""}
        many = [{"name": f"c{k}", "categories": 1} | of for k in range(count)]
        description["table"]["encoder"]["columns"] = [*many, {"name": "x", "categories": texts - count} | of]
        arrays["table/text"] = np.frombuffer(b"a" * texts, np.uint8)
        arrays["table/ends"] = np.arange(1, texts + 1)

    return change


FORGERIES: dict[str, Change] = {
    # the columns
    "ends that fall": of_array("table/ends", lambda ends: ends[::-1].copy()),
    "ends behind the text": of_array("table/ends", lambda ends: ends + 2**62),
    "ends below 0": of_array("table/ends", lambda ends: ends - 2**62),
    "ends that are floats": of_array("table/ends", lambda ends: ends.astype(float)),
    "ends of one text for two": of_array("table/ends", lambda ends: np.array([ends[1], *ends[1:]])),
    "an end less": of_array("table/ends", lambda ends: ends[:-1]),
    "no text": of_array("table/text", lambda found: found[:0]),
    "no texts and no ends": lambda d, a, c: [a.update({f"table/{n}": a[f"table/{n}"][:0]}) for n in ("text", "ends")],
    "texts that are no Unicode": of_array("table/text", lambda found: np.full_like(found, 255)),
    "a category twice": text(b"Oslo", b"Bern"),
    "categories in another order": text(b"BernOslo", b"OsloBern"),
    "a category less, and a code less than its layer has": fewer_categories,
    "a category moved to the next column": lambda d, a, c: [
        c["town"].update(categories=c["town"]["categories"] - 1),
        c["sex"].update(categories=c["sex"]["categories"] + 1),
    ],
    "10**12 categories": of_column("town", categories=10**12),
    "10**400 categories": of_column("town", categories=10**400),
    "categories below 0": of_column("town", categories=-1),
    "categories of a number": of_column("age", categories=1),
    "gaps that training had not": of_column("sex", gaps=True),
    "no gaps where training had some": of_column("age", gaps=False),
    "a name twice": of_column("sex", name="town"),
    "a name of another column": of_column("age", name="wage"),
    "a column that is left out": of_column("age", kind="ignore"),
    "an unknown kind": of_column("age", kind="os.system"),
    "a kind that is a list": of_column("age", kind=["number"]),
    "a number that is a category": of_column("age", kind="category"),
    "a format of numbers that there is not": of_column("age", format="roman"),
    "a pattern of dates that is none": of_column("since", format="%Q"),
    "a pattern of dates without a year": of_column("since", format="%d.%m."),
    "a pattern with a year twice": of_column("since", format="%Y%Y"),
    "a pattern without end": of_column("since", format="%Y" + "(a+)+" * 10_000),
    "a pattern with a zero": of_column("since", format="%Y\0%"),
    "a clock that training had not": of_column("since", clock=True),
    "columns in another order": lambda d, a, c: d["table"]["encoder"]["columns"].reverse(),
    "columns without names that have names": of_encoder(named=False),
    "no columns": of_encoder(columns=[]),
    "columns that are a text": of_encoder(columns="age"),
    "17,000 further columns": many_columns(17_000),
    "15,000 further columns, each with 1,000 texts for missing": many_columns(15_000, 1_000),
    "2,000 texts for missing": of_encoder(missing=[str(k) for k in range(2_000)]),
    "300,000 categories of six bytes": many_categories(300_000),
    "2,000,000 categories": many_categories(2_000_000),
    "16,000 columns of one text beside one of a million": one_text_each(16_000, 10**6),
    # the reader
    "a target that is a column": of_reader(target="age"),
    "a target that is a column left out": lambda d, a, c: [
        d["table"]["encoder"]["columns"].append({"name": "paid", "kind": "ignore", "why": "", "format": ""})
    ],
    "a target that is a number": of_reader(target=3),
    "no target": lambda d, a, c: d["table"].pop("target"),
    "a delimiter of two letters": of_reader(delimiter="::"),
    "a delimiter that is a quote": of_reader(delimiter='"'),
    "a delimiter that ends a line": of_reader(delimiter="\n"),
    "a delimiter of no letter": of_reader(delimiter=""),
    "an encoding that there is not": of_reader(encoding="utf-9"),
    "an encoding of bytes": of_reader(encoding="zlib"),
    "an encoding named as a module": of_reader(encoding="os.path"),
    "an encoding named as a file": of_reader(encoding="../plugin"),
    "an encoding with a zero": of_reader(encoding="utf-8\0"),
    "an encoding that is a list": of_reader(encoding=["utf-8"]),
    "a format of the target that there is not": of_reader(number_format="roman"),
    "a format of the target that is none": of_reader(number_format=None),
    "a further key of the table": of_reader(plugins=["plugin.py"]),
    "a table that is a list": of_file(table=[]),
    "a table of nothing": of_file(table={}),
    "no table, but its arrays": lambda d, a, c: d.pop("table"),
    "a further array of the table": put("table/more", np.zeros(1)),
    "an array of the table in a folder of its own": renamed("table/ends", "table/table/ends"),
    # what it belongs to
    "names of features that are others": lambda d, a, c: d["feature_names"].reverse(),
    "names of features that are none": of_file(feature_names=None),
    "a first layer with other codes": lambda d, a, c: d["layers"][0]["codes"].reverse(),
    "a first layer with 2**24 codes of each column": lambda d, a, c: d["layers"][0].update(
        codes=[2**24] * len(d["layers"][0]["codes"])
    ),
    # members
    "members: 0": of_file(members=0),
    "members: -1": of_file(members=-1),
    "members: 2000": of_file(members=2000),
    "members: 1024, where two are there": of_file(members=1024),
    "members: 10**30": of_file(members=10**30),
    "members: 3, where two are there": of_file(members=3),
    "members: 1, where two are there": of_file(members=1),
    "members: true": of_file(members=True),
    "members: 2.0": of_file(members=2.0),
    "members: a text": of_file(members="2"),
    "members: a list": of_file(members=[2]),
    "members that nobody counted": lambda d, a, c: d.pop("members"),
    "a member without an array": lambda d, a, c: a.pop("member1/1.weight"),
    "an array of the second member of another shape": of_array("member1/1.weight", lambda w: w.T.copy()),
    "an array of the second member of another dtype": of_array("member1/1.weight", lambda w: w.astype(float)),
    "an array that no member has": put("member1/7.weight", np.zeros(1, np.float32)),
    "an array of a member that is not there": put("member2/1.weight", np.zeros(1, np.float32)),
    "an array of member 01": renamed("member1/1.weight", "member01/1.weight"),
    "an array of member 0 under its name": renamed("1.weight", "member0/1.weight"),
    "an array of a member in a member": renamed("member1/1.weight", "member1/member1/1.weight"),
    "2,000 layers in each of two members": lambda d, a, c: d.update(
        layers=[{"type": "ReLU"}] * 2_000, classes=None, feature_names=None
    ),
}


def contents() -> Iterator[tuple[str, bytes]]:
    """Every forged file: what it is in words, and its content."""
    whole = parts(ensemble())
    for name, change in FORGERIES.items():
        description, arrays = copy.deepcopy(whole)
        change(description, arrays, {column["name"]: column for column in description["table"]["encoder"]["columns"]})
        yield f"a table: {name}", sealed(json.loads(json.dumps(description)), arrays)
