"""XDC606."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import is_for_servers, nvidia_gpus
from devlint.doctor.checks.words import label
from devlint.findings import Confidence, RuleMeta, Severity


class Persistence(Check):
    """Persistence mode is off on a server

    ## What it does
    On Linux machines without a display, looks whether data-centre GPUs keep their driver loaded.

    ## Why is this bad
    Without it the driver unloads when the last program ends, and the next one waits some seconds for each GPU; settings
    such as power limits are lost.

    ## Example
    ```console
    $ nvidia-smi --query-gpu=persistence_mode --format=csv,noheader
    Disabled
    ```

    ## Use instead
    ```console
    $ sudo systemctl enable --now nvidia-persistenced
    ```

    ## Known problems
    In containers and virtual machines it may be the host's to decide.

    ## References
    - [NVIDIA: driver persistence](https://docs.nvidia.com/deploy/driver-persistence/)
    """

    meta = RuleMeta(
        "XDC606",
        "persistence",
        "a server's GPU driver that is unloaded between programs",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each data-centre GPU."""
        gpus = [gpu for gpu in nvidia_gpus(case) if is_for_servers(gpu)]
        host = case.need(case.facts.host, "host", "the operating system")
        if not gpus or host.system != "Linux" or host.wsl:
            raise DoesNotApply("no data-centre GPU on Linux")
        if case.facts.container is not None and case.facts.container.kind is not None:
            raise DoesNotApply("the driver is the container's host's")
        for gpu in gpus:
            path = f"gpus.{gpu.index}.health.persistence"
            if not case.need(gpu.health.persistence, path, "whether persistence mode is on"):
                yield Problem(
                    message=f"persistence mode is off for {label(gpu)}",
                    consequence="the first program after a pause waits some seconds for the driver",
                    fix="Keep the driver loaded:",
                    command="sudo systemctl enable --now nvidia-persistenced",
                    fact=path,
                    evidence="persistence mode is off",
                )
                return
        yield Passed("the driver stays loaded")
