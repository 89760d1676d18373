"""The census: a table of people that is made up, with the kinds of columns that tables have, as large as is asked."""

from pathlib import Path

import numpy as np

TARGET = "income"
NUMBERS = ("age", "weight", "years of school", "gain", "loss", "hours")
WORDS = ("Private", "Self-employed", "Local-government", "State-government", "Federal", "Never-worked", "Without-pay")
PIECE = 10_000
"""Rows that are made at once."""


def write(path: Path, rows: int) -> None:
    """A CSV file of so many rows, 110 bytes each: six numbers, eight categories of 2 to 42, and the target."""
    rng = np.random.default_rng(0)
    sizes = {"work": 7, "school": 16, "family": 7, "job": 14, "relation": 6, "people": 5, "sex": 2, "country": 42}
    texts = {
        name: np.array([f"{WORDS[code % len(WORDS)]}{code or ''}" for code in range(size)])
        for name, size in sizes.items()
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join((*NUMBERS, *texts, TARGET)) + "\n")
        for start in range(0, rows, PIECE):
            count = min(PIECE, rows - start)
            numbers = [
                rng.integers(17, 91, count),
                rng.integers(12_285, 1_484_706, count),
                rng.integers(1, 17, count),
                np.where(rng.random(count) < 0.08, rng.integers(114, 99_999, count), 0),
                np.where(rng.random(count) < 0.05, rng.integers(155, 4_356, count), 0),
                np.round(rng.normal(40, 12, count).clip(1, 99), 1),
            ]
            score = (numbers[0] - 45) / 20 + (numbers[2] - 10) / 3 + rng.normal(size=count)
            cells = [column.astype(str) for column in numbers]
            cells[5][rng.random(count) < 0.02] = ""  # gaps
            for names in texts.values():
                cells.append(names[(rng.exponential(0.25, count) * len(names)).astype(int) % len(names)])
            cells.append(np.where(score > 1, ">50K", "<=50K"))
            file.writelines(",".join(row) + "\n" for row in zip(*(each.tolist() for each in cells), strict=True))
