"""XDC504."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import format_of
from devlint.findings import Confidence, RuleMeta, Severity


class SrunMissing(Check):
    """A Slurm script asks for several nodes and starts its program on the first only

    ## What it does
    Looks for sbatch scripts with more than one node whose command is not started with srun (nor with mpirun).

    ## Why is this bad
    The script itself runs on the first node. Without srun the others are reserved, paid for, and idle, and ranks wait
    for them.

    ## Example
    ```shell
    #SBATCH --nodes=2
    python train.py
    ```

    ## Use instead
    ```shell
    #SBATCH --nodes=2
    srun python train.py
    ```

    ## Known problems
    Scripts that reach the other nodes by ssh (pdsh, Ray, DeepSpeed's hostfile) need no srun; `deepspeed` is left alone.

    ## References
    - [Slurm: srun](https://slurm.schedmd.com/srun.html)
    - [Lightning: run on a Slurm cluster](https://lightning.ai/docs/pytorch/stable/clouds/cluster_advanced.html)
    """

    meta = RuleMeta(
        "XDC504",
        "srun-missing",
        "a Slurm script for several nodes that starts one process",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Nodes against srun."""
        plan = case.plan
        nodes = case.asked("nodes", "a number of nodes")
        if format_of(plan, nodes) != "slurm" or nodes.value < 2:
            raise DoesNotApply("no Slurm script asks for several nodes")
        if plan.launcher is not None and plan.launcher.value in ("deepspeed", "mpirun", "srun"):
            yield Passed(f"{plan.launcher.value} reaches the other nodes")
            return
        if plan.launcher is None and plan.srun is None:
            raise CannotTell("nothing tells how the script starts its program")
        if plan.srun is not None and plan.srun.value:
            yield Passed("srun starts the program on every node")
            return
        yield Problem(
            message=f"`{nodes.key}` asks for {nodes.value} nodes, and the program is started without srun",
            consequence="it runs on the first node only, and its ranks wait for the others",
            error_text="torch.distributed.DistStoreError: Timed out after 1801 seconds waiting for clients.",
            fix="Start it with srun:",
            command=f"srun {plan.launcher.value if plan.launcher is not None else 'python'} ...",
            setting=plan.srun or plan.launcher,
            others=(nodes,),
        )
