"""The cores and the memory that a process was given: less than the machine has in a container, a job, or a worker."""

import functools
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
"""Each holds the most threads that the process may use. joblib sets the first three for its workers."""

_GROUPS = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")


def threads() -> int:
    """The most threads that this process was given, 1 or more, by affinity, control group and variables."""
    return max(1, math.floor(min(_affinity(), of_variables(os.environ), group_cores())))


@functools.cache  # each fit asks for it, and the control group's files take as long to read as a short fit's epochs
def memory() -> float:
    """The memory in bytes that this process was given when it was first asked for; infinity if it cannot be found."""
    return min(_machine_memory(), group_memory())


def of_variables(variables: Mapping[str, str]) -> float:
    """The least number of threads in the environment variables that limit them; infinity where none does.

    "4,2" is 4, and 2 within each of these. What is no number from 1 on limits nothing.

    >>> from nnlite.limits import of_variables
    >>> of_variables({"OMP_NUM_THREADS": "4,2", "MKL_NUM_THREADS": "8", "OPENBLAS_NUM_THREADS": "many"})
    4.0
    """
    return min(_number(variables.get(name, "").split(",")[0], least=1) for name in _VARIABLES)


def group_cores(groups: Path = _GROUPS, mount: Path = _MOUNT) -> float:
    """The cores that the process's control group and those above it may use on average, such as 1.5.

    Args:
        groups: the file that names the process's groups.
        mount: the folder where the kernel shows all groups.
    """
    least = math.inf
    for folder in _folders("cpu", groups, mount):
        # Version 2: "150000 100000", or "max 100000".
        quota, _, period = _text(folder / "cpu.max").strip().partition(" ")
        if not quota:  # version 1: −1 where there is no limit
            quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
        cores = _number(quota, least=1) / _number(period, least=1)
        if cores > 0:  # neither NaN nor 0, as without a period
            least = min(least, cores)
    return least


def group_memory(groups: Path = _GROUPS, mount: Path = _MOUNT) -> float:
    """The bytes of memory that the process's control group and those above it may use; infinity without a limit.

    Args:
        groups: the file that names the process's groups.
        mount: the folder where the kernel shows all groups.
    """
    names = ("memory.max", "memory.limit_in_bytes")  # of versions 2 and 1
    found = [_number(_text(folder / name), least=1) for folder in _folders("memory", groups, mount) for name in names]
    return min(found, default=math.inf)


def _folders(controller: str, groups: Path, mount: Path) -> Iterator[Path]:
    """The folders of the process's group and of all groups above it, for a controller such as "memory".

    In a container the path may be that of the host, which is not there; then the limit stands at the top.
    """
    for line in _text(groups).splitlines():  # "0::/path" in version 2, "4:cpu,cpuacct:/path" in version 1
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not path.startswith("/") or ".." in path.split("/"):  # a group outside of the container
            path = "/"
        if not controllers:
            tops = [mount, mount / "unified"]
        elif controller in controllers.split(","):
            tops = [mount / controller, mount / controllers]
        else:
            continue
        group = PurePosixPath(path)
        for above in (group, *group.parents):
            yield from (top / above.relative_to("/") for top in tops)


def _text(path: Path) -> str:
    """What a small file of the kernel says; nothing if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(2**16).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _number(text: str, least: int) -> float:
    """A whole number of this size or more, as a float; infinity for anything else, such as "max" or "-1"."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 100) or int(text) < least:
        return math.inf
    return float(text)


def _affinity() -> int:
    """The cores that the system lets the process run on."""
    if hasattr(os, "sched_getaffinity"):
        try:
            return len(os.sched_getaffinity(0))
        except OSError:
            pass
    return os.cpu_count() or 1


def _machine_memory() -> float:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        return math.inf
