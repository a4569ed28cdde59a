"""XDC309."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.reading import variable
from devlint.doctor.checks.words import allocator_options
from devlint.findings import Confidence, RuleMeta, Severity


class AllocConfKey(Check):
    """`PYTORCH_CUDA_ALLOC_CONF` has an option that the installed torch does not know

    ## What it does
    Compares the options in `PYTORCH_CUDA_ALLOC_CONF` with those that the installed torch knows.

    ## Why is this bad
    An unknown option, mistyped or newer than the installed torch, stops the program when CUDA starts.

    ## Example
    ```shell
    export PYTORCH_CUDA_ALLOC_CONF=expandable_segment:True
    ```

    ## Use instead
    ```shell
    export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True
    ```

    ## Known problems
    Options of `PYTORCH_HIP_ALLOC_CONF` are not read.

    ## References
    - [ZhengPeng7/BiRefNet#179](https://github.com/ZhengPeng7/BiRefNet/issues/179)
    - [PYTORCH_CUDA_ALLOC_CONF](https://pytorch.org/docs/stable/notes/cuda.html#optimizing-memory-usage-with-pytorch-cuda-alloc-conf)
    """

    meta = RuleMeta(
        "XDC309",
        "alloc-conf-key",
        "an allocator option that the installed torch does not know",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each option."""
        found = variable(case, "PYTORCH_CUDA_ALLOC_CONF")
        if found is None or not found.value.strip():
            raise DoesNotApply("PYTORCH_CUDA_ALLOC_CONF is not set")
        torch = torch_build(case)
        known = case.need(torch.allocator_keys, "torch.allocator_keys", "which options the installed torch knows")
        unknown = [key for key in allocator_options(found.value) if key not in known]
        if not unknown:
            yield Passed(f"torch {torch.version} knows all options of PYTORCH_CUDA_ALLOC_CONF")
            return
        import difflib  # late: slow to import, and only needed for a problem

        near = difflib.get_close_matches(unknown[0], known, n=1)
        right = found.value.replace(unknown[0], near[0]) if near else ""
        yield Problem(
            message=f"torch {torch.version} does not know `{unknown[0]}` in PYTORCH_CUDA_ALLOC_CONF",
            consequence="it stops when CUDA starts",
            error_text=f"RuntimeError: Unrecognized CachingAllocator option: {unknown[0]}",
            fix="Correct it:" if near else "Take it away, or upgrade torch:",
            command=f"export PYTORCH_CUDA_ALLOC_CONF={right}" if near else "unset PYTORCH_CUDA_ALLOC_CONF",
            setting=found.setting,
            fact=found.fact or "torch.allocator_keys",
            evidence=f"torch knows {', '.join(sorted(known))}",
        )
