"""XDC404."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import format_of, processes
from devlint.doctor.checks.words import MIB
from devlint.doctor.memory import show_bytes
from devlint.doctor.plan import Setting
from devlint.findings import Confidence, RuleMeta, Severity


class ShmSmall(Check):
    """Shared memory (/dev/shm) is too small for DataLoader workers or NCCL

    ## What it does
    Compares /dev/shm, or what a container config makes of it (Docker gives 64 MiB unless told), with 512 MiB where
    workers load data or several processes use NCCL.

    ## Why is this bad
    Workers hand their batches over in shared memory. When it is full, a worker dies of a bus error, and the message
    does not say why.

    ## Example
    ```shell
    docker run --gpus all image python train.py --workers 8
    ```

    ## Use instead
    ```shell
    docker run --gpus all --shm-size 8g image python train.py --workers 8
    ```

    ## Known problems
    Small batches fit into little shared memory; 512 MiB is the limit that DeepSpeed's ds_report warns at. Where nothing
    says how many workers there are, it is a warning.

    ## References
    - [pytorch/pytorch#5040](https://github.com/pytorch/pytorch/issues/5040)
    - [pytorch/pytorch#1355](https://github.com/pytorch/pytorch/issues/1355)
    - [docker run --shm-size](https://docs.docker.com/reference/cli/docker/container/run/)
    """

    meta = RuleMeta(
        "XDC404",
        "shm-small",
        "shared memory too small for loader workers or NCCL",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The size against the need."""
        workers, here = case.setting("workers"), processes(case)
        if workers is not None and workers.value == 0 and here.value == 1:
            raise DoesNotApply("no workers and one process: shared memory is not used")
        size, source = _size(case)
        if size >= ENOUGH:
            yield Passed(f"shared memory has {show_bytes(size)}")
            return
        user = workers if workers is not None and workers.value > 0 else here.setting if here.value > 1 else None
        if user is None and source is not None:
            raise DoesNotApply("no config says that workers or several processes run in the container")
        yield Problem(
            message=f"shared memory has {show_bytes(size)}, "
            + (f"and `{user.key}` is {user.value}" if user is not None else "too little for DataLoader workers"),
            consequence="NCCL and DataLoader workers hand their data over in it, and fail as soon as it is full",
            error_text="RuntimeError: DataLoader worker (pid 42) is killed by signal: Bus error. It is possible that "
            "dataloader's workers are out of shared memory. Please try to raise your shared memory limit.",
            fix="Give the container more:",
            command=_command(case, source),
            setting=source or user,
            fact="memory.shm_total" if source is None else None,
            evidence=f"/dev/shm has {show_bytes(size)}",
            severity=Severity.ERROR if user is not None else Severity.WARNING,
            others=(user,) if user is not None and source is not None else (),
        )


ENOUGH = 512 * MIB
"""What DeepSpeed's ds_report warns below."""

DOCKER = 64 * MIB
"""What Docker and Kubernetes give unless told."""


def _size(case: Case) -> tuple[int, Setting[Any] | None]:
    """The bytes of shared memory, and the setting that makes it so; None where it is this machine's."""
    plan = case.plan
    if plan.shm is not None:
        return plan.shm.value, plan.shm
    if plan.containerised is not None and plan.containerised.value and not (plan.ipc_host and plan.ipc_host.value):
        return DOCKER, plan.containerised
    host = case.facts.host
    if host is not None and host.system != "Linux":
        raise DoesNotApply(f"{host.system} has no /dev/shm")
    memory = case.need(case.facts.memory, "memory", "the size of shared memory")
    return case.need(memory.shm_total, "memory.shm_total", "the size of shared memory"), None


def _command(case: Case, source: Setting[Any] | None) -> str:
    """What gives the container more, in the language of the config that makes it."""
    if source is None:
        return "docker run --shm-size=8g"
    if format_of(case.plan, source) == "kubernetes":
        return "volumes: [{name: shm, emptyDir: {medium: Memory}}], volumeMounts: [{name: shm, mountPath: /dev/shm}]"
    return "--shm-size=8g" if source.key.startswith("-") else "shm_size: 8g"
