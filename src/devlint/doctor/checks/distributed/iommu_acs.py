"""XDC510."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_job_gpus, processes
from devlint.findings import Confidence, RuleMeta, Severity


class IommuAcs(Check):
    """The IOMMU is on without pass-through, and GPUs copy to each other over PCIe

    ## What it does
    For jobs on several GPUs without NVLink, looks whether the IOMMU is active and `iommu=pt` is not on the kernel's
    command line.

    ## Why is this bad
    With the IOMMU translating, copies between GPUs take the way through the processor, or NCCL hangs in its first
    all-reduce.

    ## Example
    ```console
    $ cat /proc/cmdline
    BOOT_IMAGE=/vmlinuz-6.8.0 root=/dev/nvme0n1p2 quiet amd_iommu=on
    ```

    ## Use instead
    ```console
    $ sudo sed -i 's/GRUB_CMDLINE_LINUX="/&iommu=pt /' /etc/default/grub && sudo update-grub && sudo reboot
    ```

    ## Known problems
    Virtual machines need the IOMMU; there, leave it to the provider.

    ## References
    - [NVIDIA/nccl#631](https://github.com/NVIDIA/nccl/issues/631)
    - [NVIDIA/nccl#2079](https://github.com/NVIDIA/nccl/issues/2079)
    - [NVIDIA/nccl-tests#117](https://github.com/NVIDIA/nccl-tests/issues/117)
    """

    meta = RuleMeta(
        "XDC510",
        "iommu-acs",
        "an IOMMU between GPUs that copy to each other",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The IOMMU, for several GPUs without NVLink."""
        gpus = nvidia_job_gpus(case)
        if len(gpus) < 2:
            raise DoesNotApply("the job uses one GPU")
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system != "Linux" or any(gpu.nvlinks for gpu in gpus):
            raise DoesNotApply("the GPUs do not copy over PCIe on Linux")
        active = case.need(host.iommu_active, "host.iommu_active", "whether the IOMMU is active")
        line = case.need(host.kernel_command_line, "host.kernel_command_line", "the kernel's command line")
        cpu = case.facts.cpu
        if cpu is not None and cpu.hypervisor is not None:
            raise DoesNotApply("a virtual machine's IOMMU is its host's")
        words = line.split()
        if not active or "iommu=pt" in words or "iommu=off" in words:
            yield Passed("the IOMMU is not in the way")
            return
        yield Problem(
            message=f"the IOMMU is active without iommu=pt, and the job's {len(gpus)} GPUs have no NVLink",
            consequence="copies between them are slow, or NCCL hangs",
            error_text="Watchdog caught collective operation timeout: WorkNCCL(OpType=ALLREDUCE) ran for 600000 "
            "milliseconds before timing out.",
            fix="Let the IOMMU pass through (and switch ACS off in the BIOS if it still hangs):",
            command="sudo sed -i 's/GRUB_CMDLINE_LINUX=\"/&iommu=pt /' /etc/default/grub && sudo update-grub && sudo "
            "reboot",
            setting=processes(case).setting,
            fact="host.kernel_command_line",
            evidence="the IOMMU is active, and iommu=pt is not on the kernel's command line",
        )
