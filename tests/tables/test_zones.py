"""Times with a time zone and times without one are told apart: what was fitted on one kind warns of the other."""

import datetime
import importlib.util
import warnings

import numpy as np
import pytest

from nnlite.tables import TableEncoder, as_table

ZONE = datetime.timezone(datetime.timedelta(hours=2))
NAIVE = [datetime.datetime(2024, 1, day, 13, 30) for day in range(1, 11)]
AWARE = [moment.replace(tzinfo=ZONE) for moment in NAIVE]


def framed(package, moments):
    if package == "objects":
        return {"at": [None, *moments]}
    if package == "texts":
        return {"at": [None, *(moment.isoformat() for moment in moments)]}
    if package == "array":
        return np.array([[None, *moments]], object).T
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    if package == "pandas":
        import pandas as pd

        return pd.DataFrame({"at": [pd.NaT, *moments]})
    if package == "polars":
        import polars as pl

        return pl.DataFrame({"at": [None, *moments]})
    import pyarrow as pa

    return pa.table({"at": pa.array([None, *moments])})


@pytest.mark.parametrize("package", ["objects", "texts", "array", "pandas", "polars", "pyarrow"])
def test_the_other_kind_is_said(package):
    naive, aware = framed(package, NAIVE), framed(package, AWARE)
    name = as_table(naive).names[0]
    for trained, other, has, had in ((naive, aware, "with", "without"), (aware, naive, "without", "with")):
        encoder = TableEncoder.fit(trained)
        encoder = TableEncoder.from_description(*encoder.description())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            encoder.encode(trained)
        said = f"'{name}' has times {has} a time zone, the training rows have times {had} a time zone"
        with pytest.warns(UserWarning, match=said):
            encoder.encode(other)


def test_moments_without_a_zone_are_those_of_utc():
    moments = as_table({"at": AWARE}).columns["at"]
    assert moments[0] == np.datetime64("2024-01-01T11:30")


def test_rows_without_dates_say_nothing():
    encoder = TableEncoder.fit({"at": AWARE})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder.encode({"at": [None, None]})
