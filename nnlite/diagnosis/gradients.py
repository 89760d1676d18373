"""Gradients that vanish or explode on their way back through the layers."""

from collections.abc import Iterator

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject
from nnlite.layers.activations import ReLU, Sigmoid, Tanh

# Trained networks of 2 to 16 Dense layers that had learnt their task (ReLU, Tanh, Sigmoid, BatchNorm) had first
# gradients of 1/150 to 60 times the last one. Of five and more Sigmoid layers that could not learn it less than a
# thousandth came to the first; where each layer multiplied by four, more than 2,000 times as much.
_VANISHED = 1e-3
_EXPLODED = 1e3
_LEAST_LAYERS = 3


def vanishing(subject: Subject) -> Iterator[Finding]:
    """A finding where the first trained layer gets less than a thousandth of the last one's gradient."""
    found = _first_and_last(subject)
    if found is None:
        return
    place, first, last, norms = found
    if first >= _VANISHED * last or _all_dead(subject):
        return
    flat = [each.place for each in subject.record.units if isinstance(each.layer, Sigmoid | Tanh)]
    change = next((f'{place}.type = "ReLU"' for place in flat if ", layer " not in place), "")
    yield Finding(
        "vanishing_gradients",
        "high",
        f"Gradients vanish on their way back: {place} gets hardly any, and so learns hardly anything.",
        f"norms of the gradients by the outputs of the trained layers, from the first on: {norms}",
        change,
    )


def exploding(subject: Subject) -> Iterator[Finding]:
    """A finding where the first trained layer gets more than a thousand times the last one's gradient."""
    found = _first_and_last(subject)
    if found is None:
        return
    place, first, last, norms = found
    if first <= _EXPLODED * last:
        return
    yield Finding(
        "exploding_gradients",
        "high",
        f"Gradients explode on their way back: {place} gets {first / last:,.0f} times that of the last layer.",
        f"norms of the gradients by the outputs of the trained layers, from the first on: {norms}",
        "training.clip_norm = 1.0",
    )


def _first_and_last(subject: Subject) -> tuple[str, float, float, str] | None:
    """The place of the first trained layer, its gradient's norm and that of the last, and all in words."""
    gradients = subject.record.gradients
    if len(gradients) < _LEAST_LAYERS or not gradients[-1][2] > 0:
        return None
    shown = [f"{norm:.2g}" for _, _, norm in gradients]
    shown = shown if len(shown) <= 12 else [*shown[:6], "…", *shown[-5:]]
    place, layer, first = gradients[0]
    return f"{place} {type(layer).__name__}", first, gradients[-1][2], ", ".join(shown)


def _all_dead(subject: Subject) -> bool:
    """Whether a layer of dead units lets nothing pass, which is a finding of its own."""
    return any((units.idle == 1).all() for units in subject.record.units if isinstance(units.layer, ReLU))
