"""The update rules against their formulas, step by step in plain Python numbers."""

import copy
import math
import pickle

import numpy as np
import pytest

from nnlite import SGD, Adam, AdamW, ConfigError, Dense, Dropout, RMSprop, Sequential, ShapeError, SoftmaxCrossEntropy
from nnlite.core.state import State
from nnlite.signature import configuration


def vector(values, dtype="float64"):
    """A parameter vector holding these values, all of them decayed."""
    model = Sequential([Dense(1, use_bias=False)]).build((len(values),), dtype=dtype)
    model.layers[0].weight.value = np.array(values)[:, None]
    return model.parameters


def steps(optimizer, parameters, gradients, rates):
    path = []
    for gradient, rate in zip(gradients, rates, strict=True):
        parameters.grads[:] = gradient
        optimizer.step(parameters, rate)
        path.append(parameters.values.copy())
    return path


def test_a_plain_step():
    assert steps(SGD(), vector([1.0, 2.0]), [[0.5, -1.0]], [0.1])[0].tolist() == pytest.approx([0.95, 2.1])


def test_momentum_keeps_the_rate_out_of_the_velocity():
    # v = 1, then 0.9·1 + 1 = 1.9; the second step's rate multiplies all of it: 1 − 0.1·1 − 0.01·1.9
    path = steps(SGD(momentum=0.9), vector([1.0]), [[1.0], [1.0]], [0.1, 0.01])
    assert [p[0] for p in path] == pytest.approx([0.9, 0.881])


def test_nesterov_looks_ahead():
    # v = 1: step g + 0.9·v = 1.9; v = 1.9: step 1 + 0.9·1.9 = 2.71
    path = steps(SGD(momentum=0.9, nesterov=True), vector([1.0]), [[1.0], [1.0]], [0.1, 0.1])
    assert [p[0] for p in path] == pytest.approx([0.81, 0.539])


def test_nesterov_without_momentum_is_refused_as_in_pytorch():
    with pytest.raises(ConfigError, match="needs a momentum above 0"):
        SGD(nesterov=True)


def test_weight_decay_adds_to_the_gradient_before_momentum():
    # g = 1 + 0.5·1 = 1.5; then g = 1 + 0.5·0.85 = 1.425 and v = 0.9·1.5 + 1.425 = 2.775
    path = steps(SGD(momentum=0.9, weight_decay=0.5), vector([1.0]), [[1.0], [1.0]], [0.1, 0.1])
    assert [p[0] for p in path] == pytest.approx([0.85, 0.85 - 0.2775])


def test_weight_decay_leaves_biases_alone():
    model = Sequential([Dense(2, bias_init="ones")]).build((3,))
    model.parameters.grads[:] = 0
    before = model.layers[0].weight.value.copy()
    SGD(weight_decay=0.5).step(model.parameters, 0.1)
    assert np.allclose(model.layers[0].weight.value, before * 0.95)
    assert (model.layers[0].bias.value == 1).all()


def test_the_rate_is_its_own_where_none_is_given_and_steps_are_counted():
    optimizer, parameters = SGD(learning_rate=0.25), vector([1.0])
    parameters.grads[:] = 1
    optimizer.step(parameters)
    assert parameters.values[0] == 0.75
    assert optimizer.steps == 1


def test_the_defaults_are_pytorchs_but_for_the_rate():
    assert configuration(SGD()) == {"learning_rate": 0.01, "momentum": 0, "nesterov": False, "weight_decay": 0}


