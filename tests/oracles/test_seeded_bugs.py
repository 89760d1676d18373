"""The bugs that small frameworks have shipped, and some more, planted one by one: a named check must catch each.

A bug is planted by patching a class for the length of a test, never in the package. The table of bugs and checks
is kept in docs/seeded-bugs.md.
"""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import nnlite as nn
from nnlite import seeding
from nnlite.core import snapshot
from nnlite.core.chain import Chain
from nnlite.core.state import State
from nnlite.layers import attention, smooth_activations, softmax
from nnlite.layers.windows import Windows, batch_first, batch_last
from nnlite.losses import class_weight
from nnlite.losses.regression import RegressionLoss
from nnlite.metrics import F1, ROCAUC, AveragePrecision, Brier, MedianAbsoluteError, classification, errors_of_numbers
from nnlite.optimizers import clipping
from nnlite.optimizers.averaging import Average
from nnlite.optimizers.optimizer import Optimizer
from nnlite.schedules.schedule import Moment
from nnlite.testing import check_layer, check_loss, check_optimizer
from nnlite.training import feed, resume
from nnlite.training.evaluation import Means
from nnlite.training.feed import Feed
from nnlite.training.final_weights import FinalWeights
from nnlite.training.fit import Fit
from nnlite.training.whole_part import WholePart
from tests.conftest import ROOT, make_blobs
from tests.core import test_freezing
from tests.layers import (
    test_activations,
    test_augmentation,
    test_convolution,
    test_dropout,
    test_normalization,
    test_preprocessing,
    test_residual,
    test_sequences,
    test_softmax,
)
from tests.losses import test_binary, test_cross_entropy, test_regression
from tests.metrics import test_classification, test_values
from tests.optimizers import test_averaging, test_clipping, test_optimizers
from tests.oracles import test_extreme_values, test_pytorch
from tests.schedules import test_schedules
from tests.training import (
    test_early_stopping,
    test_metrics,
    test_resume,
    test_time_budget,
    test_trainer,
    test_weights,
)

PAGE = ROOT / "docs" / "seeded-bugs.md"


@dataclass
class Bug:
    """A bug, how to plant it, and the check that must catch it; `number` is "" where it is none of the forty."""

    number: str
    what: str
    plant: Callable[[pytest.MonkeyPatch], None]
    check: Callable[[], object]
    name: str


def bug(number, what, owner, attribute, check, name):
    """A decorator: the function under it is the wrong `owner.attribute`; it is given the right one first."""

    def register(wrong):
        right = getattr(owner, attribute)

        def plant(monkeypatch):
            if isinstance(right, property):
                patched = property(functools.partial(wrong, right.fget))
            else:

                def patched(*args, **kwargs):
                    return wrong(right, *args, **kwargs)

            monkeypatch.setattr(owner, attribute, patched)

        BUGS.append(Bug(number, what, plant, check, name))
        return wrong

    return register


def layer_check(layer, shape=(4,), **options):
    return {"check": lambda: check_layer(layer, shape, **options), "name": f"check_layer({layer!r})"}


def loss_check(targets=(0, 2, 1, 1)):
    return {
        "check": lambda: check_loss(nn.SoftmaxCrossEntropy(), (3,), np.array(targets)),
        "name": "check_loss(SoftmaxCrossEntropy())",
    }


def optimizer_check(optimizer):
    return {"check": lambda: check_optimizer(optimizer), "name": f"check_optimizer({optimizer!r})"}


def by_test(test, *arguments):
    module = test.__module__.removeprefix("tests.")
    return {"check": lambda: test(*arguments), "name": f"{module}.{test.__name__}"}


BUGS: list[Bug] = []


@bug("1", "softmax backward with the diagonal only", nn.Softmax, "backward", **layer_check(nn.Softmax()))
def _(right, self, dy):
    return dy * self.y * (1 - self.y)


@bug("2", "log-softmax backward with the diagonal only", nn.LogSoftmax, "backward", **layer_check(nn.LogSoftmax()))
def _(right, self, dy):
    return dy * (1 - np.exp(self.y))


@bug("3", "the fused gradient, then softmax backward again", nn.SoftmaxCrossEntropy, "backward", **loss_check())
def _(right, self):
    dz, p = right(self), np.exp(self.log_softmax.T)
    return p * (dz - (dz * p).sum(axis=1, keepdims=True))


@bug("4", "divided by the batch twice", nn.SoftmaxCrossEntropy, "backward", **loss_check())
def _(right, self):
    return right(self) / self.weight if self.weight else right(self)


@bug("5", "never divided by the batch", nn.SoftmaxCrossEntropy, "backward", **loss_check())
def _(right, self):
    return right(self) * self.weight


@bug("6", "the loss a sum, where the rate assumes a mean", nn.SoftmaxCrossEntropy, "forward", **loss_check())
def _(right, self, outputs, targets, sample_weight=None):
    return right(self, outputs, targets, sample_weight) * len(outputs)


@bug("7", "the bias gradient summed to one number", nn.Dense, "backward_parameters", **layer_check(nn.Dense(3)))
def _(right, self, dy):
    right(self, dy)
    self.bias.grad[...] = dy.sum()


DROPOUT_MEAN = by_test(test_dropout.test_dropout_drops_the_rate_and_keeps_the_mean)


@bug("8", "dropout scaled by the rate, not by 1 − rate", nn.Dropout, "forward", **DROPOUT_MEAN)
def _(right, self, x, *, training=False):
    y = right(self, x, training=training)
    return y * (1 - self.rate) / self.rate if training else y


@bug("9", "the mask not applied in backward", nn.Dropout, "backward", **layer_check(nn.Dropout(0.3)))
def _(right, self, dy):
    return dy


@bug(
    "10",
    "the mask inferred from zeros of the output",
    nn.Dropout,
    "forward",
    **by_test(test_dropout.test_dropout_backward_uses_the_mask_of_its_forward_also_where_the_input_is_zero),
)
def _(right, self, x, *, training=False):
    y = right(self, x, training=training)
    if training:
        self.mask = (y != 0) / (1 - self.rate)
    return y


@bug("11", "dropout scaled twice", nn.Dropout, "forward", **DROPOUT_MEAN)
def _(right, self, x, *, training=False):
    y = right(self, x, training=training)
    return y / (1 - self.rate) if training else y


@bug("12", "dropout active in prediction", nn.Dropout, "forward", **layer_check(nn.Dropout(0.3)))
def _(right, self, x, *, training=False):
    return right(self, x, training=True)


