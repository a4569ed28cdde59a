"""The machine around the processors: system, memory, disks, limits, container and scheduler."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The operating system. `system` is `Linux`, `Windows` or `Darwin`; `name` and `user` are redacted when saved.

    `kernel_modules` are those of interest that are loaded (`nvidia`, `nouveau`, `nvidia_uvm`, `amdgpu`).
    `kernel_command_line` are those of the kernel's parameters that matter to GPUs (`iommu=pt`).
    `wsl_libcuda` is the driver's library that Windows provides to WSL, "" where it provides none.
    """

    system: str
    distribution: str | None = None
    release: str | None = None
    version: str | None = None
    machine: str | None = None
    libc: str | None = None
    name: str | None = None
    user: str | None = None
    wsl: int | None = None
    headless: bool | None = None
    kernel_modules: tuple[str, ...] | None = None
    kernel_command_line: str | None = None
    iommu_active: bool | None = None
    xid_errors: tuple[int, ...] | None = None
    device_files: tuple[str, ...] | None = None
    wsl_libcuda: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """RAM in bytes. `limit` is the cgroup's, None without one; `shm` is /dev/shm's size."""

    total: int | None = None
    available: int | None = None
    swap_total: int | None = None
    swap_free: int | None = None
    limit: int | None = None
    limit_used: int | None = None
    shm_total: int | None = None
    shm_free: int | None = None

    @property
    def usable(self) -> int | None:
        """What a job may use: the lesser of RAM and the cgroup's limit, in bytes."""
        known = [size for size in (self.total, self.limit) if size is not None]
        return min(known) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Space where a job writes, in bytes; `role` is `working-directory`, `temporary`, `hf-cache` or `torch-cache`."""

    role: str
    path: str
    total: int | None = None
    free: int | None = None
    filesystem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of this process; `open_files` is the soft limit of file descriptors, `locked_memory` in bytes."""

    open_files: int | None = None
    open_files_hard: int | None = None
    locked_memory: int | None = None
    processes: int | None = None
    pids: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What shuts the process in: `docker`, `podman`, `kubernetes`, `apptainer`, `lxc`, ... and its cgroup version."""

    kind: str | None = None
    cgroup: int | None = None
    nvidia_runtime: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """The job that this process belongs to: `slurm`, `kubernetes`, `lsf`, `pbs`; what it was given."""

    kind: str
    job: str | None = None
    nodes: int | None = None
    tasks: int | None = None
    tasks_per_node: int | None = None
    cpus_per_task: int | None = None
    gpus: int | None = None
    memory: int | None = None
