"""The layers' references: what PyTorch calls each layer, and the inputs on which both are compared.

A new layer is one more entry, or several, in REFERENCES.
"""

import copy
import json
import math
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
        codes: inputs are whole numbers below it, where it is not 0; a tuple says it of each column.
        gaps: whether some numbers are missing.
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
    codes: int | tuple[int, ...] = 0
    gaps: bool = False
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


class Preparation(nn.Module):
    """Columns by its formulas; the figures that it has of its rows are buffers, so they are recorded as its state."""

    def __init__(self, codes: Sequence[int], numbers: str, one_hot: int) -> None:
        super().__init__()
        self.codes, self.numbers, self.one_hot = codes, numbers, one_hot
        rows = coded(tensor((20, len(codes)), seed=4) * 7 + 100, codes)
        rows[:, 0] = 2.0  # a constant feature
        self.rows = with_gaps(rows, codes)
        there = [column[~column.isnan()] for column, count in zip(self.rows.T, codes, strict=True) if not count]
        self.register_buffer("fill", torch.stack([column.quantile(0.5) for column in there]))
        mean, scale = zip(*map(self.centre_and_scale, there), strict=True)
        constant = torch.stack([column.min() == column.max() for column in there])
        self.register_buffer("mean", torch.where(constant, 0.0, torch.stack(mean)))
        self.register_buffer("gain", torch.where(constant, 0.0, 1 / torch.stack(scale)))
        seen = [
            float((column == code).any())
            for column, count in zip(self.rows.T, codes, strict=True)
            for code in range(count)
        ]
        self.register_buffer("seen", torch.tensor(seen).double())
        if numbers == "quantile":
            of_each = [column.quantile(PARTS) for column in there]
            of_each[0] = torch.zeros(255)
            self.register_buffer("quantiles", torch.stack(of_each, dim=1))

    def centre_and_scale(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        if self.numbers == "standard":
            return numbers.mean(), numbers.std(correction=0)
        if self.numbers == "robust":
            return numbers.quantile(0.5), numbers.quantile(0.75) - numbers.quantile(0.25)
        return torch.tensor(0.0).double(), torch.tensor(1.0).double()

    def forward(self, x: Tensor) -> Tensor:
        amounts, small, large, seen = [], [], [], iter(self.seen.split([n for n in self.codes if n]))
        for column, count in zip(x.T, self.codes, strict=True):
            if not count:
                amounts.append(self.scaled(column, len(amounts)))
                continue
            known = next(seen)
            code = torch.where(known[column.long()] > 0, column.long(), 0)
            if count > self.one_hot:
                large.append(code.double())
            elif count == 3:
                small.append(torch.tensor([0.0, -1.0, 1.0]).double()[code])
            else:
                small += functional.one_hot(code, count)[:, 1:].double().T
        return torch.stack([*amounts, *small, *large], dim=1)

    def scaled(self, column: Tensor, index: int) -> Tensor:
        column = torch.where(column.isnan(), self.fill[index], column)
        z = (column - self.mean[index]) * self.gain[index]
        if self.numbers == "robust":
            return z / torch.sqrt(1 + (z / 3) ** 2)
        if self.numbers == "quantile":
            known = self.quantiles[:, index].contiguous()
            above = torch.searchsorted(known, column.detach()).clamp(1, 254)
            place = (column - known[above - 1]) / (known[above] - known[above - 1] + 1e-300)
            part = PARTS[above - 1] + place * (PARTS[above] - PARTS[above - 1])
            return torch.special.ndtri(part.clamp(PARTS[0], PARTS[-1])) * self.gain[index]
        return z


class TableOfColumns(nn.Embedding):
    """Embeddings: the last columns are looked up in one table, those before stay as they are."""

    def __init__(self, codes: Sequence[int], size: int) -> None:
        super().__init__(sum(codes), size)
        self.offsets = torch.tensor([sum(codes[:index]) for index in range(len(codes))])

    def forward(self, x: Tensor) -> Tensor:
        numbers = x.shape[1] - len(self.offsets)
        vectors = super().forward(x[:, numbers:].long() + self.offsets)
        return torch.cat([x[:, :numbers], vectors.flatten(1)], dim=1)


class Waves(nn.Module):
    """A periodic embedding, PBLD, of the first columns, by its formula."""

    def __init__(self, columns: int, frequencies: int, size: int) -> None:
        super().__init__()
        self.frequency, self.phase = (nn.Parameter(torch.empty(columns, frequencies)) for _ in range(2))
        self.weight = nn.Parameter(torch.empty(columns, size - 1, frequencies))
        self.bias = nn.Parameter(torch.empty(columns, size - 1))

    def forward(self, x: Tensor) -> Tensor:
        columns = len(self.frequency)
        waves = torch.cos(2 * torch.pi * self.frequency * x[:, :columns, None] + self.phase)
        mixed = torch.einsum("bcf,csf->bcs", waves, self.weight) + self.bias
        embedded = torch.cat([mixed, x[:, :columns, None]], dim=2)
        return torch.cat([embedded.flatten(1), x[:, columns:]], dim=1)


class TrainedScale(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.empty(shape))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x


PARTS = (torch.arange(255).double() + 0.5) / 255


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


def coded(x: Tensor, codes: int | Sequence[int]) -> Tensor:
    """Codes in place of the numbers, everywhere or in the columns that have some."""
    found = (x.abs() * 1000).floor()
    if isinstance(codes, int):
        return found % codes if codes else x
    counts = torch.tensor(codes)
    return torch.where(counts > 0, found % counts.clamp(min=1), x)


def with_gaps(x: Tensor, codes: Sequence[int]) -> Tensor:
    """Every eleventh number, not among codes, is missing."""
    every_eleventh = torch.arange(x.numel()).reshape(x.shape) % 11 == 3
    return torch.where(every_eleventh & (torch.tensor(codes) == 0), torch.nan, x)


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


def columns(numbers: str, codes: tuple[int, ...], one_hot: int = 10) -> Reference:
    module = Preparation(codes, numbers, one_hot)
    arguments = {"codes": codes, "numbers": numbers, "one_hot": one_hot}
    shapes, extra = ((9, len(codes)), (1, len(codes))), {"rows": lambda x: module.rows}
    return Reference(
        "Columns", module, shapes, arguments, spread=9.0, offset=100.0, codes=codes, gaps=True, extra=extra
    )


def embeddings(codes: tuple[int, ...], size: int) -> Reference:
    """Of columns with so many codes each; those with none, at the beginning, are numbers."""
    counts, shapes = tuple(filter(None, codes)), ((6, len(codes)), (1, len(codes)))
    module = TableOfColumns(counts, size)
    return Reference("Embeddings", module, shapes, {"codes": counts, "size": size}, codes=codes)


NORM = {"weight": "scale", "running_mean": "mean", "running_var": "variance"}


def batch_norm(module: Experienced, shapes: Sequence[Shape], **options: object) -> Reference:
    arguments = {"momentum": module.momentum, "epsilon": module.eps}
    return Reference("BatchNorm", module, shapes, arguments, extra={"earlier": module.earlier}, names=NORM, **options)


def of_sequences(reference: Reference) -> Reference:
    """Batch normalization of (batch, time, features)."""
    module = reference.torch
    assert isinstance(module, Experienced)

    def earlier(x: Tensor) -> Tensor:
        return module.earlier(x.transpose(1, 2)).transpose(2, 3)

    return replace(
        reference,
        torch=ForFeaturesFirst(module),
        arguments={**reference.arguments, "axis": "last"},
        extra={"earlier": earlier},
        names={f"module.{name}": NORM.get(name, name) for name in ("weight", "bias", "running_mean", "running_var")},
    )


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


class Branches(nn.Module):
    """Branches over one input, which may be one and the same module, each given some columns."""

    def __init__(self, *modules: nn.Module, columns: Sequence[Sequence[int]] = (), add: bool = False) -> None:
        super().__init__()
        self.branches = nn.ModuleList(modules)
        self.columns, self.add = columns, add

    def forward(self, x: Tensor) -> Tensor:
        given = [x[..., columns] for columns in self.columns] or [x] * len(self.branches)
        found = [branch(part) for branch, part in zip(self.branches, given, strict=True)]
        axis = 1 if x.ndim == 4 else -1
        return torch.stack(found).sum(dim=0) if self.add else torch.cat(found, dim=axis)


class Tied(nn.Module):
    """A linear layer, and the same the other way with a bias of its own."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(inputs, units)
        self.bias = nn.Parameter(torch.zeros(inputs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.encoder(x)) @ self.encoder.weight + self.bias


def parallel(
    module: Branches, branches: Sequence[object], shapes: Sequence[Shape], names: Mapping[str, str], **given: object
) -> Reference:
    return Reference("Parallel", module, shapes, {"branches": branches, **given}, names=names)


def shared_towers() -> list[Reference]:
    """One tower over two pairs of columns, in two branches; and the same layers one behind the other."""
    tower = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
    layers = [{"type": "Dense", "units": 3}, TANH, {"type": "Dense", "units": 2}]
    first, again = {"type": "Shared", "name": "tower", "layers": layers}, {"type": "Shared", "name": "tower"}
    branches = [
        [{"type": "Select", "columns": [0, 1]}, first],
        [{"type": "Select", "columns": [3, 1]}, again],
    ]
    names = {f"branches.0.{index}.{name}": f"1.{index}.{name}" for index in (0, 2) for name in ("weight", "bias")}
    row = {f"0.{index}.{name}": f"0.{index}.{name}" for index in (0, 2) for name in ("weight", "bias")}
    return [
        *(
            parallel(
                Branches(tower, tower, columns=([0, 1], [3, 1]), add=join == "add"),
                branches,
                ((5, 4), (1, 4)),
                names,
                join=join,
            )
            for join in ("concatenate", "add")
        ),
        Reference(
            "Residual",
            Branch(tower, nn.Tanh(), tower),
            ((5, 2),),
            {"layers": [first, TANH, again]},
            names={f"branch.{name}": path for name, path in row.items()},
        ),
    ]


def conv(channels: int, filters: int, kernel: Sizes, shapes: Sequence[Shape], **given: object) -> Reference:
    theirs = {"bias" if name == "use_bias" else name: value for name, value in given.items()}
    module = nn.Conv2d(channels, filters, kernel, **theirs)
    return Reference("Conv2D", module, shapes, {"filters": filters, "kernel_size": kernel, **given})


class ForFeaturesFirst(nn.Module):
    """A module of PyTorch's for (batch, features, time), on (batch, time, features)."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x.transpose(1, 2)).transpose(1, 2)


class Recurrent(nn.Module):
    """PyTorch's GRU or LSTM; of the two biases of an LSTM, of which only the sum counts, the second is left out."""

    def __init__(self, kind: type[nn.RNNBase], features: int, units: int, sequences: bool) -> None:
        super().__init__()
        self.cell = kind(features, units, batch_first=True)
        self.sequences = sequences
        if kind is nn.LSTM:
            del self.cell.bias_hh_l0
            self.cell.bias_hh_l0 = torch.zeros(4 * units).double()  # neither parameter nor buffer

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.cell(x)
        return y if self.sequences else y[:, -1]


class ProjectedAttention(nn.Module):
    """Attention by PyTorch's function, between two projections that may change the width."""

    def __init__(self, features: int, units: int, heads: int) -> None:
        super().__init__()
        self.inwards, self.outwards = nn.Linear(features, 3 * units), nn.Linear(units, units)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.inwards(x).chunk(3, dim=2))
        seen = functional.scaled_dot_product_attention(q, k, v)
        return self.outwards(seen.transpose(1, 2).flatten(2))


