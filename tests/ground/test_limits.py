"""The cores and the memory that a process was given are read off files and variables, whatever stands in them."""

import math
import os

import pytest

from nnlite import limits


@pytest.fixture
def kernel(tmp_path):
    """Writes files under a root as the kernel shows them; returns the arguments of the functions that read them."""

    def write(groups, **files):
        (tmp_path / "cgroup").write_text(groups)
        for name, text in files.items():
            path = tmp_path / "fs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / "cgroup", tmp_path / "fs"

    return write


V2 = "0::/a/b\n"
V1 = "4:cpu,cpuacct:/a/b\n2:cpuset:/\n3:memory:/a/b\n0::/\n"


@pytest.mark.parametrize(
    ("groups", "files", "cores"),
    [
        (V2, {"a/b/cpu.max": "150000 100000\n"}, 1.5),
        (V2, {"a/b/cpu.max": "max 100000\n"}, math.inf),
        (V2, {"a/b/cpu.max": "400000 100000\n", "a/cpu.max": "200000 100000\n"}, 2),  # a group above has less
        (V2, {"cpu.max": "100000 100000"}, 1),  # in a container, with a path of the host
        ("0::/../other\n", {"cpu.max": "300000 100000"}, 3),
        (V2, {"unified/a/cpu.max": "50000 100000"}, 0.5),
        (V1, {"cpu/a/b/cpu.cfs_quota_us": "250000\n", "cpu/a/b/cpu.cfs_period_us": "100000\n"}, 2.5),
        (V1, {"cpu,cpuacct/a/cpu.cfs_quota_us": "50000", "cpu,cpuacct/a/cpu.cfs_period_us": "50000"}, 1),
        (V1, {"cpu/a/b/cpu.cfs_quota_us": "-1\n", "cpu/a/b/cpu.cfs_period_us": "100000\n"}, math.inf),
        (V1, {"cpu/a/b/cpu.cfs_quota_us": "100000\n"}, math.inf),  # for no known time
        (V1, {"cpuset/cpu.max": "100000 100000\n"}, math.inf),  # not a folder of this controller
    ],
)
def test_the_cores_of_control_groups(kernel, groups, files, cores):
    assert limits.group_cores(*kernel(groups, **files)) == cores


@pytest.mark.parametrize(
    ("groups", "files", "memory"),
    [
        (V2, {"a/b/memory.max": "1048576\n", "a/memory.max": "max\n"}, 2**20),
        (V2, {"a/b/memory.max": "max\n", "memory.max": "4096"}, 4096),
        (V1, {"memory/a/b/memory.limit_in_bytes": "9223372036854771712\n"}, 9223372036854771712),
        (V1, {"memory/a/b/memory.limit_in_bytes": "8192", "memory/memory.limit_in_bytes": "16384"}, 8192),
    ],
)
def test_the_memory_of_control_groups(kernel, groups, files, memory):
    assert limits.group_memory(*kernel(groups, **files)) == memory


STRANGE = ["", "0", "-3", "1e3", "²", "max", "nan 0", "100000 0", "9" * 5000, "9" * 400, b"\xff\x00", "1" * 2**17]


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("name", ["a/b/cpu.max", "a/b/memory.max", "cpu/a/b/cpu.cfs_quota_us"])
def test_strange_contents_limit_nothing(kernel, name, text):
    for groups in (V2, V1):
        where = kernel(groups, **{name: text})
        assert limits.group_cores(*where) == limits.group_memory(*where) == math.inf


@pytest.mark.parametrize(
    "groups", ["", "nonsense", "0", "::", "0::", "0::relative\n", "0::/\0\n", "0::/" + "x" * 999]
)
def test_strange_names_of_groups_raise_nothing(kernel, tmp_path, groups):
    assert limits.group_cores(*kernel(groups)) == limits.group_memory(*kernel(groups)) == math.inf
    assert limits.group_cores(tmp_path / "none", tmp_path / "none") == math.inf
    assert limits.group_memory(tmp_path, tmp_path) == math.inf  # a folder in place of the file


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT"])
def test_the_least_variable_counts(name):
    others = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "7")
    for text, threads in (("3", 3), (" 2 ", 2), ("4,2", 4), ("9", 7), ("0", 7), ("-1", 7), ("x", 7), ("", 7)):
        assert limits.of_variables({**others, name: text}) == threads
    assert limits.of_variables({}) == math.inf


@pytest.mark.parametrize(
    ("cores", "variables", "quota", "given"),
    [(8, 4, 6.0, 4), (2, 4, 6.0, 2), (8, 4, 2.9, 2), (8, math.inf, 0.5, 1), (8, math.inf, math.inf, 8)],
)
def test_the_least_of_all_limits_is_what_a_process_was_given(monkeypatch, cores, variables, quota, given):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    monkeypatch.setattr(limits, "of_variables", lambda _: variables)
    monkeypatch.setattr(limits, "group_cores", lambda: quota)
    assert limits.threads() == given
