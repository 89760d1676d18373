"""Trains the runs of the gallery anew, and keeps their reports and pictures: python docs/gallery/remake.py [FOLDER]

They come into FOLDER, or beside this file. A run's model and history are not kept: its config is here or in
`configs/`, and trains them again.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import nnlite

HERE = Path(__file__).parent
CONFIGS = HERE.parents[1] / "configs"
RUNS = {
    "rare_class": HERE / "faults.toml",
    "ten_classes": CONFIGS / "digits.toml",
    "images": CONFIGS / "digits_cnn.toml",
    "numbers": CONFIGS / "diabetes.toml",
    "gone_wrong": HERE / "gone_wrong.toml",
}
"""The folder of each run, and its config."""

LAYER_SNAPSHOTS = {"callbacks": [{"type": "LayerSnapshots"}]}
"""Recorded in every run of one network, so that the report shows its layers over the epochs."""


def remake(folder: Path) -> None:
    """Trains each run, and replaces what the folder has of it."""
    for name, config in RUNS.items():
        with tempfile.TemporaryDirectory() as scratch:
            run = Path(scratch) / name
            nnlite.train(config, LAYER_SNAPSHOTS, out=run)
            place = folder / name
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            for kept in sorted([*run.glob("*.svg"), run / "report.html"]):
                # Where this checkout lies, which a plug-in's path says, is nobody's concern.
                text = kept.read_text(encoding="utf-8").replace(str(HERE), "docs/gallery")
                (place / kept.name).write_text(text, encoding="utf-8")
        print(f"written: {place}", flush=True)


if __name__ == "__main__":
    remake(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
