"""The figures of a run count its rows by their sample weights, the interval and the baseline too."""

import json

import numpy as np
import pytest

from nnlite.config import training_config
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Dataset, Splits
from nnlite.runs import start

COUNTS = ("classes", "confusion")


def weighted(part, weights):
    return None if part is None else Dataset(part.x, part.y, np.resize(weights, len(part)), part.classes)


@pytest.mark.parametrize("loss", ["SoftmaxCrossEntropy", "MeanSquaredError"])
def test_test_rows_of_weight_0_are_as_good_as_absent(loss, tmp_path, monkeypatch, without_pictures):
    source, units = ("iris", 3) if loss == "SoftmaxCrossEntropy" else ("diabetes", 1)
    (tmp_path / "small.toml").write_text(
        f'[data]\nsource = "{source}"\n'
        '[model]\nlayers = [{ type = "Standardize" }, '
        f'{{ type = "Dense", units = {units} }}, {{ type = "{loss}" }}]\n'
        "[training]\nepochs = 2\n"
    )
    config = training_config.load(tmp_path / "small.toml")
    load, found = TrainingConfig.load_data, []

    def all_rows(self):
        parts = load(self)
        return Splits(parts.train, parts.validation, weighted(parts.test, [2.0, 0.0]))

    def rows_that_count(self):
        parts = load(self)
        return Splits(parts.train, parts.validation, parts.test.rows(slice(None, None, 2)))

    for loading in (all_rows, rows_that_count):
        monkeypatch.setattr(TrainingConfig, "load_data", loading)
        with start.new(config, tmp_path / loading.__name__) as run:
            run.train()
            run.finish()
        test = json.loads((tmp_path / loading.__name__ / "metrics.json").read_text())["test"]
        baseline, verdict = test.pop("baseline"), test.pop("verdict", "")
        found.append((verdict, baseline.pop("answer"), baseline, {n: v for n, v in test.items() if n not in COUNTS}))
    for ours, theirs in zip(*found, strict=True):
        if isinstance(ours, dict):
            assert ours.keys() == theirs.keys()
            for name, figure in ours.items():
                assert figure == pytest.approx(theirs[name], rel=1e-6), name
        else:
            assert ours == theirs
