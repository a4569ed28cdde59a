"""XDC503."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import starts_ranks
from devlint.findings import Confidence, RuleMeta, Severity


class SlurmNtasks(Check):
    """Slurm's `--ntasks` is given without `--ntasks-per-node`, which Lightning needs

    ## What it does
    Looks for `#SBATCH --ntasks` without `--ntasks-per-node` in scripts that start Lightning with srun.

    ## Why is this bad
    Lightning works out its ranks from the tasks of each node and refuses the total.

    ## Example
    ```shell
    #SBATCH --nodes=2
    #SBATCH --ntasks=8
    srun python train.py fit --trainer.devices 4 --trainer.num_nodes 2
    ```

    ## Use instead
    ```shell
    #SBATCH --nodes=2
    #SBATCH --ntasks-per-node=4
    srun python train.py fit --trainer.devices 4 --trainer.num_nodes 2
    ```

    ## Known problems
    None known.

    ## References
    - [Lightning: run on a Slurm cluster](https://lightning.ai/docs/pytorch/stable/clouds/cluster_advanced.html)
    """

    meta = RuleMeta(
        "XDC503",
        "slurm-ntasks",
        "`--ntasks` without `--ntasks-per-node` under Lightning",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Both options."""
        plan = case.plan
        total = plan.other.get("slurm.ntasks") or case.asked("tasks", "Slurm's --ntasks")
        if plan.framework is None and plan.launcher is None:
            raise CannotTell("no config says whether Lightning runs the job")
        if not starts_ranks(plan):
            raise DoesNotApply("Slurm's tasks are not Lightning's ranks here")
        if plan.other.get("slurm.ntasks_per_node") is not None or int(total.value) < 2:
            yield Passed("--ntasks-per-node is given, too, or there is one task")
            return
        nodes = plan.nodes.value if plan.nodes is not None else 1
        yield Problem(
            message=f"`{total.key}` {total.value} is given without --ntasks-per-node",
            consequence="Lightning stops before training",
            error_text=f"RuntimeError: You set `--ntasks={total.value}` in your SLURM bash script, but this variable "
            f"is not supported. HINT: Use `--ntasks-per-node={total.value}` instead.",
            fix="Give the tasks of one node:",
            command=f"#SBATCH --ntasks-per-node={max(1, int(total.value) // nodes)}",
            setting=total,
        )
