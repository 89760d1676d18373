"""Every shipped config trains, and says which schema an editor shall complete it by."""

import pytest

from nnlite import cli, config
from nnlite.data import SOURCES
from tests.conftest import ROOT

CONFIGS = sorted((ROOT / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_trains_an_epoch(path, tmp_path, capsys):
    assert cli.main(["train", str(path), "training.epochs=1", "--out", str(tmp_path / "run")]) == 0
    assert f"test {'r2' if path.stem == 'diabetes' else 'accuracy'}" in capsys.readouterr().out
    assert (tmp_path / "run" / "model.safetensors").exists()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_names_the_schema_and_is_short(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "#:schema nnlite.schema.json"
    assert len(lines) <= 40
    config.load(path)


def test_every_built_in_data_set_has_a_config():
    assert SOURCES.keys() - {"npz"} <= {path.stem for path in CONFIGS}
