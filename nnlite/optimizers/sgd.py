"""Stochastic gradient descent steps against the gradient of each batch, with momentum if wanted."""

from nnlite.annotations import Fraction, NonNegativeFloat, PositiveFloat
from nnlite.errors import ConfigError
from nnlite.optimizers.optimizer import Optimizer
from nnlite.types import Array


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − η·v, where v is the gradient, or its running sum with momentum.

    With gradient g, momentum μ and weight decay λ, as in PyTorch:

        g ← g + λ·p              (weights only)
        v ← μ·v + g              (v = g on the first step)
        p ← p − η·v              or, with Nesterov's momentum, p ← p − η·(g + μ·v)

    Biases and scales of normalizations are not decayed. PyTorch's SGD decays them too, unless it is given
    parameter groups. Keras and scikit-learn put η into v, which differs once η changes.

    Args:
        learning_rate: η.
        momentum: μ, at least 0 and below 1.
        nesterov: whether to use the gradient expected one step ahead along v.
        weight_decay: λ.

    >>> from nnlite import SGD
    >>> SGD(learning_rate=0.1, momentum=0.9)
    SGD(learning_rate=0.1, momentum=0.9)

    Sources: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964); Sutskever,
    Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep learning" (2013).
    """

    remembers = ("velocity",)

    def __init__(
        self,
        learning_rate: PositiveFloat = 0.01,
        momentum: Fraction = 0.0,
        nesterov: bool = False,
        weight_decay: NonNegativeFloat = 0.0,
    ) -> None:
        if nesterov and not momentum:
            raise ConfigError("SGD: nesterov = True needs a momentum above 0")
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay

    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float, *memory: Array) -> None:
        direction = grads
        if self.weight_decay:
            # g ← g + λ·p, for the weights alone
            direction = grads.copy()
            direction[:decayed] += self.weight_decay * values[:decayed]
        if self.momentum:
            # v ← μ·v + g, and the direction is v, or g + μ·v with Nesterov's momentum
            (velocity,) = memory
            velocity *= self.momentum
            velocity += direction
            direction = direction + self.momentum * velocity if self.nesterov else velocity
        # p ← p − η·direction
        values -= learning_rate * direction