def test_float32_stays_float32():
    model = Sequential([Dense(2)]).build((3,))
    optimizer = SGD(momentum=0.9, nesterov=True, weight_decay=0.1)
    optimizer.step(model.parameters, np.float64(0.1))
    assert model.parameters.values.dtype == optimizer._memory["velocity"].dtype == np.float32


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize(("inputs", "units"), [(65536, 1), (50_000, 2), (1, 140_000)])
def test_a_step_in_blocks_is_a_step_of_the_whole_vector(inputs, units, nesterov):
    """Blocks have 65536 numbers: the decayed ones end at the edge of one, or within it, and whole blocks follow."""
    model = Sequential([Dense(units, bias_init="ones")]).build((inputs,), dtype="float64")
    optimizer = SGD(momentum=0.9, nesterov=nesterov, weight_decay=0.1)
    values, velocity = model.parameters.values.copy(), np.zeros_like(model.parameters.values)
    rng = np.random.default_rng(0)
    for _ in range(3):
        gradient = rng.normal(size=values.size)
        model.parameters.grads[:] = gradient
        optimizer.step(model.parameters, 0.1)
        optimizer.update(values, gradient, inputs * units, 0.1, velocity)
        assert (model.parameters.values == values).all()


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))], ids=["copy", "pickle"]
)
def test_a_model_and_its_optimizer_copied_together_train_on_as_if_they_had_not_been(copied):
    def train(model, optimizer):
        for _ in range(3):
            model.loss(np.eye(4), np.array([0, 1, 2, 0]), training=True)
            model.backward()
            optimizer.step(model.parameters)

    both = Sequential([Dense(5), Dropout(0.5), Dense(3), SoftmaxCrossEntropy()]).build((4,)), SGD(0.1, momentum=0.9)
    train(*both)
    twins = copied(both)
    train(*both)
    train(*twins)
    assert (twins[0].parameters.values == both[0].parameters.values).all()
    assert twins[1].steps == 6
    assert not np.shares_memory(twins[1]._memory["velocity"], both[1]._memory["velocity"])


def test_an_optimizer_of_one_model_is_not_used_for_another():
    optimizer, first = SGD(momentum=0.9), vector([1.0, 2.0])
    first.grads[:] = 1
    optimizer.step(first)
    for other in (vector([1.0, 2.0]), vector([1.0, 2.0, 3.0])):
        with pytest.raises(ConfigError, match="remembers other parameters: those of another model"):
            optimizer.step(other)


def test_an_optimizer_that_remembers_nothing_serves_any_model():
    optimizer = SGD()
    for values in ([1.0, 2.0], [1.0, 2.0, 3.0]):
        assert steps(optimizer, vector(values), [1.0], [0.5])[0].tolist() == [value - 0.5 for value in values]


def test_an_optimizer_is_not_used_for_its_model_built_anew():
    model, optimizer = Sequential([Dense(4)]).build((4,)), SGD(momentum=0.9)
    model.parameters.grads[:] = 1
    optimizer.step(model.parameters)
    with pytest.raises(ConfigError, match="or of this one before it was built again"):
        optimizer.step(model.build((4,)).parameters)


def test_after_a_layer_is_frozen_and_set_free_every_parameter_has_its_own_memory():
    model, optimizer = Sequential([Dense(4), Dense(4)]).build((4,), dtype="float64"), SGD(0.1, momentum=0.5)
    parameters, memory = model.parameters, dict.fromkeys(model.parameters.paths, 0.0)
    for step in range(6):
        model.layers[0].trainable, model.layers[1].trainable = step not in (2, 3), step != 1
        model.follow_freezing()
        assert model.parameters is parameters
        for path, parameter in parameters.paths.items():
            parameter.grad = np.full(parameter.shape, float(step + len(path)))
        expected = {}
        for path, parameter in parameters.paths.items():
            trained = model.layers[int(path[0])].trainable
            memory[path] = 0.5 * memory[path] + step + len(path) if trained else 0.0  # forgotten while frozen
            expected[path] = parameter.value - 0.1 * memory[path]
        optimizer.step(parameters)
        for path, parameter in parameters.paths.items():
            assert np.allclose(parameter.value, expected[path], rtol=0, atol=1e-14), (step, path)


