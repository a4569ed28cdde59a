"""XDC505."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import format_of, gpus_asked
from devlint.doctor.checks.words import in_its_place, plural
from devlint.findings import Confidence, RuleMeta, Severity


class K8sLimit(Check):
    """The container or pod is granted fewer GPUs than the job uses

    ## What it does
    Compares the GPUs in a compose file, a pod or a `docker run` with the devices of the job.

    ## Why is this bad
    Inside, only the granted GPUs exist, numbered from 0.

    ## Example
    ```yaml
    resources:
      limits:
        nvidia.com/gpu: 1
    command: ["torchrun", "--nproc-per-node", "4", "train.py"]
    ```

    ## Use instead
    ```yaml
    resources:
      limits:
        nvidia.com/gpu: 4
    command: ["torchrun", "--nproc-per-node", "4", "train.py"]
    ```

    ## Known problems
    None known.

    ## References
    - [Kubernetes: schedule GPUs](https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/)
    - [Compose: GPU access](https://docs.docker.com/compose/how-tos/gpu-support/)
    """

    meta = RuleMeta(
        "XDC505",
        "k8s-limit",
        "fewer GPUs granted to a container than the job uses",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Granted against used."""
        granted = case.asked("gpus_granted", "GPUs for a container")
        if format_of(case.plan, granted) == "slurm":
            raise DoesNotApply("Slurm grants the GPUs: see `world-vs-slurm`")
        wanted = gpus_asked(case)
        if wanted is None or wanted.setting is None:
            raise CannotTell("no config says how many GPUs the job uses")
        if wanted.value <= granted.value:
            yield Passed(f"{granted.value} GPUs are granted, and {wanted.how}")
            return
        yield Problem(
            message=f"`{granted.key}` grants {plural(granted.value, 'GPU')}, and {wanted.how}",
            consequence="the processes beyond find no device",
            error_text="RuntimeError: CUDA error: invalid device ordinal",
            fix="Grant as many as the job uses:",
            command=in_its_place(granted, wanted.value),
            setting=granted,
            others=(wanted.setting,),
        )
