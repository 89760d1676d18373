"""What tests of a user's mistakes are written with: exit codes, configs, and parts of a plug-in."""

from pathlib import Path

import numpy as np

PLUGIN_FAILED, WRONG_CONFIG, WRONG_DATA, UNUSABLE_FILE, DIVERGED, INTERRUPTED = 1, 2, 3, 4, 5, 130

DENSE, LOSS = '{ type = "Dense", units = 3 }', '{ type = "SoftmaxCrossEntropy" }'
NPZ = 'source = "npz"\npath = "d.npz"'
HUGE = "0x" + "f" * 5000
X, Y = np.random.default_rng(0).normal(size=(60, 4)), np.arange(60) % 3
IMPORT, OWN = "from nnlite import *\n", "class Own(Layer):\n"
BODY = "    def forward(self, x, *, training=False): return x\n    def backward(self, dy): return dy\n"
BUILD = "    def build(self, input_shape, rng): pass\n"
INIT = "    def __init__(self, {}):\n        self.width = width\n" + BODY
TRAIN = ("train", "c.toml")


def config(top="", data='source = "iris"', layers=f"[{DENSE}, {LOSS}]", rest=""):
    return f"{top}\n[data]\n{data}\n[model]\nlayers = {layers}\n[training]\nepochs = 1\n{rest}\n"


def own(layer='{ type = "Own" }'):
    return config('plugins = ["own.py"]', layers=f"[{layer}, {DENSE}, {LOSS}]")


def write(content, name="c.toml"):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


def left(folder):
    """All that lies in a folder."""
    return {str(path) for path in folder.rglob("*") if "__pycache__" not in str(path)}
