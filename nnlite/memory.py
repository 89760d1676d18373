"""Freed memory is kept for the next arrays, where the C library would hand it back to the system."""

import functools

import numpy as np

_KEPT = 2**23  # bytes; the C library keeps twice as many at most


@functools.cache
def keep_freed() -> None:
    """Lets arrays of up to 8 MiB take the memory of those before them, from now on, in the whole process.

    The C library of Linux maps each piece of 128 KiB or more anew, and the system fills it with zeros, page by page,
    which takes longer than many a calculation in it. When a larger piece is freed, the library takes pieces of its
    size for usual, and keeps the memory of such. The one that is freed here is never touched, so it occupies nothing.
    Elsewhere this does nothing.

    Source: the manual page mallopt(3), "dynamic mmap threshold".
    """
    np.empty(_KEPT, np.uint8)  # freed at once
