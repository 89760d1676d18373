"""Checks of all that can be added against its contract, a kind a file: nnlite's own, and yours."""

from nnlite.testing.callbacks import check_callback
from nnlite.testing.case import CheckError
from nnlite.testing.check_file import check_file
from nnlite.testing.jacobians import jacobian, numerical_jacobian
from nnlite.testing.layers import LAYER_CHECKS, check_layer
from nnlite.testing.losses import LOSS_CHECKS, check_loss
from nnlite.testing.metrics import check_metric
from nnlite.testing.optimizers import check_optimizer
from nnlite.testing.schedules import check_schedule
from nnlite.testing.sources import check_source

__all__ = [
    "LAYER_CHECKS",
    "LOSS_CHECKS",
    "CheckError",
    "check_callback",
    "check_file",
    "check_layer",
    "check_loss",
    "check_metric",
    "check_optimizer",
    "check_schedule",
    "check_source",
    "jacobian",
    "numerical_jacobian",
]
