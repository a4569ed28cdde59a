"""XDC406."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.findings import Confidence, RuleMeta, Severity


class Nofile(Check):
    """The limit of open files is low for so many workers

    ## What it does
    Estimates the file descriptors that a process' workers keep open (8 tensors a batch, `prefetch_factor` batches a
    worker) and compares them with the soft limit.

    ## Why is this bad
    On Linux each tensor that a worker hands over is an open file until it is used. At the limit, loading fails with a
    message that names neither files nor limits.

    ## Example
    ```console
    $ ulimit -n
    256
    $ python train.py --workers 32
    RuntimeError: received 0 items of ancdata
    ```

    ## Use instead
    ```console
    $ ulimit -n 65536
    ```

    ## Known problems
    The number of tensors a batch is a guess.

    ## References
    - [pytorch/pytorch#973](https://github.com/pytorch/pytorch/issues/973)
    - [Sharing strategies](https://pytorch.org/docs/stable/multiprocessing.html#sharing-strategies)
    """

    meta = RuleMeta(
        "XDC406",
        "nofile",
        "a limit of open files that many workers reach",
        Severity.INFO,
        Confidence.LOW,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Descriptors against the limit."""
        workers = case.asked("workers", "a number of workers")
        host = case.facts.host
        if host is not None and host.system == "Windows":
            raise DoesNotApply("Windows has no such limit")
        limits = case.need(case.facts.limits, "limits", "the limit of open files")
        limit = case.need(limits.open_files, "limits.open_files", "the limit of open files")
        prefetch = case.plan.prefetch_factor.value if case.plan.prefetch_factor is not None else 2
        need = 64 + workers.value * prefetch * TENSORS
        if need <= limit:
            yield Passed(f"{workers.value} workers keep about {need} of {limit} files open")
            return
        yield Problem(
            message=f"`{workers.key}` {workers.value} may keep {need} files open, and the limit is {limit}",
            consequence="loading fails once it is reached",
            error_text="RuntimeError: received 0 items of ancdata",
            fix="Raise the limit before the job starts, or share tensors through the file system:",
            command="ulimit -n "
            f"{max(65536, need) if (limits.open_files_hard or 65536) >= 65536 else limits.open_files_hard}",
            setting=workers,
            fact="limits.open_files",
            evidence=f"the soft limit is {limit}",
        )


TENSORS = 8
"""Tensors that a batch is thought to have."""
