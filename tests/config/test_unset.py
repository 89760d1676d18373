"""`key=none` on the command line unsets a key, or a section, that the config has."""

import pytest

from nnlite import ConfigError
from nnlite.config import training_config
from tests.conftest import ROOT

TEXT = (ROOT / "configs/iris.toml").read_text() + (
    '\n[schedule]\ntype = "Cosine"\n\n[early_stopping]\npatience = 3\n'
)


@pytest.fixture
def loaded(tmp_path):
    text = TEXT.replace("[training]\n", "[training]\nclip_norm = 1.0\n")
    (tmp_path / "c.toml").write_text(text)
    return lambda *changes: training_config.load(tmp_path / "c.toml", changes)


def test_a_key_and_a_section_are_unset(loaded):
    assert loaded().document["training"]["clip_norm"] == 1.0 and "schedule" in loaded().document
    unset = loaded("training.clip_norm=none", "schedule=none", "early_stopping = none")
    assert unset.document["training"]["clip_norm"] is None
    assert not {"schedule", "early_stopping"} & set(unset.document)
    assert "clip_norm" not in unset.to_toml()
    assert loaded("seed=none").document["seed"] == 0  # its default
    assert loaded('name="none"').document["name"] == "none"


def test_a_key_that_there_is_not_and_one_that_is_needed_are_told(loaded):
    with pytest.raises(ConfigError, match=r"training\.clip_nrm: there is no such key; did you mean 'clip_norm'"):
        loaded("training.clip_nrm=none")
    with pytest.raises(ConfigError, match=r"data\.source is missing"):
        loaded("data.source=none")
    with pytest.raises(ConfigError, match=r"model.layers\[1\].units is missing"):
        loaded("model.layers[1].units=none")
