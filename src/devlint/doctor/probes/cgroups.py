"""Linux control groups: how much CPU, memory and how many processes a container or job may use.

A limit may be set at any level, and the least one counts, so all ancestors that can be seen are read. Both versions may
be mounted at once ("hybrid"); then each controller is in one of them. Files and their units: the kernel's
Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_UNLIMITED_V1 = 1 << 60
"""Version 1 has no word for "no limit" but a huge number, the largest multiple of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CgroupLimits:
    """The least limits that hold for a process: CPUs, bytes, processes; None is no limit. `version` is 1 or 2."""

    version: int | None = None
    quota: float | None = None
    memory: int | None = None
    memory_used: int | None = None
    pids: int | None = None


@dataclass(frozen=True, slots=True)
class _Mount:
    """Where a hierarchy of control groups is mounted; `root` is the group that the mount point shows."""

    root: PurePosixPath
    point: PurePosixPath
    version: int
    controllers: frozenset[str]


def read_limits(root: Path = Path("/")) -> CgroupLimits:
    """The limits of this process; `root` is the file system's root. OSError if /proc does not tell."""
    mounts = list(_mounts((root / "proc/self/mountinfo").read_text()))
    groups = _groups((root / "proc/self/cgroup").read_text())

    def folders(controller: str) -> tuple[int, list[Path]]:
        return _folders(controller, mounts, groups, root)

    version, cpu = folders("cpu")
    _, memory = folders("memory")
    _, pids = folders("pids")
    limit, holder = min(
        ((size, folder) for folder in memory if (size := _memory_limit(folder)) is not None),
        default=(None, None),
        key=lambda pair: pair[0],
    )
    return CgroupLimits(
        version=version or None,
        quota=min((quota for folder in cpu if (quota := _quota(folder)) is not None), default=None),
        memory=limit,
        memory_used=None if holder is None else _number(holder, "memory.current", "memory.usage_in_bytes"),
        pids=min((most for folder in pids if (most := _number(folder, "pids.max")) is not None), default=None),
    )


def _mounts(mountinfo: str) -> Iterator[_Mount]:
    """The hierarchies in /proc/self/mountinfo; proc(5): `id parent dev root point options... - type source super`."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or not kind or kind[0] not in ("cgroup", "cgroup2"):
            continue
        version = 2 if kind[0] == "cgroup2" else 1
        controllers = frozenset(kind[-1].split(",")) if version == 1 else frozenset()
        yield _Mount(PurePosixPath(fields[3]), PurePosixPath(fields[4]), version, controllers)


def _groups(cgroup: str) -> dict[str, PurePosixPath]:
    """Controller -> the group of this process, of `/proc/self/cgroup`; the key of version 2 is the empty string."""
    rows = (line.split(":", 2) for line in cgroup.splitlines() if line.count(":") >= 2)
    return {name: PurePosixPath(path) for _, names, path in rows for name in names.split(",")}


def _folders(
    controller: str, mounts: list[_Mount], groups: dict[str, PurePosixPath], root: Path
) -> tuple[int, list[Path]]:
    """The version that a controller is in (0: none), and the folders of its groups, from this process's own upwards."""
    for mount in mounts:
        group = groups.get(controller if mount.version == 1 else "")
        if group is None or (mount.version == 1 and controller not in mount.controllers):
            continue
        top = root / mount.point.relative_to("/")
        if mount.version == 2 and controller not in _controllers_v2(top):
            continue
        # In a container without a namespace of its own the group's path is the host's, and the mount shows its end.
        below = group.relative_to(mount.root) if group.is_relative_to(mount.root) else PurePosixPath()
        own = top / below if ".." not in below.parts and (top / below).is_dir() else top
        return mount.version, [own, *(folder for folder in own.parents if folder.is_relative_to(top))]
    return 0, []


def _controllers_v2(top: Path) -> set[str]:
    try:
        return set((top / "cgroup.controllers").read_text().split())
    except OSError:
        return set()


def _quota(folder: Path) -> float | None:
    """CPUs of `cpu.max` ("250000 100000", "max 100000") or of version 1's two files (-1: no limit)."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        quota = str(_number(folder, "cpu.cfs_quota_us") or "max")
        period = str(_number(folder, "cpu.cfs_period_us") or "")
    if not quota.isdecimal() or not period.isdecimal() or int(period) == 0:
        return None
    return int(quota) / int(period)


def _memory_limit(folder: Path) -> int | None:
    size = _number(folder, "memory.max", "memory.limit_in_bytes")
    return None if size is None or size >= _UNLIMITED_V1 else size


def _number(folder: Path, *names: str) -> int | None:
    """The number in the first of these files that is there; None for `max`, for none and for what is no number."""
    for name in names:
        try:
            return int((folder / name).read_text())
        except (OSError, ValueError):
            continue
    return None
