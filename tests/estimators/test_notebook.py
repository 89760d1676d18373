"""The notebook runs from its first cell to its last without a warning, and what its text says is so."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

pytestmark = pytest.mark.slow  # a quarter of a minute: a search, and five methods compared

PATH = Path(__file__).parents[2] / "docs" / "notebooks" / "practitioner.ipynb"
NOTEBOOK = json.loads(PATH.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def after(tmp_path_factory):
    """The names that the code cells leave, run in order in an empty folder."""
    names = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch, threadpool_limits(1):
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        backend = plt.get_backend()
        plt.switch_backend("Agg")
        plt.close("all")  # those of other tests
        for at, cell in enumerate(NOTEBOOK["cells"]):
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), f"cell {at}", "exec"), names)
        names["drawn"] = len(plt.get_fignums())
        plt.close("all")
        plt.switch_backend(backend)
    return names


def test_the_file_has_cells_and_no_outputs():
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            assert not any(line.startswith(("%", "!")) for line in cell["source"])  # Python alone


def test_the_links_lead_to_pages():
    words = "".join(line for cell in NOTEBOOK["cells"] if cell["cell_type"] == "markdown" for line in cell["source"])
    links = [part.split(")")[0] for part in words.split("](")[1:]]
    assert links and all((PATH.parent / link).exists() for link in links)


def test_the_training_loss_falls_on_and_the_best_weights_are_kept(after):
    for history in after["classifier"].histories_:
        training, validation = history["training_loss"], history["validation_loss"]
        assert len(history) == history.best_epoch + 20
        assert validation[history.best_epoch - 1] == min(validation)
        assert np.mean(training[-10:]) < training[history.best_epoch - 1] < training[0]
    assert after["drawn"] == 3


def test_the_settings_are_searched_and_the_methods_compared(after):
    assert set(after["best"]) == {"hidden", "dropout"}
    means = {name: losses.mean() for name, losses in after["scores"].items()}
    assert min(means, key=means.get) in ("NNClassifier", "one network")
    assert all(np.isfinite(list(means.values())))


def test_elsewhere_the_answers_are_the_same(after):
    assert after["done"].returncode == 0, after["done"].stderr
    np.testing.assert_array_equal(after["p_elsewhere"], after["p_here"])
    model, best, same_for_all = after["losses"]
    assert best < model < (best + same_for_all) / 2