RUNNING_FIGURES = by_test(test_normalization.test_the_running_figures_by_hand)


@bug("13", "running statistics never updated", nn.BatchNorm, "_centred_by_batch", **RUNNING_FIGURES)
def _(right, self, x, count):
    before = dict(self.statistics)
    found = right(self, x, count)
    self.statistics.update(before)
    return found


@bug("14", "biased running variance", nn.BatchNorm, "_centred_by_batch", **RUNNING_FIGURES)
def _(right, self, x, count):
    before = self.statistics["variance"]
    centred, variance = right(self, x, count)
    self.statistics["variance"] = (1 - self.momentum) * before + self.momentum * variance.reshape(-1)
    return centred, variance


@bug("15", "batch statistics in prediction", nn.BatchNorm, "forward", **layer_check(nn.BatchNorm()))
def _(right, self, x, *, training=False):
    before = dict(self.statistics)
    y = right(self, x, training=len(x) > 1)
    if not training:
        self.statistics.update(before)
    return y


@bug("16", "n − 1 in the batch-norm backward", nn.BatchNorm, "backward", **layer_check(nn.BatchNorm()))
def _(right, self, dy):
    self.count -= self.count > 0
    dx = right(self, dy)
    self.count += self.count > 0
    return dx


@bug(
    "17",
    "one-pass variance of a batch",
    nn.BatchNorm,
    "_centred_by_batch",
    **by_test(
        test_normalization.test_a_large_mean_costs_batch_norm_no_digits, np.random.default_rng(0), "float32", 1e4
    ),
)
def _(right, self, x, count):
    centred, _ = right(self, x, count)
    return centred, np.abs((x * x).mean(axis=0) - x.mean(axis=0) ** 2)


@bug(
    "17",
    "one-pass variance",
    nn.Standardize,
    "adapt",
    **by_test(test_preprocessing.test_standardize_does_not_cancel_at_a_large_mean, np.random.default_rng(0)),
)
def _(right, self, x):
    right(self, x)
    self.statistics["scale"] = np.sqrt(np.abs((x * x).mean(axis=0) - x.mean(axis=0) ** 2) + 1e-30)


@bug("18", "an activation in place", nn.ReLU, "forward", **layer_check(nn.ReLU()))
def _(right, self, x, *, training=False):
    self.y = np.maximum(x, 0, out=x if x.flags.writeable else None)
    return self.y


@bug(
    "19",
    "the softmax maximum over the batch",
    softmax,
    "softmax",
    **by_test(test_softmax.test_softmax_of_rows_far_apart),
)
def _(right, x):
    exponentials = np.exp(x - x.max())
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@bug(
    "20",
    "softmax without a shift by the maximum",
    softmax,
    "softmax",
    **by_test(test_extreme_values.test_softmax_is_a_probability_whatever_comes, [1e4, -1e4, 0.0], "float64"),
)
def _(right, x):
    exponentials = np.exp(x)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


EXTREME_LOSS = by_test(
    test_extreme_values.test_cross_entropy_is_exact_wherever_it_can_be_represented,
    [1e4, -1e4, 0.0],
    "labels",
    "float64",
)


@bug("21", "log(0): the loss from the probabilities", nn.SoftmaxCrossEntropy, "forward", **EXTREME_LOSS)
def _(right, self, outputs, targets, sample_weight=None):
    right(self, outputs, targets, sample_weight)
    return float(-np.log(np.exp(self.log_softmax[targets, np.arange(len(targets))])).mean())


@bug("21", "log(clip(p)), as if that were the loss", nn.SoftmaxCrossEntropy, "forward", **EXTREME_LOSS)
def _(right, self, outputs, targets, sample_weight=None):
    right(self, outputs, targets, sample_weight)
    picked = np.exp(self.log_softmax[targets, np.arange(len(targets))])
    return float(-np.log(np.clip(picked, 1e-7, 1 - 1e-7)).mean())


@bug(
    "22",
    "Adam's t off by one: 2 in the first step",
    nn.Adam,
    "update",
    **by_test(test_optimizers.test_adams_second_step_by_hand),
)
def _(right, self, *args):
    self.steps += 1
    right(self, *args)
    self.steps -= 1


EPSILON = by_test(test_optimizers.test_adams_epsilon_is_added_to_the_corrected_root)


@bug("23", "ε inside the root", nn.Adam, "update", **EPSILON)
def _(right, self, values, grads, decayed, learning_rate, mean, square):
    right(self, values, grads, decayed, 0.0, mean, square)
    m, v = mean / (1 - self.beta1**self.steps), square / (1 - self.beta2**self.steps)
    values -= learning_rate * m / np.sqrt(v + self.epsilon)


@bug("23", "ε beside the root that is not corrected, as in Keras", nn.Adam, "update", **EPSILON)
def _(right, self, values, grads, decayed, learning_rate, mean, square):
    right(self, values, grads, decayed, 0.0, mean, square)
    correction = np.sqrt(1 - self.beta2**self.steps) / (1 - self.beta1**self.steps)
    values -= learning_rate * correction * mean / (np.sqrt(square) + self.epsilon)


SHARED: dict[str, np.ndarray] = {}


@bug("24", "one momentum buffer for two optimizers", nn.SGD, "update", **optimizer_check(nn.SGD(0.1, momentum=0.9)))
def _(right, self, values, grads, decayed, learning_rate, velocity):
    shared = SHARED.setdefault(f"{values.size} {values.dtype}", velocity)
    right(self, values, grads, decayed, learning_rate, shared)


@bug(
    "25",
    "optimizer state taken over by position for another set of parameters",
    Optimizer,
    "_adopt",
    **by_test(test_optimizers.test_an_optimizer_of_one_model_is_not_used_for_another),
)
def _(right, self, parameters):
    self.layout = parameters.layout
    self._memory = {name: np.resize(array, parameters.values.shape) for name, array in self._memory.items()}
    right(self, parameters)


@bug("26", "weight decay on biases", nn.SGD, "update", **optimizer_check(nn.SGD(0.1, weight_decay=0.1)))
def _(right, self, values, grads, decayed, learning_rate, *memory):
    right(self, values, grads, len(values), learning_rate, *memory)


@bug("26", "weight decay on biases", nn.AdamW, "update", **optimizer_check(nn.AdamW(weight_decay=0.1)))
def _(right, self, values, grads, decayed, learning_rate, *memory):
    right(self, values, grads, len(values), learning_rate, *memory)


