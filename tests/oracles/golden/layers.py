"""The layers' references: what PyTorch calls each layer, and the inputs on which both are compared.

A new layer is one more entry, or several, in REFERENCES.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from prescribed import numbers
from torch import Tensor, nn
from torch.nn import functional

Shape = tuple[int, ...]
Sizes = int | tuple[int, int]


@dataclass(frozen=True)
class Reference:
    """A layer as PyTorch has it, in one setting.

    Attributes:
        layer: nnlite's name of it.
        torch: the same as a module, whose parameters are set to prescribed numbers, or as a function.
        shapes: of the inputs, the batch axis included; each is one case.
        arguments: of nnlite's constructor.
        spread: what the inputs, numbers within ±3, are multiplied by.
        offset: what is added then.
        codes: inputs are whole numbers below it, where it is not 0.
        training: the mode.
        extra: further arrays that the test needs to put nnlite's layer in the same state, from the input.
        names: PyTorch's names of parameters and buffers to nnlite's, where they differ.
    """

    layer: str
    torch: Callable[[Tensor], Tensor]
    shapes: Sequence[Shape]
    arguments: Mapping[str, object] = field(default_factory=dict)
    spread: float = 1.0
    offset: float = 0.0
    codes: int = 0
    training: bool = True
    extra: Mapping[str, Callable[[Tensor], Tensor]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


class SeededDropout(nn.Dropout):
    """PyTorch's own dropout, with the same mask every time."""

    def forward(self, x: Tensor) -> Tensor:
        torch.manual_seed(0)
        return super().forward(x)

    def kept(self, x: Tensor) -> Tensor:
        """The mask: dropout of ones is 0 where it drops."""
        return self(torch.ones_like(x)) != 0


class Standardization(nn.Module):
    """Standardize by its formula; the figures are buffers, so they are recorded as its state."""

    def __init__(self, features: Shape) -> None:
        super().__init__()
        self.rows = tensor((20, *features), seed=4) * 7 + 100
        self.rows[:, 0] = 2.0  # a constant feature
        deviation = self.rows.std(dim=0, correction=0)
        self.register_buffer("mean", self.rows.mean(dim=0))
        self.register_buffer("scale", torch.where(deviation > 0, deviation, 1.0))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.scale


class Experienced(nn.modules.batchnorm._BatchNorm):
    """Batch normalization that has seen three training batches, whatever its mode is then."""

    def forward(self, x: Tensor) -> Tensor:
        mode = self.training
        self.train()
        for rows in self.earlier(x):
            super().forward(rows)
        self.train(mode)
        return super().forward(x)

    def earlier(self, x: Tensor) -> Tensor:
        return torch.stack([tensor((4, *x.shape[1:]), seed=20 + step) * (step + 1) + step for step in range(3)])


class ExperiencedBatchNorm1d(Experienced, nn.BatchNorm1d):
    pass


class ExperiencedBatchNorm2d(Experienced, nn.BatchNorm2d):
    pass


