"""XDC311."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import variable
from devlint.doctor.checks.words import allocator_options
from devlint.findings import Confidence, RuleMeta, Severity


class ExpandableOs(Check):
    """`expandable_segments` is set where it is not supported

    ## What it does
    Looks for `expandable_segments:True` on Windows, macOS and NVIDIA's Tegra boards (Jetson).

    ## Why is this bad
    It needs virtual memory functions of the Linux driver. Elsewhere torch warns and goes on without.

    ## Example
    ```shell
    set PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True      # Windows
    ```

    ## Use instead
    ```shell
    set PYTORCH_CUDA_ALLOC_CONF=garbage_collection_threshold:0.8
    ```

    ## Known problems
    None known.

    ## References
    - [pytorch/pytorch#122057](https://github.com/pytorch/pytorch/issues/122057)
    - [unslothai/unsloth-zoo#1235](https://github.com/unslothai/unsloth-zoo/issues/1235)
    """

    meta = RuleMeta(
        "XDC311",
        "expandable-os",
        "expandable segments on a system that lacks them",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The variables and the system."""
        variables = (variable(case, name) for name in ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF"))
        set_ = [each for each in variables if each is not None]
        found = next(
            (each for each in set_ if allocator_options(each.value).get("expandable_segments") == "True"), None
        )
        if found is None:
            raise DoesNotApply("expandable_segments is not set")
        host = case.need(case.facts.host, "host", "the operating system")
        tegra = "tegra" in (host.release or "")
        if host.system == "Linux" and not tegra:
            yield Passed("Linux has expandable segments")
            return
        name = "Tegra" if tegra else {"Darwin": "macOS"}.get(host.system, host.system)
        yield Problem(
            message=f"{found.name} sets expandable_segments, which {name} does not support",
            consequence="torch warns and goes on without it",
            error_text="UserWarning: expandable_segments not supported on this platform",
            fix="Take it away:",
            command=f"set {found.name}=" if host.system == "Windows" else f"unset {found.name}",
            setting=found.setting,
            fact=found.fact or "host.system",
            evidence=f"this is {name}",
        )
