"""Wheels, drivers and what runs where, against PyTorch's and NVIDIA's own words."""

from __future__ import annotations

import pytest

from devlint.doctor.catalog import wheels


@pytest.mark.parametrize(
    ("arch_list", "capability", "runs"),
    [
        (["sm_80"], (8, 6), True),  # the same major, no smaller minor
        (["sm_80"], (8, 9), True),
        (["sm_86"], (8, 0), False),
        (["sm_80", "sm_90"], (7, 5), False),
        (["sm_80"], (8, 7), False),  # Jetson Orin is apart
        (["sm_87"], (8, 7), True),
        (["sm_90"], (12, 0), False),  # RTX 50 with an old wheel
        (["sm_90", "compute_90"], (12, 0), True),  # PTX
        (["compute_90"], (8, 9), False),
        (["sm_120"], (12, 1), True),
        (["sm_100"], (10, 3), True),
        (["sm_101"], (11, 0), True),
        (["sm_100"], (10, 1), False),
        (["sm_90a"], (9, 0), True),
        (["sm_100a"], (10, 3), False),
        (["sm_61"], (6, 1), True),
        (["sm_70"], (7, 5), True),
        (["sm_75"], (7, 0), False),
        ([], (8, 0), False),
        (["gfx1100", "nonsense", ""], (8, 0), False),
    ],
)
def test_what_runs_where(arch_list: list[str], capability: tuple[int, int], runs: bool) -> None:
    assert wheels.covers(arch_list, capability) is runs


def test_agrees_with_torch() -> None:
    """With the tables that torch has itself since 2.13, where it is installed."""
    cuda = pytest.importorskip("torch").cuda
    if not hasattr(cuda, "DEVICE_REQUIREMENT"):
        pytest.skip("an older torch")
    for code, devices in cuda.DEVICE_REQUIREMENT.items():
        for device in (50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90, 100, 101, 103, 110, 120, 121):
            ours = wheels.covers([f"sm_{code}"], divmod(device, 10))
            assert ours == (device in devices), f"code {code} on device {device}"
    for version, built in cuda.PYTORCH_RELEASES_CODE_CC.items():
        number = tuple(int(part) for part in version.split("."))
        for machine, codes in built.items():
            assert wheels.archs(number, machine) == tuple(f"sm_{code}" for code in sorted(codes))


@pytest.mark.parametrize(
    ("cuda", "machine", "torch", "expected"),
    [
        ((12, 6), "x86_64", None, ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")),
        ((13, 0), "AMD64", "2.15.0", ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")),
        ((13, 0), "aarch64", "2.15.0+cu130", ("sm_80", "sm_90", "sm_100", "sm_110", "sm_120")),
        ((12, 1), "aarch64", None, None),
        ((12, 1), "x86_64", "2.13.0", None),  # no longer built
        ((10, 2), "x86_64", None, None),
    ],
)
def test_what_a_wheel_was_built_for(cuda, machine, torch, expected) -> None:
    assert wheels.archs(cuda, machine, torch) == expected


@pytest.mark.parametrize(
    ("capability", "tags", "last"),
    [
        ((6, 1), ("cu126",), "newest"),  # GTX 10
        ((7, 0), ("cu126",), "newest"),  # V100
        ((7, 5), ("cu126", "cu130", "cu132", "cu134"), "newest"),
        ((8, 9), ("cu126", "cu130", "cu132", "cu134"), "newest"),
        ((12, 0), ("cu130", "cu132", "cu134"), "newest"),  # RTX 50
        ((3, 5), (), None),  # Kepler
    ],
)
def test_wheels_for_a_device(capability, tags, last) -> None:
    assert wheels.wheels_for(capability) == tags
    assert wheels.last_torch_for(capability) == last


@pytest.mark.parametrize(
    ("cuda", "system", "floor", "toolkit"),
    [
        ((11, 8), "Linux", "450.80.02", "520.61.05"),
        ((12, 4), "Linux", "525.60.13", "550.54.14"),
        ((12, 4), "Windows", "528.33", "551.61"),
        ((13, 0), "Linux", "580.65.06", "580.65.06"),
        ((13, 2), "Windows", "580.65", None),
        ((12, 4), "Darwin", None, None),
        ((9, 0), "Linux", None, None),
    ],
)
def test_drivers(cuda, system, floor, toolkit) -> None:
    assert wheels.driver_floor(cuda, system) == floor
    assert wheels.toolkit_driver(cuda, system) == toolkit


@pytest.mark.parametrize(
    ("driver", "system", "tags"),
    [
        ("515.105.01", "Linux", ()),
        ("535.54.03", "Linux", ("cu126",)),
        ("580.65.06", "Linux", ("cu126", "cu130", "cu132", "cu134")),
        ("596.10", "Windows", ("cu126", "cu130", "cu132", "cu134")),
        ("470.82", "Windows", ()),
    ],
)
def test_wheels_that_a_driver_starts(driver, system, tags) -> None:
    assert wheels.wheels_for_driver(driver, system) == tags


def test_the_driver_of_a_toolkit_is_never_below_the_floor() -> None:
    for wheel in wheels.WHEELS:
        toolkit, floor = wheels.toolkit_driver(wheel.cuda, "Linux"), wheels.driver_floor(wheel.cuda, "Linux")
        assert floor is not None
        assert toolkit is None or wheels.version_key(toolkit) >= wheels.version_key(floor)
