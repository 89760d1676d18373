"""A callback made of functions, for tests that look into a fit."""

from nnlite import Callback


class On(Callback):
    """Calls functions at a fit's events.

    Args:
        step: called after each step with its number in the epoch, from 1, and how many there are.
        epoch: called after each epoch with its row of the history.
        portion: called before each portion of rows.
    """

    def __init__(self, step=None, epoch=None, portion=None):
        self.step, self.epoch, self.portion = step, epoch, portion

    def after_step(self, fit):
        if self.step is not None:
            self.step(fit.step, fit.steps)

    def after_epoch(self, fit, row):
        if self.epoch is not None:
            self.epoch(row)

    def before_portion(self, fit):
        if self.portion is not None:
            self.portion()
