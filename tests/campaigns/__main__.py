"""Runs campaigns in full, or one of them in another size, and prints a line for each."""

import argparse
import importlib
import pkgutil
import time

from tests import campaigns

NAMES = sorted(module.name for module in pkgutil.iter_modules(campaigns.__path__) if module.name != "__main__")

parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
parser.add_argument("name", nargs="?", choices=NAMES, help="of a campaign; all of them without one")
parser.add_argument("size", nargs="?", type=int, help="how many tries (default: the full size)")
options = parser.parse_args()
for name in NAMES if options.name is None else [options.name]:
    campaign = importlib.import_module(f"tests.campaigns.{name}")
    began = time.perf_counter()
    found = campaign.run(campaign.FULL if options.size is None else options.size)
    print(f"{name}: {found} ({time.perf_counter() - began:.0f} s)", flush=True)
