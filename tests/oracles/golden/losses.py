"""The losses' references: what PyTorch calls each loss, and the outputs and targets on which both are compared.

A new loss is one more entry, or several, in REFERENCES.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from prescribed import integers, numbers
from torch import Tensor
from torch.nn import functional

Shape = tuple[int, ...]


def labels(shape: Shape) -> Tensor:
    """A class index for each row."""
    return torch.from_numpy(integers(shape[:1], 2, below=shape[1]))


def probabilities(shape: Shape) -> Tensor:
    """A row of probabilities for each row, with zeros among them."""
    parts = torch.from_numpy(integers(shape, 3, below=4)).double()
    parts[:, 0] += 1  # a row of zeros has no sum to divide by
    return parts / parts.sum(dim=1, keepdim=True)


def yes_or_no(shape: Shape) -> Tensor:
    """0 or 1 for each output."""
    return torch.from_numpy(integers(shape, 4, below=2)).double()


def shares(shape: Shape) -> Tensor:
    """A number from 0 to 1 for each output, both ends among them."""
    return torch.from_numpy(integers(shape, 5, below=5)).double() / 4


def values(shape: Shape) -> Tensor:
    """A number within ±3 for each output."""
    return torch.from_numpy(numbers(shape, 6))


@dataclass(frozen=True)
class Reference:
    """A loss as PyTorch has it, in one setting.

    Attributes:
        loss: nnlite's name of it.
        torch: the same as a function of outputs, targets and PyTorch's `reduction`.
        targets: shape of the outputs to targets for them.
        shapes: of the outputs; each is two cases, without and with sample weights.
        arguments: of nnlite's constructor.
        spread: what the outputs, numbers within ±3, are multiplied by.
    """

    loss: str
    torch: Callable[..., Tensor]
    targets: Callable[[Shape], Tensor]
    shapes: Sequence[Shape]
    arguments: Mapping[str, object] = field(default_factory=dict)
    spread: float = 1.0


REFERENCES = tuple(
    Reference("SoftmaxCrossEntropy", functional.cross_entropy, targets, shapes, spread=spread)
    for targets in (labels, probabilities)
    for shapes, spread in ((((5, 4), (1, 3), (6, 2)), 1.0), (((5, 4), (1, 3)), 1000.0))
)
REFERENCES += tuple(
    Reference(
        "SoftmaxCrossEntropy",
        functools.partial(functional.cross_entropy, label_smoothing=smoothing),
        targets,
        ((5, 4), (1, 3), (6, 2)),
        {"label_smoothing": smoothing},
    )
    for targets in (labels, probabilities)
    for smoothing in (0.1, 0.5)
)
REFERENCES += tuple(
    Reference(
        "SoftmaxCrossEntropy",
        functools.partial(functional.cross_entropy, weight=torch.tensor(weights).double()),
        labels,
        (shape,),
        {"class_weight": weights},
    )
    for weights, shape in (((0.5, 2.0, 1.5, 3.0), (5, 4)), ((1.0, 0.0, 4.0), (7, 3)), ((0.25, 10.0), (6, 2)))
)
REFERENCES += tuple(
    Reference("BinaryCrossEntropy", functional.binary_cross_entropy_with_logits, targets, shapes, spread=spread)
    for targets in (yes_or_no, shares)
    for shapes, spread in ((((5, 1), (6, 4), (1, 3)), 1.0), (((5, 1), (6, 4)), 300.0))
)
REFERENCES += tuple(
    Reference(name, function, values, ((5, 1), (6, 4), (3, 2, 2)), arguments, spread)
    for spread in (1.0, 20.0)
    for name, function, arguments in (
        ("MeanSquaredError", functional.mse_loss, {}),
        ("MeanAbsoluteError", functional.l1_loss, {}),
        ("Huber", functional.huber_loss, {}),
        ("Huber", functools.partial(functional.huber_loss, delta=0.3), {"delta": 0.3}),
    )
)


def cases() -> Iterator[tuple[str, dict[str, object]]]:
    """Every case's name and record."""
    for reference in REFERENCES:
        for shape in reference.shapes:
            for weighted in (False, True):
                yield case_name(reference, shape, weighted), recorded(reference, shape, weighted)


def case_name(reference: Reference, shape: Shape, weighted: bool) -> str:
    arguments = ", ".join(f"{key}={value}" for key, value in reference.arguments.items())
    spread = f" spread {reference.spread:g}" if reference.spread != 1 else ""
    weights = " weighted" if weighted else ""
    targets = reference.targets.__name__
    return f"{reference.loss}({arguments}) {'x'.join(map(str, shape))} {targets}{spread}{weights}"


def recorded(reference: Reference, shape: Shape, weighted: bool) -> dict[str, object]:
    """Outputs, targets and sample weights; the loss; its gradient with respect to the outputs."""
    outputs = (reference.spread * torch.from_numpy(numbers(shape, 1))).requires_grad_()
    targets = reference.targets(shape)
    weights = torch.arange(1, shape[0] + 1).double() % 4 / 2 if weighted else None  # every fourth is 0
    loss = mean(reference, outputs, targets, weights)
    loss.backward()
    return {
        "loss": reference.loss,
        "arguments": dict(reference.arguments),
        "outputs": outputs.tolist(),
        "targets": targets.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "value": loss.item(),
        "gradient": outputs.grad.tolist(),
    }


def mean(reference: Reference, outputs: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
    """PyTorch's own mean; with weights, which its losses do not take per row, Σ w·L / Σ w.

    Its class weights are in `each` already; Σ w counts them too.
    """
    if weights is None:
        return reference.torch(outputs, targets, reduction="mean")
    each = reference.torch(outputs, targets, reduction="none")
    if "class_weight" in reference.arguments:
        of_class = torch.tensor(reference.arguments["class_weight"]).double()[targets]
        return (weights * each).sum() / (weights * of_class).sum()
    of_rows = each.reshape(len(outputs), -1).mean(dim=1)  # a loss with many outputs is averaged over them
    return (weights * of_rows).sum() / weights.sum()
