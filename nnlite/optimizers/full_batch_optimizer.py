"""A full-batch optimizer minimizes the loss over all rows at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from nnlite.core.parameters import ParameterVector
from nnlite.signature import Configured


class FullBatchOptimizer(Configured, ABC):
    """A method that minimizes one fixed function of all parameters, and chooses its steps by itself.

    It has no learning rate and, between calls, no memory.
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

        At its end, also by an error in `function` or `after_iteration`, `parameters.values` is the best point so far.

        Args:
            function: gives the loss at `parameters.values`, and writes its gradient to `parameters.grads`.
            parameters: the parameters, with the values to begin with.
            iterations: the most iterations.
            after_iteration: is to be called after each iteration, with its result in `parameters.values`; returns
                whether to go on. If not, `parameters` may have other vectors by then.

        Returns:
            Why it ended early, such as "converged"; None if `iterations` or `after_iteration` ended it.
        """
