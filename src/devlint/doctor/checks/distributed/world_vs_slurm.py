"""XDC502."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import Count, format_of, gpus_asked, starts_ranks
from devlint.doctor.checks.words import plural
from devlint.doctor.plan import Setting
from devlint.findings import Confidence, RuleMeta, Severity


class WorldVsSlurm(Check):
    """What Slurm grants does not match the devices that the job uses

    ## What it does
    Where Lightning starts its ranks through Slurm (srun), compares `--ntasks-per-node` with the devices; for every
    Slurm job, compares the granted GPUs with the devices.

    ## Why is this bad
    Under srun each task is one rank, so Lightning refuses a number of tasks that is not its number of devices. Under
    torchrun, accelerate and deepspeed one task per node is right, and only the GPUs are compared.

    ## Example
    ```shell
    #SBATCH --ntasks-per-node=1
    #SBATCH --gres=gpu:4
    srun python train.py fit --trainer.devices 4
    ```

    ## Use instead
    ```shell
    #SBATCH --ntasks-per-node=4
    #SBATCH --gres=gpu:4
    srun python train.py fit --trainer.devices 4
    ```

    ## Known problems
    None known.

    ## References
    - [Lightning: run on a Slurm cluster](https://lightning.ai/docs/pytorch/stable/clouds/cluster_advanced.html)
    """

    meta = RuleMeta(
        "XDC502",
        "world-vs-slurm",
        "Slurm tasks or GPUs that do not match the job's devices",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Tasks first, then GPUs."""
        plan = case.plan
        if format_of(plan, plan.tasks_per_node) != "slurm" and format_of(plan, plan.gpus_granted) != "slurm":
            raise DoesNotApply("no Slurm script starts the job")
        wanted = gpus_asked(case)
        if wanted is None or wanted.setting is None:
            raise CannotTell("no config says how many devices the job uses on a node")
        tasks, granted = plan.tasks_per_node, plan.gpus_granted
        problems: list[Verdict] = []
        if starts_ranks(plan) and tasks is not None and tasks.value != wanted.value:
            problems.append(_tasks(tasks, wanted))
        if granted is not None and format_of(plan, granted) == "slurm" and granted.value < wanted.value:
            problems.append(_gpus(granted, wanted))
        yield from problems or [Passed("Slurm grants what the job uses")]


def _tasks(tasks: Setting[int], wanted: Count) -> Problem:
    return Problem(
        message=f"`{tasks.key}` is {tasks.value}, and {wanted.how}",
        consequence="Lightning stops, since each Slurm task is one of its ranks",
        error_text=f"ValueError: You set `devices={wanted.value}` in Lightning, but the number of tasks per node "
        f"configured in SLURM `--ntasks-per-node={tasks.value}` does not match.",
        fix="Start one task for each device:",
        command=f"#SBATCH --ntasks-per-node={wanted.value}",
        setting=tasks,
        others=(wanted.setting,) if wanted.setting is not None else (),
    )


def _gpus(granted: Setting[int], wanted: Count) -> Problem:
    return Problem(
        message=f"`{granted.key}` grants {plural(granted.value, 'GPU')} a node, and {wanted.how}",
        consequence="the ranks beyond find no device",
        error_text="RuntimeError: CUDA error: invalid device ordinal",
        fix="Ask for as many as the job uses:",
        command=f"#SBATCH --gres=gpu:{wanted.value}",
        setting=granted,
        others=(wanted.setting,) if wanted.setting is not None else (),
    )
