"""A round measures everything once; then comes the next round.

What disturbs a machine comes in bursts. Measured one after the other, a burst would hit one peer alone; in rounds
it hits all a little, and the median of the rounds is moved by none. Only one thing runs at a time.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from benchmarks.measuring.progress import say

Key = TypeVar("Key", bound=Hashable)
Figure = TypeVar("Figure")


def go_round(turns: Mapping[Key, Callable[[], Figure]], rounds: int, title: str) -> dict[Key, list[Figure]]:
    """Calls every one of `turns` once in each round, every second round backwards; returns what each gave."""
    figures: dict[Key, list[Figure]] = {key: [] for key in turns}
    for number in range(rounds):
        say(f"{title}: round {number + 1} of {rounds}")
        for key in list(turns)[:: -1 if number % 2 else 1]:
            figures[key].append(turns[key]())
    return figures
