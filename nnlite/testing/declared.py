"""Checks that all a layer learns is declared: what is neither parameter nor statistic is not trained, nor saved."""

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.core.snapshot import arrays_of
from nnlite.core.tree import walk
from nnlite.signature import copy_of
from nnlite.testing.case import Case, numbers
from nnlite.testing.derivatives import parameters_of
from nnlite.types import Array


def check_what_passes_change(case: Case) -> None:
    """Of what later passes compute with, `adapt`, `forward` and `backward` change the statistics alone."""
    layer, x, other = case.build(), case.input(), case.input(seed=1)
    dy = numbers(np.random.default_rng(5), layer.forward(x, training=True).shape)
    passes: dict[str, Callable[[Array], object]] = {
        "adapt": layer.adapt,
        "forward": functools.partial(layer.forward, training=True),
        "backward": lambda _: layer.backward(dy),
        "backward_parameters": lambda _: layer.backward_parameters(dy),
    }
    for run in passes.values():  # what is made once, for inputs of this shape, is made now
        run(other)
    for name, run in passes.items():
        values = {path: parameter.value.copy() for path, parameter in parameters_of(layer).items()}
        before = _numbers(layer)
        run(x)
        for path, parameter in parameters_of(layer).items():
            if not np.array_equal(parameter.value, values[path]):
                case.fail(
                    f"{name} changes self.{path}.value: it writes the gradient only, the optimizer makes the step"
                )
        after = _numbers(layer)
        changed = [each for each in before if each in after and not np.array_equal(before[each], after[each])]
        if not changed or _behaviour(layer, x, dy) != (expected := _behaviour(layer, x, dy)):
            continue  # random numbers of another generator than build's, which `check_random_numbers` names
        for attribute in changed:
            restored = copy.deepcopy(layer)
            setattr(restored, attribute, before[attribute])
            if _behaviour(restored, x, dy) != expected:
                case.fail(f"{name} changes self.{attribute}, {_undeclared(name, attribute, after[attribute])}")


def _undeclared(of_pass: str, name: str, value: Any) -> str:
    """What is wrong where a pass changes an attribute that later passes compute with, and what to do."""
    kind = "an array" if isinstance(value, np.ndarray) else "a number"
    if of_pass.startswith("backward"):
        return (
            f"{kind} that is no parameter, so that no optimizer knows it and no file keeps it: declare it in build, "
            f'as in self.{name} = self.add_parameter("{name}", shape, "ones"), and assign its gradient alone, '
            f"self.{name}.grad = …; the optimizer makes the step"
        )
    return (
        f"{kind} that is no statistic, so that no file keeps it: declare it in build, by "
        f'self.add_statistic("{name}", shape), and keep it as self.statistics["{name}"]'
    )


def _behaviour(layer: Layer, x: Array, dy: Array) -> list[bytes]:
    """The outputs and gradients of the next passes of a layer, which is left as it is."""
    layer = copy.deepcopy(layer)
    arrays = [layer.forward(x), layer.forward(x, training=True), layer.backward(dy)]
    return [array.tobytes() for array in (*arrays, *(each.grad for each in parameters_of(layer).values()))]


def _numbers(layer: Layer) -> dict[str, Any]:
    """The arrays and numbers that the layer keeps as plain attributes."""
    kinds = np.ndarray | np.generic | float | int
    return {name: copy.copy(thing) for name, thing in vars(layer).items() if isinstance(thing, kinds)}


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
