"""A step of a small network takes as long as its NumPy calls are many: their number is guarded here, not a time."""

from collections import Counter

import numpy as np

from nnlite import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy

CALLS = Counter()


class Counted(np.ndarray):
    """An array that counts the calls it takes part in, and makes the arrays that come of it count too."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        CALLS[ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"] += 1
        given = out or ()
        result = getattr(ufunc, method)(*map(plain, inputs), out=tuple(map(plain, given)) or None, **kwargs)
        return given[0] if given else np.asarray(result).view(Counted)

    def dot(self, other, out=None):
        CALLS["dot"] += 1
        return plain(self).dot(plain(other), out=plain(out)).view(Counted)

    def astype(self, *args, **kwargs):
        CALLS["astype"] += 1
        return super().astype(*args, **kwargs)


def plain(array):
    return array.view(np.ndarray) if isinstance(array, Counted) else array


def step(sizes, batch):
    """The calls of one training step of a network with momentum, after a first one."""
    layers = [part for size in sizes[1:-1] for part in (Dense(size), ReLU())]
    model = Sequential([*layers, Dense(sizes[-1]), SoftmaxCrossEntropy()]).build((sizes[0],))
    x, labels = np.ones((batch, sizes[0]), np.float32).view(Counted), np.zeros(batch, int)
    vector, optimizer, network = model.parameters, SGD(0.1, momentum=0.9), model.network
    vector._values, vector._grads = vector.values.view(Counted), vector.grads.view(Counted)
    for _ in range(2):
        CALLS.clear()
        network.loss(x, labels, training=True)
        network.backward()
        optimizer.step(vector)
    return dict(CALLS)


def test_a_hidden_layer_takes_eight_calls_and_the_rest_of_a_step_sixteen():
    """What is not counted here: the gradients of the biases, whose products begin with an array of ones."""
    small, deeper = step((4, 16, 3), 16), step((4, 16, 16, 16, 3), 16)
    assert small["dot"] == 5  # two forward, three backward: none for the gradient of the input
    assert sum(small.values()) == 16 + 8, small
    assert sum(deeper.values()) - sum(small.values()) == 2 * 8


def test_a_wider_network_takes_as_many_calls():
    assert step((4, 16, 3), 16) == step((4, 200, 3), 500)
