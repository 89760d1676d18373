"""Trains the model that a config file describes: python train.py configs/digits.toml

The same as `nnlite train`; `python train.py --help` says more.
"""

import sys

from nnlite.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
