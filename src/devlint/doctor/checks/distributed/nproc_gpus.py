"""XDC501."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import gpus_asked, visible_gpus
from devlint.doctor.checks.words import in_its_place, label, plural
from devlint.findings import Confidence, RuleMeta, Severity


class NprocGpus(Check):
    """The job starts more processes than there are GPUs

    ## What it does
    Compares the processes or devices of a node with the GPUs that torch can see.

    ## Why is this bad
    Each process takes the GPU of its rank. The first rank without one stops, and the others wait for it until they time
    out. torchrun does not compare the numbers.

    ## Example
    ```shell
    torchrun --nproc-per-node 8 train.py      # on a machine with two GPUs
    ```

    ## Use instead
    ```shell
    torchrun --nproc-per-node gpu train.py
    ```

    ## Known problems
    Jobs whose processes share a GPU on purpose are reported, too.

    ## References
    - [tatsu-lab/stanford_alpaca#67](https://github.com/tatsu-lab/stanford_alpaca/issues/67)
    - [Robin-WZQ/WatermarkDM#8](https://github.com/Robin-WZQ/WatermarkDM/issues/8)
    - [torchrun](https://pytorch.org/docs/stable/elastic/run.html)
    """

    meta = RuleMeta(
        "XDC501",
        "nproc-gpus",
        "more processes than GPUs",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The number asked for against the number there."""
        wanted = gpus_asked(case)
        if wanted is None or wanted.setting is case.plan.device_ids:
            raise DoesNotApply("no config asks for a number of GPUs")
        seen = visible_gpus(case)
        if not seen:
            raise DoesNotApply("no GPU is visible: see `device-absent`")
        if seen[0].mig_mode:
            raise DoesNotApply("the GPU is in MIG mode: see `mig-multi`")
        if wanted.value <= len(seen):
            yield Passed(f"{wanted.how}, and torch can see {len(seen)}")
            return
        assert wanted.setting is not None
        yield Problem(
            message=f"{wanted.how}, and torch can see {plural(len(seen), 'GPU')}",
            consequence=f"rank {len(seen)} finds no device, and the others wait for it",
            error_text="RuntimeError: CUDA error: invalid device ordinal",
            fix="Ask for as many as there are:",
            command=in_its_place(wanted.setting, len(seen)),
            setting=wanted.setting,
            fact="gpus",
            evidence=f"torch can see {', '.join(label(gpu) for gpu in seen)}",
        )
