"""Rows far outside of the training rows are told, and numbers that are perhaps in hundredths of percents."""

import warnings

import numpy as np
import pytest

import nnlite
from nnlite.data import from_table


def homes(count=60):
    rng = np.random.default_rng(0)
    size = rng.integers(500, 4000, count)
    return {
        "sqft": list(map(str, size.tolist())),
        "sold": [f"20{20 + row % 4}-0{1 + row % 9}-17" for row in range(count)],
        "rate": [f"{row * 7 % 80 + 2} %" for row in range(count)],
        "town": ["Bern", "Rome"] * (count // 2),
        "dear": ["yes" if (each > 2000) == (row % 5 > 0) else "no" for row, each in enumerate(size)],
    }


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    parts = from_table(homes(), "dear")
    layers = [nnlite.Columns(parts.train.table.encoder.codes), nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]
    model = nnlite.Sequential(layers)
    nnlite.Trainer(model, nnlite.Adam(0.05), epochs=2).fit(parts.train, parts.validation, progress=False)
    path = tmp_path_factory.mktemp("model") / "homes.safetensors"
    nnlite.save(model, path)
    return nnlite.load(path)


def told(function, *given):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*given)
    return [str(warning.message) for warning in caught]


def written(path, rows):
    lines = [",".join(rows), *map(",".join, zip(*rows.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_rows_far_outside_are_counted_by_column(predictor, tmp_path):
    rows = homes()
    rows["sqft"][3:6] = "200000", "-90000", "12000"
    rows["sold"][7] = "1900-01-01"
    for source in (rows, path := written(tmp_path / "homes.csv", rows)):
        sqft, sold = told(predictor.predict, source)
        assert sqft.startswith("3 rows have a 'sqft' far outside of the training rows (-90000 to 200000; those have ")
        assert sqft.endswith("): there the answers are guesses")
        assert sold.startswith("1 row has a 'sold' far outside of the training rows (1900-01-01; those have 2020-0")
    assert told(predictor.dataset, path) == [sqft, sold]
    portions = told(lambda: list(predictor.in_portions(path, 4)))
    assert portions == [sqft, sold]


def test_rows_a_little_outside_are_no_matter(predictor):
    rows = homes()
    rows["sqft"][3:5] = "6000", ""
    rows["sold"][7] = "2026-01-01"
    rows["rate"][2] = "0.2 %"
    assert not told(predictor.predict, rows)


def test_a_model_of_an_earlier_version_knows_no_spans(predictor):
    reader = predictor.table
    values, arrays = reader.description()
    for column in values["encoder"]["columns"]:
        column.pop("span", None)
    again = type(reader).from_description(values, arrays)
    assert again == reader and all(column.span is None for column in again.encoder.columns)
    rows = homes() | {"sqft": ["200000"] * 60}
    assert not told(again.dataset, rows, predictor.classes.tolist())


@pytest.mark.parametrize("rates", [np.linspace(-0.3, 0.29, 60), [f"{row % 30 / 100}" for row in range(60)]])
def test_percents_that_are_perhaps_parts_of_one_are_told(predictor, rates):
    (said,) = told(predictor.predict, homes() | {"rate": rates})
    greatest = 0.3 if isinstance(rates, np.ndarray) else 0.29
    assert f"{greatest} is read as {greatest} %; if a part of one is meant, write {100 * greatest:g}" in said


@pytest.mark.parametrize("rates", [[f"{row % 30 / 100} %" for row in range(60)], np.linspace(0, 1.1, 60), [0.0] * 60])
def test_percents_with_a_sign_or_above_one_are_no_matter(predictor, rates):
    assert not told(predictor.predict, homes() | {"rate": rates})


def test_a_footer_is_told_when_it_is_predicted(predictor, tmp_path):
    rows = {name: [*cells, ""] for name, cells in homes().items() if name != "dear"}
    rows["sqft"][-1] = "3000"
    (said,) = [each for each in told(predictor.predict, written(tmp_path / "a.csv", rows)) if "footer" in each]
    assert "line 62, the last one, looks like a footer" in said