def test_a_state_is_given_whole_and_copied():
    parameters = vector([1.0, 2.0])
    optimizer, velocity = SGD(1.0, momentum=0.5), np.array([2.0, 4.0])
    optimizer.state = State({"steps": 7}, {"velocity/0.weight": velocity})
    assert steps(optimizer, parameters, [0.0], [1.0])[0].tolist() == [0.0, 0.0]
    assert optimizer.steps == 8
    optimizer.state = State({"steps": 7}, {"velocity/0.weight": velocity})  # between steps too
    assert steps(optimizer, parameters, [0.0], [1.0])[0].tolist() == [-1.0, -2.0]
    assert velocity.tolist() == [2.0, 4.0]
    with pytest.raises(ConfigError, match=r"remembers \['velocity'\], but was given a state of \['speed/0.weight'\]"):
        optimizer.state = State({"steps": 0}, {"speed/0.weight": velocity})
    for path, size in (("0.weight", 3), ("0.weight", 1), ("1.weight", 2)):
        optimizer.state = State({"steps": 0}, {f"velocity/{path}": np.ones(size)})
        with pytest.raises(ShapeError, match=f"remembers {size} numbers? for {path}, but the parameter has another"):
            optimizer.step(parameters)


def test_copies_of_a_model_and_of_its_optimizer_go_on_together():
    model, optimizer = Sequential([Dense(2)]).build((3,)), SGD(momentum=0.9)
    optimizer.step(model.parameters)
    twin, memory = copy.deepcopy(model), optimizer._memory["velocity"].copy()
    twin.parameters.grads[:] = 1
    copy.copy(optimizer).step(twin.parameters)
    assert (optimizer._memory["velocity"] == memory).all()


def test_vanished_gradients_leave_no_subnormal_numbers():
    optimizer, parameters = SGD(momentum=0.9), vector([1.0] * 4, "float32")
    parameters.grads[:] = [1.0, 1e-20, 0.0, 1.0]
    optimizer.step(parameters)
    for _ in range(3000):
        parameters.grads[:] = [0.0, 0.0, 0.0, 1.0]
        optimizer.step(parameters)
    assert optimizer._memory["velocity"][:3].tolist() == [0, 0, 0]
    assert optimizer._memory["velocity"][3] == pytest.approx(10)


def test_adams_first_step_is_the_rate_in_the_gradients_direction_however_large_it_is():
    # m̂ = g and v̂ = g²: g/(|g| + ε)
    found = steps(Adam(), vector([0.0] * 4), [[2.0, -1e-3, 1e6, 0.0]], [0.1])[0]
    assert found.tolist() == pytest.approx([-0.1, 0.1, -0.1, 0.0], rel=1e-4)


def test_adams_second_step_by_hand():
    # g = 1, then 2. m = 0.1, then 0.9·0.1 + 0.1·2 = 0.29, over 1 − 0.9² = 0.19
    # v = 0.001, then 0.999·0.001 + 0.001·4 = 0.004999, over 1 − 0.999² = 0.001999
    path = steps(Adam(), vector([1.0]), [[1.0], [2.0]], [0.1, 0.01])
    first, second = 0.1 / (1 + 1e-8), 0.01 * (0.29 / 0.19) / (math.sqrt(0.004999 / 0.001999) + 1e-8)
    assert [p[0] for p in path] == pytest.approx([1 - first, 1 - first - second], rel=1e-14)


def test_adams_epsilon_is_added_to_the_corrected_root():
    """As in PyTorch: with |g| = ε the first step is half the rate. In Keras' formula it is a thirtieth."""
    rate, g, beta1, beta2, epsilon = 0.1, 1e-8, 0.9, 0.999, 1e-8
    found = steps(Adam(epsilon=epsilon), vector([0.0]), [[g]], [rate])[0][0]
    assert found == pytest.approx(-rate / 2, rel=1e-6)
    m, v = (1 - beta1) * g, (1 - beta2) * g * g
    keras = -rate * math.sqrt(1 - beta2) / (1 - beta1) * m / (math.sqrt(v) + epsilon)
    inside = -rate * (m / (1 - beta1)) / math.sqrt(v / (1 - beta2) + epsilon)
    assert found / keras == pytest.approx(16.3, abs=0.1)
    assert found / inside > 1000


