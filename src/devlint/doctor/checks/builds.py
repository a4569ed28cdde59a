"""Which GPUs a build of torch has code for, and the command that installs one which has."""

from __future__ import annotations

import re
from collections.abc import Iterable

from devlint.doctor.catalog.wheels import WHEELS, Wheel, archs, covers, driver_floor
from devlint.doctor.checks.base import Case, DoesNotApply
from devlint.doctor.checks.reading import capability, wanted_gpus
from devlint.doctor.checks.words import cuda_version, is_older
from devlint.doctor.facts import Gpu, GpuVendor, TorchBuild

INDEX = "https://download.pytorch.org/whl"
"""Where PyTorch publishes its builds, one folder for each CUDA or ROCm version."""

ROCM_TAG = "rocm6.4"
"""The newest ROCm folder that is sure to be there."""


def install_torch(case: Case, gpu: Gpu) -> str:
    """The command that installs the newest torch which runs on this GPU with this machine's driver."""
    command = "pip install --force-reinstall"
    if gpu.vendor is GpuVendor.AMD:
        return f"{command} torch --index-url {INDEX}/{ROCM_TAG}"
    wheel = _wheel(case, gpu)
    version = "torch" if wheel.last is None else f"'torch=={wheel.last[0]}.{wheel.last[1]}.*'"
    return f"{command} {version} --index-url {INDEX}/{wheel.tag}"


def _wheel(case: Case, gpu: Gpu) -> Wheel:
    """The newest build of the newest torch that the driver can start, of an older torch if none; else for the card."""
    runs = [wheel for wheel in WHEELS if gpu.compute_capability is None or _has_code(wheel, gpu.compute_capability)]
    starts = [wheel for wheel in runs if _can_start(case, wheel)] or runs or list(WHEELS)
    return ([wheel for wheel in starts if wheel.last is None] or starts)[-1]


def _has_code(wheel: Wheel, capability: tuple[int, int]) -> bool:
    return covers([f"sm_{number}" for number in wheel.x86_64], capability)


def _can_start(case: Case, wheel: Wheel) -> bool:
    driver, host = case.facts.nvidia_driver, case.facts.host
    floor = driver_floor(wheel.cuda, host.system) if host is not None else None
    return driver is None or driver.version is None or floor is None or not is_older(driver.version, floor)


def torch_build(case: Case) -> TorchBuild:
    """The installed torch, or CannotTell."""
    return case.need(case.facts.torch, "torch", "which torch is installed")


def wheel_gaps(case: Case) -> tuple[tuple[Gpu, ...], tuple[str, ...]]:
    """The NVIDIA GPUs that the installed torch has no code for, and the architectures it has, oldest first."""
    gpus = tuple(gpu for gpu in wanted_gpus(case, GpuVendor.NVIDIA) if gpu.driver_seen)
    torch = torch_build(case)
    if torch.build not in (None, "cuda"):
        raise DoesNotApply(f"torch {torch.version} is no CUDA build")
    built = torch.cuda_arch_list
    if not built and torch.cuda is not None:
        machine = case.facts.host.machine if case.facts.host is not None else None
        built = archs(cuda_version(torch.cuda), machine or "x86_64", torch.version)
    known = case.need(built or None, "torch.cuda_arch_list", "which architectures torch was built for")
    missing = tuple(gpu for gpu in gpus if not covers(known, capability(case, gpu)))
    return missing, tuple(sorted(known, key=_architecture))


def is_before(gpu: Gpu, built: Iterable[str]) -> bool:
    """Whether a GPU is older than every architecture of a build."""
    major, minor = gpu.compute_capability or (0, 0)
    return major * 10 + minor < min(map(_architecture, built))


def _architecture(name: str) -> int:
    """`sm_90a` as 90."""
    match = re.search(r"\d+", name)
    return int(match[0]) if match else 0
