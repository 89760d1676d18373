"""Records what PyTorch computes, as golden files that the tests compare nnlite with.

    pip install torch==2.13.0
    python tests/golden/record.py

The files are committed; running the tests needs no PyTorch.
"""

import json
from pathlib import Path

import torch

FOLDER = Path(__file__).parent


def softmax_jacobian() -> dict[str, object]:
    """The Jacobian of softmax over ten random features, row by row by autograd."""
    x = torch.randn(10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    jacobian = torch.autograd.functional.jacobian(lambda z: torch.softmax(z, dim=0), x)
    return {"x": x.tolist(), "y": torch.softmax(x, dim=0).tolist(), "jacobian": jacobian.tolist()}


def main() -> None:
    """Writes every golden file anew."""
    for record in (softmax_jacobian,):
        document = {"torch": torch.__version__} | record()
        (FOLDER / f"{record.__name__}.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
