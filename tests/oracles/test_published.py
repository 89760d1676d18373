"""Published results: the networks and trainings are those of the sources, and the command says what it found."""

import tomllib
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.studies import published, trials
from benchmarks.studies.published import CLAIMS, END, Figure
from nnlite import (
    SGD,
    AdamW,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dataset,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    OneCycle,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
)
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Pictures of 28×28 in ten classes, each with its own bright square."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, rows in (("train", 240), ("test", 60)):
        labels = np.arange(rows) % 10
        pictures = rng.integers(0, 60, (rows, 28, 28))
        for picture, label in zip(pictures, labels, strict=True):
            row, column = divmod(int(label), 5)
            picture[4 + 12 * row : 10 + 12 * row, 5 * column : 5 * column + 5] += 190
        arrays |= {f"x_{part}": pictures.astype(np.uint8), f"y_{part}": labels.astype(np.uint8)}
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, **arrays)
    return path


def test_nielsens_rows_are_parted_and_scaled_as_in_his_book(file):
    trial, arrays = trials.nielsen(file, 0), np.load(file)
    assert (len(trial.train), len(trial.x)) == (200, 40)
    assert trial.train.x.dtype == np.float32
    np.testing.assert_array_equal(trial.train.x[7] * 256, arrays["x_train"][7].ravel())
    np.testing.assert_array_equal(trial.x[-1] * 256, arrays["x_train"][-1].ravel())
    np.testing.assert_array_equal(trial.labels, arrays["y_train"][200:])
    np.testing.assert_array_equal(trial.train.y.argmax(axis=1), arrays["y_train"][:200])
    assert (trial.train.y.sum(axis=1) == 1).all()


def test_nielsens_network_starts_as_in_his_book(file):
    trial = trials.nielsen(file, 0)
    model = trial.trainer.model.build((784,), seed=0)
    deviations = {parameter.shape: float(parameter.value.std()) for parameter in model.parameters}
    assert deviations[784, 30] == pytest.approx(1 / 28, rel=0.05)
    assert deviations[30, 10] == pytest.approx(1 / 30**0.5, rel=0.2)
    assert deviations[30,] == pytest.approx(1, rel=0.5)
    assert (trial.trainer.epochs, trial.trainer.batch_size) == (30, 10)


def test_a_step_is_that_of_nielsens_book(file):
    """w ← (1 − ηλ/n)·w − η/m·Σ∂C/∂w with η = 0.1, λ = 5, n = 50,000, and C summed over the outputs."""
    trial = trials.nielsen(file, 0)
    model, optimizer = trial.trainer.model.build((784,), seed=1, dtype="float64"), trial.trainer.optimizer
    w1, b1, w2, b2 = before = [parameter.value.copy() for parameter in model.parameters]
    x, t = trial.train.x[:10].astype(np.float64), trial.train.y[:10]
    a1 = 1 / (1 + np.exp(-(x @ w1 + b1)))
    delta2 = 1 / (1 + np.exp(-(a1 @ w2 + b2))) - t
    delta1 = delta2 @ w2.T * a1 * (1 - a1)
    gradients = [x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)]
    eta, decay = 0.1, 5 / 50_000
    expected = [(1 - eta * decay * (p.ndim == 2)) * p - eta / 10 * g for p, g in zip(before, gradients, strict=True)]
    model.loss(x, t, training=True)
    model.backward()
    optimizer.step(model.parameters, optimizer.learning_rate)
    for parameter, value in zip(model.parameters, expected, strict=True):
        np.testing.assert_allclose(parameter.value, value, rtol=1e-12, atol=1e-14)


def test_lecuns_network_is_784_300_100_10(file):
    trial = trials.lecun(file, 0)
    model = trial.trainer.model.build((784,), seed=0)
    assert [p.shape for p in model.parameters if p.decay] == [(784, 300), (300, 100), (100, 10)]
    assert (len(trial.train), len(trial.x)) == (240, 60)
    assert trial.x.max() <= 1


def test_accuracy_is_counted_by_the_largest_output(file):
    outputs = np.array([[-5.0, -4.0, -9.0], [3.0, 2.0, 1.0], [0.0, 1.0, 2.0]])
    assert published.accuracy(outputs, np.array([1, 1, 2])) == pytest.approx(2 / 3)


