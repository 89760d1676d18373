"""A full-batch optimizer looks at all rows before every step, and goes down until nothing is left to gain."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from nnlite.core.parameters import ParameterVector
from nnlite.signature import Configured


class FullBatchOptimizer(Configured, ABC):
    """A method that minimizes one fixed function of all parameters, and chooses its steps by itself.

    It has no learning rate, and keeps nothing from one call to the next.
    """

    @abstractmethod
    def minimize(
        self,
        function: Callable[[], float],
        parameters: ParameterVector,
        iterations: int,
        after_iteration: Callable[[], bool],
    ) -> str | None:
        """Changes `parameters.values` so that the function becomes small.

        However it ends, by an error in one of the two calls too, `parameters.values` is the best point so far.

        Args:
            function: gives the loss at `parameters.values`, and writes its gradient to `parameters.grads`.
            parameters: where to begin.
            iterations: how many there may be at most.
            after_iteration: to be called after each one, when `parameters.values` is where it ended; gives
                whether to go on. If not, the vectors of `parameters` may be others by now.

        Returns:
            Why it ended before it had to, such as "converged"; otherwise None.
        """
