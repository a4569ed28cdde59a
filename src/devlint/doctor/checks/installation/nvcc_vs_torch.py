"""XDC120."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.reading import variable
from devlint.doctor.checks.words import cuda_version
from devlint.doctor.plan import Setting
from devlint.findings import Confidence, RuleMeta, Severity


class NvccVsTorch(Check):
    """The CUDA toolkit is of another major version than torch's CUDA, and the job compiles extensions

    ## What it does
    For jobs with DeepSpeed, compares `nvcc --version` with the CUDA of torch.

    ## Why is this bad
    DeepSpeed compiles its operators when they are first used, with the nvcc it finds, and refuses one whose major
    version is not torch's.

    ## Example
    ```console
    $ nvcc --version | tail -1
    Build cuda_11.8.r11.8/compiler.31833905_0
    $ deepspeed train.py --deepspeed ds_config.json      # torch 2.9.1+cu128
    CUDAMismatchException: >- DeepSpeed Op Builder: Installed CUDA version 11.8 does not match
    the version torch was compiled with 12.8
    ```

    ## Use instead
    ```console
    $ export CUDA_HOME=/usr/local/cuda-12.8
    ```

    ## Known problems
    DS_SKIP_CUDA_CHECK=1 silences DeepSpeed; operators may then fail to load.

    ## References
    - [deepspeedai/DeepSpeed#3223](https://github.com/deepspeedai/DeepSpeed/issues/3223)
    - [deepspeedai/DeepSpeed#2902](https://github.com/deepspeedai/DeepSpeed/issues/2902)
    """

    meta = RuleMeta(
        "XDC120",
        "nvcc-vs-torch",
        "a CUDA toolkit of another major version where code is compiled at run time",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """nvcc's major version against torch's."""
        plan = case.plan
        setting = next((each for each in (plan.zero_stage, plan.framework, plan.launcher) if _is_deepspeed(each)), None)
        if setting is None:
            raise DoesNotApply("the job compiles no extensions (no DeepSpeed)")
        skip = variable(case, "DS_SKIP_CUDA_CHECK")
        if skip is not None and skip.value == "1":
            yield Passed("DS_SKIP_CUDA_CHECK=1 skips the comparison")
            return
        cuda = case.need(torch_build(case).cuda, "torch.cuda", "the CUDA version of torch")
        toolchain = case.need(case.facts.toolchain, "toolchain", "the CUDA toolkit")
        nvcc = case.need(toolchain.nvcc, "toolchain.nvcc", "nvcc's version")
        if cuda_version(nvcc)[0] == cuda_version(cuda)[0]:
            yield Passed(f"nvcc {nvcc} and torch's CUDA {cuda} are of one major version")
            return
        yield Problem(
            message=f"nvcc is {nvcc}, and torch was built with CUDA {cuda}",
            consequence="DeepSpeed refuses to compile its operators",
            error_text="CUDAMismatchException: >- DeepSpeed Op Builder: Installed CUDA version "
            f"{nvcc} does not match the version torch was compiled with {cuda}",
            fix=f"Point CUDA_HOME at a toolkit of CUDA {cuda_version(cuda)[0]}:",
            command=f"export CUDA_HOME=/usr/local/cuda-{cuda}",
            setting=setting,
            fact="toolchain.nvcc",
            evidence=f"nvcc is {nvcc}",
        )


def _is_deepspeed(setting: Setting[Any] | None) -> bool:
    return setting is not None and (setting.value == "deepspeed" or isinstance(setting.value, int))