@bug("27", "Nesterov's sign", nn.SGD, "update", **by_test(test_optimizers.test_nesterov_looks_ahead))
def _(right, self, values, grads, decayed, learning_rate, velocity):
    if self.nesterov:
        velocity *= self.momentum
        velocity += grads
        values -= learning_rate * (grads - self.momentum * velocity)
    else:
        right(self, values, grads, decayed, learning_rate, velocity)


STEP_BY_STEP = by_test(
    test_schedules.test_a_fit_makes_every_step_with_the_rate_that_is_due_and_records_the_epochs_last,
    make_blobs(),
    nn.Cosine(0.2),
)


@bug("28", "a schedule per epoch where per step is meant", Fit, "moment", **STEP_BY_STEP)
def _(right, self):
    return right(self)._replace(step=0)


@bug("28", "a schedule off by one", Fit, "moment", **STEP_BY_STEP)
def _(right, self):
    return right(self)._replace(step=self.step + 1)


@bug(
    "28",
    "a schedule that begins anew when training goes on",
    Fit,
    "moment",
    **by_test(test_schedules.test_a_second_fit_goes_on_with_a_decay_as_if_it_had_been_one, make_blobs()),
)
def _(right, self):
    return right(self)._replace(earlier=0)


@bug(
    "",
    "a decay that counts earlier epochs times the present steps",
    Fit,
    "moment",
    **by_test(test_schedules.test_a_decay_counts_the_steps_that_were_made_however_many_an_epoch_has, make_blobs()),
)
def _(right, self):
    moment = right(self)
    return moment._replace(earlier_steps=moment.earlier * moment.steps)


UNDER_A_CLOCK = test_time_budget.test_a_decay_counts_what_was_made_and_not_what_the_clock_stands_for


def decay_under_a_clock():
    with pytest.MonkeyPatch.context() as patch:
        UNDER_A_CLOCK(patch, nn.StepDecay(2, 0.5))


@bug(
    "",
    "a decay that runs ahead with the clock",
    Moment,
    "since_start",
    **by_test(UNDER_A_CLOCK, nn.StepDecay(2, 0.5)) | {"check": decay_under_a_clock},
)
def _(right, self, per):
    return self.elapsed(per)[0]


EVERY_ROW = by_test(test_trainer.test_every_row_is_seen_once_an_epoch_with_its_own_target_in_a_new_order_each_time)


@bug("29", "the last partial batch dropped", feed, "chunks", **EVERY_ROW)
def _(right, rows, batch_size, row_bytes):
    return right(rows - rows % batch_size, batch_size, row_bytes)


@bug(
    "30",
    "the mean of batch means",
    Means,
    "add",
    **by_test(test_trainer.test_the_epochs_loss_weighs_batches_by_their_rows),
)
def _(right, self, loss, *args):
    self._criterion.weight = 1.0
    right(self, loss, *args)


@bug("31", "x shuffled without y", Feed, "batches", **EVERY_ROW)
def _(right, self, *args):
    self.targets = np.roll(self.targets, 1)
    return right(self, *args)


@bug("32", "the same permutation every epoch", nn.Trainer, "_train_epoch", **EVERY_ROW)
def _(right, self, *args):
    self._shuffle = seeding.generator(self.seed, "shuffle")
    return right(self, *args)


@bug("33", "gradients accumulated from step to step", nn.Dense, "backward_parameters", **layer_check(nn.Dense(3)))
def _(right, self, dy):
    before = self.weight.grad.copy()
    right(self, dy)
    self.weight.grad += before


@bug("37", "a silent upcast to float64", nn.ReLU, "forward", **layer_check(nn.ReLU()))
def _(right, self, x, *, training=False):
    self.y = np.maximum(x, np.zeros(1))
    return self.y


@bug(
    "38",
    "going on without the generator",
    nn.Trainer,
    "fit",
    **by_test(test_trainer.test_a_second_fit_goes_on_where_the_first_one_ended, make_blobs()),
)
def _(right, self, *args, **kwargs):
    self._shuffle = seeding.generator(self.seed, "shuffle")
    return right(self, *args, **kwargs)


def left_in(callback):
    return by_test(test_resume.test_nothing_is_lost_on_the_way, callback)


IN_AN_EPOCH, BETWEEN_EPOCHS = left_in(37), left_in(39)
LOOKING = by_test(test_resume.test_looking_at_the_state_changes_nothing_of_a_regression_either)


@bug("28", "a schedule reset on resume", nn.Trainer, "_restore", **BETWEEN_EPOCHS)
def _(right, self, state):
    right(self, state)
    self.schedule.state = State(dict(type(self.schedule).remembers))


@bug("38", "a resume that loses the generator of the rows' order", nn.Trainer, "_restore", **BETWEEN_EPOCHS)
def _(right, self, state):
    right(self, state)
    self._shuffle = seeding.generator(self.seed, "shuffle")


@bug("38", "a resume that loses the layers' generators", resume, "_generators", **IN_AN_EPOCH)
def _(right, model):
    return iter(())


@bug("38", "a resume that loses the generators of layers in layers", resume, "_generators", **IN_AN_EPOCH)
def _(right, model):
    return ((path, generator) for path, generator in right(model) if path.count(".") < 2)


@bug("38", "a resume that loses the permutation", Fit, "batches", **IN_AN_EPOCH)
def _(right, self, shuffle):
    self._order, means = None, self.means
    batches = right(self, shuffle)
    self.means = means
    return batches


@bug("38", "a resume that begins the epoch anew", Fit, "batches", **IN_AN_EPOCH)
def _(right, self, shuffle):
    self.step = 0
    return right(self, shuffle)


@bug("38", "a resume that loses the best weights", nn.Trainer, "_restore", **BETWEEN_EPOCHS)
def _(right, self, state):
    right(self, state)
    self.early_stopping.kept = {}


@bug("38", "a resume that loses the patience", nn.Trainer, "_restore", **BETWEEN_EPOCHS)
def _(right, self, state):
    right(self, state)
    self.early_stopping.best.waited = 0


@bug("38", "a resume that loses what the optimizer remembers", nn.Trainer, "_restore", **IN_AN_EPOCH)
def _(right, self, state):
    right(self, state)
    self.optimizer.state = State({"steps": self.optimizer.steps})


@bug("38", "a resume that loses the count of the optimizer's steps", nn.Trainer, "_restore", **IN_AN_EPOCH)
def _(right, self, state):
    right(self, state)
    self.optimizer.steps = 0


@bug("38", "a resume that loses the average of the weights", nn.Trainer, "_restore", **IN_AN_EPOCH)
def _(right, self, state):
    right(self, state)
    self._final_weights.average = Average(self.average)


