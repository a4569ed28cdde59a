"""What shuts this process in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from devlint.doctor.facts import Container
from devlint.doctor.probes import cgroups
from devlint.doctor.probes.answer import Gaps
from devlint.doctor.probes.system import system_name

_VARIABLES = {
    "KUBERNETES_SERVICE_HOST": "kubernetes",
    "APPTAINER_CONTAINER": "apptainer",
    "SINGULARITY_CONTAINER": "apptainer",
    "ENROOT_ROOTFS": "enroot",
}
"""Variable that a runtime sets inside -> its name. Kubernetes comes before the runtime that it uses."""

_FILES = {".dockerenv": "docker", "run/.containerenv": "podman", ".singularity.d": "apptainer"}
_GROUPS = {"kubepods": "kubernetes", "/docker": "docker", "libpod": "podman", "/lxc": "lxc", "containerd": "containerd"}
"""Part of the path of a control group -> what names its groups so."""

_TOOLKIT = ("/nvidia-smi", "/libnvidia-ml.so", "/nvidiactl", "/driver/nvidia")
"""What NVIDIA's container toolkit mounts into a container, as parts of mount points."""


def probe(gaps: Gaps) -> Container | None:
    """The container, or None outside of any."""
    return read(Path("/"), os.environ, gaps) if system_name() == "Linux" else None


def read(root: Path, environment: Mapping[str, str], gaps: Gaps) -> Container | None:
    """The container of the process whose files and variables these are."""
    kind = _kind(root, environment)
    if kind is None:
        return None
    mounted = gaps.attempt("nvidia_runtime", lambda: (root / "proc/self/mountinfo").read_text())
    return Container(
        kind=kind,
        cgroup=gaps.attempt("cgroup", lambda: cgroups.read_limits(root).version),
        nvidia_runtime=None if mounted is None else any(part in mounted for part in _TOOLKIT),
    )


def _kind(root: Path, environment: Mapping[str, str]) -> str | None:
    for variable, kind in _VARIABLES.items():
        if environment.get(variable):
            return kind
    for file, kind in _FILES.items():
        if (root / file).exists():
            return kind
    named = _text(root / "run/systemd/container")  # systemd's container interface: lxc, systemd-nspawn, wsl, ...
    if named and named != "wsl":
        return named
    groups = _text(root / "proc/1/cgroup") + _text(root / "proc/self/cgroup")
    return next((kind for part, kind in _GROUPS.items() if part in groups), None)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
