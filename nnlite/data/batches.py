"""A batch is the few rows that one step of training sees; a portion is as many as fit memory in prediction."""

from collections.abc import Iterator

_CHUNK_BYTES = 2**19


def slices(rows: int, batch_size: int) -> list[slice]:
    """The batches of an epoch, as slices; a last batch of a single row joins the one before it.

    Batch normalization needs at least two rows, and no row may be left out.

    >>> from nnlite.data.batches import slices
    >>> slices(7, 3)
    [slice(0, 3, None), slice(3, 7, None)]
    """
    starts = list(range(0, rows, batch_size))
    if len(starts) > 1 and rows - starts[-1] == 1 and batch_size > 1:
        starts.pop()
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], rows], strict=True)]


def chunks(rows: int, batch_size: int, row_bytes: int) -> list[tuple[slice, list[slice]]]:
    """The batches of an epoch in chunks that fit a processor's cache: the rows of a chunk are gathered at once.

    Returns the rows of each chunk, and the slice of each batch within its chunk.

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
    """Slices of at most `size` rows, which together cover all rows; one empty slice if there are no rows.

    >>> from nnlite.data.batches import portions
    >>> list(portions(5, size=3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for start in range(0, max(rows, 1), size):
        yield slice(start, min(start + size, rows))
