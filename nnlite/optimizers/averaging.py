"""An average of the weights of many steps: steadier than those of the last step."""

import contextlib
from collections.abc import Iterator

import numpy as np

from nnlite.core.parameters import Layout, ParameterVector
from nnlite.core.state import State
from nnlite.types import Array


class Average:
    """The exponential moving average of the trained parameters: a ← a + w·(p − a) after every step.

    w = (1 − d)/(1 − d^t) at step t, from 1, so that a is Σ d^(t−i)·p_i / Σ d^(t−i): the mean of the parameters
    after every step so far, in which each step counts d times as much as the one after it. For large t it is
    PyTorch's AveragedModel with `get_ema_multi_avg_fn(d)`, whose w is 1 − d from the second step on; there the
    first step's parameters keep the weight d^(t−1), with d = 0.999 four fifths of the whole after 200 steps.

    Args:
        decay: d, at least 0 and below 1. About the last 1/(1 − d) steps count.

    Attributes:
        steps: t, the number of steps averaged.
        values: a, as long as the vector of trained parameters.

    >>> from nnlite import Dense, Sequential
    >>> from nnlite.optimizers.averaging import Average
    >>> average, parameters = Average(0.5), Sequential([Dense(1, use_bias=False)]).build((1,)).parameters
    >>> for value in (1.0, 4.0):
    ...     parameters.values[:] = value
    ...     average.add(parameters)
    >>> average.values.tolist()  # (0.5·1 + 4)/1.5
    [3.0]

    Sources: Polyak, Juditsky, "Acceleration of stochastic approximation by averaging" (1992); the correction for
    the first steps is that of Kingma, Ba, "Adam: a method for stochastic optimization" (2015), section 3.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.values: Array = np.empty(0)
        self._layout: Layout | None = None

    @property
    def state(self) -> State:
        """The decay, the number of steps, and the average itself, each parameter's part by its path."""
        parts = {} if self._layout is None else self._layout.parts(self.values)
        return State({"decay": self.decay, "steps": self.steps}, parts)

    @state.setter
    def state(self, state: State) -> None:
        self.decay, self.steps = state.values["decay"], state.values["steps"]
        self._layout, self.values = Layout.joined(state.arrays) if state.arrays else (None, np.empty(0))

    def add(self, parameters: ParameterVector) -> None:
        """Adds the parameters, as they are after a step, to the average."""
        if self._layout is not parameters.layout:
            self._adopt(parameters)
        self.steps += 1
        change = parameters.values - self.values
        change *= (1 - self.decay) / (1 - self.decay**self.steps)
        self.values += change

    def _adopt(self, parameters: ParameterVector) -> None:
        """Follows a layer that was frozen or set free: what begins to be trained is averaged from here on."""
        before, values = self._layout, parameters.values.copy()
        self._layout = parameters.layout
        if before is not None:
            for path in before.places.keys() & self._layout.places.keys():
                values[self._layout.places[path]] = self.values[before.places[path]]
        self.values = values

    def put_into(self, parameters: ParameterVector) -> None:
        """Gives the trained parameters the values of the average."""
        if self._layout is not parameters.layout:
            self._adopt(parameters)
        parameters.values[:] = self.values

    @contextlib.contextmanager
    def shown(self, parameters: ParameterVector) -> Iterator[None]:
        """Within the block the parameters have the averaged values, after it their own again."""
        last = parameters.values.copy()
        self.put_into(parameters)
        try:
            yield
        finally:
            parameters.values[:] = last
