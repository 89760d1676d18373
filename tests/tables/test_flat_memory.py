"""A table's file is predicted in portions: however many rows it has, the memory stays as it was after the first."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

ROWS, MOST_MIB = 200_000, 32

PROGRAM = f"""
import json, sys, warnings
from pathlib import Path
import nnlite
from nnlite.data.table_reader import TableReader
from nnlite.tables import TableEncoder

def memory():
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) / 1024

path = Path(sys.argv[1])
with path.open("w") as file:
    file.write("age,town,name\\n")
    file.writelines(f"{{number % 97 + 0.5}},town{{number % 7}},name{{number}}\\n" for number in range({ROWS}))
rows = {{"age": [31.5, 40, 27] * 9, "town": ["town1", "town2", "town3"] * 9, "name": ["name1", "name2", "name3"] * 9}}
reader = TableReader(TableEncoder.fit(rows), "paid")
data = reader.dataset(rows | {{"paid": ["no", "yes", "no"] * 9}}, ("no", "yes"))
layers = [nnlite.Columns(reader.encoder.codes), nnlite.Dense(8), nnlite.ReLU(), nnlite.Dense(1)]
model = nnlite.Sequential([*layers, nnlite.BinaryCrossEntropy()])
nnlite.Trainer(model, nnlite.SGD(0.1), epochs=1).fit(data, progress=False)
warnings.simplefilter("ignore")
count, first, most = 0, 0.0, 0.0
for number, (table, probabilities) in enumerate(nnlite.Predictor(model).in_portions(path)):
    count += len(probabilities)
    if number == 0:
        first = memory()
    elif number % 10 == 0:
        most = max(most, memory())
print(json.dumps([count, most - first]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="what a process occupies is only read on Linux")
def test_the_memory_of_predicting_a_file_does_not_grow_with_its_rows(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "rows.csv")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    count, grown = json.loads(done.stdout)
    assert count == ROWS and grown <= MOST_MIB
