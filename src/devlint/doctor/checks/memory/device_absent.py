"""XDC301."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.reading import visible_gpus
from devlint.doctor.checks.words import in_its_place, plural
from devlint.doctor.facts import Gpu, GpuVendor
from devlint.doctor.plan import Setting
from devlint.findings import Confidence, RuleMeta, Severity


class DeviceAbsent(Check):
    """A config names a device that this machine does not have

    ## What it does
    Compares the device or the GPU numbers of a config with the GPUs that torch can see.

    ## Why is this bad
    Devices count from 0 among the *visible* GPUs: with `CUDA_VISIBLE_DEVICES=2`, the only one is `cuda:0`. A number
    beyond them stops the job at its first move.

    ## Example
    ```shell
    python train.py --device cuda:1      # on a machine with one GPU
    ```

    ## Use instead
    ```shell
    python train.py --device cuda:0
    ```

    ## Known problems
    Where the GPU is there but cannot be used, the checks of the installation say why, and this one is silent.

    ## References
    - [CUDA semantics](https://pytorch.org/docs/stable/notes/cuda.html)
    """

    meta = RuleMeta(
        "XDC301",
        "device-absent",
        "a device that this machine does not have",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Numbers first, then the kind of device."""
        ids = case.plan.device_ids
        kind = case.plan.device_type
        if ids is None and kind is None:
            case.asked("device_type", "a device")
        if kind is not None and kind.value in ("cpu", "auto", "npu"):
            raise DoesNotApply(f"the job runs on {kind.value}")
        gpus = case.need(case.facts.gpus, "gpus", "which GPUs this machine has")
        if kind is not None and kind.value in _VENDORS:
            yield _by_vendor(gpus, kind)
            return
        seen = visible_gpus(case)
        if not seen and any(gpu.vendor in (GpuVendor.NVIDIA, GpuVendor.AMD) for gpu in gpus):
            raise DoesNotApply("the GPU is there, and another check says why it cannot be used")
        if not seen and case.facts.container is not None and torch_build(case).build == "cuda":
            raise DoesNotApply("the container was started without one: see `container-no-gpu`")
        wanted = [] if ids is None else [number for number in ids.value if number >= len(seen)]
        if ids is not None and wanted and seen:
            yield _beyond(ids, wanted, seen)
        elif not seen:
            setting = kind or ids
            assert setting is not None
            yield _no_gpu(setting, "an NVIDIA or AMD GPU", "RuntimeError: Found no NVIDIA driver on your system.")
        else:
            yield Passed(f"torch can see {plural(len(seen), 'GPU')}")


_VENDORS = {"mps": GpuVendor.APPLE, "xpu": GpuVendor.INTEL}
_ERRORS = {
    "mps": "RuntimeError: PyTorch is not linked with support for mps devices",
    "xpu": "AssertionError: Torch not compiled with XPU enabled",
}


def _by_vendor(gpus: tuple[Gpu, ...], kind: Setting[str]) -> Verdict:
    vendor = _VENDORS[kind.value]
    if any(gpu.vendor is vendor for gpu in gpus):
        return Passed(f"this machine has a GPU for {kind.value}")
    return _no_gpu(kind, f"a GPU for {kind.value}", _ERRORS[kind.value])


def _no_gpu(setting: Setting[Any], what: str, error: str) -> Problem:
    return Problem(
        message=f"`{setting.key}` asks for {what}, and this machine has none",
        consequence="the first move to the device fails",
        error_text=error,
        fix="Run on the CPU, or on a machine with such a GPU:",
        command=in_its_place(setting, "cpu"),
        setting=setting,
        fact="gpus",
        evidence="no such GPU was found",
    )


def _beyond(ids: Setting[tuple[int, ...]], wanted: list[int], seen: tuple[Gpu, ...]) -> Problem:
    last = len(seen) - 1
    return Problem(
        message=f"`{ids.key}` names GPU {wanted[0]}, and torch can see {plural(len(seen), 'GPU')}, the last of which "
        f"is {last}",
        consequence="the first move to that device fails",
        error_text="RuntimeError: CUDA error: invalid device ordinal",
        fix=f"Use numbers up to {last}:",
        command=in_its_place(ids, f"cuda:{last}" if "device" in ids.key else ",".join(map(str, range(len(seen))))),
        setting=ids,
        fact="gpus",
        evidence=f"torch can see {plural(len(seen), 'GPU')}",
    )
