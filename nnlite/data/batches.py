"""A batch is a few rows: what one step of training sees."""

from collections.abc import Iterator

_CHUNK_BYTES = 2**19


def slices(rows: int, batch_size: int) -> list[slice]:
    """The batches of an epoch; a last batch of a single row joins the one before it.

    A batch of one row would give batch statistics nothing to work with, and dropping it would leave
    rows out.

    >>> from nnlite.data.batches import slices
    >>> slices(7, 3)
    [slice(0, 3, None), slice(3, 7, None)]
    """
    starts = list(range(0, rows, batch_size))
    if len(starts) > 1 and rows - starts[-1] == 1 and batch_size > 1:
        starts.pop()
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], rows], strict=True)]


def chunks(rows: int, batch_size: int, row_bytes: int) -> list[tuple[slice, list[slice]]]:
    """The batches in groups that fit a processor's cache, to be gathered at once: a batch is a slice of its chunk.

    Gives the rows of each chunk, and where in it the batches are.

    >>> from nnlite.data.batches import chunks
    >>> chunks(6, batch_size=2, row_bytes=2**17)
    [(slice(0, 4, None), [slice(0, 2, None), slice(2, 4, None)]), (slice(4, 6, None), [slice(0, 2, None)])]
    """
    batches, groups = slices(rows, batch_size), []
    count = max(1, _CHUNK_BYTES // max(1, batch_size * row_bytes))
    inner: list[slice] = []
    for first in range(0, len(batches), count):
        group = batches[first : first + count]
        chunk = slice(group[0].start, group[-1].stop)
        if len(group) != len(inner) or inner[-1].stop != chunk.stop - chunk.start:  # the last one, as a rule
            inner = [slice(batch.start - chunk.start, batch.stop - chunk.start) for batch in group]
        groups.append((chunk, inner))
    return groups


def portions(rows: int, size: int = 1024) -> Iterator[slice]:
    """Slices of at most so many rows; one empty slice if there are no rows.

    >>> from nnlite.data.batches import portions
    >>> list(portions(5, size=3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for start in range(0, max(rows, 1), size):
        yield slice(start, min(start + size, rows))
