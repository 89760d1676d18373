"""Cross-entropy is the loss of a classifier: minus the logarithm of the probability of the true class."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.annotations import Fraction
from nnlite.errors import ShapeError
from nnlite.layers.matrices import sum_of_rows
from nnlite.layers.softmax import Softmax, softmax
from nnlite.losses.class_weight import ClassifierLoss, ClassWeight
from nnlite.losses.labels import check_logits, encode, log, one_hot, product_where_nonzero
from nnlite.metrics import classification as metrics
from nnlite.types import Array, Shape, float_dtype


class SoftmaxCrossEntropy(ClassifierLoss):
    """L = mean over the batch of −Σₖ tₖ·log softmax(z)ₖ: the loss of a classifier with exclusive classes.

    Contains the softmax, so the layer before it gives the raw numbers z ("logits"), one per class.

    Shapes: z (batch, classes). Targets t: (batch,) class indices from 0, or (batch, classes) rows of
    probabilities (one-hot rows, say). Sample weights w (batch,) make the mean Σ w·L / Σ w.

    Args:
        label_smoothing: ε; each target becomes (1 − ε)·t + ε/K, where K is the number of classes.
        class_weight: a weight for each class, in order, or by its name ({"spam": 5, "ham": 1}; where the dataset
            names no classes, by its index), or "balanced", which learns rows / (classes · rows of the class) from the
            training rows. It multiplies the sample weight of each row, in evaluation too; accuracy and `log_loss` are
            not weighted by it.

    PyTorch's `weight=` gives the same loss and gradient for one batch without label smoothing; with it, PyTorch
    weighs each term of the sum over k. In training they differ: PyTorch divides by the weights of each batch, which
    makes weights fade in small ones. Of 50 rows among 950 that no feature tells apart, "balanced" weights make the
    probability 0.5; divided by the weights of batches of 32, 8 and 1 it becomes 0.42, 0.25 and 0.05. Training here
    gives 0.5 in all of them (see `Loss.batch_scale`).

    Raises:
        DataError: by `encode`, when a label is out of range or a row is no row of probabilities.
        ShapeError: by `build`, when there is not one class weight for each output.
        ConfigError: before training, when `class_weight` has a name that is no class, or lacks a class.

    >>> import numpy as np
    >>> from nnlite import SoftmaxCrossEntropy
    >>> loss = SoftmaxCrossEntropy()
    >>> round(loss.forward(np.array([[1.0, 2.0, 3.0]]), np.array([1])), 6)
    1.407606
    >>> loss.backward().round(6)
    array([[ 0.090031, -0.755272,  0.665241]])

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990);
    label smoothing: Szegedy et al., "Rethinking the Inception Architecture" (2016), section 7.
    """

    contains = Softmax

    def __init__(self, label_smoothing: Fraction = 0.0, class_weight: ClassWeight = None) -> None:
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def build(self, output_shape: Shape) -> None:
        check_logits(output_shape)
        self.build_class_weight(output_shape[-1])

    def outputs_for(self, classes: int) -> int:
        return classes

    def encode(self, targets: Array | Sequence[Any], output_shape: Shape) -> Array:
        return encode(targets, output_shape)

    def forward(self, outputs: Array, targets: Array, sample_weight: Array | None = None) -> float:
        if len(targets) != len(outputs):
            raise ShapeError(f"targets of shape {targets.shape} do not belong to outputs of shape {outputs.shape}")
        # log softmax(z)ₖ = zₖ − m − log Σⱼ exp(zⱼ − m), where m = maxⱼ zⱼ keeps exp from overflow.
        # Transposed to (classes, batch): NumPy reduces fastest along a long last axis. In float64, where no
        # difference of two float32 numbers is too large.
        z = outputs.T.astype(np.float64, order="C")  # (classes, batch)
        z -= np.maximum.reduce(z)  # at most 0: exp cannot overflow
        z -= np.log(sum_of_rows(np.exp(z)))
        self.log_softmax, self.dtype = z, float_dtype(outputs)
        self.targets = one_hot(targets, len(z)) if targets.ndim == 1 else targets.T  # (classes, batch)
        if self.label_smoothing:
            self.targets = (1 - self.label_smoothing) * self.targets + self.label_smoothing / len(z)
        if self.class_weight is not None:
            sample_weight = self.weights(targets, sample_weight)
        self.share: Array | float
        if sample_weight is None:
            self.weight = float(len(outputs))
            self.share = 1 / max(self.weight, 1)
            # the mean over the batch of Σₖ tₖ·log softmax(z)ₖ; `vdot` multiplies and adds in one call
            expected = float(np.vdot(self.targets, z)) * self.share
        else:
            self.weight = float(sample_weight.sum())
            self.share = sample_weight / (self.weight or 1)  # (batch,); weights that are all 0 make the loss 0
            expected = float(np.vdot(self.targets * self.share, z))
        if not math.isfinite(expected):
            expected = float(product_where_nonzero(self.targets * self.share, z).sum())
        # L = −Σₖ tₖ·log softmax(z)ₖ, written 0 − … since a loss of −0.0 reads badly
        return 0 - expected

    def backward(self) -> Array:
        # ∂L/∂z = (softmax(z) − t)·w / Σw
        dz: Array = np.exp(self.log_softmax)  # (classes, batch)
        dz -= self.targets
        dz *= self.share
        return dz.T.astype(self.dtype, copy=False)  # (batch, classes)

    def row_figures(self, outputs: Array, targets: Array) -> dict[str, Array]:
        figures = {"accuracy": metrics.is_right(outputs, targets)}
        if self.class_weight is not None or self.label_smoothing:  # else the loss is the log loss
            z = outputs.astype(np.float64)  # (rows, classes)
            z -= z.max(axis=1, keepdims=True)
            z -= np.log(np.exp(z).sum(axis=1, keepdims=True))  # log softmax
            of_true = z[np.arange(len(z)), targets] if targets.ndim == 1 else product_where_nonzero(targets, z).sum(1)
            figures["log_loss"] = 0 - of_true
        return figures

    def predict(self, outputs: Array) -> Array:
        """The probabilities of the classes, (rows, classes)."""
        return softmax(outputs)

    def outputs_from(self, predictions: Array) -> Array:
        return log(predictions)  # softmax(log p) = p
