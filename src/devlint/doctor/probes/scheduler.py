"""The job of a scheduler that this process belongs to, of the variables that it sets.

Slurm: "OUTPUT ENVIRONMENT VARIABLES" of sbatch(1) and srun(1); LSF: IBM's "Environment variables"; PBS: qsub(1).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from devlint.doctor.facts import Scheduler

_MIB = 1 << 20


def probe() -> Scheduler | None:
    """The job, or None outside of any."""
    return read(os.environ)


def read(environment: Mapping[str, str]) -> Scheduler | None:
    """The job that a process with these variables belongs to."""
    readers = {"SLURM_JOB_ID": _slurm, "LSB_JOBID": _lsf, "PBS_JOBID": _pbs, "KUBERNETES_SERVICE_HOST": _kubernetes}
    return next((reader(environment) for variable, reader in readers.items() if environment.get(variable)), None)


def _slurm(environment: Mapping[str, str]) -> Scheduler:
    def number(*names: str) -> int | None:
        return _number(environment, *(f"SLURM_{name}" for name in names))

    cpus, memory, per_cpu = number("CPUS_ON_NODE"), number("MEM_PER_NODE"), number("MEM_PER_CPU")
    if memory is None and per_cpu is not None and cpus is not None:
        memory = per_cpu * cpus
    return Scheduler(
        kind="slurm",
        job=environment["SLURM_JOB_ID"],
        nodes=number("NNODES", "JOB_NUM_NODES"),
        tasks=number("NTASKS", "NPROCS"),
        tasks_per_node=number("NTASKS_PER_NODE"),
        cpus_per_task=number("CPUS_PER_TASK"),
        gpus=number("GPUS_ON_NODE"),
        memory=None if memory is None else memory * _MIB,
    )


def _lsf(environment: Mapping[str, str]) -> Scheduler:
    hosts = environment.get("LSB_MCPU_HOSTS", "").split()  # host, slots, host, slots, ...
    return Scheduler(
        kind="lsf",
        job=environment["LSB_JOBID"],
        nodes=len(hosts) // 2 or None,
        tasks=_number(environment, "LSB_DJOB_NUMPROC"),
    )


def _pbs(environment: Mapping[str, str]) -> Scheduler:
    return Scheduler(
        kind="pbs",
        job=environment["PBS_JOBID"],
        nodes=_number(environment, "PBS_NUM_NODES"),
        tasks_per_node=_number(environment, "PBS_NUM_PPN"),
        cpus_per_task=_number(environment, "NCPUS"),
    )


def _kubernetes(environment: Mapping[str, str]) -> Scheduler:
    """A pod knows its name; its limits are those of its control group."""
    return Scheduler(kind="kubernetes", job=environment.get("HOSTNAME"))


def _number(environment: Mapping[str, str], *names: str) -> int | None:
    """The first of these variables that starts with a number (`SLURM_NTASKS_PER_NODE` may be `4(x2)`)."""
    found = (re.match(r"\d+", environment.get(name, "")) for name in names)
    return next((int(match[0]) for match in found if match), None)
