"""L-BFGS estimates the curvature from the last few steps (a quasi-Newton method)."""

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

    H follows from how the gradient g changed over the last `memory` steps; a line search chooses α, for which it
    sometimes evaluates all rows once more. It minimizes

        L(p) + λ/2·Σ d·w²        (w: the weights; not the biases, nor the scales of normalizations)

    where L is the mean loss over all rows, and d the layer's `decay`, 1 unless it says otherwise. The `rate` of a
    layer means nothing here, where there is no learning rate: a `Trainer` warns. It is the best choice for data of
    up to a few thousand rows: there is no learning rate to find, and it ends at the minimum. An epoch is one
    iteration, so give a `Trainer` some hundreds of epochs; it ignores `batch_size`. It ends earlier if no number of
    the gradient exceeds `tolerance`, or if the loss falls by no more than its last digit: with float32 at a
    gradient of about 1e-5, with `dtype = "float64"` much lower. A `Trainer` restarts it after every 200 iterations,
    from where an interrupted run can be resumed. Layers that differ between training and prediction, such as
    Dropout, are refused: a line search needs a fixed function.

    scikit-learn's `alpha` is divided by the number of rows: λ = alpha / rows.

    Args:
        memory: the number of steps that H is computed from.
        tolerance: the largest absolute value of a gradient at which it ends.
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
        strengths: Array | None = None  # of the decayed ones, where they do not all decay alike
        if any(strength != 1 for strength in parameters.decays):
            sizes = [place.stop - place.start for place, _ in parameters.rates]
            strengths = np.repeat(parameters.decays, sizes)[:decayed]

        def objective(x: Array) -> tuple[float, Array]:
            nonlocal wall
            values[:] = x
            loss, gradient = function(), parameters.grads.astype(np.float64)
            if self.weight_decay:
                # ∂(λ/2·Σ d·w²)/∂w = λ·d·w
                weights = x[:decayed] if strengths is None else strengths * x[:decayed]
                loss += self.weight_decay / 2 * float(x[:decayed] @ weights)
                gradient[:decayed] += self.weight_decay * weights
            if not (math.isfinite(loss) and np.isfinite(gradient).all()):
                return wall, np.zeros_like(gradient)  # the trial overflows: a high value makes the search turn back
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
