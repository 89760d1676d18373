"""Agreement comes before speed: peers are compared only if they have learnt the same."""

import statistics
from collections.abc import Mapping

from benchmarks.cases.networks import Network
from benchmarks.measuring.crew import Crew

AFTER_ONE_EPOCH = 1e-3
AFTER_ALL_EPOCHS = 1e-2
"""How far a loss may be from the middle one of all peers, as a part of that one.

Float32 rounds each product and sum by up to 6e-8, each library in another order, and every step builds on the one
before. On the networks here peers differ by less than 2e-4 after all epochs. A formula that is another one shows
in the first: with Nesterov's momentum, say, PyTorch's loss is 6e-3 to 3e-2 off after one epoch.
"""


class DisagreementError(Exception):
    """Some peer has learnt something else: its times mean nothing."""


def check(crew: Crew, network: Network) -> str:
    """Compares the losses after one epoch and after all; says how close they are, or raises `DisagreementError`."""
    found = []
    for epochs, tolerance in ((1, AFTER_ONE_EPOCH), (network.epochs, AFTER_ALL_EPOCHS)):
        answers = {hand.name: hand.ask("check", network, epochs=epochs)["loss"] for hand in crew.hands}
        losses = {name: loss for name, loss in answers.items() if loss is not None}
        if losses:
            off = largest_difference(losses, tolerance, f"{network.name} after {epochs} epoch{'s' * (epochs > 1)}")
            found.append(f"{off:.0e} after {epochs} epoch{'s' * (epochs > 1)}")
    return f"{network.name}: the losses of all peers agree: they differ by at most {' and '.join(found)}"


def largest_difference(losses: Mapping[str, float], tolerance: float, where: str) -> float:
    """The largest relative difference from the median loss; raises where it is more than the tolerance."""
    middle = statistics.median_low(losses.values())
    differences = {name: abs(loss - middle) / middle for name, loss in losses.items()}
    wrong = [name for name, difference in differences.items() if not difference <= tolerance]  # NaN is wrong too
    if wrong:
        all_losses = "".join(f"\n  {name}: {loss:.9g}" for name, loss in losses.items())
        raise DisagreementError(
            f"{where}, {', '.join(wrong)}: the loss differs from the others' by more than {tolerance:g} of it, so "
            f"times would compare different things. The losses:{all_losses}"
        )
    return max(differences.values())
