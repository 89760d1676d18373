"""L-BFGS, and training by a full-batch method: what an iteration is, and what ends it."""

import itertools
import json
import math
import tomllib
import tracemalloc
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from nnlite import (
    LBFGS,
    SGD,
    BatchNorm,
    ConfigError,
    Conv2D,
    Dataset,
    Dense,
    DivergenceError,
    Dropout,
    Flatten,
    FullBatchOptimizer,
    GaussianNoise,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    Reshape,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Tanh,
    Trainer,
    evaluate,
    load,
    threads,
)
from nnlite.cli import main
from nnlite.runs.folder import RunFolder
from nnlite.training import full_batch
from nnlite.training.feed import Feed
from tests.conftest import ROOT
from tests.helpers.callbacks import On
from tests.optimizers.test_optimizers import vector


def network(*hidden, dtype="float64"):
    """Built for four features and three classes."""
    return Sequential([Standardize(), *hidden, Dense(3), SoftmaxCrossEntropy()]).build((4,), dtype=dtype)


def fitted(data, optimizer, epochs, *hidden, dtype="float64", validation=None):
    trainer = Trainer(network(*hidden, dtype=dtype), optimizer, epochs=epochs)
    trainer.fit(data, validation)
    return trainer


def weighted(blobs):
    return Dataset(blobs.x, blobs.y, sample_weight=np.linspace(0, 3, len(blobs)), classes=blobs.classes)


def penalty(model, decay):
    weights = model.parameters.values[: model.parameters.decayed].astype(np.float64)
    return decay / 2 * float(weights @ weights)


# Against scikit-learn's MLPClassifier, which hands its own loss and gradient to the same L-BFGS-B.


def scikit_learn(x, y, hidden, iterations, alpha, tolerance):
    classifier = MLPClassifier(
        hidden, "tanh", solver="lbfgs", alpha=alpha, max_iter=iterations, tol=tolerance, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(x, y)


def start_of(x, y, hidden):
    """The weights and biases it begins with: those after no more than an initialization."""
    classifier = MLPClassifier(hidden, "tanh", solver="sgd", learning_rate_init=1e-300, max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(x, y)
    return classifier.coefs_, classifier.intercepts_


def from_its_start(x, y, hidden, iterations, alpha, tolerance):
    parts = [part for units in hidden for part in (Dense(units), Tanh())]
    model = Sequential([*parts, Dense(y.max() + 1), SoftmaxCrossEntropy()]).build(x.shape[1:], dtype="float64")
    dense = [layer for layer in model.layers if isinstance(layer, Dense)]
    for layer, weight, bias in zip(dense, *start_of(x, y, hidden), strict=True):
        layer.weight.value, layer.bias.value = weight, bias
    optimizer = LBFGS(tolerance=tolerance, weight_decay=alpha / len(x))
    trainer = Trainer(model, optimizer, epochs=iterations)
    trainer.fit(Dataset(x, y))
    return trainer, trainer.history["training_loss"][-1] + penalty(model, alpha / len(x))


DATA = {"iris": load_iris, "digits": load_digits}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "alpha"), [("iris", 1.0), ("iris", 0.01), pytest.param("digits", 1.0, marks=pytest.mark.slow)]
)
def test_softmax_regression_ends_in_scikit_learns_minimum(name, alpha):
    x, y = DATA[name](return_X_y=True)
    x = StandardScaler().fit_transform(x)
    theirs = scikit_learn(x, y, (), 5000, alpha, 1e-7)
    trainer, found = from_its_start(x, y, (), 5000, alpha, 1e-7)
    assert trainer.ended_early.startswith("converged after ")
    assert found == pytest.approx(theirs.loss_, abs=1e-6)
    mine = trainer.model.predict(x)
    assert np.abs(mine - theirs.predict_proba(x)).max() < 1e-3