def test_figures_after_an_epoch_are_of_that_epoch(file):
    """A run of one epoch ends where a longer one was after its first."""
    long, short = trials.nielsen(file, 3), trials.nielsen(file, 3)
    long.trainer.epochs, short.trainer.epochs = 12, 1
    found, seconds = published.with_nnlite(long, [1, 10])
    assert found.keys() == {1, 10, END} and seconds > 0
    assert found[1] == published.with_nnlite(short, [])[0][END]
    assert found[END] == published.accuracy(long.trainer.model.forward(long.x), long.labels)
    assert found[END] > found[1]


def figures(end, *, library="nnlite", seconds=10.0):
    return [Figure("nielsen", library, seed, 1, END, share, seconds) for seed, share in enumerate(end)]


def test_a_claim_is_of_the_mean_over_the_seeds():
    assert published.broken(figures([0.9600, 0.9640, 0.9700])) == []
    assert [claim.epoch for claim in published.broken(figures([0.958, 0.959, 0.960]))] == [END]
    lecun = next(claim for claim in CLAIMS if claim.trial == "lecun")
    assert lecun.holds(0.99) and lecun.holds(0.9695) and not lecun.holds(0.9694)
    assert published.broken([]) == []


def test_the_table_has_pytorch_beside():
    both = figures([0.96, 0.97]) + figures([0.965, 0.975], library="PyTorch", seconds=45.0)
    line = published.markdown(both).splitlines()[-1]
    assert [cell.strip() for cell in line.split("|")[2:-1]] == [
        "96.50% ± 0.5",
        "96.50% (96.00 97.00)",
        "97.00% (96.50 97.50)",
        "10 s",
        "4.50×",
    ]
    assert published.markdown(figures([0.96])).splitlines()[-1].rstrip("| ").endswith("10 s")


def test_a_csv_file_gives_back_what_was_written(tmp_path):
    found = figures([0.25, 0.5])
    published.write(tmp_path / "published.csv", found, ["nielsen: a note, with a comma"])
    assert published.read(tmp_path / "published.csv") == (found, ["nielsen: a note, with a comma"])


