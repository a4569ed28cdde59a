"""XDC123."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.findings import Confidence, RuleMeta, Severity


class DupOpenmp(Check):
    """Two OpenMP runtimes would be loaded into one process

    ## What it does
    Counts the libraries `libiomp5` and `libomp` that torch and its neighbours bring.

    ## Why is this bad
    The second runtime notices the first and ends the process. It mostly happens on Windows and macOS, where pip and
    conda packages each bring their own. Setting `KMP_DUPLICATE_LIB_OK=TRUE` hides it and may give wrong results.

    ## Example
    ```console
    $ python train.py
    OMP: Error #15: Initializing libiomp5md.dll, but found libiomp5md.dll already initialized.
    ```

    ## Use instead
    ```console
    $ conda install nomkl      # or: make a clean environment with pip only
    ```

    ## Known problems
    GNU's libgomp is not counted: several of them live together.

    ## References
    - [meta-pytorch/csprng#115](https://github.com/meta-pytorch/csprng/issues/115)
    - [Intel OpenMP: multiple runtimes](https://www.intel.com/content/www/us/en/developer/articles/technical/openmp-multiple-runtimes.html)
    """

    meta = RuleMeta(
        "XDC123",
        "dup-openmp",
        "two Intel or LLVM OpenMP runtimes",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The runtimes that are there."""
        known = torch_build(case).openmp_libraries
        found = case.need(known, "torch.openmp_libraries", "which OpenMP runtimes there are")
        runtimes = sorted({path for path in found if re.search(r"lib(iomp5|omp)[^/\\]*$", path)})
        if len(runtimes) < 2:
            yield Passed(f"OpenMP: {', '.join(found) or 'none of its own'}")
            return
        yield Problem(
            message=f"there are {len(runtimes)} OpenMP runtimes: {', '.join(runtimes)}",
            consequence="a program that loads both is ended by the second",
            error_text="OMP: Error #15: Initializing libiomp5, but found libiomp5 already initialized.",
            fix="Make a clean environment in which one installer brought everything:",
            command="python -m venv .venv && .venv/bin/pip install torch",
            fact="torch.openmp_libraries",
            evidence=", ".join(runtimes),
        )
