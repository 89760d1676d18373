"""How many threads share a matrix product: two only where it is large, and never more than the process was given."""

import contextlib
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nnlite import limits
from nnlite.thread_limits import Limit

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
    counts = [library.num_threads for _, library in _blas() if not _is_scipys(Path(library.filepath))]
    return max([count for count in counts if count], default=otherwise)


@contextlib.contextmanager
def limited(count: int) -> Iterator[None]:
    """Within the block, NumPy's matrix products use `count` threads, or as few as they used before.

    It works with OpenBLAS, MKL and BLIS; Apple's Accelerate follows its environment alone. Most libraries have one
    number for the whole process: where several threads of Python are in such blocks at once, it is that of the block
    that allows the fewest, as `Limit` says.
    """
    with _limited([limit for limit, _ in _blas()], count):
        yield


@contextlib.contextmanager
def one_for_scipy() -> Iterator[None]:
    """Within the block, SciPy's own copy of the BLAS library, if it has one, uses one thread.

    For calls that only add vectors: a second thread would occupy a core that NumPy's needs, waiting for work.
    """
    with _limited(_scipys(), 1):
        yield


@contextlib.contextmanager
def _limited(of: Iterable[Limit], count: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for limit in of:
            stack.callback(limit.end, limit.begin(count))
        yield


def libraries() -> list[dict[str, Any]]:
    """The libraries that make NumPy's matrix products, as threadpoolctl describes them.

    Those of SciPy are left out: whether they are there depends on what else the process has imported.
    """
    found: list[dict[str, Any]] = _controller().info()
    return [each for each in found if each["user_api"] == "blas" and not _is_scipys(Path(each["filepath"]))]


@functools.cache
def _scipys() -> tuple[Limit, ...]:
    """The limits of SciPy's libraries, which has been imported by now."""
    from threadpoolctl import ThreadpoolController

    return tuple(_limit(each) for each in ThreadpoolController().lib_controllers if _is_scipys(Path(each.filepath)))


def _is_scipys(library: Path) -> bool:
    """Whether the library belongs to SciPy's wheel; NumPy's has a file of the same name, in another folder."""
    return library.parent.name == "scipy.libs" or library.parent.parts[-2:] == ("scipy", ".dylibs")


@functools.cache
def _controller() -> Any:
    """The controller of NumPy's libraries, found once: finding them takes longer than setting them."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@functools.cache
def _blas() -> tuple[tuple[Limit, Any], ...]:
    """The limit and the controller of each BLAS library, NumPy's and SciPy's."""
    return tuple((_limit(each), each) for each in _controller().lib_controllers if each.user_api == "blas")


_limits: dict[str, Limit] = {}  # by the path of the library, of which there may be several controllers


def _limit(controller: Any) -> Limit:
    return _limits.setdefault(controller.filepath, Limit(controller))