@pytest.mark.parametrize("iterations", [1, 2, 5, 20])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_network_goes_down_the_path_that_scikit_learns_does(iterations, alpha):
    x, y = load_iris(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    theirs = scikit_learn(x, y, (8,), iterations, alpha, 1e-12)
    trainer, found = from_its_start(x, y, (8,), iterations, alpha, 1e-12)
    assert len(trainer.history) == theirs.n_iter_ == iterations
    assert found == pytest.approx(theirs.loss_, rel=1e-9)
    for mine, other in zip(trainer.model.parameters, interleaved(theirs), strict=True):
        assert np.abs(mine.value - other).max() < 1e-7


def interleaved(classifier):
    return [array for pair in zip(classifier.coefs_, classifier.intercepts_, strict=True) for array in pair]


# What is minimized.


@pytest.mark.parametrize("weigh", [lambda data: data, weighted], ids=["", "weighted"])
@pytest.mark.parametrize("portion", [1, 7, 64])
def test_loss_and_gradient_of_portions_add_up_to_those_of_all_rows(blobs, weigh, portion, monkeypatch):
    data, model = weigh(blobs), network(Dense(6), Tanh())
    model.adapt(data.x)
    model.loss(data.x, data.y, data.sample_weight, training=True)
    model.backward()
    expected, whole = model.parameters.grads.copy(), evaluate(model, data)
    monkeypatch.setattr(full_batch, "ROWS_AT_ONCE", portion)
    objective = full_batch.Objective(Feed(model, data))
    model.parameters.grads[:] = np.nan
    assert objective() == pytest.approx(whole["loss"], rel=1e-13)
    assert np.abs(model.parameters.grads - expected).max() < 1e-15
    assert objective.figures() == pytest.approx(whole, rel=1e-12)


def test_rows_without_any_weight_give_no_gradient(blobs):
    model = network()
    model.adapt(blobs.x)
    objective = full_batch.Objective(Feed(model, Dataset(blobs.x, blobs.y, sample_weight=np.zeros(len(blobs)))))
    assert np.isnan(objective())  # there is none
    assert not model.parameters.grads.any()


def test_a_second_look_at_the_same_place_costs_nothing_and_one_elsewhere_is_taken(blobs):
    model = network()
    model.adapt(blobs.x)
    objective = full_batch.Objective(Feed(model, blobs))
    first = objective()
    model.network.loss = None  # it must not be called again
    assert objective() == first
    model.parameters.values[0] += 1
    with pytest.raises(TypeError):
        objective()


@pytest.mark.slow
def test_large_pictures_are_gone_through_a_few_at_a_time(rng):
    layers = Reshape([1, 192, 192]), Conv2D(8, 3, padding="same"), GlobalAveragePool2D(), Flatten(), Dense(2)
    model = Sequential([*layers, SoftmaxCrossEntropy()]).build((192 * 192,))
    feed = Feed(model, Dataset(rng.normal(size=(60, 192 * 192)), np.arange(60) % 2))
    tracemalloc.start()
    full_batch.check_fixed(feed)
    full_batch.Objective(feed)()
    assert tracemalloc.get_traced_memory()[1] < 250e6  # 1,024 at once: 1.2 GB for the convolution alone
    tracemalloc.stop()


# What is recorded.


def test_an_epoch_is_an_iteration_with_the_figures_of_the_weights_it_led_to(blobs):
    half, steps, epochs = blobs.rows(slice(0, 45)), [], []
    trainer = Trainer(network(Dense(6), Tanh()), LBFGS(tolerance=1e-12), epochs=5)
    trainer.fit(blobs, half, callbacks=[On(step=lambda step, of: steps.append((step, of)), epoch=epochs.append)])
    assert trainer.history.columns == [
        "epoch",
        "training_loss",
        "training_accuracy",
        "validation_loss",
        "validation_accuracy",
        "seconds",
    ]
    assert trainer.history["epoch"] == [1, 2, 3, 4, 5]
    assert steps == [(1, 1)] * 5
    assert epochs == trainer.history.rows
    last = {part: evaluate(trainer.model, data) for part, data in (("training", blobs), ("validation", half))}
    for part, figures in last.items():
        for name, figure in figures.items():
            assert trainer.history[f"{part}_{name}"][-1] == pytest.approx(figure, rel=1e-12)
    assert trainer.ended_early == ""


def test_every_row_is_of_the_weights_of_its_iteration(blobs):
    found = []
    trainer = Trainer(network(Dense(6), Tanh()), LBFGS(tolerance=1e-12), epochs=8)
    trainer.fit(
        blobs,
        callbacks=[
            On(epoch=lambda row: found.append((row["training_loss"], evaluate(trainer.model, blobs)["loss"])))
        ],
    )
    assert all(recorded == pytest.approx(measured, rel=1e-12) for recorded, measured in found)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_what_is_minimized_falls_with_every_iteration(blobs, dtype, decay):
    model, falling = network(Dense(6), Tanh(), dtype=dtype), []
    trainer = Trainer(model, LBFGS(tolerance=1e-9, weight_decay=decay), epochs=300)
    trainer.fit(blobs, callbacks=[On(epoch=lambda row: falling.append(row["training_loss"] + penalty(model, decay)))])
    assert len(falling) > 10
    assert max(np.diff(falling)) <= (1e-6 if dtype == "float32" else 0)
    assert trainer.ended_early.endswith(f" after {len(falling)} iterations")


def test_a_model_in_float32_stays_in_it_and_ends_where_float64_does(blobs):
    narrow, wide = (
        fitted(blobs, LBFGS(weight_decay=0.01), 300, dtype=dtype).model for dtype in ("float32", "float64")
    )
    assert narrow.parameters.values.dtype == narrow.parameters.grads.dtype == np.float32
    assert np.abs(narrow.parameters.values - wide.parameters.values).max() < 0.02
    apart = [evaluate(model, blobs)["loss"] + penalty(model, 0.01) for model in (narrow, wide)]
    assert apart[0] == pytest.approx(apart[1], abs=1e-5)


def test_the_memory_is_how_many_steps_the_curvature_is_learnt_from(blobs):
    values = [fitted(blobs, LBFGS(memory=memory), 12, Dense(6), Tanh()).model.parameters.values for memory in (1, 3)]
    assert np.abs(values[0] - values[1]).max() > 1e-3


def test_the_threads_are_those_for_a_portion_of_the_rows():
    trainer = Trainer(network(Dense(1000), Dense(10)), LBFGS(), batch_size=1)
    work = full_batch.ROWS_AT_ONCE * trainer.model.parameters.values.size
    assert trainer.threads_wanted == threads.for_work(work)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "for_work", lambda work: work)
        assert trainer.threads_wanted == work


