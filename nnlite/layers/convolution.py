"""A convolution applies the same small filters at every place of an image."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from nnlite.annotations import PositiveInt
from nnlite.core.initializers import InitializerName
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers.windows import Padding, Sizes, Windows, batch_first, batch_last
from nnlite.types import Array, Shape

SMALL_PRODUCT = 1_000_000  # multiplications; up to here OpenBLAS does not rearrange its matrices first
COLUMNS = 1_048_576  # numbers, 4 MiB of float32: they stay in the cache, and are enough for few calls


class Conv2D(Layer):
    """y[f, r, q] = b[f] + Σ W[f, c, i, j]·x[c, s·r + d·i − p, s·q + d·j − p], over channels c and places i, j.

    The filters are not flipped (cross-correlation), as everywhere in this field. s is the stride, d the dilation,
    p the padding; outside the image x is 0.

    Shapes: x (batch, channels, height, width), W (filters, channels/groups, kernel height, kernel width),
    b (filters,), y (batch, filters, …): ⌊(n + 2p − d·(k − 1) − 1)/s⌋ + 1 along a side of length n. As in
    PyTorch and ONNX.

    Args:
        filters: channels of the output.
        kernel_size: the size of a filter. This and the next three are a number, or a pair (height, width).
        stride: the step from one place of the filter to the next.
        padding: rows and columns of zeros around the image; "same" keeps its size, for stride 1.
        dilation: the step between neighbours in the filter.
        groups: into how many parts channels and filters are divided; a filter sees the channels of its part.
        use_bias: whether there is a b.
        weight_init: how W starts: a name from `nnlite.core.initializers`. The inputs of a filter are the
            channels/groups × places in it; the outputs of an input filters/groups × places.
        bias_init: how b starts.

    Raises:
        ShapeError: on build, when the input is not an image or smaller than the kernel, or groups do not divide
            its channels and the filters.

    >>> import numpy as np
    >>> from nnlite import Conv2D, Sequential
    >>> model = Sequential([Conv2D(1, kernel_size=2, weight_init="ones")]).build((1, 2, 3))
    >>> model.forward(np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]))
    array([[[[12., 16.]]]], dtype=float32)

    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998);
    groups: Krizhevsky, Sutskever, Hinton (2012); dilation: Yu, Koltun (2016).
    """

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: Sizes,
        *,
        stride: Sizes = 1,
        padding: Literal["same"] | Padding = 0,
        dilation: Sizes = 1,
        groups: PositiveInt = 1,
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
        self.groups = groups
        self.use_bias = use_bias
        self.weight_init = weight_init
        self.bias_init = bias_init
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.windows = Windows(input_shape, self.kernel_size, self.stride, self.padding, self.dilation)
        channels, area = input_shape[0], self.windows.area
        if channels % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"its {self.groups} groups must divide the {channels} channels of its input of shape {input_shape} "
                f"and its {self.filters} filters"
            )
        self.inputs = channels // self.groups * area  # of one filter
        self.weight = self.add_parameter(
            "weight",
            (self.filters, channels // self.groups, *self.windows.kernel),
            self.weight_init,
            fan=(self.inputs, self.filters // self.groups * area),
        )
        if self.use_bias:
            self.bias = self.add_parameter("bias", (self.filters,), self.bias_init, decay=False)
        return (self.filters, *self.windows.output)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        padded = self.windows.pad(x)  # (channels, padded height, padded width, batch)
        if training or self.passes_gradient:
            self.x = padded
        y = np.empty_like(x, shape=(self.filters, *self.windows.output, len(x)), order="C")
        weight = self._by_group(self.weight.value)  # (groups, filters/groups, inputs)
        for rows in self._parts(len(x)):
            # y = W · columns: under each output stand the numbers of its window
            np.matmul(weight, self._columns(padded, rows), out=self._by_group(y[:, rows]))
        if self.use_bias:
            y += self.bias.value.reshape(-1, 1, 1, 1)
        return batch_first(y)

    def backward(self, dy: Array) -> Array:
        last = batch_last(dy)  # (filters, height, width, batch)
        self.backward_parameters(batch_first(last))
        dx = np.zeros_like(self.x)  # (channels, padded height, padded width, batch)
        windows = self.windows.over(dx)
        weight = self._by_group(self.weight.value).transpose(0, 2, 1)  # (groups, inputs, filters/groups)
        for rows in self._parts(len(dy)):
            # ∂L/∂columns = Wᵀ · ∂L/∂y; ∂L/∂x is the sum over all windows that a number stands in
            columns = np.matmul(weight, self._by_group(last[:, rows])).reshape(windows[:, :, :, rows].shape)
            for place in self.windows.places:
                windows[:, *place, rows] += columns[:, *place]
        return self.windows.unpad(dx)

    def backward_parameters(self, dy: Array) -> None:
        dy = batch_last(dy)  # (filters, height, width, batch)
        # ∂L/∂W = Σ ∂L/∂y · columnsᵀ
        dw = np.zeros_like(self._by_group(self.weight.grad))  # (groups, filters/groups, inputs)
        for rows in self._parts(dy.shape[-1]):
            dw += np.matmul(self._by_group(dy[:, rows]), self._columns(self.x, rows).transpose(0, 2, 1))
        self.weight.grad = dw.reshape(self.weight.shape)
        if self.use_bias:
            # ∂L/∂b = Σ over the batch and all places of ∂L/∂y
            self.bias.grad = dy.reshape(self.filters, -1).sum(axis=1)

    def _columns(self, padded: Array, rows: slice) -> Array:
        """The numbers in each window for these rows of the output, (groups, inputs, outputs of all examples)."""
        return self.windows.over(padded)[:, :, :, rows].reshape(self.groups, self.inputs, -1)

    def _by_group(self, array: Array) -> Array:
        """An array with the filters on its first axis as (groups, filters/groups, all the rest): a view."""
        return array.reshape(self.groups, self.filters // self.groups, -1)

    def _parts(self, batch: int) -> Iterator[slice]:
        """The rows of the output in parts: OpenBLAS is quickest on small products, all of them from the cache."""
        height, width = self.windows.output
        columns = max(self.inputs * width * batch, 1)  # numbers of a group, for one row of the output
        products = columns * self.filters // self.groups
        rows = max(min(SMALL_PRODUCT // products or height, COLUMNS // (columns * self.groups)), 1)
        for start in range(0, height, rows):
            yield slice(start, min(start + rows, height))
