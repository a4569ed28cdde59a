"""XDC122."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import library
from devlint.findings import Confidence, RuleMeta, Severity


class TwoTorch(Check):
    """torch is installed more than once in this environment

    ## What it does
    Counts the folders of the target environment that hold a torch, whoever installed it.

    ## Why is this bad
    Which one is imported depends on the order of `sys.path`, while pip and conda each look at their own. Upgrades then
    seem to do nothing.

    ## Example
    ```console
    $ conda install pytorch
    $ pip install --user torch
    ```

    ## Use instead
    ```console
    $ pip uninstall -y torch && conda remove --force pytorch
    $ pip install torch
    ```

    ## Known problems
    None known.

    ## References
    - [Using pip in a conda environment](https://docs.conda.io/projects/conda/en/latest/user-guide/tasks/manage-environments.html#using-pip-in-an-environment)
    """

    meta = RuleMeta(
        "XDC122",
        "two-torch",
        "torch installed more than once",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The places of torch."""
        torch = library(case, "torch")
        if len(torch.places) < 2:
            yield Passed(f"torch {torch.version or ''} is installed once".replace("  ", " "))
            return
        yield Problem(
            message=f"torch is installed {len(torch.places)} times: {', '.join(torch.places)}",
            consequence="the one that is imported need not be the one that you install, upgrade or see listed",
            fix="Remove all of them, and install one:",
            command="pip uninstall -y torch torch && pip install torch",
            fact="libraries.torch",
            evidence=f"found in {' and '.join(torch.places)}",
        )