@bug("38", "a resume that loses the epoch's figures so far", Fit, "batches", **IN_AN_EPOCH)
def _(right, self, shuffle):
    batches = right(self, shuffle)
    self.means = Means(self.model.network.criterion)
    return batches


@bug("38", "a state that counts the waiting figures when it is read", nn.Trainer, "_state", **LOOKING)
def _(right, self):
    if self._fit is not None:
        self._fit.means._count_figures()
    return right(self)


@bug(
    "39",
    "labels renumbered where a class is missing",
    nn.SoftmaxCrossEntropy,
    "encode",
    **by_test(test_cross_entropy.test_labels_keep_their_numbers_in_a_batch_that_lacks_a_class),
)
def _(right, self, targets, output_shape):
    encoded = right(self, targets, output_shape)
    return np.unique(encoded, return_inverse=True)[1] if encoded.ndim == 1 else encoded


@bug(
    "40",
    "early stopping that returns the last weights",
    snapshot,
    "restore",
    **by_test(test_early_stopping.test_the_best_weights_and_statistics_are_restored_and_not_the_last_ones),
)
def _(right, taken, model):
    pass


@bug(
    "40",
    "the best weights restored, but not the statistics that belong to them",
    snapshot,
    "restore",
    **by_test(test_early_stopping.test_the_best_weights_and_statistics_are_restored_and_not_the_last_ones),
)
def _(right, taken, model):
    for path, parameter in model.parameters.paths.items():
        parameter.value = taken[path]


@bug(
    "",
    "the gradient of a row of the table overwritten where its code comes again",
    nn.Embedding,
    "backward_parameters",
    **layer_check(nn.Embedding(3, 2), sample=lambda rng, shape: rng.integers(0, 3, shape)),
)
def _(right, self, dy):
    self.weight.grad[...] = 0
    self.weight.grad[self.rows] += dy


@bug(
    "",
    "the residual's own way left out of its gradient",
    nn.Residual,
    "backward",
    **layer_check(nn.Residual([nn.Tanh()])),
)
def _(right, self, dy):
    return self.chain.backward(dy)


@bug("", "the mean left out of the layer-norm backward", nn.LayerNorm, "backward", **layer_check(nn.LayerNorm()))
def _(right, self, dy):
    right(self, dy)
    return dy * self.scale.value * self.factor


@bug(
    "",
    "a frozen layer that runs as in training",
    Chain,
    "forward",
    **by_test(test_freezing.test_a_frozen_batch_norm_runs_as_in_prediction_and_passes_its_gradient_back),
)
def _(right, self, x, *, training=False):
    for layer in self.layers:
        x = layer.forward(x, training=training)
    return x


@bug(
    "",
    "a layer inside another one, set free, that gets no gradient",
    nn.Residual,
    "follow_freezing",
    **by_test(test_residual.test_a_layer_inside_that_was_built_frozen_learns_once_it_is_set_free, nn.Residual),
)
def _(right, self):
    if not hasattr(self, "told"):
        self.told = True
        right(self)


@bug("", "ELU's gradient without its α", nn.ELU, "backward", **layer_check(nn.ELU(2.5)))
def _(right, self, dy):
    return dy * np.exp(np.minimum(self.x, 0))


@bug("", "ELU's gradient from the output, as if that were x", nn.ELU, "backward", **layer_check(nn.ELU()))
def _(right, self, dy):
    return dy * np.where(self.x > 0, 1, np.exp(np.expm1(np.minimum(self.x, 0))))


@bug("", "the PReLU gradient not summed over the batch", nn.PReLU, "backward", **layer_check(nn.PReLU(shared=False)))
def _(right, self, dy):
    dx = right(self, dy)
    self.slope.grad = (dy * np.minimum(self.x, 0))[0]
    return dx


@bug(
    "",
    "PReLU's slopes decayed",
    nn.PReLU,
    "add_parameter",
    **by_test(test_activations.test_prelu_starts_at_a_quarter_and_is_not_decayed),
)
def _(right, self, *args, decay=True, **kwargs):
    return right(self, *args, **kwargs)


NEAR_AND_FAR = test_extreme_values.test_activations_and_their_derivatives_keep_their_digits_near_and_far


def true_values(layer, dtype="float64"):
    functions = {type(each): function for each, function in test_extreme_values.ACTIVATIONS}
    return by_test(NEAR_AND_FAR, layer, functions[type(layer)], dtype)


@bug("", "the tanh form in place of the exact GELU", nn.GELU, "forward", **true_values(nn.GELU()))
def _(right, self, x, *, training=False):
    right(self, x, training=training)
    return nn.TanhGELU().forward(x)


@bug("", "GELU by erf, which has no digits left at −10", nn.GELU, "forward", **true_values(nn.GELU()))
def _(right, self, x, *, training=False):
    from scipy.special import erf

    right(self, x, training=training)
    return 0.5 * x * (1 + erf(x / np.sqrt(2)))


@bug(
    "",
    "GELU's erfc in float32",
    nn.GELU,
    "forward",
    **by_test(test_extreme_values.test_gelu_about_minus_ten_keeps_all_digits_of_its_dtype, "float32", 1e-6),
)
def _(right, self, x, *, training=False):
    from scipy.special import erfc

    right(self, x, training=training)
    return 0.5 * x * erfc(x * np.float32(-np.sqrt(0.5)))


@bug("", "softplus of large numbers overflows", smooth_activations, "softplus", **true_values(nn.Softplus()))
def _(right, x):
    return np.log1p(np.exp(x))


@bug("", "softplus loses its tail", smooth_activations, "softplus", **true_values(nn.Mish()))
def _(right, x):
    return np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))


# Of sequences.


def recorded(name):
    """PyTorch's numbers of a layer."""
    found = by_test(test_pytorch.test_a_layer_computes_what_pytorchs_does, test_pytorch.GOLDEN["layers"][name])
    return found | {"name": f"{found['name']}[{name}]"}


GRU_OF_PYTORCH = recorded("GRU(units=4, return_sequences=True) 5x7x3")
LSTM_OF_PYTORCH = recorded("LSTM(units=4, return_sequences=True) 5x7x3")
ATTENTION_OF_PYTORCH = recorded("SelfAttention(units=6, heads=2) 3x4x6 spread 0.2")
SEQUENCE = (3, 2)


