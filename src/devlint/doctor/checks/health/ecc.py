"""XDC604."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import is_for_servers, nvidia_gpus
from devlint.doctor.checks.words import label
from devlint.doctor.facts import Gpu
from devlint.findings import Confidence, RuleMeta, Severity


class Ecc(Check):
    """A GPU has memory errors

    ## What it does
    Reads the counts of uncorrected ECC errors, of pages that wait for retirement, and of failed row remaps.

    ## Why is this bad
    An uncorrected error ends the program that meets it and may have spoiled numbers before. Retirement and remapping
    need a reset; a failed remap needs a new card.

    ## Example
    ```console
    $ nvidia-smi -q -d ECC,ROW_REMAPPER | grep -iE 'uncorrectable|failure|pending'
                SRAM Uncorrectable        : 0
                DRAM Uncorrectable        : 3
            Remapping Failure Occurred    : Yes
    ```

    ## Use instead
    ```console
    $ sudo nvidia-smi --gpu-reset -i 0      # then, if it returns, ask for a replacement
    ```

    ## Known problems
    None known.

    ## References
    - [NVIDIA: GPU memory error management](https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/)
    """

    meta = RuleMeta(
        "XDC604",
        "ecc",
        "memory errors on a GPU",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU's counts."""
        problems: list[Verdict] = []
        for gpu in nvidia_gpus(case):
            path, health = f"gpus.{gpu.index}.health", gpu.health
            found = _fault(gpu)
            if found is None:
                if health.ecc_enabled is False or (health.ecc_enabled is None and not is_for_servers(gpu)):
                    continue  # GeForce cards have no ECC
                case.need(health.ecc_uncorrected, f"{path}.ecc_uncorrected", "the GPU's count of memory errors")
                continue
            field, words, command = found
            problems.append(
                Problem(
                    message=f"{label(gpu)} {words}",
                    consequence="programs that meet the bad memory end, and numbers may be wrong",
                    error_text="CUDA error: uncorrectable ECC error encountered",
                    fix="Reset the card when nothing runs on it, and have it replaced if the errors return:",
                    command=command,
                    fact=f"{path}.{field}",
                    evidence=words,
                )
            )
        yield from problems or [Passed("no memory errors, or no ECC")]


def _fault(gpu: Gpu) -> tuple[str, str, str] | None:
    """The field, what it says, and the command against it."""
    reset = f"sudo nvidia-smi --gpu-reset -i {gpu.index}"
    if gpu.health.row_remap_failed:
        return (
            "row_remap_failed",
            "could not remap a bad row of memory",
            f"sudo nvidia-smi -q -i {gpu.index} -d ROW_REMAPPER",
        )
    if gpu.health.ecc_uncorrected:
        return "ecc_uncorrected", f"has {gpu.health.ecc_uncorrected} uncorrected memory errors", reset
    if gpu.health.retired_pages_pending:
        return "retired_pages_pending", "has pages of memory that wait for retirement", reset
    return None
