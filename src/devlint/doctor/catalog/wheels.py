"""PyTorch's wheels for CUDA: which devices each was built for, and which NVIDIA driver starts it.

Sources, read 2026-11-22:
- devices: `torch.cuda.PYTORCH_RELEASES_CODE_CC` and `torch.cuda.DEVICE_REQUIREMENT` of torch 2.13 and 2.15, and
  pytorch's `.ci/manywheel/build_cuda.sh` of the releases before. A newer torch than this table is asked itself.
- drivers: NVIDIA, CUDA Toolkit 13.2 release notes, tables of minor version compatibility and toolkit driver versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Wheel:
    """The builds of one CUDA version: `tag` as in `--index-url .../whl/cu126`, in torch `first` to `last`."""

    cuda: Version
    x86_64: tuple[int, ...]
    aarch64: tuple[int, ...] | None
    first: Version
    last: Version | None = None

    @property
    def tag(self) -> str:
        """The wheel's local version label and the last part of its index."""
        return f"cu{self.cuda[0]}{self.cuda[1]}"


WHEELS = (
    Wheel((11, 8), (50, 60, 70, 75, 80, 86, 90), None, (2, 0), (2, 7)),
    Wheel((12, 1), (50, 60, 70, 75, 80, 86, 90), None, (2, 1), (2, 5)),
    Wheel((12, 4), (50, 60, 70, 75, 80, 86, 90), (90,), (2, 4), (2, 6)),
    Wheel((12, 6), (50, 60, 70, 75, 80, 86, 90), (80, 90), (2, 6)),
    Wheel((12, 8), (70, 75, 80, 86, 90, 100, 120), (90, 100, 120), (2, 7), (2, 11)),
    Wheel((12, 9), (75, 80, 86, 90, 100, 120), (80, 90, 100, 120), (2, 8), (2, 13)),
    Wheel((13, 0), (75, 80, 86, 90, 100, 120), (80, 90, 100, 110, 120), (2, 9)),
    Wheel((13, 2), (75, 80, 86, 90, 100, 120), (80, 90, 100, 110, 120), (2, 13)),
    Wheel((13, 4), (75, 80, 86, 90, 100, 120), (80, 90, 100, 110, 120), (2, 15)),
)
"""By CUDA version, oldest first. `last` is None where the newest torch of that day still has it."""

_ONLY = {53: {(5, 3)}, 62: {(6, 2)}, 72: {(7, 2)}, 87: {(8, 7)}, 101: {(10, 1), (11, 0)}}
"""sm of compiled code -> the only devices that it runs on (DEVICE_REQUIREMENT: Tegra and Thor are apart)."""

_EXCEPT = {50: (5, 3), 52: (5, 3), 60: (6, 2), 61: (6, 2), 70: (7, 2), 80: (8, 7), 86: (8, 7), 100: (10, 1)}
"""sm of compiled code -> the device that it does not run on, of those of its major with no smaller minor."""

_FLOORS = {11: ("450.80.02", "452.39"), 12: ("525.60.13", "528.33"), 13: ("580.65.06", "580.65")}
"""CUDA major -> the least driver that starts any CUDA of it, on Linux and Windows (minor version compatibility)."""

_TOOLKIT_DRIVERS: dict[Version, tuple[str, str | None]] = {
    (11, 7): ("515.43.04", "516.01"),
    (11, 8): ("520.61.05", "520.06"),
    (12, 0): ("525.60.13", "527.41"),
    (12, 1): ("530.30.02", "531.14"),
    (12, 2): ("535.54.03", "536.25"),
    (12, 3): ("545.23.06", "545.84"),
    (12, 4): ("550.54.14", "551.61"),
    (12, 5): ("555.42.02", "555.85"),
    (12, 6): ("560.28.03", "560.76"),
    (12, 8): ("570.26", "570.65"),
    (12, 9): ("575.51.03", "576.02"),
    (13, 0): ("580.65.06", None),
    (13, 1): ("590.44.01", None),
    (13, 2): ("595.45.04", None),
}
"""CUDA -> the driver that came with its toolkit, on Linux and Windows (None: not listed since 13.0)."""