class AttentionToItself(nn.MultiheadAttention):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x, x, x, need_weights=False)[0]


def conv1d(features: int, filters: int, kernel: int, shapes: Sequence[Shape], **given: object) -> Reference:
    theirs = {"bias" if name == "use_bias" else name: value for name, value in given.items()}
    module = ForFeaturesFirst(nn.Conv1d(features, filters, kernel, **theirs))
    arguments, names = {"filters": filters, "kernel_size": kernel, **given}, ("weight", "bias")
    return Reference("Conv1D", module, shapes, arguments, names={f"module.{name}": name for name in names})


def recurrent(
    kind: type[nn.RNNBase], features: int, units: int, shapes: Sequence[Shape], *, sequences: bool = False
) -> Reference:
    theirs = {"weight_ih": "weight", "weight_hh": "recurrent", "bias_ih": "bias", "bias_hh": "recurrent_bias"}
    names = {f"cell.{name}_l0": ours for name, ours in theirs.items()}
    arguments = {"units": units, "return_sequences": sequences}
    return Reference(kind.__name__, Recurrent(kind, features, units, sequences), shapes, arguments, names=names)


def positional_encoding(x: Tensor) -> Tensor:
    """By its formula, number by number."""
    time, features = x.shape[1:]
    table = [
        [(math.cos if i % 2 else math.sin)(step / 10000 ** ((i - i % 2) / features)) for i in range(features)]
        for step in range(time)
    ]
    return x + torch.tensor(table, dtype=x.dtype)


