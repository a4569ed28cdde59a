"""XDC605."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_gpus
from devlint.findings import Confidence, RuleMeta, Severity


class Xid(Check):
    """The NVIDIA driver has logged errors (Xid)

    ## What it does
    Reads the Xid numbers in the kernel's log, where this user may.

    ## Why is this bad
    An Xid tells what a CUDA error does not: whether the program, the driver or the card was at fault.

    ## Example
    ```console
    $ sudo dmesg | grep -i xid
    NVRM: Xid (PCI:0000:3b:00): 79, pid=4242, GPU has fallen off the bus.
    ```

    ## Use instead
    ```console
    $ sudo nvidia-bug-report.sh      # and look the number up in NVIDIA's list
    ```

    ## Known problems
    13, 31 and 43 usually come from a fault in a program, not in the card. Many systems let only root read the log.

    ## References
    - [NVIDIA: Xid errors](https://docs.nvidia.com/deploy/xid-errors/)
    """

    meta = RuleMeta(
        "XDC605",
        "xid",
        "errors of the NVIDIA driver in the kernel's log",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The numbers in the log."""
        nvidia_gpus(case)
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system != "Linux":
            raise DoesNotApply("Xid errors are logged on Linux")
        errors = case.need(host.xid_errors, "host.xid_errors", "what the driver has logged")
        if not errors:
            yield Passed("the driver has logged no errors")
            return
        words = [f"{number} ({_MEANINGS.get(number, 'see the list')})" for number in sorted(set(errors))]
        by_program = set(errors) <= _OF_PROGRAMS
        yield Problem(
            message=f"the NVIDIA driver has logged Xid {', '.join(words)}",
            consequence="a program on the GPU has failed" if by_program else "the driver or the card may fail again",
            error_text="CUDA error: unspecified launch failure" if by_program else "NVRM: GPU has fallen off the bus.",
            fix="Read what was logged, and look the numbers up at https://docs.nvidia.com/deploy/xid-errors/:",
            command="sudo dmesg | grep -i xid",
            fact="host.xid_errors",
            evidence=f"Xid {', '.join(map(str, sorted(set(errors))))}",
            severity=Severity.INFO if by_program else Severity.WARNING,
        )


_OF_PROGRAMS = {13, 31, 43, 45}
_MEANINGS = {
    13: "a program's exception",
    31: "a program's bad address",
    43: "a program was stopped",
    45: "a program was cleaned up",
    48: "an uncorrected memory error",
    63: "a row of memory was remapped",
    64: "a row of memory could not be remapped",
    74: "an NVLink error",
    79: "the GPU has fallen off the bus",
    92: "many corrected memory errors",
    94: "a contained memory error",
    95: "an uncontained memory error",
    119: "the GPU's own processor did not answer",
    120: "the GPU's own processor failed",
}
