"""XDC512."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.words import in_its_place
from devlint.findings import Confidence, RuleMeta, Severity


class NcclOs(Check):
    """The job asks for NCCL, which this torch does not have

    ## What it does
    Looks for the backend `nccl` on Windows and macOS, and with a CPU-only torch.

    ## Why is this bad
    NCCL exists for Linux with NVIDIA GPUs (and as RCCL with AMD's). Elsewhere `init_process_group` raises.

    ## Example
    ```shell
    python train.py --ddp_backend nccl      # on Windows
    ```

    ## Use instead
    ```shell
    python train.py --ddp_backend gloo
    ```

    ## Known problems
    None known.

    ## References
    - [torch.distributed: which backend to use](https://pytorch.org/docs/stable/distributed.html#which-backend-to-use)
    """

    meta = RuleMeta(
        "XDC512",
        "nccl-os",
        "the NCCL backend where torch has none",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The backend against system and build."""
        backend = case.asked("backend", "a backend")
        if backend.value != "nccl":
            raise DoesNotApply(f"the backend is {backend.value}")
        host = case.need(case.facts.host, "host", "the operating system")
        name = {"Darwin": "macOS"}.get(host.system, host.system)
        if host.system == "Linux":
            torch = torch_build(case)
            build = case.need(torch.build, "torch.build", "the build of torch")
            if build in ("cuda", "rocm"):
                yield Passed(f"torch {torch.version} has NCCL")
                return
            reason, fact = f"torch {torch.version} is a {build} build", "torch.build"
        else:
            reason, fact = f"this is {name}", "host.system"
        yield Problem(
            message=f"`{backend.key}` asks for NCCL, and {reason}",
            consequence="the process group cannot be made",
            error_text="RuntimeError: Distributed package doesn't have NCCL built in",
            fix="Use gloo:",
            command=in_its_place(backend, "gloo"),
            setting=backend,
            fact=fact,
            evidence=reason,
        )
