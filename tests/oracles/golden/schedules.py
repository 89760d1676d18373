"""The schedules' references: PyTorch's schedulers, step after step; and its clipping of gradients.

A new schedule is one more entry in SCHEDULES.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import prescribed
import torch
from torch.optim import lr_scheduler as torchs

EPOCHS, STEPS = 12, 5
TOTAL = EPOCHS * STEPS
RATE = 0.8

Make = Callable[[torch.optim.Optimizer], Any]


@dataclass(frozen=True)
class Run:
    """A schedule in one setting.

    Attributes:
        schedule: nnlite's name of it.
        arguments: of nnlite's constructor.
        per: when PyTorch's scheduler is called: after every "epoch" or every "step".
        make: PyTorch's scheduler, for an optimizer with the learning rate RATE.
    """

    schedule: str
    arguments: Mapping[str, Any]
    per: str
    make: Make


def warmed(steps: int, make: Make) -> Make:
    """So many steps from 1/(steps + 1) of the rate up, then the rest."""

    def both(optimizer: torch.optim.Optimizer) -> Any:
        rise = torchs.LinearLR(optimizer, start_factor=1 / (steps + 1), total_iters=steps)
        return torchs.SequentialLR(optimizer, [rise, make(optimizer)], milestones=[steps])

    return both


def cosine(steps: int, floor: float = 0.0) -> Make:
    return lambda optimizer: torchs.CosineAnnealingLR(optimizer, T_max=steps, eta_min=floor * RATE)


def restarting(first: int, lengthening: int, floor: float = 0.0) -> Make:
    return lambda optimizer: torchs.CosineAnnealingWarmRestarts(
        optimizer, T_0=first, T_mult=lengthening, eta_min=floor * RATE
    )


SCHEDULES = (
    Run("StepDecay", {"every": 3}, "epoch", lambda o: torchs.StepLR(o, step_size=3)),
    Run(
        "StepDecay",
        {"every": 7, "factor": 0.5, "per": "step"},
        "step",
        lambda o: torchs.StepLR(o, step_size=7, gamma=0.5),
    ),
    Run("ExponentialDecay", {}, "epoch", lambda o: torchs.ExponentialLR(o, gamma=0.95)),
    Run("ExponentialDecay", {"factor": 0.9, "per": "step"}, "step", lambda o: torchs.ExponentialLR(o, gamma=0.9)),
    Run("Cosine", {}, "step", cosine(TOTAL)),
    Run("Cosine", {"per": "epoch"}, "epoch", cosine(EPOCHS)),
    Run("Cosine", {"floor": 0.05}, "step", cosine(TOTAL, 0.05)),
    Run("Cosine", {"warmup": 0.1}, "step", warmed(6, cosine(54))),
    Run("Cosine", {"warmup": 0.25, "floor": 0.1, "per": "epoch"}, "epoch", warmed(3, cosine(9, 0.1))),
    Run("Cosine", {"restarts": 2}, "step", restarting(20, 1)),
    Run("Cosine", {"restarts": 1, "lengthening": 2, "floor": 0.02}, "step", restarting(20, 2, 0.02)),
    Run("Cosine", {"restarts": 1, "lengthening": 3, "per": "epoch"}, "epoch", restarting(3, 3)),
    Run("Cosine", {"warmup": 0.3, "restarts": 2, "lengthening": 2}, "step", warmed(18, restarting(6, 2))),
    Run("OneCycle", {}, "step", lambda o: torchs.OneCycleLR(o, max_lr=RATE, total_steps=TOTAL, cycle_momentum=False)),
    Run(
        "OneCycle",
        {"rise": 0.45, "start": 0.1, "end": 0.001},
        "step",
        lambda o: torchs.OneCycleLR(
            o, RATE, total_steps=TOTAL, pct_start=0.45, div_factor=10, final_div_factor=100, cycle_momentum=False
        ),
    ),
)

FALLING = [3.0, 2.0, 1.0, 1.0, 0.9999, 0.99995, 1.2, 0.5, 0.6, 0.6, 0.6, 0.6, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
RISING = [0.1, 0.5, 0.5, 0.6, 0.6, 0.6001, 0.55, 0.7, 0.7, 0.7, 0.7, 0.7, 0.69, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
PLATEAUS: Sequence[tuple[str, Sequence[float], Mapping[str, Any]]] = (
    ("training_loss", FALLING, {"patience": 2}),
    ("training_loss", FALLING, {"patience": 0, "factor": 0.5, "floor": 0.1}),
    ("training_loss", FALLING, {"patience": 1, "cooldown": 3}),
    ("training_loss", FALLING, {"patience": 1, "threshold": 0.2}),
    ("training_loss", [1.0, math.nan, math.nan, 0.5, math.nan, math.nan, math.nan], {"patience": 1}),
    ("training_accuracy", RISING, {"patience": 2}),
    ("training_accuracy", RISING, {"patience": 1, "cooldown": 1, "factor": 0.3, "threshold": 0.01}),
)
"""What is monitored, its figure after each epoch, nnlite's arguments."""


def new_optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=RATE)


def schedule_cases() -> Iterator[tuple[str, dict[str, object]]]:
    """The learning rate of every step."""
    for run in SCHEDULES:
        optimizer = new_optimizer()
        scheduler, rates = run.make(optimizer), []
        for _ in range(EPOCHS):
            for _ in range(STEPS):
                rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                if run.per == "step" and len(rates) < TOTAL:
                    scheduler.step()
            if run.per == "epoch":
                scheduler.step()
        record = {"schedule": run.schedule, "arguments": dict(run.arguments), "epochs": EPOCHS, "steps": STEPS}
        yield f"{run.schedule} {dict(run.arguments)}", record | {"learning_rate": RATE, "rates": rates}


def plateau_cases() -> Iterator[tuple[str, dict[str, object]]]:
    """The learning rate after every epoch."""
    for monitor, figures, arguments in PLATEAUS:
        optimizer, given = new_optimizer(), dict(arguments)
        given |= {"min_lr": given.pop("floor", 0.0) * RATE, "mode": "max" if "accuracy" in monitor else "min"}
        scheduler, rates = torchs.ReduceLROnPlateau(optimizer, **given), []
        for figure in figures:
            scheduler.step(figure)
            rates.append(optimizer.param_groups[0]["lr"])
        shown = [None if math.isnan(figure) else figure for figure in figures]
        record = {"arguments": dict(arguments), "monitor": monitor, "figures": shown}
        yield f"{monitor} {len(figures)} {dict(arguments)}", record | {"learning_rate": RATE, "rates": rates}


def clipping_cases() -> Iterator[tuple[str, dict[str, object]]]:
    """The gradients of several arrays after clipping, and their norm before."""
    for limit in (0.5, 5.0, 1000.0):
        for how in ("norm", "value"):
            arrays = [
                torch.zeros(shape, dtype=torch.float64, requires_grad=True) for shape in prescribed.SHAPES.values()
            ]
            for array, gradient in zip(arrays, prescribed.gradients(1, 1.0).values(), strict=True):
                array.grad = torch.from_numpy(gradient)
            before = torch.cat([array.grad.flatten() for array in arrays])
            if how == "norm":
                torch.nn.utils.clip_grad_norm_(arrays, limit)
            else:
                torch.nn.utils.clip_grad_value_(arrays, limit)
            after = torch.cat([array.grad.flatten() for array in arrays])
            yield f"{how} {limit}", {"how": how, "limit": limit, "before": before.tolist(), "after": after.tolist()}
