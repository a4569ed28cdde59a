"""The operating system."""

from __future__ import annotations

import getpass
import os
import platform
import re
import socket
import sys
from pathlib import Path
from typing import Any

from devlint.doctor.facts import Host
from devlint.doctor.probes.answer import Gaps, NotAvailable
from devlint.doctor.probes.system import machine_name, system_name

_MODULES = frozenset(
    "amdgpu gdrdrv i915 ib_core nouveau nova_core nvidia nvidia_drm nvidia_modeset nvidia_peermem nvidia_uvm radeon "
    "vfio_pci xe".split()
)
"""Kernel modules of interest: drivers of GPUs, and what GPUs talk to other devices through."""

_DEVICES = ("nvidia*", "nvidia-caps/*", "kfd", "dri/*", "dxg", "infiniband/*")
"""Below /dev: NVIDIA, AMD's compute driver, any GPU, WSL's GPU, InfiniBand."""

_PARAMETER = re.compile(
    r"(?:\w+[_.])?(?:iommu|pci|nvidia|nouveau|amdgpu|numa|hugepages\w*|isolcpus|nr_cpus|mem)(?:[._]\w+)*(?:=.*)?"
)
"""What matters to GPUs on the kernel's command line; the rest names disks and hosts."""
_XID = re.compile(rb"NVRM: Xid \([^)]*\): (\d+)")


def probe(gaps: Gaps) -> Host:
    """The system that devlint runs on."""
    system = system_name()
    linux = linux_facts(Path("/"), gaps) if system == "Linux" else {}
    return Host(
        system=system,
        distribution=gaps.attempt("distribution", _distribution),
        machine=machine_name(),
        name=socket.gethostname(),
        user=gaps.attempt("user", getpass.getuser),
        **_release(),
        **linux,
    )


def linux_facts(root: Path, gaps: Gaps) -> dict[str, Any]:
    """Fields of `Host` that only Linux has, of the files below `root`."""
    wsl = wsl_version(root)
    wsl_libcuda = root / "usr/lib/wsl/lib/libcuda.so.1"
    return {
        "libc": " ".join(platform.libc_ver()) or None,
        "wsl": wsl,
        "wsl_libcuda": (str(wsl_libcuda) if wsl_libcuda.exists() else "") if wsl else None,
        "headless": not _has_display(root),
        "kernel_modules": gaps.attempt("kernel_modules", lambda: _modules(root / "proc/modules")),
        "kernel_command_line": gaps.attempt("kernel_command_line", lambda: _parameters(root / "proc/cmdline")),
        "iommu_active": any((root / "sys/class/iommu").glob("*")),
        "xid_errors": gaps.attempt("xid_errors", lambda: _xid_errors(root / "dev/kmsg")),
        "device_files": tuple(
            f"/{path.relative_to(root)}" for pattern in _DEVICES for path in sorted((root / "dev").glob(pattern))
        ),
    }


def _parameters(file: Path) -> str:
    return " ".join(word for word in file.read_text().split() if _PARAMETER.fullmatch(word))


def wsl_version(root: Path) -> int | None:
    """1 or 2 under the Windows Subsystem for Linux, else None; the kernel's name differs between the two."""
    version = (root / "proc/version").read_text()
    if "microsoft-standard" in version or "WSL2" in version:
        return 2
    return 1 if "Microsoft" in version else None


def _release() -> dict[str, Any]:
    if sys.platform == "win32":
        version = sys.getwindowsversion()
        return {"release": str(version.major), "version": f"{version.major}.{version.minor}.{version.build}"}
    return {"release": os.uname().release, "version": os.uname().version}


def _distribution() -> str:
    """What the system calls itself: of os-release, of macOS's version, or of the registry."""
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Windows NT\CurrentVersion") as key:
            build = int(winreg.QueryValueEx(key, "CurrentBuildNumber")[0])
            return windows_name(winreg.QueryValueEx(key, "ProductName")[0], build)
    return platform.freedesktop_os_release()["PRETTY_NAME"]


def windows_name(product: str, build: int) -> str:
    """The product's name; the registry of Windows 11 still says Windows 10, but its builds start at 22000."""
    name = product.replace("Windows 10", "Windows 11") if build >= 22000 else product
    return f"{name} (build {build})"


def _has_display(root: Path) -> bool:
    """Whether a monitor is connected, or somebody sits at a local desktop (a forwarded X display has a host's name)."""
    if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY", "").startswith(":"):
        return True
    states = (root / "sys/class/drm").glob("card*-*/status")
    return any(state.read_text().strip() == "connected" for state in states)


def _modules(path: Path) -> tuple[str, ...]:
    loaded = {line.partition(" ")[0] for line in path.read_text().splitlines()}
    return tuple(sorted(loaded & _MODULES))


def _xid_errors(path: Path) -> tuple[int, ...]:
    """Codes of NVIDIA's error messages in the kernel's log; each read of the file gives one record."""
    numbers = set()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except PermissionError as error:
        raise NotAvailable("the kernel's log may only be read by root on this machine") from error
    try:
        while record := _record(descriptor):
            numbers |= {int(number) for number in _XID.findall(record)}
    finally:
        os.close(descriptor)
    return tuple(sorted(numbers))


def _record(descriptor: int) -> bytes:
    while True:
        try:
            return os.read(descriptor, 8192)
        except BlockingIOError:
            return b""
        except BrokenPipeError:  # overwritten before it was read: the next read goes on behind it
            continue
