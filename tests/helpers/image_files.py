"""Files of images for tests of what reads them."""

import numpy as np


def saved(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


def digits(rows, shape=(28, 28)):
    """Pictures that are all different, and their digits."""
    x = np.arange(rows).astype(np.uint8)[:, None] * np.uint8(7) + np.arange(784).astype(np.uint8)
    return x.reshape(rows, *shape), (np.arange(rows) % 10).astype(np.uint8)