class Table(nn.Embedding):
    """Codes come as floating-point numbers, as all inputs do here."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.long())


class Branch(nn.Module):
    """A residual connection: x, or a projection of it, plus what some modules make of it."""

    def __init__(self, *modules: nn.Module, projection: nn.Module | None = None) -> None:
        super().__init__()
        self.branch = nn.Sequential(*modules)
        self.projection = projection

    def forward(self, x: Tensor) -> Tensor:
        return (x if self.projection is None else self.projection(x)) + self.branch(x)


def tensor(shape: Sequence[int], seed: int) -> Tensor:
    """Prescribed numbers in float64."""
    return torch.from_numpy(numbers(shape, seed))


def softmax(x: Tensor) -> Tensor:
    return torch.softmax(x, dim=-1)


def log_softmax(x: Tensor) -> Tensor:
    return torch.log_softmax(x, dim=-1)


def softplus(x: Tensor) -> Tensor:
    """Without the threshold above which PyTorch returns x, 2e-9 off."""
    return functional.softplus(x, threshold=50)


def tanh_gelu(x: Tensor) -> Tensor:
    return functional.gelu(x, approximate="tanh")


def plain(layer: str, function: Callable[[Tensor], Tensor], **arguments: object) -> tuple[Reference, Reference]:
    """An activation on numbers within ±3, and on some within ±30."""
    near = Reference(layer, function, ((5, 4), (1, 7), (2, 3, 4)), arguments)
    return near, Reference(layer, function, ((5, 4),), arguments, spread=10.0)


def prelu(slopes: int, shapes: Sequence[Shape], **arguments: object) -> Reference:
    return Reference("PReLU", nn.PReLU(slopes), shapes, arguments, names={"weight": "slope"})


def dropout(rate: float, *, training: bool = True) -> Reference:
    module = SeededDropout(rate)
    shapes = ((5, 4), (1, 9), (2, 3, 4))
    return Reference("Dropout", module, shapes, {"rate": rate}, training=training, extra={"kept": module.kept})


def standardize(features: Shape, batches: Sequence[int]) -> Reference:
    module = Standardization(features)
    shapes = [(batch, *features) for batch in batches]
    return Reference("Standardize", module, shapes, spread=50.0, extra={"rows": lambda x: module.rows})


NORM = {"weight": "scale", "running_mean": "mean", "running_var": "variance"}


def batch_norm(module: Experienced, shapes: Sequence[Shape], **options: object) -> Reference:
    arguments = {"momentum": module.momentum, "epsilon": module.eps}
    return Reference("BatchNorm", module, shapes, arguments, extra={"earlier": module.earlier}, names=NORM, **options)


def layer_norm(features: int, shapes: Sequence[Shape], epsilon: float = 1e-5, **options: object) -> Reference:
    module = nn.LayerNorm(features, eps=epsilon)
    return Reference("LayerNorm", module, shapes, {"epsilon": epsilon}, names=NORM, **options)


def noisy(deviation: float, *, training: bool = True) -> Reference:
    def draws(x: Tensor) -> Tensor:
        return tensor(x.shape, seed=6).float().double()  # nnlite draws in float32

    def add(x: Tensor) -> Tensor:
        return x + deviation * draws(x) if training else x

    shapes, arguments = ((5, 4), (2, 3, 4)), {"deviation": deviation}
    return Reference("GaussianNoise", add, shapes, arguments, training=training, extra={"draws": draws})


def shifted(pixels: int, shapes: Sequence[Shape], *, training: bool = True) -> Reference:
    def places(x: Tensor) -> Tensor:
        return tensor((2, len(x)), seed=7).mul(100).floor().long() % (2 * pixels + 1)

    def shift(x: Tensor) -> Tensor:
        if not training:
            return x
        (height, width), padded = x.shape[2:], functional.pad(x, (pixels,) * 4)
        corners = zip(padded, *places(x), strict=True)
        return torch.stack(
            [picture[:, row : row + height, column : column + width] for picture, row, column in corners]
        )

    extra = {"draws": places}
    return Reference("RandomShift", shift, shapes, {"pixels": pixels}, training=training, extra=extra)


def flipped(shapes: Sequence[Shape], *, training: bool = True) -> Reference:
    def which(x: Tensor) -> Tensor:
        return torch.arange(len(x)).reshape(-1, 1, 1, 1) % 3 > 0

    def flip(x: Tensor) -> Tensor:
        return torch.where(which(x), torch.flip(x, [3]), x) if training else x

    return Reference("RandomFlip", flip, shapes, training=training, extra={"draws": which})


def residual(module: Branch, layers: Sequence[Mapping[str, object]], shapes: Sequence[Shape], **options: object):
    names = {"projection.weight": "projection"}
    for index, inner in enumerate(module.branch):
        theirs = NORM if isinstance(inner, nn.BatchNorm1d) else {}
        names |= {f"branch.{index}.{name}": f"{index}.{theirs.get(name, name)}" for name in inner.state_dict()}
    return Reference("Residual", module, shapes, {"layers": list(layers)}, names=names, **options)


def conv(channels: int, filters: int, kernel: Sizes, shapes: Sequence[Shape], **given: object) -> Reference:
    theirs = {"bias" if name == "use_bias" else name: value for name, value in given.items()}
    module = nn.Conv2d(channels, filters, kernel, **theirs)
    return Reference("Conv2D", module, shapes, {"filters": filters, "kernel_size": kernel, **given})


def max_pool(kernel: Sizes, shapes: Sequence[Shape], **given: object) -> Reference:
    return Reference("MaxPool2D", nn.MaxPool2d(kernel, **given), shapes, {"kernel_size": kernel, **given})


def equal_neighbours(kernel: Sizes, shape: Shape, **given: object) -> Reference:
    """Of codes below 2, so that windows have several largest numbers."""
    return replace(max_pool(kernel, (shape,), **given), codes=2)


def average_pool(kernel: Sizes, shapes: Sequence[Shape], **given: object) -> Reference:
    return Reference("AveragePool2D", nn.AvgPool2d(kernel, **given), shapes, {"kernel_size": kernel, **given})


DENSE_4, TANH, BATCH_NORM = {"type": "Dense", "units": 4}, {"type": "Tanh"}, {"type": "BatchNorm"}

REFERENCES = (
    Reference("Dense", nn.Linear(4, 3), ((5, 4), (1, 4)), {"units": 3}),
    Reference("Dense", nn.Linear(1, 7), ((6, 1),), {"units": 7}),
    Reference("Dense", nn.Linear(7, 1), ((3, 7),), {"units": 1}),
    Reference("Dense", nn.Linear(4, 3, bias=False), ((5, 4),), {"units": 3, "use_bias": False}),
    Reference("ReLU", torch.relu, ((5, 4), (1, 7), (2, 3, 4))),
    Reference("Sigmoid", torch.sigmoid, ((5, 4), (1, 7), (2, 3, 4))),
    Reference("Sigmoid", torch.sigmoid, ((5, 4),), spread=300.0),
    Reference("Tanh", torch.tanh, ((5, 4), (1, 7), (2, 3, 4))),
    Reference("Tanh", torch.tanh, ((5, 4),), spread=10.0),
    Reference("Softmax", softmax, ((5, 4), (1, 7), (2, 3, 4), (3, 1))),
    Reference("Softmax", softmax, ((5, 4), (1, 7)), spread=3000.0),
    Reference("LogSoftmax", log_softmax, ((5, 4), (1, 7), (2, 3, 4), (3, 1))),
    Reference("LogSoftmax", log_softmax, ((5, 4), (1, 7)), spread=3000.0),
    *plain("LeakyReLU", functional.leaky_relu),
    *plain("LeakyReLU", lambda x: functional.leaky_relu(x, 0.3), slope=0.3),
    *plain("ELU", functional.elu),
    *plain("ELU", lambda x: functional.elu(x, 2.5), alpha=2.5),
    *plain("SELU", functional.selu),
    *plain("Softplus", softplus),
    *plain("SiLU", functional.silu),
    *plain("Mish", functional.mish),
    *plain("GELU", functional.gelu),
    *plain("TanhGELU", tanh_gelu),
    prelu(1, ((5, 4), (1, 7), (2, 3, 4))),
    prelu(4, ((5, 4), (3, 4, 2), (2, 4, 2, 3)), shared=False),
    shifted(2, ((6, 1, 5, 4), (3, 2, 3, 3))),
    shifted(1, ((5, 1, 2, 6),)),
    shifted(2, ((4, 1, 3, 3),), training=False),
    flipped(((6, 1, 5, 4), (3, 2, 1, 5))),
    flipped(((4, 1, 3, 3),), training=False),
    dropout(0.5),
    dropout(0.2),
    dropout(0.5, training=False),
    Reference("Flatten", nn.Flatten(), ((5, 2, 3), (1, 2, 3, 4), (5, 4))),
    Reference("Reshape", lambda x: x.reshape(len(x), 2, 6), ((5, 12), (1, 3, 4), (2, 3, 2, 2)), {"shape": (2, 6)}),
    conv(1, 2, 3, ((2, 1, 5, 4), (1, 1, 3, 3))),
    conv(3, 2, 1, ((2, 3, 2, 4),)),
    conv(2, 3, (2, 3), ((2, 2, 5, 4),), stride=(2, 1), padding=(1, 2)),
    conv(2, 1, 2, ((2, 2, 7, 5),), stride=3, padding=1, use_bias=False),  # stride > kernel, leftovers at the ends
    conv(2, 2, 3, ((1, 2, 7, 6),), dilation=(2, 1), stride=(1, 2)),
    conv(2, 2, (3, 4), ((2, 2, 4, 5),), padding="same"),
    conv(1, 2, 2, ((2, 1, 4, 5),), padding="same", dilation=(3, 2)),
    conv(4, 6, 2, ((2, 4, 3, 4),), groups=2, stride=2, padding=1),
    conv(3, 3, 3, ((2, 3, 4, 4),), groups=3, padding=1),
    conv(3, 6, (1, 2), ((2, 3, 2, 4),), groups=3, dilation=(1, 2)),
    max_pool(2, ((2, 3, 4, 6), (1, 1, 5, 3))),
    max_pool(1, ((2, 1, 3, 2),)),
    max_pool((3, 2), ((2, 2, 6, 5),), stride=(2, 1), padding=1),
    max_pool(2, ((2, 1, 7, 6),), stride=3),
    equal_neighbours(2, (2, 3, 6, 4)),
    equal_neighbours(3, (2, 2, 6, 5), stride=1, padding=1),
    average_pool(2, ((2, 3, 4, 6), (1, 1, 5, 3))),
    average_pool(1, ((2, 1, 3, 2),)),
    average_pool((3, 2), ((2, 2, 6, 5),), stride=(2, 1), padding=1),
    average_pool((3, 2), ((2, 2, 6, 5),), stride=(2, 1), padding=1, count_include_pad=False),
    average_pool(2, ((2, 1, 7, 6),), stride=3),
    Reference("GlobalAveragePool2D", nn.AdaptiveAvgPool2d(1), ((2, 3, 4, 5), (1, 2, 1, 1))),
    standardize((4,), (5, 1)),
    standardize((2, 3), (4,)),
    Reference("Rescale", lambda x: 0.125 * x - 2.5, ((5, 4), (1, 7)), {"scale": 0.125, "offset": -2.5}),
    Reference("Rescale", lambda x: 0.004 * x, ((2, 3, 4),), {"scale": 0.004}),
    batch_norm(ExperiencedBatchNorm1d(4), ((5, 4), (3, 4, 2))),
    batch_norm(ExperiencedBatchNorm1d(4, eps=0.5), ((2, 4), (1, 4, 2))),  # x̂ of two numbers is almost a constant
    batch_norm(ExperiencedBatchNorm1d(4), ((5, 4), (1, 4)), training=False),
    batch_norm(ExperiencedBatchNorm1d(3, eps=0.01, momentum=0.3), ((6, 3),), spread=7.0, offset=1e4),
    batch_norm(ExperiencedBatchNorm2d(2), ((3, 2, 4, 3), (1, 2, 3, 1))),
    batch_norm(ExperiencedBatchNorm2d(2), ((3, 2, 4, 3),), training=False),
    layer_norm(4, ((5, 4), (1, 4), (2, 3, 4))),
    layer_norm(7, ((3, 7),), epsilon=0.01, spread=7.0, offset=1e4),
    noisy(0.3),
    noisy(0.3, training=False),
    Reference("Embedding", Table(5, 3), ((6, 2), (1, 9), (2, 3, 4)), {"codes": 5, "size": 3}, codes=5),
    residual(Branch(nn.Linear(4, 4), nn.Tanh()), (DENSE_4, TANH), ((5, 4), (1, 4))),
    residual(
        Branch(nn.Linear(3, 4), nn.Tanh(), projection=nn.Linear(3, 4, bias=False)), (DENSE_4, TANH), ((5, 3), (1, 3))
    ),
    residual(
        Branch(nn.Conv2d(2, 3, 3, padding=1), nn.Tanh(), projection=nn.Conv2d(2, 3, 1, bias=False)),
        ({"type": "Conv2D", "filters": 3, "kernel_size": 3, "padding": 1}, TANH),
        ((2, 2, 4, 3),),
    ),
    residual(Branch(nn.Tanh(), nn.BatchNorm1d(4)), (TANH, BATCH_NORM), ((5, 4), (3, 4, 2))),
    residual(
        Branch(nn.Linear(3, 4), nn.BatchNorm1d(4), projection=nn.Linear(3, 4, bias=False)),
        (DENSE_4, BATCH_NORM),
        ((5, 3),),
        training=False,
    ),
)


def cases() -> Iterator[tuple[str, dict[str, object]]]:
    """Every case's name and record."""
    for reference in REFERENCES:
        for shape in reference.shapes:
            yield case_name(reference, shape), recorded(reference, shape)