def test_rmsprops_epsilon_is_added_to_the_root():
    # v = 0.01·g², so √v = 0.1·|g| = ε for g = 1e-7: half of what it would be, 10 times the rate
    found = steps(RMSprop(), vector([0.0]), [[1e-7]], [0.1])[0][0]
    assert found == pytest.approx(-0.1 * 10 / 2, rel=1e-6)


def test_rmsprop_with_momentum_by_hand():
    # v = 0.01, then 0.99·0.01 + 0.01·4 = 0.0499. b = 1/0.1 = 10, then 0.5·10 + 2/√0.0499
    path = steps(RMSprop(momentum=0.5), vector([0.0]), [[1.0], [2.0]], [0.1, 0.01])
    assert [p[0] for p in path] == pytest.approx([-1, -1 - 0.01 * (5 + 2 / math.sqrt(0.0499))], rel=1e-6)


@pytest.mark.parametrize("optimizer", [Adam(), RMSprop(), RMSprop(momentum=0.9)], ids=repr)
def test_a_change_of_the_rate_acts_at_once_and_on_all_of_the_step(optimizer):
    """Two walks along the same gradients: the last step of one has a tenth of the other's rate, and of its length."""
    lengths = []
    for rate in (0.1, 0.01):
        path = steps(
            copy.copy(optimizer), vector([1.0, -2.0]), [[1.0, 0.5], [0.3, -1.0], [0.2, 0.1]], [0.1, 0.1, rate]
        )
        lengths.append(path[-1] - path[-2])
    assert lengths[0] == pytest.approx(10 * lengths[1], rel=1e-9)


def test_decay_is_part_of_adams_gradient_but_not_of_adamws():
    # No gradient but the decay's: Adam moves by the rate, however weak the decay; AdamW by rate · decay · value.
    for weight_decay in (0.5, 0.001):
        found = steps(Adam(weight_decay=weight_decay), vector([2.0]), [[0.0]], [0.1])[0][0]
        assert found == pytest.approx(1.9, rel=1e-4)
        decoupled = steps(AdamW(weight_decay=weight_decay), vector([2.0]), [[0.0]], [0.1])[0][0]
        assert decoupled == pytest.approx(2 * (1 - 0.1 * weight_decay), rel=1e-12)


def test_adamw_decays_before_the_step():
    # 2·(1 − 0.1·0.5) − 0.1; were it after the step: (2 − 0.1)·(1 − 0.05) = 1.805
    assert steps(AdamW(weight_decay=0.5), vector([2.0]), [[3.0]], [0.1])[0][0] == pytest.approx(1.8, rel=1e-8)


@pytest.mark.parametrize("made", [Adam, AdamW, RMSprop])
def test_decay_by_every_rule_leaves_biases_alone(made):
    model = Sequential([Dense(2, bias_init="ones")]).build((3,))
    model.parameters.grads[:] = 0
    before = model.layers[0].weight.value.copy()
    made(weight_decay=0.5).step(model.parameters, 0.1)
    assert (model.layers[0].weight.value != before).all()
    assert (model.layers[0].bias.value == 1).all()


def test_without_decay_adamw_is_adam():
    gradients = [[1.0, -0.5], [0.1, 2.0], [0.0, 0.0]]
    both = [steps(made(weight_decay=0.0), vector([1.0, 2.0]), gradients, [0.1] * 3) for made in (Adam, AdamW)]
    assert np.array_equal(*both)


def test_the_defaults_of_the_adaptive_rules_are_pytorchs():
    adam = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0}
    rmsprop = {"learning_rate": 0.01, "alpha": 0.99, "epsilon": 1e-8, "momentum": 0, "weight_decay": 0}
    assert configuration(Adam()) == adam
    assert configuration(AdamW()) == adam | {"weight_decay": 0.01}
    assert configuration(RMSprop()) == rmsprop


