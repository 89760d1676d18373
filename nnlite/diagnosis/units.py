"""Units that never answer (dead ReLUs), or always answer the same (saturated Sigmoid and Tanh), learn no more."""

from collections.abc import Iterator, Sequence

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.layer_record import Units
from nnlite.diagnosis.subject import Subject
from nnlite.layers.activations import ReLU

# Networks of one to six layers of 32 or 64 units that were trained with good rates on clouds, moons, rings and
# regressions had at most 27 % of a layer dead; those whose rate was so high that they suffered mostly 60 % and more.
# Of inputs that are never negative some units are dead from the start, and the others do their work.
_DEAD, _MANY, _NEARLY_ALL = 0.5, 0.75, 0.9

# A unit is saturated where it is flat on so many of the rows. In the same tests, up to 300 epochs long, at most a
# quarter of a layer's units were; with rates that were far too high two thirds and more, with inputs in the hundreds
# nearly all.
_FLAT_ROWS = 0.9
_SATURATED = 0.5


def dead(subject: Subject) -> Iterator[Finding]:
    """A finding where half of the units of a ReLU, or more, are 0 for all rows; it is about the worst layer."""
    found = [(float((units.idle == 1).mean()), units) for units in subject.record.units if _is_relu(units.layer)]
    if not found:
        return
    share, units = max(found, key=lambda pair: pair[0])
    if share < _DEAD:
        return
    count = int((units.idle == 1).sum())
    yield Finding(
        "dead_units",
        "high" if share > _NEARLY_ALL else "medium" if share > _MANY else "low",
        f"{count} of {len(units.idle)} units of {units.place} ReLU are dead: they give 0 for every row, and learn no "
        "more.",
        f"0 for all of {subject.record.rows} training rows" + _beside(found),
        subject.settings.rate_times(0.1) or f'{units.place}.type = "LeakyReLU"',
    )


def saturated(subject: Subject) -> Iterator[Finding]:
    """A finding where half of the units of a Sigmoid or Tanh, or more, are flat for nearly all rows."""
    found = [
        (float((units.idle >= _FLAT_ROWS).mean()), units)
        for units in subject.record.units
        if not _is_relu(units.layer)
    ]
    if not found:
        return
    share, units = max(found, key=lambda pair: pair[0])
    if share < _SATURATED:
        return
    count, name = int((units.idle >= _FLAT_ROWS).sum()), type(units.layer).__name__
    yield Finding(
        "saturated_units",
        "high" if share > _NEARLY_ALL else "medium",
        f"{count} of {len(units.idle)} units of {units.place} {name} are saturated: their inputs are so large that "
        "hardly any gradient passes.",
        f"flat for at least 90 % of {subject.record.rows} training rows" + _beside(found),
        "" if ", layer " in units.place else f'{units.place}.type = "ReLU"',
    )


def _is_relu(layer: object) -> bool:
    return isinstance(layer, ReLU)


def _beside(found: Sequence[tuple[float, Units]]) -> str:
    """The shares of all such layers, if there are several."""
    if len(found) < 2:
        return ""
    return f"; by layer {', '.join(f'{100 * share:.0f} %' for share, _ in found)}"
