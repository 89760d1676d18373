"""Tables as users have them, in files that tests make."""

import csv
from pathlib import Path

import numpy as np

NAMES = ("id", "age", "town", "born", "paid")


def rows(count=60, seed=0):
    """Rows of a shop: paid follows from the age and the town; some ages are missing."""
    rng = np.random.default_rng(seed)
    found = []
    for row in range(count):
        age, town = int(rng.integers(18, 80)), ["Bern", "Oslo", "Rome"][rng.integers(3)]
        paid = "yes" if age + 20 * (town == "Rome") > 55 else "no"
        found.append([row, "" if row % 17 == 3 else age, town, f"19{rng.integers(50, 99)}-01-31", paid])
    return found


def write_csv(path, table, names=NAMES, delimiter=","):
    """Writes rows as CSV, with a header if there are names."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerows([names, *table] if names else table)
    return Path(path)


def read_csv(text):
    """CSV as a list of rows of texts."""
    return list(csv.reader(text.splitlines()))
