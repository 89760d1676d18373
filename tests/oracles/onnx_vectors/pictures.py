"""From an operator with windows to nnlite, whose pictures have two sides; ONNX has operators with one and three."""

from itertools import product
from math import gcd
from typing import NamedTuple

import numpy as np

from nnlite import AveragePool2D, Conv1D, Conv2D, MaxPool2D, Sequential
from tests.oracles.onnx_vectors.operators import forward


class Side(NamedTuple):
    """How windows go along one side of a picture."""

    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    before: int = 0  # padding
    after: int = 0
    beyond: int = 0  # what a last window that is not full lacks

    @property
    def extent(self):
        return self.dilation * (self.kernel - 1) + 1


def sides_of(vector, kernel):
    """A `Side` for each of them: pads are all those before, then all those after."""
    given, n = vector.attributes, len(kernel)
    strides, dilations = given.get("strides", [1] * n), given.get("dilations", [1] * n)
    pads, auto_pad = given.get("pads", [0] * 2 * n), given.get("auto_pad", b"NOTSET")
    sides = []
    for i, length in enumerate(vector.inputs[0].shape[2:]):
        side = Side(kernel[i], strides[i], dilations[i], pads[i], pads[n + i])
        if auto_pad.startswith(b"SAME"):  # ⌈length/stride⌉ windows; of odd padding, one more at the end it names
            total = max((-(-length // side.stride) - 1) * side.stride + side.extent - length, 0)
            small, large = total // 2, -(-total // 2)
            before, after = (small, large) if auto_pad == b"SAME_UPPER" else (large, small)
            side = side._replace(before=before, after=after)
        if given.get("ceil_mode"):  # a window more, unless it would begin behind the picture
            free = length + side.before + side.after - side.extent
            left = free % side.stride
            if left and free - left + side.stride < length + side.before:
                side = side._replace(beyond=side.stride - left)
        sides.append(side)
    return sides


def conv(vector):
    x, weight, *bias = vector.inputs
    sides = sides_of(vector, weight.shape[2:])
    settings = {"filters": len(weight), "groups": vector.attributes.get("group", 1)}
    if len(sides) == 1 and settings["groups"] == 1:
        return [convolved_over_time(x, weight, bias, *sides)]
    if len(sides) == 1:  # a picture of height 1
        return [convolved(x[:, :, None], weight[:, :, None], bias, [Side(), *sides], **settings)[:, :, 0]]
    if len(sides) == 2:
        return [convolved(x, weight, bias, sides, **settings)]
    # Each place in the depth is a picture, and the depths that a window sees are channels of it: one sum over both.
    depth, *sides = sides
    x = pad(x, [depth])
    starts = np.arange((x.shape[2] - depth.extent) // depth.stride + 1) * depth.stride
    seen = starts[:, None] + np.arange(depth.kernel) * depth.dilation
    pictures = x[:, :, seen].transpose(0, 2, 1, 3, 4, 5)  # (batch, places, channels, depths, height, width)
    joined = pictures.reshape(-1, x.shape[1] * depth.kernel, *x.shape[3:])
    weight = weight.reshape(len(weight), -1, *weight.shape[3:])
    y = convolved(joined, weight, bias, sides, **settings)
    return [np.moveaxis(y.reshape(len(x), len(starts), *y.shape[1:]), 1, 2)]


def convolved_over_time(x, weight, bias, side):
    """`Conv1D` has the features last, in x, y and the weight."""
    if side.before != side.after:
        x, side = pad(x, [side]), side._replace(before=0, after=0)
    layer = Conv1D(
        len(weight), side.kernel, stride=side.stride, padding=side.before, dilation=side.dilation, use_bias=bool(bias)
    )
    x = x.swapaxes(1, 2)
    model = Sequential([layer]).build(x.shape[1:])
    layer.weight.value = weight.transpose(2, 1, 0)
    if bias:
        layer.bias.value = bias[0]
    return model.forward(x).swapaxes(1, 2)


def convolved(x, weight, bias, sides, **settings):
    """The layer pads by itself what is padded alike at both ends."""
    if any(side.before != side.after for side in sides):
        x, sides = pad(x, sides), [side._replace(before=0, after=0) for side in sides]
    layer = Conv2D(
        kernel_size=[side.kernel for side in sides],
        stride=[side.stride for side in sides],
        padding=[side.before for side in sides],
        dilation=[side.dilation for side in sides],
        use_bias=bool(bias),
        **settings,
    )
    model = Sequential([layer]).build(x.shape[1:])
    layer.weight.value = weight
    if bias:
        layer.bias.value = bias[0]
    return model.forward(x)


def pad(x, sides, value=0.0, beyond=False):
    """The sides follow the batch and the channels; `beyond` is what they lack for a last full window."""
    ends = [(0, side.beyond) if beyond else (side.before, side.after) for side in sides]
    return np.pad(x, [(0, 0)] * 2 + ends + [(0, 0)] * (x.ndim - 2 - len(ends)), constant_values=value)


def max_pool(vector):
    """Integers up to 255 are exact numbers of a float."""
    x, sides = vector.inputs[0], sides_of(vector, vector.attributes["kernel_shape"])
    y = by_two_sides(max_pooled, x.astype(np.float32), sides).astype(x.dtype)
    if len(vector.outputs) == 1:
        return [y]
    return [y, indices(x, sides, "F" if vector.attributes.get("storage_order") else "C")]


def average_pool(vector):
    counted = bool(vector.attributes.get("count_include_pad", 0))
    sides = sides_of(vector, vector.attributes["kernel_shape"])
    return [by_two_sides(lambda x, sides: average_pooled(x, sides, counted), vector.inputs[0], sides)]


def indices(x, sides, order):
    """Where in x each output comes from: there its gradient goes."""
    layer = layer_for(MaxPool2D, sides)
    y = forward(layer, x, training=True)
    found = np.empty(y.shape, np.int64)
    for place in np.ndindex(y.shape):
        dy = np.zeros_like(y)
        dy[place] = 1
        channel, at = np.divmod(layer.backward(dy).argmax(), x[0, 0].size)
        row, column = np.divmod(at, x.shape[3])
        inside = at if order == "C" else column * x.shape[2] + row
        found[place] = channel * x[0, 0].size + inside
    return found


def by_two_sides(pooled, x, sides):
    """The largest of the largest, or the mean of means: along the depth after height and width."""
    if len(sides) == 1:
        return pooled(x[:, :, None], [Side(), *sides])[:, :, 0]
    if len(sides) == 2:
        return pooled(x, sides)
    batch, channels, depth, *picture = x.shape
    flat = pooled(x.reshape(batch, channels * depth, *picture), sides[1:])
    y = pooled(flat.reshape(batch, channels, depth, -1), [sides[0], Side()])
    return y.reshape(*y.shape[:3], *flat.shape[2:])


def layers_own(sides):
    """Whether the layer has such windows by itself."""
    return all(s.dilation == 1 and s.before == s.after <= s.kernel / 2 and not s.beyond for s in sides)


def layer_for(layer_class, sides, **settings):
    return layer_class(
        [side.kernel for side in sides],
        stride=[side.stride for side in sides],
        padding=[side.before for side in sides],
        **settings,
    )


def max_pooled(x, sides):
    if layers_own(sides):
        return forward(layer_for(MaxPool2D, sides), x)
    return without_dilation(MaxPool2D, pad(pad(x, sides, -np.inf), sides, -np.inf, beyond=True), sides)


def average_pooled(x, sides, counted):
    """With padding that the layer does not have: the mean of the numbers over the part of the window that counts."""
    if layers_own(sides):
        return forward(layer_for(AveragePool2D, sides, count_include_pad=counted), x)
    means, parts = (
        without_dilation(AveragePool2D, pad(pad(array, sides, value), sides, beyond=True), sides)
        for array, value in ((x, 0.0), (np.ones_like(x), float(counted)))
    )
    return means / parts


def without_dilation(layer_class, x, sides):
    """Of a picture that is padded: every d-th row is a picture whose windows have their rows side by side."""
    output = [(n - side.extent) // side.stride + 1 for n, side in zip(x.shape[2:], sides, strict=True)]
    y = np.empty((*x.shape[:2], *output), x.dtype)
    common = [gcd(side.stride, side.dilation) for side in sides]
    # Windows that begin a multiple of d apart are on the same picture: every m-th, with m = d/gcd(s, d).
    every = [side.dilation // c for side, c in zip(sides, common, strict=True)]
    steps = [Side(side.kernel, side.stride // c) for side, c in zip(sides, common, strict=True)]
    (first, second), (height, width) = sides, every
    for row, column in product(range(min(height, output[0])), range(min(width, output[1]))):
        part = x[:, :, row * first.stride :: first.dilation, column * second.stride :: second.dilation]
        y[:, :, row::height, column::width] = forward(layer_for(layer_class, steps), part)
    return y