@pytest.mark.parametrize("made", [Adam, AdamW, RMSprop])
def test_an_epsilon_that_would_not_guard_the_division_is_refused(made):
    with pytest.raises(ConfigError, match=r"epsilon = 0.0: expected a number of at least 1e-12"):
        made(epsilon=0.0)


@pytest.mark.parametrize(
    "optimizer", [Adam(epsilon=1e-12), AdamW(), RMSprop(), RMSprop(epsilon=1e-12, momentum=0.9)], ids=repr
)
def test_units_that_are_dead_from_the_start_stay_where_they_are(optimizer):
    """Their gradients are exactly 0: no 0/0, and no warning, which would be an error here."""
    parameters = vector([1.0, 2.0], "float32")
    for _ in range(200):
        parameters.grads[:] = [0.0, 1.0]
        optimizer.step(parameters, 1e-3)
        assert np.isfinite(parameters.values).all()
    assert parameters.values[0] == pytest.approx(1.0, rel=0.01)  # weight decay may pull it
    assert parameters.values[1] < 2


@pytest.mark.parametrize("made", [Adam, RMSprop])
def test_forgetting_traces_changes_no_step(made, monkeypatch):
    """A gradient dies out; what its squares leave behind is forgotten, and the path stays the same."""
    paths = []
    for every in (64, 10**9):
        monkeypatch.setattr("nnlite.optimizers.optimizer.STEPS_BETWEEN_CLEARINGS", every)
        shrinking = [[10.0 ** -(step / 50), 10.0 ** -(15 + step / 500)] for step in range(2000)]
        paths.append(np.array(steps(made(), vector([1.0, 0.0], "float32"), shrinking, [1e-3] * 2000)))
    assert np.allclose(*paths, rtol=1e-6, atol=1e-12)
    moved = np.abs(paths[0][-1] - paths[0][0])
    assert (moved > 0).all()


def test_vanished_gradients_leave_no_subnormal_numbers_in_adam():
    optimizer, parameters = Adam(beta2=0.9), vector([1.0] * 3, "float32")
    parameters.grads[:] = [1.0, 1e-18, 1.0]
    optimizer.step(parameters)
    for _ in range(3000):
        parameters.grads[:] = [0.0, 0.0, 1.0]
        optimizer.step(parameters)
    for array in optimizer.state.arrays.values():
        assert array.tolist() == pytest.approx([0, 0, 1], abs=0, rel=1e-3)


@pytest.mark.parametrize("optimizer", [AdamW(0.01, weight_decay=0.1), RMSprop(0.01, momentum=0.9)], ids=repr)
def test_a_step_of_an_adaptive_rule_in_blocks_is_one_of_the_whole_vector(optimizer):
    model = Sequential([Dense(2, bias_init="ones")]).build((50_000,), dtype="float64")
    values = model.parameters.values.copy()
    memory = [np.zeros_like(values) for _ in optimizer.remembers]
    rng = np.random.default_rng(0)
    for _ in range(3):
        gradient = rng.normal(size=values.size)
        model.parameters.grads[:] = gradient
        optimizer.step(model.parameters)
        optimizer.update(values, gradient, 100_000, 0.01, *memory)
        assert (model.parameters.values == values).all()


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1),
        SGD(0.1, momentum=0.9, weight_decay=0.1),
        SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        Adam(weight_decay=0.1),
        AdamW(weight_decay=0.1),
        RMSprop(momentum=0.9, weight_decay=0.1),
    ],
    ids=repr,
)
def test_a_step_leaves_the_gradients_as_they_are(optimizer):
    """Whoever prints weight.grad after a step sees the gradient, not its product with the learning rate."""
    parameters = vector([1.0, -2.0, 3.0])
    parameters.grads = np.array([0.5, 0.25, -1.0])
    for _ in range(3):
        optimizer.step(parameters)
    assert parameters.grads.tolist() == [0.5, 0.25, -1.0]