def driver_floor(cuda: Version, system: str) -> str | None:
    """The least driver that starts that CUDA; `system` is `Linux` or `Windows`. None if the table does not say."""
    return _of_system(_FLOORS.get(cuda[0]), system)


def toolkit_driver(cuda: Version, system: str) -> str | None:
    """The driver that came with that CUDA: from it on, all features are there. None if the table does not say."""
    return _of_system(_TOOLKIT_DRIVERS.get(cuda), system)


def _of_system(versions: tuple[str, str | None] | None, system: str) -> str | None:
    if versions is None or system not in ("Linux", "Windows"):
        return None
    return versions[system == "Windows"]


def covers(arch_list: Iterable[str], capability: Version) -> bool:
    """Whether code for these targets (`sm_80`, `compute_90`, `sm_90a`) runs on a device of that compute capability.

    `compute_XX` is PTX, which the driver compiles for every device that is not older.
    """
    return any(_runs(arch, capability) for arch in arch_list)


def _runs(arch: str, capability: Version) -> bool:
    found = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", arch)
    if found is None:
        return False
    target = (int(found[2]), int(found[3]))
    if found[4] == "a":  # code for the features of exactly this device
        return target == capability
    if found[1] == "compute":
        return target <= capability
    sm = target[0] * 10 + target[1]
    if sm in _ONLY:
        return capability in _ONLY[sm]
    return target[0] == capability[0] and target[1] <= capability[1] and capability != _EXCEPT.get(sm)


def archs(cuda: Version, machine: str, torch: str | None = None) -> tuple[str, ...] | None:
    """What the wheel of that CUDA was built for on `x86_64` (`AMD64`) or `aarch64` (`arm64`), such as `sm_75`.

    None if there is no such wheel, or none of that version of torch.
    """
    wheel = next((each for each in WHEELS if each.cuda == cuda and _has(each, torch)), None)
    if wheel is None:
        return None
    built = wheel.aarch64 if machine.lower() in ("aarch64", "arm64") else wheel.x86_64
    return None if built is None else tuple(f"sm_{arch}" for arch in built)


def _has(wheel: Wheel, torch: str | None) -> bool:
    numbers = re.match(r"(\d+)\.(\d+)", torch or "")
    if numbers is None:
        return True
    version = (int(numbers[1]), int(numbers[2]))
    return wheel.first <= version and (wheel.last is None or version <= wheel.last)


def wheels_for(capability: Version, machine: str = "x86_64") -> tuple[str, ...]:
    """The tags of the wheels of the newest torch that run on a device, by CUDA version: `("cu126", "cu130")`.

    Empty if only older releases of torch run there, or none.
    """
    newest = [each for each in WHEELS if each.last is None]
    return tuple(each.tag for each in newest if covers(archs(each.cuda, machine) or (), capability))


def last_torch_for(capability: Version, machine: str = "x86_64") -> str | None:
    """The last torch that has a wheel for a device, such as `2.11`; `newest` if today's has, None if none ever had."""
    fitting = [each for each in WHEELS if covers(archs(each.cuda, machine) or (), capability)]
    if not fitting:
        return None
    ends = [each.last for each in fitting if each.last is not None]
    return "newest" if len(ends) < len(fitting) else ".".join(map(str, max(ends)))


def wheels_for_driver(version: str, system: str) -> tuple[str, ...]:
    """The tags of the wheels of the newest torch that a driver can start, by CUDA version."""
    return tuple(
        each.tag
        for each in WHEELS
        if each.last is None
        and (floor := driver_floor(each.cuda, system)) is not None
        and version_key(floor) <= version_key(version)
    )


def version_key(version: str) -> tuple[int, ...]:
    """Of a driver's version, for comparing: `535.54.03` is (535, 54, 3)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