@bug("", "GRU: the reset gate and the update gate exchanged", nn.GRU, "joined", **GRU_OF_PYTORCH)
def _(right, self):
    q, r, z, p = np.split(right(self), 4)
    return np.concatenate([q, z, r, p])


@bug("", "GRU: z lets in what is new, where it keeps the old", nn.GRU, "joined", **GRU_OF_PYTORCH)
def _(right, self):
    joined = right(self)
    joined[2 * self.units : 3 * self.units] *= -1  # σ(−a) = 1 − σ(a)
    return joined


@bug("", "GRU: the second bias of n outside the reset", nn.GRU, "joined", **GRU_OF_PYTORCH)
def _(right, self):
    joined = right(self)
    q, p = joined[: self.units, -1], joined[-self.units :, -1]
    p += q
    q[:] = 0
    return joined


@bug("", "GRU: the reset before the product with U", nn.GRU, "run", **GRU_OF_PYTORCH)
def _(right, self, joined, steps, outputs):
    units = self.units
    (gates,) = right(self, joined, steps, outputs)
    for step, gate in zip(range(len(steps)), gates, strict=True):
        inputs = steps[step].copy()
        r, z = np.split(1 / (1 + np.exp(-joined[units : 3 * units] @ inputs)), 2)
        inputs[:units] *= r
        n = np.tanh(joined[:units] @ inputs + joined[3 * units :] @ inputs)
        outputs[step] = (1 - z) * n + z * steps[step, :units]
        gate[units : 3 * units], gate[3 * units :] = np.concatenate([r, z]), n
    return (gates,)


@bug("", "LSTM: the forget gate and the input gate exchanged", nn.LSTM, "joined", **LSTM_OF_PYTORCH)
def _(right, self):
    o, i, f, g = np.split(right(self), 4)
    return np.concatenate([o, f, i, g])


@bug("", "LSTM: the memory goes out without its tanh", nn.LSTM, "run", **LSTM_OF_PYTORCH)
def _(right, self, joined, steps, outputs):
    gates, cells, squashed = right(self, joined, steps, outputs)
    outputs[-1] = gates[-1, : self.units] * cells[-1]
    return gates, cells, squashed


def cut_at_the_last_step(right, self, joined, kept, previous, dys):
    products = right(self, joined, kept, previous, dys)
    products[:-1] = 0
    return products


for kind in (nn.GRU, nn.LSTM):
    found = layer_check(kind(2), SEQUENCE)
    bug("", f"{kind.__name__}: the gradient cut at the last step", kind, "derivatives", **found)(cut_at_the_last_step)


@bug(
    "",
    "GRU: the gradient of a step's own output left out before the last",
    nn.GRU,
    "derivatives",
    **layer_check(nn.GRU(2, return_sequences=True), SEQUENCE),
)
def _(right, self, joined, kept, previous, dys):
    return right(self, joined, kept, previous, [None] * (len(dys) - 1) + dys[-1:])


@bug("", "GRU: h carried over from batch to batch", nn.GRU, "run", **layer_check(nn.GRU(2), SEQUENCE))
def _(right, self, joined, steps, outputs):
    last = vars(self).get("last")
    if last is not None and last.shape == steps[0, : self.units].shape:
        steps[0, : self.units] = last
    found = right(self, joined, steps, outputs)
    self.last = outputs[-1].copy()
    return found


@bug("", "attention: the scores not divided by √d", nn.SelfAttention, "_scale", **ATTENTION_OF_PYTORCH)
def _(right, self, x):
    return np.asarray(1, x.dtype)


@bug("", "attention: divided by the root of all units", nn.SelfAttention, "_scale", **ATTENTION_OF_PYTORCH)
def _(right, self, x):
    return right(self, x) / np.asarray(np.sqrt(self.heads), x.dtype)


@bug("", "attention: the softmax over the wrong axis", attention, "softmax", **ATTENTION_OF_PYTORCH)
def _(right, scores):
    return right(np.ascontiguousarray(scores.swapaxes(2, 3))).swapaxes(2, 3)


@bug("", "attention: a head from every other unit", nn.SelfAttention, "_split", **ATTENTION_OF_PYTORCH)
def _(right, self, rows, batch, parts):
    time, wide = len(rows) // batch, self.units // self.heads
    return rows.reshape(batch, time, parts, wide, self.heads).transpose(2, 0, 4, 1, 3)


@bug(
    "",
    "attention: the softmax backward with the diagonal only",
    nn.SelfAttention,
    "_backward",
    **layer_check(nn.SelfAttention(4, heads=2), SEQUENCE),
)
def _(right, self, dy):
    rows, q, k, v, weights, _ = self.kept
    flat = dy.reshape(-1, self.units)
    right(self, dy)
    dseen = self._split(flat.dot(self.output_weight.value.T), len(dy), 1)[0]
    dscores = np.matmul(dseen, v.swapaxes(2, 3)) * weights * (1 - weights) * self._scale(dy)
    parts = np.stack([dscores @ k, dscores.swapaxes(2, 3) @ q, weights.swapaxes(2, 3) @ dseen])
    joined = parts.transpose(1, 3, 0, 2, 4).reshape(len(rows), 3 * self.units)
    self.weight.grad, self.bias.grad = rows.T @ joined, joined.sum(axis=0)
    return joined


POSITIONS_OF_PYTORCH = recorded("PositionalEncoding() 2x40x6")


@bug("", "sine and cosine of the positions exchanged", nn.PositionalEncoding, "forward", **POSITIONS_OF_PYTORCH)
def _(right, self, x, *, training=False):
    pairs = self.encoding.reshape(len(self.encoding), -1, 2)
    return x + pairs[..., ::-1].reshape(self.encoding.shape)


@bug("", "positions counted from 1", nn.PositionalEncoding, "forward", **POSITIONS_OF_PYTORCH)
def _(right, self, x, *, training=False):
    time, features = x.shape[1:]
    longer = nn.Sequential([nn.PositionalEncoding()]).build((time + 1, features)).layers[0]
    return x + longer.encoding[1:]


PADDED = recorded("Conv1D(filters=3, kernel_size=3, stride=2, padding=2, dilation=2) 2x8x2")


@bug("", "a convolution over time with one zero too many before the first step", nn.Conv1D, "_pad", **PADDED)
def _(right, self, x):
    return np.roll(right(self, x), 1, axis=1)


@bug(
    "",
    'the odd zero of padding="same" before the first step',
    nn.Conv1D,
    "build",
    **recorded("Conv1D(filters=3, kernel_size=4, padding=same, dilation=3) 2x5x2"),
)
def _(right, self, *args):
    shape = right(self, *args)
    self.before, self.after = self.after, self.before
    return shape


