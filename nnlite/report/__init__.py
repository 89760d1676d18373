"""The report on a run: one page that holds all that is known of it, and needs nothing else."""

from nnlite.report.contents import (
    Bin,
    Calibration,
    ClassRow,
    Contents,
    Figure,
    Figures,
    Importance,
    Mistake,
    Mistakes,
    Picture,
)
from nnlite.report.diagram import diagram, diagram_file
from nnlite.report.network import Block, Network, network_of
from nnlite.report.page import page

__all__ = [
    "Bin",
    "Block",
    "Calibration",
    "ClassRow",
    "Contents",
    "Figure",
    "Figures",
    "Importance",
    "Mistake",
    "Mistakes",
    "Network",
    "Picture",
    "diagram",
    "diagram_file",
    "network_of",
    "page",
]
