"""A batch is a few rows: what one step of training sees."""


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