@bug(
    "",
    "a filter over time starts as if it saw one feature",
    nn.Conv1D,
    "add_parameter",
    **by_test(test_sequences.test_weights_start_by_what_each_of_their_outputs_sees, nn.Conv1D(16, 5), 6, (30, 80)),
)
def _(right, self, name, shape, *args, fan=None, **kwargs):
    return right(self, name, shape, *args, fan=fan and (shape[0], shape[0] * shape[2]), **kwargs)


@bug(
    "",
    "the bias gradient of a convolution over time summed over the batch alone",
    nn.Conv1D,
    "backward_parameters",
    **layer_check(nn.Conv1D(2, 2), SEQUENCE),
)
def _(right, self, dy):
    right(self, dy)
    self.bias.grad = dy[:, -1].sum(axis=0)


@bug(
    "",
    "attention's bias gradient summed over the batch alone",
    nn.SelfAttention,
    "_backward",
    **layer_check(nn.SelfAttention(2), SEQUENCE),
)
def _(right, self, dy):
    found = right(self, dy)
    self.output_bias.grad = dy[:, -1].sum(axis=0)
    return found


FIRST_OF_EQUAL_STEPS = by_test(test_sequences.test_of_equal_largest_steps_the_first_gets_the_gradient)


@bug("", "the gradient of a maximum over time to the last equal", nn.MaxOverTime, "forward", **FIRST_OF_EQUAL_STEPS)
def _(right, self, x, *, training=False):
    y = right(self, x, training=training)
    self.first = x.shape[1] - 1 - x[:, ::-1].argmax(axis=1)[:, None]
    return y


@bug("", "the gradient of a maximum over time to all equals", nn.MaxOverTime, "forward", **FIRST_OF_EQUAL_STEPS)
def _(right, self, x, *, training=False):
    y = right(self, x, training=training)
    self.first = np.where(x == y[:, None], np.arange(x.shape[1])[:, None], self.first)
    return y


MEAN_OVER_TIME = layer_check(nn.MeanOverTime(), SEQUENCE)


@bug("", "the gradient of a mean over time not divided by the steps", nn.MeanOverTime, "backward", **MEAN_OVER_TIME)
def _(right, self, dy):
    return right(self, dy) * self.time


# Of the losses, beyond the forty.


@bug(
    "",
    "class weights: the weighted sum divided by the rows, not by Σw",
    nn.SoftmaxCrossEntropy,
    "forward",
    **by_test(test_cross_entropy.test_class_weights_are_sample_weights),
)
def _(right, self, outputs, targets, sample_weight=None):
    if self.class_weight is None:
        return right(self, outputs, targets, sample_weight)
    return right(self, outputs, targets, sample_weight) * self.weight / len(outputs)


@bug(
    "",
    "balanced class weights that leave out the number of classes",
    class_weight,
    "balanced",
    **by_test(
        test_cross_entropy.test_balanced_class_weights_are_scikit_learns, (50, 30, 20), np.random.default_rng(0)
    ),
)
def _(right, targets, classes):
    return right(targets, classes) * classes


@bug(
    "",
    "weights that fade in small batches: each divided by its own weights",
    nn.Loss,
    "batch_scale",
    **by_test(
        test_weights.test_the_mean_of_the_batches_gradients_is_the_gradient_of_all_rows,
        "both",
        2,
        "float64",
        np.random.default_rng(0),
    ),
)
def _(right, self, rows, mean_weight):
    return 1.0


@bug(
    "",
    "NaN counted as the first class",
    classification,
    "likeliest",
    **by_test(test_classification.test_a_row_without_a_prediction_is_neither_right_nor_wrong),
)
def _(right, outputs):
    return outputs.argmax(axis=1)


@bug(
    "",
    "label smoothing that leaves the true class too much: 1 − ε and ε / (K − 1)",
    nn.SoftmaxCrossEntropy,
    "forward",
    **by_test(test_cross_entropy.test_label_smoothing_by_hand),
)
def _(right, self, outputs, targets, sample_weight=None):
    smoothing, classes = self.label_smoothing, outputs.shape[1]
    self.label_smoothing = smoothing * classes / (classes - 1) if smoothing else 0
    try:
        return right(self, outputs, targets, sample_weight)
    finally:
        self.label_smoothing = smoothing


@bug(
    "",
    "targets (N,) against outputs (N, 1) broadcast to (N, N)",
    RegressionLoss,
    "forward",
    **by_test(test_binary.test_targets_of_one_output_do_not_broadcast),
)
def _(right, self, outputs, targets, sample_weight=None):
    self.difference = outputs - targets
    return float(self.costs(self.difference).mean())


