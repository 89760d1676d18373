"""One turn with a table in a CSV file, in a process of its own: python -m benchmarks.parts.table_turns PEER DO FOLDER

It prints the seconds, and the growth of memory after the first portion, as JSON. What both do:

    encode   reads the file, learns its columns, and makes numbers of them: of categories codes, of gaps a flag
    predict  reads the file in portions, and predicts the probabilities of each row by a network with 100 units

The imports, and the training of that network on the first rows of the file, are not timed.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.cases import census
from benchmarks.parts.memory_map import anonymous_mib

TRAINING_ROWS = 20_000
UNITS = 100
LOOKS = 64
"""In this many portions the memory is looked at once."""

Turn = Callable[[Path], Iterator[int]]
"""What a turn does to a file; it gives the rows of each portion that is done."""


def nnlite_encodes() -> Turn:
    """The table, its columns, its encoder, its numbers."""
    from nnlite.tables import TableEncoder, read_csv

    def turn(path: Path) -> Iterator[int]:
        table = read_csv(path).without(census.TARGET)
        yield len(TableEncoder.fit(table).encode(table))

    return turn


def pandas_encodes() -> Turn:
    """The data frame, and what a ColumnTransformer makes of it."""
    import pandas
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OrdinalEncoder

    def turn(path: Path) -> Iterator[int]:
        frame = pandas.read_csv(path).drop(columns=census.TARGET)
        parts = [
            ("numbers", SimpleImputer(strategy="median", add_indicator=True), list(census.NUMBERS)),
            ("categories", OrdinalEncoder(), [name for name in frame if name not in census.NUMBERS]),
        ]
        yield len(ColumnTransformer(parts).fit_transform(frame))

    return turn


def nnlite_predicts(first: Path) -> Turn:
    """A model trained on the first rows, loaded from its file."""
    import nnlite
    from nnlite.data.table_reader import TableReader
    from nnlite.tables import TableEncoder, read_csv, targets

    table = read_csv(first)
    found = targets(table, census.TARGET)
    reader = TableReader(TableEncoder.fit(table.without(census.TARGET)), census.TARGET, delimiter=",")
    columns = nnlite.Columns(reader.encoder.codes, one_hot=100)
    dense = nnlite.Dense(UNITS), nnlite.ReLU(), nnlite.Dense(1)
    model = nnlite.Sequential([columns, *dense, nnlite.BinaryCrossEntropy()])
    trainer = nnlite.Trainer(model, nnlite.Adam(0.001), epochs=2, batch_size=200)
    trainer.fit(reader.dataset(table, found.classes), progress=False)
    nnlite.save(model, first.with_suffix(".safetensors"))
    predictor = nnlite.load(first.with_suffix(".safetensors"))
    return lambda path: (len(probabilities) for _, probabilities in predictor.in_portions(path))


def pandas_predicts(first: Path, portion: int) -> Turn:
    """A pipeline of scikit-learn's, fitted to the first rows, that is given chunks of pandas'."""
    import pandas
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = pandas.read_csv(first)
    target = frame.pop(census.TARGET)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = [name for name in frame if name not in census.NUMBERS]
    one_hot = OneHotEncoder(handle_unknown="ignore")
    prepared = ColumnTransformer([("numbers", numbers, list(census.NUMBERS)), ("words", one_hot, words)])
    pipeline = make_pipeline(prepared, MLPClassifier((UNITS,), max_iter=2)).fit(frame, target)

    def turn(path: Path) -> Iterator[int]:
        for chunk in pandas.read_csv(path, chunksize=portion):
            yield len(pipeline.predict_proba(chunk.drop(columns=census.TARGET)))

    return turn


def run(turn: Turn, path: Path) -> dict[str, Any]:
    """Seconds, rows, and MiB that the memory grew by at most after the first portion."""
    grown, before, rows = 0.0, 0.0, 0
    started = time.perf_counter()
    for number, count in enumerate(turn(path)):
        rows += count
        if number == 0:
            before = anonymous_mib()
        elif number % LOOKS == 1:
            grown = max(grown, anonymous_mib() - before)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "MiB": max(grown, anonymous_mib() - before), "rows": rows}


def main() -> None:
    """Arguments: nnlite or pandas; encode or predict; the file; for pandas the rows of a chunk."""
    import warnings

    warnings.simplefilter("ignore")  # two epochs are too few to converge; rare categories are unknown
    peer, do, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if do == "encode":
        turn = nnlite_encodes() if peer == "nnlite" else pandas_encodes()
    else:
        with path.open(encoding="utf-8") as file, path.with_suffix(".first.csv").open("w", encoding="utf-8") as out:
            out.writelines(islice(file, TRAINING_ROWS + 1))
        first = path.with_suffix(".first.csv")
        turn = nnlite_predicts(first) if peer == "nnlite" else pandas_predicts(first, int(sys.argv[4]))
    print(json.dumps(run(turn, path)))


if __name__ == "__main__":
    main()
