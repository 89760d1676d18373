"""How many threads share a matrix product: two only where the product is large, since sharing costs time too."""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_WORTH_SHARING = 6_000_000  # multiplications of a forward pass, from which a second thread saves time


def for_work(products: int) -> int:
    """The number of threads for a training step whose forward pass makes `products` shareable multiplications.

    It changes the last bits of a product. So it depends on nothing else: neither on the number of cores, nor on a
    variable such as OPENBLAS_NUM_THREADS.
    """
    return 1 if products < _WORTH_SHARING else 2


def crowded(count: int) -> bool:
    """Whether there are fewer cores than threads: a thread then spins, waiting for one that cannot run."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return count > allowed


@contextlib.contextmanager
def limited(count: int) -> Iterator[None]:
    """Within the block, NumPy's matrix products use `count` threads.

    It works with OpenBLAS, MKL and BLIS; Apple's Accelerate follows its environment alone.
    """
    with _controller().limit(limits=count, user_api="blas"):
        yield


@contextlib.contextmanager
def one_for_scipy() -> Iterator[None]:
    """Within the block, SciPy's own copy of the BLAS library, if it has one, uses one thread.

    For calls that only add vectors: a second thread would occupy a core that NumPy's needs, waiting for work.
    """
    with _scipys_controller().limit(limits=1):
        yield


def libraries() -> list[dict[str, Any]]:
    """The libraries that make NumPy's matrix products, as threadpoolctl describes them.

    Those of SciPy are left out: whether they are there depends on what else the process has imported.
    """
    found: list[dict[str, Any]] = _controller().info()
    return [each for each in found if each["user_api"] == "blas" and not _is_scipys(Path(each["filepath"]))]


@functools.cache
def _scipys_controller() -> Any:
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController()
    paths = [library.filepath for library in controller.lib_controllers]
    return controller.select(filepath=[path for path in paths if _is_scipys(Path(path))])


def _is_scipys(library: Path) -> bool:
    """Whether the library belongs to SciPy's wheel; NumPy's has a file of the same name, in another folder."""
    return library.parent.name == "scipy.libs" or library.parent.parts[-2:] == ("scipy", ".dylibs")


@functools.cache
def _controller() -> Any:
    """The controller of NumPy's libraries, found once: finding them takes longer than setting them."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