@bug(
    "",
    "binary cross-entropy as log(clip(p))",
    nn.BinaryCrossEntropy,
    "forward",
    **by_test(test_binary.test_extreme_logits_cost_what_they_cost, 1e4, 0, 1e4, None),
)
def _(right, self, outputs, targets, sample_weight=None):
    right(self, outputs, targets, sample_weight)
    p = np.clip(self.predict(outputs)[:, 1:], 1e-7, 1 - 1e-7)
    return float(-(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean())


@bug(
    "",
    "several labels summed, not averaged",
    nn.BinaryCrossEntropy,
    "forward",
    **by_test(test_binary.test_several_labels_are_averaged_over_rows_and_labels),
)
def _(right, self, outputs, targets, sample_weight=None):
    return right(self, outputs, targets, sample_weight) * outputs.shape[1]


IN_UNITS = by_test(
    test_regression.test_the_model_computes_in_the_targets_deviations_and_predicts_in_their_units, nn.MeanSquaredError
)


@bug("", "a regression that predicts in standardized units", RegressionLoss, "predict", **IN_UNITS)
def _(right, self, outputs):
    return outputs.reshape(len(outputs)).astype(np.float64)


@bug("", "a regression that computes in raw units", RegressionLoss, "_standardized", **IN_UNITS)
def _(right, self, targets):
    return targets


@bug(
    "",
    "the mean of the batches' RMSE and R²",
    Means,
    "add",
    **by_test(
        test_regression.test_the_figures_of_a_regression_are_scikit_learns_over_many_batches,
        *(np.random.default_rng(0), 0.0, 1.0, False, 1),
    ),
)
def _(right, self, *batch):
    right(self, *batch)
    one = Means(self._criterion)
    right(one, *batch)
    found = vars(self).setdefault("of_batches", [])
    found.append(one.figures())
    self.figures = lambda: {name: float(np.mean([each[name] for each in found])) for name in found[0]}


@bug(
    "",
    "R² from the raw moments of the targets",
    RegressionLoss,
    "row_figures",
    **by_test(
        test_regression.test_the_figures_of_a_regression_are_scikit_learns_over_many_batches,
        *(np.random.default_rng(0), 1e6, 1e-3, False, 1),
    ),
)
def _(right, self, outputs, targets):
    scale = self.statistics["scale"]
    return right(self, outputs, targets) | {"target": targets / scale, "squared_target": (targets / scale) ** 2}


CONV = layer_check(nn.Conv2D(2, (3, 2), stride=(1, 2), padding=1), (1, 3, 4))


@bug(
    "34",
    "the filters flipped",
    nn.Conv2D,
    "forward",
    **by_test(test_convolution.test_a_filter_is_not_flipped),
)
def _(right, self, x, *, training=False):
    self.weight.value = self.weight.value[:, :, ::-1, ::-1].copy()
    return right(self, x, training=training)


@bug("34", "the filters flipped in forward, but not in backward", nn.Conv2D, "forward", **CONV)
def _(right, self, x, *, training=False):
    before = self.weight.value.copy()
    self.weight.value = before[:, :, ::-1, ::-1]
    y = right(self, x, training=training)
    self.weight.value = before
    return y


SETTING = (3, 3), (1, 1), (1, 2), (1, 1), 1


@bug(
    "34",
    "all of the padding on one side",
    Windows,
    "unpad",
    **by_test(test_convolution.test_a_convolution_is_scipys_correlation, np.random.default_rng(0), *SETTING),
)
def _(right, self, padded):
    height, width = (n - sum(p) for n, p in zip(self.padded, self.padding, strict=True))
    return batch_first(padded[:, :height, :width])


@bug("34", "the stride lost in the gradient of the filters", nn.Conv2D, "backward_parameters", **CONV)
def _(right, self, dy):
    before, self.windows.stride = self.windows.stride, (1, 1)
    right(self, dy)
    self.windows.stride = before


@bug(
    "34",
    "groups that all see the first channels",
    nn.Conv2D,
    "_columns",
    **layer_check(nn.Conv2D(2, 1, groups=2), (2, 2, 2)),
)
def _(right, self, x, rows):
    return np.broadcast_to(right(self, x, rows)[:1], right(self, x, rows).shape)


EQUALS = by_test(test_convolution.test_max_pooling_gives_its_gradient_to_the_first_of_equals)


@bug("35", "the max-pool gradient to the last of equals", nn.MaxPool2D, "forward", **EQUALS)
def _(right, self, x, *, training=False):
    y = right(self, x, training=training)
    for number, place in enumerate(self.windows.places):
        self.first[self.windows.over(self.windows.pad(x, -np.inf))[:, *place] == batch_last(y)] = number
    return y


class EveryLargest(list):
    """In place of the number of the first largest place: equal to the number of each place that is as large."""

    def __eq__(self, number):
        return self[number]


@bug("35", "the max-pool gradient to every one of equals", nn.MaxPool2D, "forward", **EQUALS)
def _(right, self, x, *, training=False):
    y = right(self, x, training=training)
    windows = self.windows.over(self.windows.pad(x, -np.inf))
    self.first = EveryLargest(windows[:, *place] == batch_last(y) for place in self.windows.places)
    return y


@bug(
    "35",
    "zeros around a picture of negative numbers",
    Windows,
    "pad",
    **by_test(test_convolution.test_max_pooling_pads_with_less_than_any_number),
)
def _(right, self, x, value=0.0):
    return right(self, x)


COUNTS = by_test(test_convolution.test_average_pooling_counts_the_padding_or_not)


@bug("36", "the padding always counted", nn.AveragePool2D, "build", **COUNTS)
def _(right, self, input_shape, rng):
    shape = right(self, input_shape, rng)
    self.count[...] = self.windows.area
    return shape


@bug("36", "the padding never counted", nn.AveragePool2D, "build", **COUNTS)
def _(right, self, input_shape, rng):
    before, self.count_include_pad = self.count_include_pad, False
    shape = right(self, input_shape, rng)
    assert self.count.size  # worked out while it is False
    self.count_include_pad = before
    return shape


@bug(
    "",
    "the gradient of a channel's mean not divided by its places",
    nn.GlobalAveragePool2D,
    "backward",
    **layer_check(nn.GlobalAveragePool2D(), (2, 3, 2)),
)
def _(right, self, dy):
    return right(self, dy) * self.places


@bug("", "a reshape whose gradient goes back by columns", nn.Reshape, "backward", **layer_check(nn.Reshape((2, 2))))
def _(right, self, dy):
    return right(self, dy.transpose(0, 2, 1))


DILATED = (3, 3), (1, 1), (0, 0), (2, 1), 1


@bug(
    "",
    "the dilation lost",
    Windows,
    "over",
    **by_test(test_convolution.test_a_convolution_is_scipys_correlation, np.random.default_rng(0), *DILATED),
)
def _(right, self, padded):
    near = copy.copy(self)
    near.dilation = (1, 1)
    return right(near, padded)


@bug(
    "",
    'the odd row of padding="same" at the first end',
    Windows,
    "__init__",
    **by_test(test_convolution.test_of_an_odd_padding_the_last_end_gets_more),
)
def _(right, self, input_shape, kernel_size, stride, padding, *dilation):
    right(self, input_shape, kernel_size, stride, padding, *dilation)
    self.padding = [(last, first) for first, last in self.padding]


@bug(
    "",
    "batch-norm's figures of a channel over the batch alone, not over its places",
    nn.BatchNorm,
    "_centred_by_batch",
    **by_test(
        test_normalization.test_the_channels_of_pictures_are_treated_like_features_of_all_their_places,
        np.random.default_rng(0),
    ),
)
def _(right, self, x, count):
    right(self, x, count)
    centred = x - x.mean(axis=0)
    return centred, np.square(centred).mean(axis=0)


@bug(
    "",
    "the best weights kept as a view of those in training",
    snapshot,
    "take",
    **by_test(test_early_stopping.test_the_best_weights_are_restored_also_after_all_epochs),
)
def _(right, model):
    return snapshot.arrays_of(model)


@bug(
    "",
    "weights that are not finite, kept for the next fit",
    FinalWeights,
    "_leave",
    **by_test(test_early_stopping.test_after_a_divergence_the_next_fit_goes_on_from_the_best_weights, None),
)
def _(right, self, *, whole):
    self._last_step = snapshot.take(self.model)
    right(self, whole=whole)


@bug(
    "",
    "best weights of a model that is no more",
    nn.EarlyStopping,
    "forget",
    **by_test(
        test_early_stopping.test_the_best_of_a_model_that_is_no_more_is_forgotten, test_early_stopping.set_to_nought
    ),
)
def _(right, self):
    self.best.waited = 0


@bug(
    "",
    "gradients clipped array by array",
    clipping,
    "clip_norm",
    **by_test(test_clipping.test_a_fit_scales_all_gradients_by_one_factor, make_blobs()),
)
def _(right, gradients, limit):
    half = len(gradients) // 2
    return max(right(gradients[:half], limit), right(gradients[half:], limit))


@bug(
    "",
    "a moving average of the weights that begins with zeros",
    Average,
    "add",
    **by_test(
        test_averaging.test_an_average_is_the_mean_in_which_every_step_counts_less_than_the_next,
        np.random.default_rng(0),
    ),
)
def _(right, self, parameters):
    if not self.steps:
        self._adopt(parameters)
        self.values[:] = 0
    self.steps += 1
    self.values += (1 - self.decay) * (parameters.values - self.values)


@bug(
    "",
    "a picture moved out at one edge comes in at the other",
    nn.RandomShift,
    "_seen_from",
    **by_test(test_augmentation.test_a_shift_by_hand),
)
def _(right, self, x, rows, columns):
    moves = zip(x, self.pixels - rows, self.pixels - columns, strict=True)
    return np.array([np.roll(picture, (down, across), (1, 2)) for picture, down, across in moves])


@bug(
    "",
    "the gradient of a moved picture not moved back",
    nn.RandomShift,
    "backward",
    **layer_check(nn.RandomShift(1), (1, 4, 4)),
)
def _(right, self, dy):
    return dy


@bug("", "pictures flipped in prediction too", nn.RandomFlip, "forward", **layer_check(nn.RandomFlip(), (1, 4, 4)))
def _(right, self, x, *, training=False):
    return right(self, x, training=True)


def of_classes(metric, classes=3):
    oracle = next(oracle for known, oracle in test_values.OF_CLASSES if repr(known) == repr(metric))
    return by_test(test_values.test_of_classes_as_scikit_learn, metric, oracle, classes, None, True)


def rows_of_metrics():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2500, 4)), rng.integers(0, 3, 2500)
    return nn.Dataset(x, y), nn.Dataset(x[:700], y[:700])


