"""A convolution over time applies the same small filters at every place of a sequence."""

from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnlite.annotations import NonNegativeInt, PositiveInt
from nnlite.core.initializers import InitializerName
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers.matrices import product, sum_of_rows
from nnlite.layers.sequences import check_sequence
from nnlite.types import Array, Shape


class Conv1D(Layer):
    """y[q, f] = b[f] + Σ W[i, c, f]·x[s·q + d·i − p, c], over places i of the filter and features c.

    The filters are not flipped (cross-correlation), as everywhere in this field. s is the stride, d the dilation,
    p the padding; outside the sequence x is 0.

    Shapes: x (batch, time, features), W (kernel size, features, filters), b (filters,), y (batch, …, filters):
    ⌊(n + 2p − d·(k − 1) − 1)/s⌋ + 1 steps for a time of n. As in Keras; PyTorch and ONNX put the features before the
    time, in x, y and W, and the filters first in W.

    Args:
        filters: features of the output.
        kernel_size: k, the steps that a filter covers.
        stride: s, the step from one place of the filter to the next.
        padding: p, the zeros before the first and behind the last step; "same" keeps the time, for stride 1, and
            of an odd number of zeros puts one more behind the last step.
        dilation: d, the step between neighbours in the filter.
        use_bias: whether there is a b.
        weight_init: how W starts: a name from `nnlite.core.initializers`. The inputs of a filter are the features ×
            places in it; the outputs of an input filters × places.
        bias_init: how b starts.

    Raises:
        ShapeError: on build, when the input is not a sequence, (time, features), or shorter than the kernel.

    >>> import numpy as np
    >>> from nnlite import Conv1D, Sequential
    >>> model = Sequential([Conv1D(1, kernel_size=2, weight_init="ones")]).build((3, 2))
    >>> model.forward(np.array([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]]))
    array([[[33.],
            [55.]]], dtype=float32)

    Source: Waibel, Hanazawa, Hinton, Shikano, Lang, "Phoneme recognition using time-delay neural networks" (1989).
    """

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: PositiveInt,
        *,
        stride: PositiveInt = 1,
        padding: Literal["same"] | NonNegativeInt = 0,
        dilation: PositiveInt = 1,
        use_bias: bool = True,
        weight_init: InitializerName = "glorot_uniform",
        bias_init: InitializerName = "zeros",
        trainable: bool = True,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.use_bias = use_bias
        self.weight_init = weight_init
        self.bias_init = bias_init
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_sequence(input_shape)
        self.time, self.features = input_shape
        extent = self.dilation * (self.kernel_size - 1) + 1
        if self.padding == "same":
            if self.stride != 1:
                raise ShapeError(
                    f'padding="same" goes with stride 1, not with {self.stride}: for an input of shape {input_shape} '
                    "give the padding as a number"
                )
            self.before, self.after = (extent - 1) // 2, extent // 2
        else:
            self.before = self.after = self.padding
        self.padded = self.before + self.time + self.after
        if self.padded < extent:
            padded = f", {self.padded} steps with padding" if self.before or self.after else ""
            raise ShapeError(
                f"its kernel covers {extent} steps, but its input has shape {input_shape}{padded}: expected a "
                "smaller kernel_size or dilation, or more padding"
            )
        self.places = (self.padded - extent) // self.stride + 1
        inputs = self.kernel_size * self.features
        self.weight = self.add_parameter(
            "weight",
            (self.kernel_size, self.features, self.filters),
            self.weight_init,
            fan=(inputs, self.kernel_size * self.filters),
        )
        if self.use_bias:
            self.bias = self.add_parameter("bias", (self.filters,), self.bias_init, decay=False)
        return (self.places, self.filters)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        # y = windows · W: a row for each place of the filter, with all that the filter sees there
        rows = self._rows(self._pad(x))  # (batch·places, kernel size·features)
        if training or self.passes_gradient:
            self.rows = rows
        y: Array = rows.dot(self.weight.value.reshape(-1, self.filters))
        if self.use_bias:
            y += self.bias.value
        return y.reshape(len(x), self.places, self.filters)

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        # ∂L/∂windows = ∂L/∂y · Wᵀ; ∂L/∂x is the sum over all windows that a number stands in
        rows = dy.reshape(-1, self.filters).dot(self.weight.value.reshape(-1, self.filters).T)
        windows = rows.reshape(len(dy), self.places, self.kernel_size, self.features)
        dx = np.zeros((len(dy), self.padded, self.features), dy.dtype)
        there = self._windows(dx)
        for place in range(self.kernel_size):
            there[:, :, place] += windows[:, :, place]  # at one place of every window stand different steps
        return dx[:, self.before : self.before + self.time]

    def backward_parameters(self, dy: Array) -> None:
        flat = dy.reshape(-1, self.filters)  # (batch·places, filters)
        # ∂L/∂W = windowsᵀ · ∂L/∂y
        product(self.rows.T, flat, out=self.weight.grad.reshape(-1, self.filters))
        if self.use_bias:
            # ∂L/∂b = Σ over the batch and all places of ∂L/∂y
            sum_of_rows(flat, out=self.bias.grad)

    def _pad(self, x: Array) -> Array:
        """The sequences with zeros before and behind them, (batch, padded time, features)."""
        padded = np.zeros((len(x), self.padded, self.features), x.dtype)
        padded[:, self.before : self.before + self.time] = x
        return padded

    def _rows(self, padded: Array) -> Array:
        """The numbers in each window, (batch·places, kernel size·features): a copy."""
        return self._windows(padded).reshape(len(padded) * self.places, self.kernel_size * self.features)

    def _windows(self, padded: Array) -> Array:
        """The numbers in each window, (batch, places, kernel size, features): a view."""
        example, step, feature = padded.strides
        return as_strided(
            padded,
            (len(padded), self.places, self.kernel_size, self.features),
            (example, self.stride * step, self.dilation * step, feature),
        )
