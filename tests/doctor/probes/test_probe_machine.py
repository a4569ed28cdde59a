"""The whole machine: whatever one probe or program does costs its limit, shows as a reason, and spoils nothing else."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from test_bounded_commands import fake

from devlint.doctor.facts import Facts, Gpu, GpuVendor, NvidiaDriver
from devlint.doctor.probes import run
from devlint.doctor.probes.answer import Gaps, NotAvailable
from devlint.doctor.probes.together import Result, together

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")


@pytest.fixture
def no_gpus(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the GPU probes answer, by vendor; they look at no hardware."""
    answers: dict[str, Any] = {"nvidia": ((), None, None)}
    monkeypatch.setattr(run, "_look", lambda vendor: answers.get(vendor, ()))
    return answers


def test_the_machine_that_runs_the_tests(no_gpus: dict[str, Any]) -> None:
    facts = run.probe_machine(sys.executable)
    for section in ("host", "cpu", "memory", "disks", "python", "libraries", "environment", "toolchain", "limits"):
        assert getattr(facts, section) is not None or section in facts.gaps
    assert facts.origin.kind == "probed" and facts.gpus == ()
    assert facts.cpu is not None and facts.cpu.usable is not None
    assert facts.python is not None and facts.python.executable
    assert facts.torch is not None or "torch" in facts.gaps
    assert set(facts.timings) >= {"host", "cpu", "memory", "python", "nvidia", "toolchain"}


def test_probes_that_hang_raise_and_cannot_look(no_gpus: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    forever = threading.Event()

    def crash(gaps: Gaps) -> None:
        raise ZeroDivisionError("division by zero")

    def leave(gaps: Gaps) -> None:
        raise SystemExit(9)

    def missing(gaps: Gaps) -> None:
        import no_such_package  # noqa: F401

    def unable(gaps: Gaps) -> None:
        raise NotAvailable("Windows has no such limits")

    questions = {
        "cpu": lambda gaps: forever.wait(),
        "memory": crash,
        "disks": leave,
        "toolchain": missing,
        "limits": unable,
    }
    monkeypatch.setattr(run, "_SECTIONS", {**run._SECTIONS, **questions})
    begin = time.perf_counter()
    facts = run.probe_machine(sys.executable, limit=0.5)
    assert time.perf_counter() - begin < 10  # the interpreter's own time, with torch if there is one
    forever.set()
    assert {section: facts.gaps[section] for section in questions} == {
        "cpu": "no answer within 0.5 s",
        "memory": "asking failed with ZeroDivisionError: division by zero",
        "disks": "asking failed with SystemExit: 9",
        "toolchain": 'the package `no_such_package` is not installed: pip install "devlint[doctor]"',
        "limits": "Windows has no such limits",
    }
    assert "cpu" not in facts.timings
    assert facts.host is not None and facts.why("cpu.quota") == "no answer within 0.5 s"


@POSIX
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("sleep 60", "did not answer within 1 s"),
        ("echo garbage", "prints no answer"),
        ("echo broken >&2; exit 9", "ended with exit code 9: broken"),
    ],
)
def test_an_interpreter_that_misbehaves(script: str, reason: str, no_gpus: dict[str, Any], tmp_path: Path) -> None:
    begin = time.perf_counter()
    facts = run.probe_machine(fake(tmp_path, "python", script), timeout=1)
    assert time.perf_counter() - begin < 4
    assert facts.python is None and facts.torch is None and facts.libraries is None
    assert all(reason in facts.gaps[section] for section in ("python", "torch", "libraries"))
    assert facts.cpu is not None


@POSIX
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("sleep 60", "nvidia-smi did not answer within"),
        ("echo garbage", "nvidia-smi"),
        ("echo broken >&2; exit 9", "nvidia-smi ended with exit code 9"),
    ],
)
def test_an_nvidia_smi_that_misbehaves(
    script: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("devlint.doctor.probes.nvidia")
    fake(tmp_path, "nvidia-smi", script)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    begin = time.perf_counter()
    facts = run.probe_machine(sys.executable)
    assert time.perf_counter() - begin < 13
    assert reason in facts.why("gpus.nvidia")
    assert facts.cpu is not None


@POSIX
def test_compilers_that_hang_cost_one_limit_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("nvcc", "gcc", "clang", "cmake", "ldconfig", "lscpu"):
        fake(tmp_path, name, "sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(run.toolchain, "_LIMIT", 0.5)
    gaps = Gaps("toolchain")
    begin = time.perf_counter()
    found = run.toolchain.probe(gaps)
    assert time.perf_counter() - begin < 2
    assert found.gcc is None and gaps.reasons["toolchain.gcc"] == "gcc did not answer within 0.5 s"


def gpu(vendor: GpuVendor, place: str | None, *, driver_seen: bool = True) -> Gpu:
    return Gpu(vendor=vendor, index=0, pci_bus_id=place, driver_seen=driver_seen)


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        ({}, 0),
        ({"pci": (gpu(GpuVendor.NVIDIA, "0000:01:00.0", driver_seen=False),)}, 1),
        (
            {
                "nvidia": ((gpu(GpuVendor.NVIDIA, "00000000:01:00.0"),), None, None),
                "pci": tuple(gpu(GpuVendor.NVIDIA, f"0000:0{slot}:00.0", driver_seen=False) for slot in (1, 2)),
            },
            2,
        ),
        ({"apple": (gpu(GpuVendor.APPLE, None),), "pci": (gpu(GpuVendor.APPLE, None, driver_seen=False),)}, 1),
        ({"nvidia": NotAvailable("nvidia-smi did not answer within 5 s")}, None),
        ({"nvidia": ((), NvidiaDriver(error="Driver/library version mismatch"), None)}, None),
        ({"amd": NotAvailable("broken"), "pci": (gpu(GpuVendor.AMD, "0000:03:00.0", driver_seen=False),)}, 1),
    ],
)
def test_which_gpus_there_are(answers: dict[str, Any], seen: int | None) -> None:
    def look(answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    every = {**dict.fromkeys(run._VENDORS, ()), "nvidia": ((), None, None), **answers}
    gaps = Gaps()
    results = together({vendor: lambda answer=answer: look(answer) for vendor, answer in every.items()}, 5)
    found = run._gpus(results, gaps)["gpus"]
    assert (None if found is None else len(found)) == seen
    assert ("gpus" in gaps.reasons) is (seen is None)


def test_a_result_waits_no_longer_than_its_limit() -> None:
    forever = threading.Event()
    result = Result(forever.wait)
    result.wait(0.1)
    with pytest.raises(NotAvailable, match=r"no answer within 0.1 s"):
        result.get()
    forever.set()


def test_why_names_the_nearest_reason() -> None:
    facts = Facts(origin=run.Origin(kind="composed"), gaps={"torch": "not installed"})
    assert facts.why("torch.cuda") == "not installed"
    assert facts.why("memory") == "nothing on this machine tells it"
