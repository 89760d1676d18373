"""Short histories for tests of what reads or draws them."""

from nnlite.training.history import History


def history_of(*rows):
    history = History()
    for epoch, row in enumerate(rows, start=1):
        history.append({"epoch": epoch} | row)
    return history
