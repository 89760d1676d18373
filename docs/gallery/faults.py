"""A source of rows for a config: made-up readings of machines, of which few are about to fail."""

import numpy as np

from nnlite import Dataset
from nnlite.data import from_arrays
from nnlite.signature import PositiveInt

COLUMNS = ("temperature", "vibration", "load", "age", "voltage", "humidity")


def faults(machines: PositiveInt = 4000) -> Dataset:
    """Six readings of each machine, and whether it fails within a week: about one in fifteen does.

    Machines that are hot and shake fail, and old ones under load; voltage and humidity say nothing.

    Args:
        machines: how many there are.
    """
    rng = np.random.default_rng(0)
    temperature = rng.normal(60, 12, machines)  # °C
    vibration = rng.gamma(2, 1.5, machines)  # mm/s
    load = rng.uniform(0, 1, machines)  # of the most it can bear
    age = rng.gamma(3, 2.5, machines)  # years
    voltage = rng.normal(230, 4, machines)  # V
    humidity = rng.uniform(20, 80, machines)  # %
    hot_and_shaking = np.maximum(temperature - 60, 0) / 12 * vibration / 3
    worn = age / 7.5 * load
    risk = 1 / (1 + np.exp(4.8 - 1.7 * hot_and_shaking - 1.3 * worn))
    fails = rng.uniform(size=machines) < risk
    rows = np.stack([temperature, vibration, load, age, voltage, humidity], axis=1)
    return from_arrays(rows, np.where(fails, "fails", "runs"), feature_names=COLUMNS)
