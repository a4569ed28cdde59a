"""Limits of control groups, of both versions, nested, hybrid and broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trees import write_tree

from devlint.doctor.probes.cgroups import CgroupLimits, read_limits

GIB = 1 << 30
V2_MOUNT = "30 23 0:26 {root} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
V1_MOUNTS = """\
34 31 0:29 {root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 {root} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
36 31 0:33 {root} /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
"""
V2 = {
    "proc/self/mountinfo": V2_MOUNT.format(root="/"),
    "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
}
V1 = {"proc/self/mountinfo": V1_MOUNTS.format(root="/")}
NO_LIMIT_V1 = "9223372036854771712\n"

CASES = {
    "v2 in a container with its own namespace": (
        {
            **V2,
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/cpu.max": "250000 100000\n",
            "sys/fs/cgroup/memory.max": f"{4 * GIB}\n",
            "sys/fs/cgroup/memory.current": f"{GIB}\n",
            "sys/fs/cgroup/pids.max": "max\n",
        },
        CgroupLimits(version=2, quota=2.5, memory=4 * GIB, memory_used=GIB),
    ),
    "v2 nested: the least of all ancestors, whichever level it is at": (
        {
            **V2,
            "proc/self/cgroup": "0::/user.slice/job/step\n",
            "sys/fs/cgroup/user.slice/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/user.slice/job/cpu.max": "max 100000\n",
            "sys/fs/cgroup/user.slice/job/step/cpu.max": "800000 100000\n",
            "sys/fs/cgroup/user.slice/memory.max": "max\n",
            "sys/fs/cgroup/user.slice/job/memory.max": f"{2 * GIB}\n",
            "sys/fs/cgroup/user.slice/job/memory.current": "7\n",
            "sys/fs/cgroup/user.slice/job/step/memory.max": f"{8 * GIB}\n",
            "sys/fs/cgroup/user.slice/pids.max": "100\n",
            "sys/fs/cgroup/user.slice/job/step/pids.max": "200\n",
        },
        CgroupLimits(version=2, quota=4.0, memory=2 * GIB, memory_used=7, pids=100),
    ),
    "v2 without any limit": (
        {**V2, "proc/self/cgroup": "0::/init.scope\n", "sys/fs/cgroup/init.scope/memory.max": "max\n"},
        CgroupLimits(version=2),
    ),
    "v2 whose path is the host's": (
        {
            "proc/self/mountinfo": V2_MOUNT.format(root="/docker/4f2a"),
            "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
            "proc/self/cgroup": "0::/docker/4f2a/inner\n",
            "sys/fs/cgroup/inner/cpu.max": "50000 100000\n",
        },
        CgroupLimits(version=2, quota=0.5),
    ),
    "v2 outside of its namespace": (
        {**V2, "proc/self/cgroup": "0::/../../other\n", "sys/fs/cgroup/memory.max": f"{GIB}\n"},
        CgroupLimits(version=2, memory=GIB),
    ),
    "v1 in docker: the mount shows the end of the host's path": (
        {
            "proc/self/mountinfo": V1_MOUNTS.format(root="/docker/4f2a"),
            "proc/self/cgroup": "5:pids:/docker/4f2a\n4:memory:/docker/4f2a\n2:cpu,cpuacct:/docker/4f2a\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "12\n",
            "sys/fs/cgroup/pids/pids.max": "512\n",
        },
        CgroupLimits(version=1, quota=1.5, memory=GIB, memory_used=12, pids=512),
    ),
    "v1 nested, of which only an ancestor is limited": (
        {
            **V1,
            "proc/self/cgroup": "4:memory:/slurm/job_7/step_0\n2:cpu,cpuacct:/slurm/job_7/step_0\n",
            "sys/fs/cgroup/cpu,cpuacct/slurm/job_7/step_0/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT_V1,
            "sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes": f"{3 * GIB}\n",
            "sys/fs/cgroup/memory/slurm/job_7/memory.usage_in_bytes": "5\n",
            "sys/fs/cgroup/memory/slurm/job_7/step_0/memory.limit_in_bytes": NO_LIMIT_V1,
        },
        CgroupLimits(version=1, memory=3 * GIB, memory_used=5),
    ),
    "hybrid: v2 is mounted but holds no controller": (
        {
            "proc/self/mountinfo": "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
            + V1_MOUNTS.format(root="/"),
            "proc/self/cgroup": "4:memory:/\n2:cpu,cpuacct:/\n0::/\n",
            "sys/fs/cgroup/unified/cgroup.controllers": "\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2 * GIB}\n",
        },
        CgroupLimits(version=1, memory=2 * GIB),
    ),
    "no control groups": (
        {"proc/self/mountinfo": "22 27 0:21 / /proc rw - proc proc rw\n", "proc/self/cgroup": ""},
        CgroupLimits(),
    ),
    "files of nonsense": (
        {
            **V2,
            "proc/self/cgroup": "0::/\nnonsense\n",
            "sys/fs/cgroup/cpu.max": "lots\n",
            "sys/fs/cgroup/memory.max": "-\n",
        },
        CgroupLimits(version=2),
    ),
    "a period of zero": (
        {**V2, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100 0\n"},
        CgroupLimits(version=2),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_limits(name: str, tmp_path: Path) -> None:
    files, expected = CASES[name]
    assert read_limits(write_tree(tmp_path, files)) == expected


def test_says_that_proc_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_limits(tmp_path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.text(), st.text())
def test_never_stumbles_over_what_the_files_hold(tmp_path: Path, cgroup: str, mountinfo: str, value: str) -> None:
    for folder in ("sys/fs/cgroup", "sys/fs/cgroup/memory"):
        write_tree(tmp_path, {f"{folder}/{name}": value for name in ("cpu.max", "memory.max", "cgroup.controllers")})
    for text in (mountinfo, V2_MOUNT.format(root="/") + V1_MOUNTS.format(root="/")):
        write_tree(tmp_path, {"proc/self/cgroup": f"0::/\n{cgroup}", "proc/self/mountinfo": text})
        limits = read_limits(tmp_path)
        assert limits.quota is None or limits.quota >= 0
