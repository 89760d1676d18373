"""Records what PyTorch computes, as golden files that the tests compare nnlite with.

    pip install torch==2.13.0 numpy
    python tests/oracles/golden/record.py

The files are committed; running the tests needs no PyTorch. What is recorded stands in the tables of
`layers.py`, `losses.py`, `optimizers.py` and `schedules.py` beside this file: names and arguments are nnlite's,
arrays lie as PyTorch has them (a Linear's weight is the transpose of a Dense's).
"""

import json
from collections.abc import Iterable
from pathlib import Path

import layers
import losses
import optimizers
import schedules
import torch

FOLDER = Path(__file__).parent


def softmax_jacobian() -> dict[str, object]:
    """The Jacobian of softmax over ten random features, row by row by autograd."""
    x = torch.randn(10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    jacobian = torch.autograd.functional.jacobian(lambda z: torch.softmax(z, dim=0), x)
    return {"x": x.tolist(), "y": torch.softmax(x, dim=0).tolist(), "jacobian": jacobian.tolist()}


def write_cases(name: str, cases: Iterable[tuple[str, dict[str, object]]]) -> None:
    """Writes a file of cases, each array on a line of its own: small, and a change shows what it changed."""
    found: dict[str, str] = {}
    for case, fields in cases:
        assert case not in found, f"two cases are named {case!r}"
        lines = (f"  {json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in fields.items())
        found[case] = " {\n" + ",\n".join(lines) + "\n }"
    body = ",\n".join(f" {json.dumps(case)}:{text}" for case, text in found.items())
    text = f'{{\n"torch": {json.dumps(torch.__version__)},\n"cases": {{\n{body}\n}}\n}}\n'
    (FOLDER / f"{name}.json").write_text(text)


def main() -> None:
    """Writes every golden file anew."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    document = {"torch": torch.__version__} | softmax_jacobian()
    (FOLDER / "softmax_jacobian.json").write_text(json.dumps(document, indent=1) + "\n")
    write_cases("layers", layers.cases())
    write_cases("losses", losses.cases())
    write_cases("optimizers", optimizers.prescribed_cases())
    write_cases("training", optimizers.training_cases())
    write_cases("schedules", schedules.schedule_cases())
    write_cases("plateaus", schedules.plateau_cases())
    write_cases("clipping", schedules.clipping_cases())
    write_cases("minima", optimizers.minimum_cases())


if __name__ == "__main__":
    main()
