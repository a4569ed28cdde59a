"""XDC110."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class ContainerNoGpu(Check):
    """The container was started without the GPU

    ## What it does
    In a container, looks for a GPU that is on the bus, or that a config and a CUDA build of torch are for, while the
    container has no driver for it.

    ## Why is this bad
    A container sees a GPU only if its runtime passes it in. The driver is the host's, and installing one inside does
    not help.

    ## Example
    ```console
    $ docker run --rm pytorch/pytorch python -c "import torch; torch.zeros(1).cuda()"
    RuntimeError: Found no NVIDIA driver on your system.
    ```

    ## Use instead
    ```console
    $ docker run --rm --gpus all pytorch/pytorch python -c "import torch; torch.zeros(1).cuda()"
    ```

    ## Known problems
    Where no config asks for a GPU and none is on the bus, nothing is said: the container may be meant for the CPU.

    ## References
    - [NVIDIA/nvidia-docker#464](https://github.com/NVIDIA/nvidia-docker/issues/464)
    - [NVIDIA Container Toolkit](https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html)
    """

    meta = RuleMeta(
        "XDC110",
        "container-no-gpu",
        "a container without the host's GPU",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """What is in the container against what it should have."""
        case.need(case.facts.host, "host", "whether this is a container")
        container = case.present(case.facts.container, "container", "container")
        gpus = case.need(case.facts.gpus, "gpus", "which GPUs this machine has")
        if case.plan.wants_gpu is False:
            raise DoesNotApply("the job runs on the CPU")
        if any(gpu.driver_seen for gpu in gpus):
            yield Passed("the container has a GPU")
            return
        on_bus = any(gpu.vendor is GpuVendor.NVIDIA for gpu in gpus)
        if not on_bus and not (case.plan.wants_gpu and torch_build(case).build == "cuda"):
            raise DoesNotApply("no GPU is on the bus, nor are a config and torch for one")
        kubernetes = container.kind == "kubernetes"
        yield Problem(
            message=f"this {container.kind} container has no GPU" + (", and the machine has one" if on_bus else ""),
            consequence="the job finds none",
            error_text="WARNING: The NVIDIA Driver was not detected. GPU functionality will not be available.",
            fix="Request the GPU in the pod:"
            if kubernetes
            else "Install nvidia-container-toolkit on the host, and start the container with its GPUs:",
            command="resources: {limits: {nvidia.com/gpu: 1}}"
            if kubernetes
            else f"{_PROGRAM.get(container.kind or 'docker', 'docker run --gpus all')} IMAGE",
            setting=case.plan.device_type if case.plan.wants_gpu else None,
            fact="container.kind",
            evidence=f"a {container.kind} container without a device of NVIDIA's driver",
            severity=Severity.ERROR if case.plan.wants_gpu else Severity.WARNING,
        )


_PROGRAM = {"podman": "podman run --device nvidia.com/gpu=all", "apptainer": "apptainer exec --nv"}
"""What starts a container of that kind with all GPUs, where it is not Docker."""
