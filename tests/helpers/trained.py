"""Runs for tests that look at their files: trained without the pictures, which take longer than the training."""

import pytest

import nnlite
from nnlite import plots


def train(*arguments, **options):
    """`nnlite.train` without a progress bar, and without pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "save", lambda figure, path: None)
        return nnlite.train(*arguments, progress=False, **options)
