"""The layers' references: what PyTorch calls each layer, and the inputs on which both are compared.

A new layer is one more entry, or several, in REFERENCES.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from prescribed import numbers
from torch import Tensor, nn
from torch.nn import functional

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Reference:
    """A layer as PyTorch has it, in one setting.

    Attributes:
        layer: nnlite's name of it.
        torch: the same as a module, whose parameters are set to prescribed numbers, or as a function.
        shapes: of the inputs, the batch axis included; each is one case.
        arguments: of nnlite's constructor.
        spread: what the inputs, numbers within ±3, are multiplied by.
        training: the mode.
        extra: further arrays that the test needs to put nnlite's layer in the same state, from the input.
        names: PyTorch's names of parameters and buffers to nnlite's, where they differ.
    """

    layer: str
    torch: Callable[[Tensor], Tensor]
    shapes: Sequence[Shape]
    arguments: Mapping[str, object] = field(default_factory=dict)
    spread: float = 1.0
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
    dropout(0.5),
    dropout(0.2),
    dropout(0.5, training=False),
    Reference("Flatten", nn.Flatten(), ((5, 2, 3), (1, 2, 3, 4), (5, 4))),
    standardize((4,), (5, 1)),
    standardize((2, 3), (4,)),
    Reference("Rescale", lambda x: 0.125 * x - 2.5, ((5, 4), (1, 7)), {"scale": 0.125, "offset": -2.5}),
    Reference("Rescale", lambda x: 0.004 * x, ((2, 3, 4),), {"scale": 0.004}),
)


def cases() -> Iterator[tuple[str, dict[str, object]]]:
    """Every case's name and record."""
    for reference in REFERENCES:
        for shape in reference.shapes:
            yield case_name(reference, shape), recorded(reference, shape)


def case_name(reference: Reference, shape: Shape) -> str:
    arguments = ", ".join(f"{key}={value}" for key, value in reference.arguments.items())
    spread = f" spread {reference.spread:g}" if reference.spread != 1 else ""
    mode = "" if reference.training else " inference"
    return f"{reference.layer}({arguments}) {'x'.join(map(str, shape))}{spread}{mode}"


def recorded(reference: Reference, shape: Shape) -> dict[str, object]:
    """Input, parameters and output; then upstream gradient dy, and what autograd makes of it."""
    function = copy.deepcopy(reference.torch)  # a forward pass changes buffers, and cases share none
    module = function if isinstance(function, nn.Module) else nn.Module()
    module.double().train(reference.training)
    for index, parameter in enumerate(module.parameters()):
        parameter.data = tensor(parameter.shape, seed=10 + index)
    x = (reference.spread * tensor(shape, seed=1)).requires_grad_()
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
        "dx": x.grad.tolist(),
        "gradients": listed((name, parameter.grad) for name, parameter in module.named_parameters()),
    }