ATTENTION = {
    **{"inwards.weight": "weight", "inwards.bias": "bias"},
    **{"outwards.weight": "output_weight", "outwards.bias": "output_bias"},
    **{"in_proj_weight": "weight", "in_proj_bias": "bias"},
    **{"out_proj.weight": "output_weight", "out_proj.bias": "output_bias"},
}


def attention(module: nn.Module, heads: int, units: int, shapes: Sequence[Shape]) -> Reference:
    arguments = {"units": units, "heads": heads}
    return Reference("SelfAttention", module, shapes, arguments, spread=0.2, names=ATTENTION)


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
    Reference("Dense", nn.Linear(4, 3), ((2, 5, 4), (1, 2, 3, 4)), {"units": 3}),
    conv1d(4, 3, 1, ((2, 5, 4), (1, 1, 4))),
    conv1d(2, 3, 3, ((2, 5, 2), (1, 3, 2))),
    conv1d(3, 2, 2, ((2, 7, 3),), stride=3, padding=1, use_bias=False),
    conv1d(2, 3, 3, ((2, 8, 2),), stride=2, padding=2, dilation=2),
    conv1d(2, 3, 4, ((2, 5, 2),), padding="same", dilation=3),
    *(
        recurrent(kind, features, units, shapes, sequences=sequences)
        for kind in (nn.GRU, nn.LSTM)
        for features, units, shapes in ((3, 4, ((5, 7, 3), (1, 1, 3))), (1, 1, ((2, 3, 1),)))
        for sequences in (False, True)
    ),
    attention(ProjectedAttention(3, 4, 1), 1, 4, ((2, 5, 3), (1, 1, 3))),
    attention(ProjectedAttention(5, 6, 3), 3, 6, ((3, 4, 5),)),
    attention(AttentionToItself(6, 2, batch_first=True), 2, 6, ((3, 4, 6),)),
    Reference("PositionalEncoding", positional_encoding, ((2, 40, 6), (1, 5, 3))),
    Reference("MeanOverTime", lambda x: x.mean(dim=1), ((3, 5, 4), (1, 1, 3))),
    Reference("MaxOverTime", lambda x: x.max(dim=1).values, ((3, 5, 4), (1, 1, 3))),
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
    of_sequences(batch_norm(ExperiencedBatchNorm1d(4), ((3, 2, 4), (1, 3, 4)))),
    of_sequences(batch_norm(ExperiencedBatchNorm1d(4), ((3, 2, 4),), training=False)),
    layer_norm(4, ((5, 4), (1, 4), (2, 3, 4))),
    layer_norm(7, ((3, 7),), epsilon=0.01, spread=7.0, offset=1e4),
    noisy(0.3),
    noisy(0.3, training=False),
    columns("standard", (0, 0, 0, 3, 5, 2, 12)),
    columns("robust", (0, 4, 0, 0, 40)),
    columns("quantile", (0, 0, 3), one_hot=2),
    columns("none", (0, 0, 4)),
    embeddings((0, 0, 5, 3), 2),
    embeddings((4,), 3),
    Reference("PeriodicEmbedding", Waves(3, 5, 4), ((6, 3), (1, 3)), {"frequencies": 5}),
    Reference("PeriodicEmbedding", Waves(2, 16, 2), ((5, 4),), {"columns": 2, "size": 2}),
    Reference("Scale", TrainedScale((4,)), ((5, 4), (1, 4))),
    Reference("Scale", TrainedScale((2, 3)), ((4, 2, 3),), {"rate": 6.0}),
    Reference("Embedding", Table(5, 3), ((6, 2), (1, 9), (2, 3, 4)), {"codes": 5, "size": 3}, codes=5),
    residual(Branch(nn.Linear(4, 4), nn.Tanh()), (DENSE_4, TANH), ((5, 4), (1, 4))),
    parallel(
        Branches(nn.Linear(4, 4), nn.Sequential(nn.Tanh(), nn.Linear(4, 2)), nn.Identity()),
        [[DENSE_4], [TANH, {"type": "Dense", "units": 2}], []],
        ((5, 4), (1, 4)),
        {
            "branches.0.weight": "0.weight",
            "branches.0.bias": "0.bias",
            "branches.1.1.weight": "2.weight",
            "branches.1.1.bias": "2.bias",
        },
    ),
    parallel(Branches(nn.Tanh(), nn.Identity()), [[TANH], []], ((3, 2, 3, 2),), {}),
    *shared_towers(),
    Reference("Select", lambda x: x[..., [2, 0]], ((5, 4), (2, 3, 3)), {"columns": [2, 0]}),
    Reference(
        "Parallel",
        Tied(4, 3),
        ((5, 4), (1, 4)),
        {
            "branches": [
                [
                    {"type": "Shared", "name": "code", "layers": [{"type": "Dense", "units": 3}]},
                    TANH,
                    {"type": "TiedDense", "to": "code"},
                ]
            ]
        },
        names={"bias": "2.bias", "encoder.weight": "0.0.weight", "encoder.bias": "0.0.bias"},
    ),
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
    x = coded(reference.spread * tensor(shape, seed=1) + reference.offset, reference.codes)
    if reference.gaps:
        x = with_gaps(x, reference.codes)
    x.requires_grad_()
    y = function(x)
    dy = tensor(y.shape, seed=2)
    y.backward(dy)

    def listed(arrays: Iterable[tuple[str, Tensor]]) -> dict[str, object]:
        return {reference.names.get(name, name): without_nan(array) for name, array in arrays}

    return {
        "layer": reference.layer,
        "arguments": dict(reference.arguments),
        "training": reference.training,
        "extra": listed((name, make(x.detach())) for name, make in reference.extra.items()),
        "x": without_nan(x),
        "parameters": listed(module.named_parameters()),
        "y": y.tolist(),
        # BatchNorm's count of batches is no figure of the layer's formula
        "state": listed(pair for pair in module.named_buffers() if pair[1].is_floating_point()),
        "dy": dy.tolist(),
        "dx": (torch.zeros_like(x) if x.grad is None else x.grad).tolist(),  # none flows back to codes
        "gradients": listed((name, parameter.grad) for name, parameter in module.named_parameters()),
    }


def without_nan(array: Tensor) -> object:
    """The array as lists, with None for NaN, which JSON does not have."""
    return json.loads(json.dumps(array.tolist()).replace("NaN", "null"))