# What ends it.


def test_it_ends_when_it_has_converged_and_a_second_fit_has_nothing_left_to_do(blobs):
    trainer = fitted(blobs, LBFGS(weight_decay=0.01), 500)
    done = len(trainer.history)
    assert 5 < done < 100
    assert trainer.ended_early == f"converged after {done} iterations"
    values = trainer.model.parameters.values.copy()
    trainer.fit(blobs)
    assert trainer.ended_early == "converged before the first iteration"
    assert trainer.history["epoch"] == list(range(1, done + 2))  # a fit leaves a row, even if it only looked
    assert np.array_equal(trainer.model.parameters.values, values)


def test_a_second_fit_goes_on_from_the_weights(blobs):
    trainer = fitted(blobs, LBFGS(tolerance=1e-8, weight_decay=0.01), 3)
    before = trainer.history["training_loss"][-1]
    trainer.epochs = 500
    trainer.fit(blobs)
    assert trainer.history["training_loss"][3] < before
    at_once = fitted(blobs, LBFGS(tolerance=1e-8, weight_decay=0.01), 500)
    assert trainer.history["training_loss"][-1] == pytest.approx(at_once.history["training_loss"][-1], abs=1e-7)
    assert trainer.ended_early == f"converged after {len(trainer.history) - 3} iterations"


def test_a_start_in_the_minimum_is_converged():
    data = Dataset(np.array([[1.0], [1.0]]), np.array([0, 1]))
    model = Sequential([Dense(2, weight_init="zeros", use_bias=False), SoftmaxCrossEntropy()])
    trainer = Trainer(model, LBFGS(), epochs=10)
    trainer.fit(data)  # the start is the minimum
    assert trainer.ended_early == "converged before the first iteration"
    assert trainer.history["training_loss"] == pytest.approx([math.log(2)])


