"""The limit of a library's threads, which several threads of Python set and set back at once."""

import threading
from typing import Any


class Block:
    """A stretch of a Python thread within which a library has a limit.

    Attributes:
        found: the number of the library's threads to go back to; None where it is unknown.
    """

    def __init__(self, found: int | None) -> None:
        self.found = found


class Limit:
    """The number of threads of one library, which is one number for the whole process.

    Blocks of several Python threads may begin and end in any order. Each has the number that it asked for, or that in
    force when it began if that is less; it keeps it to its end, unless a later block asks for less. When all have
    ended, the number is again what it was before the first.

    A library whose threads come from OpenMP has a number for each Python thread, which that sets and sets back alone.

    Args:
        controller: threadpoolctl's controller of the library.
    """

    def __init__(self, controller: Any) -> None:
        self._controller = controller
        self._shared = getattr(controller, "threading_layer", "") != "openmp"
        self._lock = threading.Lock()
        self._blocks: list[Block] = []  # of all threads, in the order in which they began

    def begin(self, count: int) -> Block:
        """Begins a block with at most `count` threads."""
        with self._lock:
            now = self._controller.num_threads
            block = Block(now)
            self._set(min(count, now or count))
            self._blocks.append(block)
        return block

    def end(self, block: Block) -> None:
        """Ends a block of this thread; where a later one of another thread goes on, that sets the number back."""
        with self._lock:
            at = self._blocks.index(block)
            later = self._blocks[at + 1 :] if self._shared else []
            del self._blocks[at]
            if later:
                later[0].found = block.found
            elif block.found is not None:
                self._set(block.found)

    def _set(self, count: int) -> None:
        # Later threadpoolctl lets the first thread alone that sets OpenBLAS's number change it, and ignores others.
        free = getattr(self._controller, "clear_controlling_thread", None)
        if free is not None:
            free(force=True)
        self._controller.set_num_threads(count)
        if free is not None:
            free(force=True)
