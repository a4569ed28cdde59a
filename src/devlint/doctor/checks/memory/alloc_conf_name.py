"""XDC310."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.reading import variable
from devlint.doctor.checks.words import is_older
from devlint.findings import Confidence, RuleMeta, Severity


class AllocConfName(Check):
    """`PYTORCH_ALLOC_CONF` is set, and the installed torch does not heed it

    ## What it does
    Looks for `PYTORCH_ALLOC_CONF` with `expandable_segments` under torch 2.9 and older.

    ## Why is this bad
    The variable is the new name of `PYTORCH_CUDA_ALLOC_CONF`. torch 2.9 reads it but ignores `expandable_segments`
    there, and older versions do not read it, so the fragmentation it should cure stays.

    ## Example
    ```shell
    export PYTORCH_ALLOC_CONF=expandable_segments:True      # torch 2.9.1
    ```

    ## Use instead
    ```shell
    export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True
    ```

    ## Known problems
    None known.

    ## References
    - [pytorch/pytorch#183387](https://github.com/pytorch/pytorch/issues/183387)
    """

    meta = RuleMeta(
        "XDC310",
        "alloc-conf-name",
        "an allocator variable that the installed torch does not read",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The variable and the version."""
        found = variable(case, "PYTORCH_ALLOC_CONF")
        if found is None or "expandable_segments" not in found.value:
            raise DoesNotApply("PYTORCH_ALLOC_CONF does not set expandable_segments")
        version = torch_build(case).version
        if not is_older(version, "2.10"):
            yield Passed(f"torch {version} heeds PYTORCH_ALLOC_CONF")
            return
        if variable(case, "PYTORCH_CUDA_ALLOC_CONF") is not None:
            yield Passed("PYTORCH_CUDA_ALLOC_CONF is set, too")
            return
        yield Problem(
            message=f"torch {version} ignores expandable_segments in PYTORCH_ALLOC_CONF",
            consequence="memory stays as fragmented as without it",
            error_text="torch.OutOfMemoryError: CUDA out of memory. ... reserved but unallocated memory is large",
            fix="Use the old name, which every version reads:",
            command=f"export PYTORCH_CUDA_ALLOC_CONF={found.value}",
            setting=found.setting,
            fact=found.fact or "torch.version",
            evidence=f"torch is {version}",
        )