@bug("", "ties counted as right in the area under the ROC curve", ROCAUC, "of_question", **of_classes(ROCAUC()))
def _(right, self, positive, negative):
    return float(positive @ (negative.sum() - negative.cumsum() + negative) / (positive.sum() * negative.sum()))


@bug(
    "", "rows of one probability taken one by one", AveragePrecision, "of_question", **of_classes(AveragePrecision())
)
def _(right, self, positive, negative):
    parted = np.concatenate([positive, 0 * negative]), np.concatenate([0 * positive, negative])
    order = np.argsort(np.tile(np.arange(len(positive)), 2), kind="stable")
    return right(self, *(each[order] for each in parted))


@bug(
    "",
    "a class that is nowhere counts 0 in the mean F1",
    F1,
    "compute",
    **by_test(test_values.test_where_scikit_learn_has_a_number_for_a_degenerate_case_it_is_the_same),
)
def _(right, self, predictions, targets, weights):
    there = np.union1d(targets, predictions.argmax(axis=1))
    return right(self, predictions, targets, weights) * len(there) / predictions.shape[1]


@bug("", "the Brier score of two classes summed over both", Brier, "compute", **of_classes(Brier(), 2))
def _(right, self, predictions, targets, weights):
    return 2 * right(self, predictions, targets, weights)


@bug(
    "",
    "the median of an even number of weighted rows is the upper one",
    errors_of_numbers,
    "_weighted_median",
    **by_test(
        test_values.test_of_numbers_as_scikit_learn,
        MedianAbsoluteError(),
        test_values.sk.median_absolute_error,
        "whole",
        (40,),
    ),
)
def _(right, values, weights):
    order = values.argsort()
    return float(values[order[np.searchsorted(weights[order].cumsum(), weights.sum() / 2, side="right")]])


@bug(
    "",
    "a metric is the mean of portions of rows",
    WholePart,
    "figures",
    **by_test(test_metrics.test_validation_figures_are_those_of_all_rows_at_once, rows_of_metrics()),
)
def _(right, self):
    parts = []
    for kept in self._kept:
        half = len(kept[0]) // 2
        for rows in (slice(0, half), slice(half, None)):
            self._kept = [tuple(None if each is None else each[rows] for each in kept)]
            parts.append(right(self))
    return {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}


@bug(
    "",
    "every metric is taken to fall",
    Fit,
    "_begin_monitoring",
    **by_test(
        test_metrics.test_the_metric_says_whether_a_higher_figure_is_better, rows_of_metrics(), test_metrics.Rising, 3
    ),
)
def _(right, self):
    right(self)
    self.history.rising = self._weights.stopping.rising = ("accuracy", "r2")


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=[f"{bug.number}-{bug.what}" for bug in BUGS])
def test_a_planted_bug_is_caught(bug, monkeypatch):
    SHARED.clear()
    bug.check()  # right code passes
    bug.plant(monkeypatch)
    caught = AssertionError, pytest.fail.Exception, RuntimeWarning, ValueError, IndexError, nn.NnliteError
    with pytest.raises(caught):
        bug.check()


def page():
    """The table, as docs/seeded-bugs.md has it."""
    rows = "".join(f"| {bug.number} | {bug.what} | `{bug.name}` |\n" for bug in BUGS)
    return f"""# Seeded bugs

Forty bugs that small frameworks have shipped, and some more without a number. Each one is planted by
`tests/oracles/test_seeded_bugs.py`, which fails unless the named check catches it. This page is written by
`python -m tests.oracles.test_seeded_bugs`.

| | bug | caught by |
| --- | --- | --- |
{rows}"""


def test_every_known_bug_is_planted(record_property):
    assert {bug.number for bug in BUGS if bug.number} == {str(number) for number in range(1, 41)}
    record_property("said", f"seeded bugs: {len(BUGS)} planted, each by a test of its own (docs/seeded-bugs.md)")


def test_the_page_of_seeded_bugs_is_up_to_date():
    assert PAGE.read_text() == page()


if __name__ == "__main__":
    PAGE.write_text(page())
