"""JAX: the whole step compiled and called from Python, or a whole epoch of steps in one compiled call."""

from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.cases.networks import LEARNING_RATE, MOMENTUM
from benchmarks.cases.problem import Problem, Weights
from benchmarks.peers import Peer


def loss(weights: Any, x: Any, y: Any) -> Any:
    """Mean cross-entropy of the batch."""
    for weight, bias in weights[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = weights[-1]
    logs = jax.nn.log_softmax(x @ weight + bias)
    return -jnp.take_along_axis(logs, y[:, None], axis=1).mean()


def step(state: Any, x: Any, y: Any) -> Any:
    """One step of SGD with momentum: the new weights and velocity, and the loss."""
    weights, velocity = state
    value, gradients = jax.value_and_grad(loss)(weights, x, y)
    velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocity, gradients)
    weights = jax.tree.map(lambda p, v: p - LEARNING_RATE * v, weights, velocity)
    return (weights, velocity), value


class EachStep(Peer):
    """A compiled step, the old weights given away for the new ones; its loss is read back at once."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.step = jax.jit(step, donate_argnums=0)

    def start(self, epochs: int) -> None:
        self.epochs = epochs
        weights = jax.tree.map(jnp.array, self.problem.weights())
        self.state = jax.block_until_ready((weights, jax.tree.map(jnp.zeros_like, weights)))

    def fit(self) -> None:
        for order in self.orders(self.epochs):
            x, y = self.problem.x[order], self.problem.y[order]
            total = 0.0
            for batch in self.problem.batches:
                self.state, value = self.step(self.state, x[batch], y[batch])
                total += float(value)
        jax.block_until_ready(self.state)

    def weights(self) -> Weights:
        return jax.tree.map(jax.device_get, self.state[0])  # type: ignore[no-any-return]


class EachEpoch(EachStep):
    """Gathering the rows and all steps of an epoch are one compiled call; its losses are read back at the end."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        network = problem.network
        self.x, self.y = jnp.asarray(problem.x), jnp.asarray(problem.y)

        def epoch(state: Any, x: Any, y: Any, order: Any) -> Any:
            x = x[order].reshape(-1, network.batch, network.sizes[0])
            return jax.lax.scan(lambda s, rows: step(s, *rows), state, (x, y[order].reshape(-1, network.batch)))

        self.epoch = jax.jit(epoch, donate_argnums=0)

    def fit(self) -> None:
        for order in self.orders(self.epochs):
            self.state, values = self.epoch(self.state, self.x, self.y, order)
            float(values.sum())
        jax.block_until_ready(self.state)
