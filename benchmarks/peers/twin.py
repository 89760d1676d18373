"""A twin is the same network in PyTorch: it starts from the same weights and is trained on the same batches.

Layers before the first with parameters, such as those of augmentation, stay nnlite's own: so both are trained on the
same pictures. What the two do not share is what dropout draws.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nnlite import (
    SGD,
    Adam,
    AdamW,
    AveragePool2D,
    BatchNorm,
    BinaryCrossEntropy,
    Conv2D,
    Dataset,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    MaxPool2D,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    Trainer,
    seeding,
)
from nnlite.core.chain import Chain
from nnlite.schedules.schedule import Moment
from nnlite.types import Array

ROWS_AT_ONCE = 1000  # in prediction


def _batch_norm(layer: Any) -> Any:
    kind = nn.BatchNorm2d if len(layer._output_shape) == 3 else nn.BatchNorm1d
    return kind(layer.scale.size, layer.epsilon, layer.momentum)


def _conv(layer: Any) -> Any:
    filters, channels, *kernel = layer.weight.shape
    places = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
    return nn.Conv2d(channels * layer.groups, filters, kernel, **places, groups=layer.groups, bias=layer.use_bias)


MODULES: dict[type[Layer], Callable[[Any], Any]] = {
    Dense: lambda layer: nn.Linear(*layer.weight.shape, bias=layer.use_bias),
    Conv2D: _conv,
    BatchNorm: _batch_norm,
    MaxPool2D: lambda layer: nn.MaxPool2d(layer.kernel_size, layer.stride, layer.padding),
    AveragePool2D: lambda layer: nn.AvgPool2d(
        layer.kernel_size, layer.stride, layer.padding, count_include_pad=layer.count_include_pad
    ),
    GlobalAveragePool2D: lambda layer: nn.AdaptiveAvgPool2d(1),
    Flatten: lambda layer: nn.Flatten(),
    Dropout: lambda layer: nn.Dropout(layer.rate),
    ReLU: lambda layer: nn.ReLU(),
    Sigmoid: lambda layer: nn.Sigmoid(),
    Tanh: lambda layer: nn.Tanh(),
}
"""What makes the module of a layer that is built."""


class Twin:
    """What a trainer would train, in PyTorch; the trainer itself must not have been used.

    Args:
        trainer: with all its settings; its model is built for the rows and stays as it is.
        train: the rows to learn from.

    Raises:
        ValueError: where the trainer has a setting that has no counterpart here.
    """

    def __init__(self, trainer: Trainer, train: Dataset) -> None:
        for setting in ("early_stopping", "clip_norm", "clip_value", "average", "max_seconds"):
            if getattr(trainer, setting) is not None:
                raise ValueError(f"there is no counterpart of {setting} in PyTorch here")
        self.trainer, self.feed = trainer, trainer.feed(train)
        self.model = trainer.model
        self.model.adapt(self.feed.x, self.feed.targets)
        layers = self.model.network.chain.layers
        first = self.model.network.chain.first_trained
        self.before = Chain(layers[:first])
        self.module = nn.Sequential(*map(_twin_of, layers[first:]))

    def fit(self, after_epoch: Callable[[int], None]) -> None:
        """Trains as the trainer would: its epochs, batches, order of rows, learning rates."""
        trainer, feed = self.trainer, self.feed
        feed.prepare(math.inf)
        torch.manual_seed(trainer.seed)
        torch.set_num_threads(trainer.threads or torch.get_num_threads())
        optimizer, loss = self._optimizer(), _loss(self.model.criterion)
        shuffle = seeding.generator(trainer.seed, "shuffle")
        steps, rate = feed.steps(trainer.batch_size), trainer.optimizer.learning_rate  # type: ignore[union-attr]
        for epoch in range(trainer.epochs):
            self.module.train()
            batches = feed.batches(trainer.batch_size, shuffle.permutation(len(feed)))
            for step, (x, targets, _) in enumerate(batches):
                moment = Moment(epoch, step, trainer.epochs, steps)
                for group in optimizer.param_groups:
                    group["lr"] = rate * (1.0 if trainer.schedule is None else trainer.schedule.multiplier(moment))
                x = self.before.forward(x, training=True)
                optimizer.zero_grad(set_to_none=True)
                value = loss(self.module(torch.from_numpy(x)), torch.from_numpy(targets))
                value.backward()
                optimizer.step()
                value.item()
            after_epoch(epoch + 1)

    def outputs(self, x: Array) -> Array:
        """Of raw rows, as the nnlite model takes them: (rows, outputs)."""
        self.module.eval()
        found = []
        with torch.no_grad():
            for start in range(0, len(x), ROWS_AT_ONCE):
                ready = self.before.forward(self.model.preprocess(x[start : start + ROWS_AT_ONCE]))
                found.append(self.module(torch.from_numpy(ready)).numpy())
        return np.concatenate(found)

    def _optimizer(self) -> Any:
        """Weights are decayed, biases and scales of normalizations are not."""
        ours: Any = self.trainer.optimizer
        decayed = [p for p in self.module.parameters() if p.ndim > 1]
        others = [p for p in self.module.parameters() if p.ndim == 1]
        groups = [{"params": decayed, "weight_decay": ours.weight_decay}, {"params": others, "weight_decay": 0.0}]
        if isinstance(ours, SGD):
            return torch.optim.SGD(groups, ours.learning_rate, momentum=ours.momentum, nesterov=ours.nesterov)
        if isinstance(ours, Adam):
            kind: Any = torch.optim.AdamW if isinstance(ours, AdamW) else torch.optim.Adam
            return kind(groups, ours.learning_rate, (ours.beta1, ours.beta2), ours.epsilon)
        raise ValueError(f"there is no counterpart of {ours!r} in PyTorch here")


def _twin_of(layer: Layer) -> Any:
    if type(layer) not in MODULES:
        raise ValueError(f"there is no counterpart of {layer!r} in PyTorch here")
    module = MODULES[type(layer)](layer)
    with torch.no_grad():
        for parameter in layer.parameters:
            value = torch.from_numpy(parameter.value.copy())
            name = "weight" if parameter.name == "scale" else parameter.name
            getattr(module, name).copy_(value.T if isinstance(layer, Dense) and value.ndim == 2 else value)
    return module


def _loss(criterion: object) -> Callable[[Any, Any], Any]:
    if isinstance(criterion, SoftmaxCrossEntropy) and criterion.class_weight is None:
        return lambda z, t: functional.cross_entropy(z, t, label_smoothing=criterion.label_smoothing)
    if isinstance(criterion, BinaryCrossEntropy):
        return lambda z, t: functional.binary_cross_entropy_with_logits(z, t.to(z.dtype))
    raise ValueError(f"there is no counterpart of {criterion!r} in PyTorch here")
