"""Columns that alone tell the target, or name groups of rows that share it, are told in a training too."""

import warnings

import numpy as np
import pytest

from nnlite.data.table_rows import table_rows
from nnlite.tables import as_table
from nnlite.tables.look import look


def visits(patients=30, each=4):
    rng = np.random.default_rng(0)
    ill = rng.random(patients) > 0.5
    risk = rng.normal(size=patients).round(3)
    rows = [patient for patient in range(patients) for _ in range(each)]
    return {
        "patient": [f"P{100 + patient}" for patient in rows],
        "number": [(patient * 7 + 11) % 101 for patient in rows],
        "pulse": rng.integers(50, 120, len(rows)).tolist(),
        "ward": [str(visit) for visit in rng.integers(0, 12, len(rows))],
        "ill": ["yes" if ill[patient] else "no" for patient in rows],
        "risk": [risk[patient] for patient in rows],
    }


def told(table, target, **said):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table_rows(table, target, **said)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize(("target", "other"), [("ill", "risk"), ("risk", "ill")])
def test_a_column_that_names_patients_is_told_with_the_remedy(target, other):
    table = as_table({name: cells for name, cells in visits().items() if name != other})
    found = {column.name: column.suspicious for column in look(table, target).columns}
    groups = {name: said[-1] for name, said in found.items() if said and "such as patients" in said[-1]}
    assert set(groups) == {"patient", "number"} and 'say group = "patient"' in groups["patient"]
    assert sum("such as patients" in said for said in told(table, target)) == 2
    assert not any("such as patients" in said for said in told(table, target, group="patient"))
    assert not any("'patient'" in said for said in told(table, target, drop=["patient"]))


def test_numbers_that_the_target_follows_are_no_groups():
    age = np.random.default_rng(0).integers(18, 70, 600)
    for target in (age > 40, 3.0 * age + np.random.default_rng(1).normal(size=600)):
        table = as_table({"age": age, "home": ["Bern", "Rome"] * 300, "y": target.astype(float).tolist()})
        assert not any("such as patients" in said for said in told(table, "y", task="regression"))


def test_a_column_that_alone_tells_the_target_is_told_in_a_training():
    paid = ["yes", "no", "no"] * 30
    table = as_table(
        {"age": np.random.default_rng(0).integers(20, 70, 90), "code": [len(each) for each in paid], "paid": paid}
    )
    (said,) = told(table, "paid")
    assert said == "column 'code': alone it tells the target in 100 % of the rows: is it known when you predict?"
    assert not told(table, "paid", drop=["code"])
