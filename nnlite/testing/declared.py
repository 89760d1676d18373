"""Checks that all a layer learns is declared: what is neither parameter nor statistic is not trained, nor saved."""

import copy

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.core.snapshot import arrays_of
from nnlite.core.tree import walk
from nnlite.testing.case import Case, copy_of
from nnlite.types import Array


def check_declared(case: Case) -> None:
    """Two layers with the same parameters and statistics predict the same, whatever their seeds.

    So no array beside them is drawn. Nor does `backward` compute a gradient for one; and all statistics are declared
    in `build`.
    """
    one, other = (_built(case, seed) for seed in (0, 1))
    x = case.input()
    made_in_build = _arrays(one.layers[0])
    declared = arrays_of(one)
    for name, array in declared.items():
        arrays_of(other)[name][...] = array
    predictions = [model.layers[0].forward(x) for model in (one, other)]
    if not np.array_equal(predictions[0], predictions[1]):
        drawn = _differing(_arrays(one.layers[0]), _arrays(other.layers[0]))
        where = "build" if drawn in made_in_build else "forward"
        case.fail(
            f"self.{drawn} is drawn in {where}, but is no parameter, and so is neither trained nor saved: declare it "
            f'in build, as in self.{drawn} = self.add_parameter("{drawn}", shape, "glorot_uniform")'
        )
    layer = one.layers[0]
    before = set(_arrays(layer))
    y = layer.forward(x, training=True)
    after_forward = set(_arrays(layer))
    layer.backward(np.ones_like(y))
    for name in sorted(set(arrays_of(one)) - set(declared)):
        statistic = name.rpartition(".")[2]
        case.fail(
            f"the statistic {statistic!r} appears only when the layer runs, so no model file with it can be read: "
            f'declare it in build, by self.add_statistic("{statistic}", shape)'
        )
    arrays = _arrays(layer)
    for gradient in sorted(set(arrays) - after_forward):
        for name in sorted(before & set(made_in_build)):
            if arrays[name].shape == arrays[gradient].shape:
                case.fail(
                    f"self.{name} is no parameter, but backward computes a gradient for it, self.{gradient}, that no "
                    f'optimizer sees: declare it in build, as in self.{name} = self.add_parameter("{name}", shape, '
                    f'"ones"), and assign self.{name}.grad'
                )


def check_random_numbers(case: Case) -> None:
    """A layer that draws in training draws from the generator that `build` is given, and from no other."""
    wrong = (
        "its random numbers come from another generator than the one that build is given: keep that one, "
        "as in self.rng = rng"
    )
    x = case.input()
    same, again, other = (_built(case, seed) for seed in (0, 0, 1))
    for name, array in arrays_of(same).items():
        arrays_of(other)[name][...] = array
    first, second = (model.layers[0].forward(x, training=True) for model in (same, again))
    if not np.array_equal(first, second):
        case.fail(f"two layers with the same seed give different outputs in training: {wrong}")
    draws = not np.array_equal(first, copy.deepcopy(same).layers[0].forward(x, training=True)) and not _learns(case)
    if draws and np.array_equal(first, other.layers[0].forward(x, training=True)):
        case.fail(f"it draws the same whatever the model's seed: {wrong}")


def _learns(case: Case) -> bool:
    """Whether a training pass changes a statistic, so that two in a row differ without a random number."""
    return any(layer.statistics for _, layer, _ in walk(_built(case, 0).layers))


def _built(case: Case, seed: int) -> Sequential:
    model = Sequential([copy_of(case.layer)]).build(case.input_shape, seed, "float64")
    model.adapt(case.input(8, seed=2))
    return model


def _arrays(layer: Layer) -> dict[str, Array]:
    """The arrays that the layer keeps as plain attributes."""
    return {name: thing.copy() for name, thing in vars(layer).items() if isinstance(thing, np.ndarray)}


def _differing(one: dict[str, Array], other: dict[str, Array]) -> str:
    """The name of the first array that differs; "something" if none does."""
    return next((name for name in one if name in other and not np.array_equal(one[name], other[name])), "something")