def test_where_float32_has_no_more_digits_it_ends_cleanly_at_the_best_point(blobs):
    losses = []
    trainer = Trainer(
        network(Dense(6), Tanh(), dtype="float32"), LBFGS(tolerance=1e-30, weight_decay=0.01), epochs=5000
    )
    trainer.fit(blobs, callbacks=[On(epoch=lambda row: losses.append(evaluate(trainer.model, blobs)["loss"]))])
    assert trainer.ended_early.startswith(("found no lower loss after ", "converged after "))
    assert len(losses) < 1000
    assert evaluate(trainer.model, blobs)["loss"] == losses[-1]


def test_a_search_that_finds_nothing_lower_leaves_the_best_point():
    parameters, visited = vector([2.0]), []

    def wrong():  # a gradient of the wrong sign: whichever way it looks, the loss rises
        parameters.grads[:] = -2 * parameters.values
        return float(parameters.values[0] ** 2)

    why = LBFGS().minimize(wrong, parameters, 10, lambda: visited.append(1) or True)
    assert (why, visited) == ("found no lower loss", [])
    assert parameters.values.tolist() == [2.0]


@pytest.mark.parametrize("beyond", [math.inf, math.nan])
def test_a_trial_beyond_what_can_be_computed_is_only_a_trial(beyond):
    """The first trial goes a length of 1, to where there is no loss; the minimum is at 0.1."""
    parameters = vector([0.0])

    def function():
        (p,) = parameters.values
        parameters.grads[:] = 20 * (p - 0.1) if p < 0.5 else beyond
        return float(10 * (p - 0.1) ** 2) if p < 0.5 else beyond

    assert LBFGS().minimize(function, parameters, 50, lambda: True) == "converged"
    assert parameters.values[0] == pytest.approx(0.1, abs=1e-4)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_leaves_the_weights_of_the_last_iteration(blobs, error):
    values = []

    def stop_at_three(row):
        values.append(trainer.model.parameters.values.copy())
        if row["epoch"] == 3:
            raise error

    trainer = Trainer(network(Dense(6), Tanh()), LBFGS(), epochs=50)
    with pytest.raises(error):
        trainer.fit(blobs, callbacks=[On(epoch=stop_at_three)])
    assert np.array_equal(trainer.model.parameters.values, values[2])
    assert len(trainer.history) == 3


def test_an_error_in_the_middle_of_a_look_leaves_the_weights_of_the_last_iteration(blobs, monkeypatch):
    values, right = [], full_batch.Objective.__call__

    def interrupted(objective):
        if len(values) == 3 and not np.array_equal(trainer.model.parameters.values, values[-1]):
            raise KeyboardInterrupt
        return right(objective)

    monkeypatch.setattr(full_batch.Objective, "__call__", interrupted)
    trainer = Trainer(network(Dense(6), Tanh()), LBFGS(), epochs=50)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(blobs, callbacks=[On(epoch=lambda row: values.append(trainer.model.parameters.values.copy()))])
    assert np.array_equal(trainer.model.parameters.values, values[2])


def test_a_loss_that_is_not_finite_at_the_start_is_told():
    model = Sequential([Dense(2, weight_init="ones"), Dense(2), SoftmaxCrossEntropy()])
    data = Dataset(np.array([[3e38], [-3e38]]), np.array([0, 1]))
    with pytest.raises(
        DivergenceError, match=r"the loss is .* before the first iteration, .*; put a Standardize layer"
    ):
        Trainer(model, LBFGS(), epochs=3).fit(data)


# Layers.


class Noisy(Layer):
    def forward(self, x, *, training=False):
        return x + 0.1 if training else x

    def backward(self, dy):
        return dy


@pytest.mark.parametrize(
    "layer", [Dropout(0.01), GaussianNoise(0.1), BatchNorm(), Residual([Dense(5), Dropout()]), Noisy()], ids=repr
)
def test_a_layer_that_computes_something_else_in_training_is_refused(blobs, layer):
    model = Sequential([Standardize(), Dense(5), layer, Dense(3), SoftmaxCrossEntropy()])
    text = r"model.layers\[2\] \w+\(.*\) computes something else in training than in prediction, but a full-batch"
    with pytest.raises(ConfigError, match=text):
        Trainer(model, LBFGS(), epochs=3).fit(blobs)