def test_new_figures_take_the_place_of_old_ones_of_the_same_trial(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures: published -->\n<!-- end of figures -->\nafter\n")
    monkeypatch.setattr(published, "RESULTS", tmp_path / "published.csv")
    monkeypatch.setattr(published, "PAGE", page)
    lecun = Figure("lecun", "nnlite", 0, 1, END, 0.98, 20.0)
    published.keep([lecun], ["lecun"])
    published.keep(figures([0.5]), ["nielsen"])
    published.keep(figures([0.96]), ["nielsen"])
    kept, notes = published.read(tmp_path / "published.csv")
    assert kept == [*figures([0.96]), lecun]
    assert [note.partition(":")[0] for note in notes] == ["nielsen", "lecun"]
    assert "96.00%" in page.read_text() and "50.00%" not in page.read_text()


def test_the_page_shows_what_the_csv_file_holds():
    found, notes = published.read(published.RESULTS)
    assert published.page_text(found, notes) in published.PAGE.read_text()
    assert published.broken(found) == []
    for claim in CLAIMS:
        for library in published.LIBRARIES:
            assert [one.seed for one in published.of(found, claim, library)] == [0, 1, 2], claim.text


def test_the_command_tells_what_is_not_as_published(file, capsys):
    words = ["--data", str(file), "--only", "nielsen", "lecun", "--seeds", "2", "--epochs", "1", "--alone"]
    assert published.main(words) == 1
    out, err = capsys.readouterr()
    assert "| LeCun, 784-300-100-10, test" in out
    assert "not as published: Nielsen, 784-30-10, validation, epoch 1: 92.70% ± 0.5" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "some.npz cannot be read"),
        (b"no archive", "some.npz: it is not a whole .npz file"),
        (b"PK\3\4 half an archive", "some.npz: it is not a whole .npz file"),
        ({"x_train": np.ones((3, 784))}, "some.npz: there is no array 'y_train'"),
    ],
)
def test_a_file_that_is_not_mnist(tmp_path, content, message, capsys):
    path = tmp_path / "some.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        np.savez(path, **content)
    assert published.main(["--data", str(path), "--only", "lecun", "--alone"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("words", ["--seeds 0", "--epochs 0", "--threads 0", "--only nobody"])
def test_a_mistake_on_the_command_line(words, capsys):
    with pytest.raises(SystemExit) as raised:
        published.main(["--data", "mnist.npz", *words.split()])
    assert raised.value.code == 2
    assert "must be" in capsys.readouterr().err or "nobody" in words


def small(optimizer):
    """A trainer of layers of every kind that a twin is likely to meet, and its rows."""
    rng = np.random.default_rng(0)
    data = Dataset(rng.standard_normal((50, 2, 8, 8)).astype(np.float32), rng.integers(0, 3, 50))
    # No bias before BatchNorm: its gradient is rounding alone, of which Adam makes whole steps.
    layers = [
        Conv2D(4, 3, padding="same", use_bias=False),
        BatchNorm(),
        ReLU(),
        MaxPool2D(2),
        Conv2D(6, 3, padding=1, groups=2),
    ]
    layers += [AveragePool2D(2), Flatten(), Dense(8), ReLU(), Dense(3), SoftmaxCrossEntropy(label_smoothing=0.1)]
    schedule = OneCycle()
    return Trainer(Sequential(layers), optimizer, epochs=3, batch_size=16, schedule=schedule, seed=2), data


@pytest.mark.parametrize("optimizer", [SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01), AdamW(0.01)])
def test_a_twin_in_pytorch_learns_the_same(optimizer):
    pytest.importorskip("torch")
    from benchmarks.peers.twin import Twin

    twin = Twin(*small(optimizer))
    trainer, data = small(optimizer)
    twin.model.forward(data.x)
    np.testing.assert_allclose(twin.outputs(data.x), twin.model.forward(data.x), atol=1e-5)
    epochs = []
    twin.fit(epochs.append)
    trainer.fit(data)
    assert epochs == [1, 2, 3]
    np.testing.assert_allclose(twin.outputs(data.x), trainer.model.forward(data.x), atol=2e-3)
    assert np.abs(twin.outputs(data.x) - twin.model.forward(data.x)).max() > 0.1  # it has learnt something


@pytest.mark.parametrize("name", trials.TRIALS)
def test_every_trial_learns_the_same_in_pytorch(file, name):
    """The pictures are moved alike in both; what dropout draws alone is not the same, so it drops nothing here."""
    pytest.importorskip("torch")
    from benchmarks.peers.twin import Twin

    one, other = trials.TRIALS[name](file, 1), trials.TRIALS[name](file, 1)
    for trial in (one, other):
        trial.trainer.epochs = 1
        for layer in trial.trainer.model.layers:
            if isinstance(layer, Dropout):
                layer.rate = 0.0
    twin = Twin(other.trainer, other.train)
    start = twin.outputs(other.x)
    twin.fit(lambda epoch: None)
    one.trainer.fit(one.train)
    np.testing.assert_allclose(twin.outputs(other.x), published.outputs(one.trainer.model, one.x), atol=2e-3)
    assert np.abs(twin.outputs(other.x) - start).max() > 0.1


@pytest.mark.parametrize("name", trials.TRIALS)
def test_every_trial_gives_its_figures(file, name):
    libraries = published.LIBRARIES[: 1 + bool(find_spec("torch"))]
    found = published.measure(name, file, [0], libraries, threads=1, epochs=1)
    assert {(one.library, one.epoch) for one in found} >= {(library, END) for library in libraries}
    assert all(0 <= one.accuracy <= 1 and one.seconds > 0 for one in found)


@pytest.mark.parametrize("name", ["mnist_mlp", "mnist_lenet"])
def test_the_trial_of_a_config_is_what_the_config_says(file, name):
    trial, arrays = trials.TRIALS[name](file, 4), np.load(file)
    document = tomllib.loads((ROOT / "configs" / f"{name}.toml").read_text())
    trainer = trial.trainer
    assert trainer.seed == 4
    assert {"epochs": trainer.epochs, "batch_size": trainer.batch_size} == document["training"]
    layers = [*trainer.model.layers, trainer.model.criterion]
    assert [type(layer).__name__ for layer in layers] == [layer["type"] for layer in document["model"]["layers"]]
    assert len(trial.train) == 216  # validation rows are left out, as in the run of a config
    np.testing.assert_array_equal(trial.x.reshape(60, 28, 28), arrays["x_test"])
    np.testing.assert_array_equal(trial.labels, arrays["y_test"])


def test_a_twin_refuses_what_it_has_no_counterpart_of():
    pytest.importorskip("torch")
    from benchmarks.peers.twin import Twin

    trainer, data = small(SGD())
    trainer.clip_norm = 1.0
    with pytest.raises(ValueError, match="no counterpart of clip_norm"):
        Twin(trainer, data)