def case_name(reference: Reference, shape: Shape) -> str:
    arguments = ", ".join(f"{key}={shown(value)}" for key, value in reference.arguments.items())
    spread = f" spread {reference.spread:g}" if reference.spread != 1 else ""
    spread += f" offset {reference.offset:g}" if reference.offset else ""
    mode = "" if reference.training else " inference"
    return f"{reference.layer}({arguments}) {'x'.join(map(str, shape))}{spread}{mode}"


def shown(value: object) -> str:
    """An argument, layers by their type alone."""
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    return str(value["type"] if isinstance(value, dict) else value)


def recorded(reference: Reference, shape: Shape) -> dict[str, object]:
    """Input, parameters and output; then upstream gradient dy, and what autograd makes of it."""
    function = copy.deepcopy(reference.torch)  # a forward pass changes buffers, and cases share none
    module = function if isinstance(function, nn.Module) else nn.Module()
    module.double().train(reference.training)
    for index, parameter in enumerate(module.parameters()):
        parameter.data = tensor(parameter.shape, seed=10 + index)
    x = reference.spread * tensor(shape, seed=1) + reference.offset
    if reference.codes:
        x = (x.abs() * 1000).floor() % reference.codes
    x.requires_grad_()
    y = function(x)
    dy = tensor(y.shape, seed=2)
    y.backward(dy)

    def listed(arrays: Iterable[tuple[str, Tensor]]) -> dict[str, object]:
        return {reference.names.get(name, name): array.tolist() for name, array in arrays}

    return {
        "layer": reference.layer,
        "arguments": dict(reference.arguments),
        "training": reference.training,
        "extra": listed((name, make(x.detach())) for name, make in reference.extra.items()),
        "x": x.tolist(),
        "parameters": listed(module.named_parameters()),
        "y": y.tolist(),
        # BatchNorm's count of batches is no figure of the layer's formula
        "state": listed(pair for pair in module.named_buffers() if pair[1].is_floating_point()),
        "dy": dy.tolist(),
        "dx": (torch.zeros_like(x) if x.grad is None else x.grad).tolist(),  # none flows back to codes
        "gradients": listed((name, parameter.grad) for name, parameter in module.named_parameters()),
    }
