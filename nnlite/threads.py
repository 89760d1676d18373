"""How many threads share a matrix product: two only where it is large, and never more than the process was given."""

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnlite import limits

_WORTH_SHARING = 6_000_000  # multiplications of a forward pass, from which a second thread saves time


def for_work(products: int) -> int:
    """The number of threads for a training step whose forward pass makes `products` shareable multiplications.

    It changes the last bits of a product. So it depends on nothing else; `taken` is how many of them there are.
    """
    return 1 if products < _WORTH_SHARING else 2


def taken(wanted: int) -> int:
    """How many threads are taken where this many are wanted: no more than the process was given, and at least 1.

    The process was given what its cores, its control group and its environment variables allow (`limits.threads`),
    and no more than the libraries use now, which `threadpool_limits` of threadpoolctl may have limited.
    """
    return wanted if wanted == 1 else max(1, min(wanted, limits.threads(), in_force(wanted)))


def in_force(otherwise: int) -> int:
    """How many threads NumPy's matrix products use now; `otherwise` where that cannot be found out."""
    counts = [library.lib_controllers[0].num_threads for library in _each() if not _is_scipys(_path(library))]
    return max([count for count in counts if count], default=otherwise)


@contextlib.contextmanager
def limited(count: int) -> Iterator[None]:
    """Within the block, NumPy's matrix products use `count` threads, or as few as they used before.

    It works with OpenBLAS, MKL and BLIS; Apple's Accelerate follows its environment alone. OpenBLAS has one number
    for the whole process: while one thread of Python is in such a block, threadpoolctl lets no other change it.
    """
    with contextlib.ExitStack() as stack:
        for library in _each():
            now = library.lib_controllers[0].num_threads
            stack.enter_context(library.limit(limits=min(count, now or count)))
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


@functools.cache
def _each() -> tuple[Any, ...]:
    """A controller of each of NumPy's and SciPy's libraries alone."""
    paths = [library.filepath for library in _controller().lib_controllers if library.user_api == "blas"]
    return tuple(_controller().select(filepath=path) for path in paths)


def _path(controller: Any) -> Path:
    return Path(controller.lib_controllers[0].filepath)