def test_layer_norm_and_residual_branches_are_taken(blobs):
    trainer = fitted(blobs, LBFGS(tolerance=1e-12), 10, Dense(6), LayerNorm(), Residual([Dense(6), Tanh()]))
    assert max(np.diff(trainer.history["training_loss"])) < 0


def test_such_a_layer_is_taken_if_it_does_nothing_or_is_frozen(blobs):
    for layer in (Dropout(0.0), Dropout(0.5, trainable=False)):
        model = Sequential([Dense(5), layer, Dense(3), SoftmaxCrossEntropy()])
        assert Trainer(model, LBFGS(), epochs=3).fit(blobs)["epoch"] == [1, 2, 3]


def test_the_check_of_the_layers_draws_no_numbers(blobs):
    model = Sequential([Dense(5), Dropout(0.5), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    before = model.layers[1].rng.bit_generator.state
    with pytest.raises(ConfigError):
        Trainer(model, LBFGS()).fit(blobs)
    assert model.layers[1].rng.bit_generator.state == before


def test_frozen_layers_keep_their_weights(blobs):
    model = network(Dense(6, trainable=False), Tanh())
    before = model.layers[1].weight.value.copy()
    trainer = Trainer(model, LBFGS(), epochs=20)
    trainer.fit(blobs)
    assert np.array_equal(model.layers[1].weight.value, before)
    assert trainer.history["training_loss"][-1] < trainer.history["training_loss"][0]


def test_a_layer_frozen_after_an_epoch_begins_the_method_anew(blobs):
    model, values = network(Dense(6), Tanh()), []

    def freeze(row):
        values.append((model.layers[1].weight.value.copy(), model.layers[3].weight.value.copy()))
        model.layers[1].trainable = row["epoch"] not in (4, 5)

    trainer = Trainer(model, LBFGS(tolerance=1e-12), epochs=9)
    trainer.fit(blobs, callbacks=[On(epoch=freeze)])
    assert trainer.history["epoch"] == list(range(1, 10))
    hidden, last = ([not np.array_equal(a[i], b[i]) for a, b in itertools.pairwise(values)] for i in (0, 1))
    assert hidden == [True, True, True, False, False, True, True, True]
    assert all(last)
    assert max(np.diff(trainer.history["training_loss"])) < 0


def test_when_nothing_is_left_to_train_it_has_converged(blobs):
    model = Sequential([Dense(3), SoftmaxCrossEntropy()])

    def freeze(row):
        model.layers[0].trainable = False

    trainer = Trainer(model, LBFGS(), epochs=5)
    assert trainer.fit(blobs, callbacks=[On(epoch=freeze)])["epoch"] == [1]
    assert trainer.ended_early == "converged after 1 iteration"


def test_a_fit_by_another_optimizer_takes_the_word_back(blobs):
    trainer = fitted(blobs, LBFGS(weight_decay=0.01), 500)
    assert trainer.ended_early
    trainer.optimizer, trainer.epochs = SGD(0.1), 2
    trainer.fit(blobs)
    assert trainer.ended_early == ""
    assert trainer.history["learning_rate"][-1] == 0.1 and math.isnan(trainer.history["learning_rate"][0])


def test_a_method_that_gives_no_reason_ends_the_fit(blobs):
    class Lazy(FullBatchOptimizer):
        def minimize(self, function, parameters, iterations, after_iteration):
            function()
            after_iteration()

    trainer = Trainer(network(), Lazy(), epochs=5)
    assert trainer.fit(blobs)["epoch"] == [1]
    assert trainer.ended_early == ""


def test_what_ends_with_its_last_iteration_does_not_end_early(blobs):
    class Sure(FullBatchOptimizer):
        def minimize(self, function, parameters, iterations, after_iteration):
            for _ in range(2):
                function()
                after_iteration()
            return "converged"

    for epochs, said in (2, ""), (3, "converged after 2 iterations"):
        trainer = Trainer(network(), Sure(), epochs=epochs)
        assert trainer.fit(blobs)["epoch"] == [1, 2]
        assert trainer.ended_early == said


def test_scipys_library_has_one_thread_and_numpys_keeps_its_own():
    parameters, seen, before = vector([2.0, 1.0]), [], {}
    from scipy import optimize  # noqa: F401 (before the libraries are counted)

    def counts():
        return {library["filepath"]: library["num_threads"] for library in threadpool_info()}

    def function():
        seen.append(counts())
        parameters.grads[:] = parameters.values
        return float(parameters.values @ parameters.values) / 2

    with threadpool_limits(2):
        before = counts()
        LBFGS().minimize(function, parameters, 5, lambda: True)
        assert counts() == before
    for path, count in seen[0].items():
        assert count == (1 if "scipy.libs" in path else before[path])


# From a config.


def train(folder, monkeypatch, capsys, *overrides):
    monkeypatch.chdir(folder)
    code = main(["train", str(ROOT / "configs" / "wine.toml"), *overrides])
    return code, capsys.readouterr().err


@pytest.mark.slow
def test_a_run_by_lbfgs_leaves_what_every_run_does_and_says_that_it_converged(tmp_path, monkeypatch, capsys):
    code, _ = train(
        tmp_path, monkeypatch, capsys, 'optimizer={type="LBFGS", weight_decay=0.01}', "training.epochs=300"
    )
    assert code == 0
    run = tmp_path / "runs" / "wine"
    history = RunFolder(run).read_history()
    assert len(history) < 300
    assert "learning_rate" not in history and "training_accuracy" in history
    document = tomllib.loads((run / "config.toml").read_text())
    assert document["optimizer"] == {"type": "LBFGS", "memory": 10, "tolerance": 1e-4, "weight_decay": 0.01}
    figures = json.loads((run / "metrics.json").read_text())
    assert figures["ended_early"] == f"converged after {len(history)} iterations"
    assert figures["test"]["accuracy"] > 0.9
    assert load(run / "model.safetensors").classes is not None

    assert main(["train", str(run / "config.toml"), "--out", "again"]) == 0
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (run / "model.safetensors").read_bytes()
    assert main(["plot", str(run), "again", "-o", "curves.png"]) == 0


def test_a_run_that_uses_all_its_iterations_says_nothing_of_an_end(tmp_path, monkeypatch, capsys):
    code, said = train(tmp_path, monkeypatch, capsys, 'optimizer={type="LBFGS"}', "training.epochs=3")
    assert code == 0
    assert said.splitlines()[-1].startswith("epoch 3/3  validation loss")


@pytest.mark.parametrize(
    ("override", "text"),
    [
        (
            "optimizer.type=LBFGS",
            "learning_rate: there is no such key. Valid: memory, tolerance, weight_decay",
        ),
        ('optimizer={type="LBFGS", learning_rate=0.1}', "optimizer.learning_rate: there is no such key"),
        ('optimizer={type="LBFGS", memory=0}', "optimizer.memory = 0: expected an integer of at least 1"),
        ('optimizer={type="LBFGS", tolerance=0}', "optimizer.tolerance = 0: expected a number above 0"),
        ('optimizer={type="Lbfgs"}', "there is no optimizer 'Lbfgs'; did you mean 'LBFGS'?"),
    ],
)
def test_a_key_that_does_not_fit_is_told(tmp_path, monkeypatch, capsys, override, text):
    code, said = train(tmp_path, monkeypatch, capsys, override)
    assert code == 2
    assert text in " ".join(said.split())


def test_a_layer_that_does_not_fit_is_told_and_leaves_no_folder(tmp_path, monkeypatch, capsys):
    (tmp_path / "c.toml").write_text(
        """
        data = { source = "iris" }
        optimizer = { type = "LBFGS" }
        [model]
        layers = [{ type = "Dense", units = 8 }, { type = "Dropout" }, { type = "Dense", units = 3 },
                  { type = "SoftmaxCrossEntropy" }]
        """
    )
    monkeypatch.chdir(tmp_path)
    assert main(["train", "c.toml"]) == 2
    assert "error: model.layers[1] Dropout() computes something else in training" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_the_gradient_is_there_again_after_a_method_has_changed_it(blobs):
    class Careless(FullBatchOptimizer):
        def minimize(self, function, parameters, iterations, after_iteration):
            function()
            first = parameters.grads.copy()
            parameters.grads[:] = 0
            function()
            assert first.any() and (parameters.grads == first).all()
            after_iteration()

    assert len(Trainer(network(), Careless(), epochs=1).fit(blobs)) == 1
