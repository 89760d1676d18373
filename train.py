"""Trains the model that a config file describes: python train.py configs/digits.toml

The same as `nnlite train`; `python train.py --help` says more.
"""

import sys

if __name__ == "__main__":
    try:
        from nnlite.cli import main

        code = main(["train", *sys.argv[1:]])
    except KeyboardInterrupt:  # while NumPy is still being loaded
        code = 130
    sys.exit(code)
