"""The activations and weights of each layer over the epochs."""

import numpy as np

from nnlite import SGD, Dense, LayerSnapshots, ReLU, Sequential, SoftmaxCrossEntropy, Trainer, plots
from nnlite.cli import main
from tests.conftest import ROOT


def test_each_layer_has_a_panel_with_its_bands(blobs):
    snapshots = LayerSnapshots()
    model = Sequential([Dense(4), ReLU(), Dense(3), SoftmaxCrossEntropy()])
    Trainer(model, SGD(0.1), epochs=4, callbacks=[snapshots]).fit(blobs)
    picture = plots.activations(snapshots.epochs, snapshots.activations, "run")
    assert [axes.get_title() for axes in picture.axes] == ["0 Dense", "1 ReLU", "2 Dense"]
    axes = picture.axes[1]
    quantiles = np.array(snapshots.activations["1 ReLU"])
    assert axes.lines[-1].get_xydata().tolist() == [[epoch + 1, quantiles[epoch, 2]] for epoch in range(4)]
    outer, inner = (band.get_paths()[0].vertices for band in axes.collections)
    assert outer[:, 1].max() == quantiles[:, 4].max() and inner[:, 1].max() == quantiles[:, 3].max()
    of_weights = plots.weights(snapshots.epochs, snapshots.weights)
    assert [axes.get_title() for axes in of_weights.axes] == ["0 Dense", "2 Dense"]


def test_of_many_layers_some_are_shown():
    picture = plots.weights([1], {f"{index} Dense": np.zeros((1, 5)) for index in range(30)})
    assert len(picture.axes) == 24 and "the first 24 of 30" in picture.get_suptitle()


def test_a_run_with_snapshots_leaves_their_pictures(here, capsys):
    config = (ROOT / "configs/iris.toml").read_text() + '\n[[callbacks]]\ntype = "LayerSnapshots"\nevery = 2\n'
    (here / "c.toml").write_text(config)
    assert main(["train", "c.toml", "training.epochs=4", "--out", "run", "--quiet"]) == 0
    for kind in ("activations", "weights"):
        assert f"{kind} of each layer" in (here / f"run/{kind}.svg").read_text()
    assert main(["verify", "run"]) == 0
