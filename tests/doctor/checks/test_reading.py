"""The arithmetic that checks share."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devlint.doctor.checks.base import CannotTell, Case, DoesNotApply
from devlint.doctor.checks.builds import install_torch
from devlint.doctor.checks.reading import gpus_asked, job_gpus, processes, usable_cpus, visible_gpus
from devlint.doctor.checks.words import allocator_options, in_its_place, is_older, plural
from devlint.doctor.facts.files import load
from devlint.doctor.plan import LaunchPlan, Setting
from devlint.findings import Location, Span
from tests.doctor.checks.support import MACHINES

PLACE = Location("job.yaml", Span(1, 1, 1, 9))
VERSIONS = st.lists(st.integers(0, 999), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


def case(machine: str, environment: dict[str, str] | None = None, **settings: Any) -> Case:
    """A case of a recorded machine and of settings."""
    variables = {name: Setting(value, name, PLACE) for name, value in (environment or {}).items()}
    plan = LaunchPlan(environment=variables, **{key: Setting(value, key, PLACE) for key, value in settings.items()})
    return Case(load(MACHINES / f"{machine}.json"), plan)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 1),
        ({"procs_per_node": 4}, 4),
        ({"procs_per_node": "gpu"}, 8),
        ({"devices": "auto"}, 8),
        ({"devices": -1}, 8),
        ({"devices": "auto", "device_type": "cpu"}, 1),
        ({"world_size": 16, "nodes": 4}, 4),
        ({"device_ids": (0, 1)}, 1),
        ({"device_ids": (0, 1), "launcher": "torchrun"}, 2),
        ({"tasks_per_node": 8, "srun": True}, 8),
        ({"tasks_per_node": 8, "srun": False}, 1),
        ({"launcher": "deepspeed"}, 8),
    ],
)
def test_processes_of_a_node(settings: dict[str, Any], count: int) -> None:
    assert processes(case("h100-x8", **settings)).value == count


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, None),
        ({"procs_per_node": 4}, 4),
        ({"procs_per_node": "auto"}, None),
        ({"device_ids": (0, 3)}, 2),
        ({"world_size": 9, "nodes": 2}, 5),
        ({"procs_per_node": 4, "device_type": "cpu"}, None),
        ({"procs_per_node": 4, "backend": "gloo"}, None),
    ],
)
def test_gpus_that_a_plan_asks_for(settings: dict[str, Any], count: int | None) -> None:
    asked = gpus_asked(case("h100-x8", **settings))
    assert (asked.value if asked is not None else None) == count


def test_visible_gpus_follow_the_config_then_the_environment() -> None:
    assert [gpu.index for gpu in visible_gpus(case("h100-x8", {"CUDA_VISIBLE_DEVICES": "3,1"}))] == [3, 1]
    assert len(visible_gpus(case("h100-x8"))) == 8
    assert [gpu.index for gpu in job_gpus(case("h100-x8", {"CUDA_VISIBLE_DEVICES": "3,1"}, device_ids=(1,)))] == [1]


def test_a_mig_slice_is_the_only_device() -> None:
    (whole,) = visible_gpus(case("a100-mig"))
    assert whole.memory_total == 40192 * 1024**2 and "3g.40gb" in (whole.name or "")
    second = "MIG-00000000-0000-0000-0000-000000000101"
    (named,) = visible_gpus(case("a100-mig", {"CUDA_VISIBLE_DEVICES": f"{second},MIG-x"}))
    assert named.uuid == second


def test_amd_has_variables_of_its_own() -> None:
    assert len(visible_gpus(case("mi250", {"HIP_VISIBLE_DEVICES": "0,2"}))) == 2
    assert len(visible_gpus(case("mi250"))) == 8


def test_jobs_without_a_gpu() -> None:
    with pytest.raises(DoesNotApply, match="on the CPU"):
        job_gpus(case("h100-x8", device_type="cpu"))
    with pytest.raises(DoesNotApply, match="no GPU is visible"):
        job_gpus(case("h100-x8", {"CUDA_VISIBLE_DEVICES": ""}))


@pytest.mark.parametrize(
    ("machine", "settings", "count", "how"),
    [
        ("docker-small-shm", {}, 4, "quota"),
        ("rtx-4090-x2", {}, 32, "machine has"),
        ("rtx-4090-x2", {"cpus_granted": 2.5}, 2, "`cpus_granted`"),
    ],
)
def test_usable_cpus(machine: str, settings: dict[str, Any], count: int, how: str) -> None:
    usable = usable_cpus(case(machine, **settings))
    assert usable.value == count and how in usable.how


def test_what_a_config_leaves_open_is_not_known() -> None:
    plan = LaunchPlan(unknown={"devices": Setting("$GPUS is not set here", "--devices", PLACE)})
    with pytest.raises(CannotTell, match=r"`--devices` in job.yaml:1:1 is not known: \$GPUS"):
        processes(Case(load(MACHINES / "h100-x8.json"), plan))


@pytest.mark.parametrize(
    ("machine", "command"),
    [
        ("driver-too-old", "'torch==2.7.*' --index-url https://download.pytorch.org/whl/cu118"),
        ("rtx-5090-old-wheel", "'torch==2.13.*' --index-url https://download.pytorch.org/whl/cu129"),
        ("mi250", "torch --index-url https://download.pytorch.org/whl/rocm6.4"),
        ("gtx-1660", "torch --index-url https://download.pytorch.org/whl/cu134"),
    ],
)
def test_the_torch_to_install_runs_on_the_card_and_with_the_driver(machine: str, command: str) -> None:
    found = case(machine)
    assert install_torch(found, (found.facts.gpus or ())[0]).endswith(command)


@given(VERSIONS, VERSIONS)
def test_versions_are_ordered(left: str, right: str) -> None:
    older, newer = is_older(left, right), is_older(right, left)
    same = [int(part) for part in left.split(".")] == [int(part) for part in right.split(".")]
    assert not (older and newer)
    assert not same or not (older or newer)


@pytest.mark.parametrize(
    ("left", "right"), [("535.54.03", "550"), ("2.9.1+cu128", "2.10"), ("5.4.0-187-generic", "5.5")]
)
def test_older_versions(left: str, right: str) -> None:
    assert is_older(left, right) and not is_older(right, left) and not is_older(left, left)


def test_allocator_options() -> None:
    assert allocator_options("roundup_power2_divisions:[256:1,512:2,>:4],expandable_segments:True") == {
        "roundup_power2_divisions": "[256:1,512:2,>:4]",
        "expandable_segments": "True",
    }
    assert allocator_options("") == {}


@pytest.mark.parametrize(
    ("key", "value", "new", "edit"),
    [
        ("precision", "bf16", "fp16", "precision: fp16"),
        ("--precision", "bf16", "fp16", "--precision fp16"),
        ("bf16", True, "fp16", "bf16: false"),
        ("--bf16", True, "fp16", "remove --bf16"),
        ("OMP_NUM_THREADS", "8", 4, "OMP_NUM_THREADS=4"),
    ],
)
def test_edit_speaks_the_config_s_language(key: str, value: object, new: object, edit: str) -> None:
    assert in_its_place(Setting(value, key, PLACE), new) == edit


def test_words() -> None:
    assert [plural(number, noun) for number, noun in ((1, "GPU"), (2, "GPU"), (1, "process"), (3, "process"))] == [
        "1 GPU",
        "2 GPUs",
        "1 process",
        "3 processes",
    ]
