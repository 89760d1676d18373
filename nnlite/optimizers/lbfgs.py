"""L-BFGS goes down by the curvature that the last few steps have shown."""

import math
from collections.abc import Callable

import numpy as np

from nnlite import threads
from nnlite.annotations import NonNegativeFloat, PositiveFloat, PositiveInt
from nnlite.core.parameters import ParameterVector
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.types import Array


class LBFGS(FullBatchOptimizer):
    """Limited-memory BFGS, by SciPy's L-BFGS-B: p ← p − α·H·g, with H an estimate of the inverse Hessian.

    H follows from how the gradient g changed over the last `memory` steps; a line search chooses α, at the
    price of a further look at all rows now and then. The best choice for data of up to a few thousand rows:
    no learning rate to find, and it knows when it has arrived. What it minimizes is

        L(p) + λ/2·Σ w²          (w: the weights; not the biases, nor the scales of normalizations)

    where L is the mean loss over all rows. An epoch is one iteration, so give a `Trainer` some hundreds;
    `batch_size` has no say. It ends before that when no number of the gradient is above `tolerance`, or when
    the loss falls by no more than its last digit: for float32 that is at a gradient of about 1e-5, `dtype =
    "float64"` goes as far as one likes. A `Trainer` lets it begin anew after every 200 iterations, where a run that
    was killed can go on. Layers that compute something else in training than in prediction, such as Dropout, are
    refused: a line search needs a function that stays the same.

    scikit-learn's `alpha` is divided by the number of rows: λ = alpha / rows.

    Args:
        memory: how many steps H follows from.
        tolerance: of the gradient.
        weight_decay: λ.

    >>> import numpy as np
    >>> from nnlite import LBFGS, Dataset, Dense, Sequential, SoftmaxCrossEntropy, Trainer
    >>> data = Dataset(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([0, 0, 1, 1]))
    >>> model = Sequential([Dense(2), SoftmaxCrossEntropy()])
    >>> trainer = Trainer(model, LBFGS(weight_decay=0.01), epochs=100)
    >>> trainer.fit(data)["training_accuracy"][-1], trainer.ended_early.partition(" after")[0]
    (1.0, 'converged')

    Sources: Liu, Nocedal, "On the limited memory BFGS method for large scale optimization" (1989); Byrd, Lu,
    Nocedal, Zhu, "A limited memory algorithm for bound constrained optimization" (1995).
    """

    def __init__(
        self,
        memory: PositiveInt = 10,
        tolerance: PositiveFloat = 1e-4,
        weight_decay: NonNegativeFloat = 0.0,
    ) -> None:
        self.memory = memory
        self.tolerance = tolerance
        self.weight_decay = weight_decay

    def minimize(
        self,
        function: Callable[[], float],
        parameters: ParameterVector,
        iterations: int,
        after_iteration: Callable[[], bool],
    ) -> str | None:
        from scipy import optimize

        values, decayed = parameters.values, parameters.decayed
        best = values.astype(np.float64)  # SciPy computes in float64, the model in its own dtype
        if not best.size:
            return "converged"
        wall, stopped = math.inf, False

        def objective(x: Array) -> tuple[float, Array]:
            nonlocal wall
            values[:] = x
            loss, gradient = function(), parameters.grads.astype(np.float64)
            if self.weight_decay:
                # ∂(λ/2·Σw²)/∂w = λ·w
                loss += self.weight_decay / 2 * float(x[:decayed] @ x[:decayed])
                gradient[:decayed] += self.weight_decay * x[:decayed]
            if not (math.isfinite(loss) and np.isfinite(gradient).all()):
                return wall, np.zeros_like(gradient)  # a trial beyond what can be computed: the search turns back
            if math.isinf(wall):
                wall = 1e3 * max(abs(loss), 1.0)
            return loss, gradient

        def callback(x: Array) -> None:
            nonlocal best, stopped
            best = x.copy()
            values[:] = best
            if not after_iteration():
                stopped = True
                raise StopIteration

        options = {
            "maxcor": self.memory,
            "gtol": self.tolerance,
            "ftol": float(np.finfo(values.dtype).eps),
            "maxiter": iterations,
            "maxfun": 100 * iterations,  # never reached: a line search takes at most 20
        }
        try:
            with threads.one_for_scipy():
                found = optimize.minimize(
                    objective, best, jac=True, method="L-BFGS-B", callback=callback, options=options
                )
        finally:
            values[:] = best  # not where the last trial was
        if found.status == 0:
            return "converged"
        if stopped or found.nit >= iterations:
            return None
        return "found no lower loss"
