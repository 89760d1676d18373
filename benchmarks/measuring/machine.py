"""The machine: what the figures depend on beside the code."""

import datetime
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import nnlite
from benchmarks.measuring.commands import ROOT

PACKAGES = ("numpy", "scipy", "scikit-learn", "matplotlib", "torch", "jax")


def describe() -> list[str]:
    """The date, the processor, what is installed, and how busy the machine is, a line each."""
    return [
        f"Measured {datetime.date.today().isoformat()} on {processor()}, {cores()} cores"
        f"{memory()}, {platform.system()} {platform.release()}{load()}.",
        f"Python {platform.python_version()}, nnlite {nnlite.__version__}{commit()}, {packages()}; {blas()}.",
    ]


def processor() -> str:
    """Its model's name."""
    information = Path("/proc/cpuinfo")
    for line in information.read_text().splitlines() if information.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> str:
    """In GiB, where the system tells."""
    try:
        return f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (AttributeError, ValueError, OSError):
        return ""


def load() -> str:
    """How many processes wanted a core in the last minute: a busy machine gives noisy figures."""
    return f", load before it {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""


def packages() -> str:
    """Those that are installed, with their versions."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found)


def commit() -> str:
    """Of the repository, where there is one."""
    try:
        command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
        return f" ({subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()})"
    except (OSError, subprocess.CalledProcessError):
        return ""


def blas() -> str:
    """The library that makes NumPy's matrix products."""
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return ", ".join(f"{p['internal_api']} {p['version']} for {p.get('architecture', '?')}" for p in pools[:1])
