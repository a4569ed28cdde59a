"""XDC513."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import processes
from devlint.doctor.checks.words import is_older
from devlint.findings import Confidence, RuleMeta, Severity


class OldKernel(Check):
    """The Linux kernel is older than 5.5, on which distributed jobs have hung

    ## What it does
    For jobs of several processes, looks at the kernel's version.

    ## Why is this bad
    accelerate warns below 5.5, since processes have hung there without a message.

    ## Example
    ```console
    $ uname -r
    4.18.0-553.el8_10.x86_64
    $ accelerate launch --num_processes 4 train.py
    ```

    ## Use instead
    ```console
    $ sudo dnf install kernel-ml && sudo reboot      # from ELRepo; or use a newer distribution
    ```

    ## Known problems
    Distributions carry fixes back into old kernels (RHEL 8's 4.18 has many), so the job may well run.

    ## References
    - [accelerate: check_os_kernel](https://github.com/huggingface/accelerate/blob/main/src/accelerate/utils/other.py)
    """

    meta = RuleMeta(
        "XDC513",
        "old-kernel",
        "a Linux kernel on which distributed jobs may hang",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The version, for several processes."""
        if processes(case).value < 2:
            raise DoesNotApply("the job has one process")
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system != "Linux":
            raise DoesNotApply("this is not Linux")
        release = case.need(host.release, "host.release", "the kernel's version")
        if not is_older(release, "5.5"):
            yield Passed(f"the kernel is {release}")
            return
        yield Problem(
            message=f"the kernel is {release}, older than 5.5, and the job has {processes(case).value} processes",
            consequence="they may hang without a message",
            error_text=f"Detected kernel version {release}, which is below the recommended minimum of 5.5.0; this "
            "can cause the process to hang.",
            fix="Upgrade the kernel or the distribution if the job hangs:",
            command="sudo do-release-upgrade",
            setting=processes(case).setting,
            fact="host.release",
            evidence=f"the kernel is {release}",
        )
