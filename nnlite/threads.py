"""Threads share the work of a matrix product; below some size they cost more than they give."""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_WORTH_SHARING = 6_000_000


def for_work(products: int) -> int:
    """How many threads a training step is given whose forward pass makes so many multiplications to be shared.

    The number changes the last bits of a product, so nothing else has a say in it: neither the cores that there
    are, nor a variable such as OPENBLAS_NUM_THREADS.
    """
    return 1 if products < _WORTH_SHARING else 2


def crowded(count: int) -> bool:
    """Whether so many threads have fewer cores: one then waits, busily, for another that cannot run meanwhile."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return count > allowed


@contextlib.contextmanager
def limited(count: int) -> Iterator[None]:
    """Sets how many threads NumPy's matrix products use, and back again.

    OpenBLAS, MKL and BLIS do as they are told; Apple's Accelerate goes on as its environment says.
    """
    with _controller().limit(limits=count, user_api="blas"):
        yield


@contextlib.contextmanager
def one_for_scipy() -> Iterator[None]:
    """Keeps SciPy's own copy of the library, if it has one, to one thread; for calls that have only vectors to add.

    Its second thread would take the core from NumPy's, and wait for work there.
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
    """Whether SciPy's wheel brought it: the file is called the same in NumPy's, so the folder tells."""
    return library.parent.name == "scipy.libs" or library.parent.parts[-2:] == ("scipy", ".dylibs")


@functools.cache
def _controller() -> Any:
    """Finding the libraries takes longer than setting them, so it is done once."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
