"""XDC118."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.findings import Confidence, RuleMeta, Severity


class LdShadow(Check):
    """`LD_LIBRARY_PATH` hides the CUDA libraries that torch brings

    ## What it does
    Looks in the folders of `LD_LIBRARY_PATH` for libraries that torch's own packages provide (nvJitLink, cuDNN, cuBLAS,
    NCCL and others).

    ## Why is this bad
    The folder comes first, so torch loads another version than it was built with. It fails at import or, worse, later.

    ## Example
    ```console
    $ echo $LD_LIBRARY_PATH
    /usr/local/cuda-12.1/lib64
    $ python -c "import torch"      # torch 2.9.1+cu128
    ImportError: libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_1, version libnvJitLink.so.12
    ```

    ## Use instead
    ```console
    $ unset LD_LIBRARY_PATH
    ```

    ## Known problems
    A folder that holds the same version as torch's does no harm and is reported all the same.

    ## References
    - [pytorch/pytorch#111469](https://github.com/pytorch/pytorch/issues/111469)
    - [pytorch/pytorch#134929](https://github.com/pytorch/pytorch/issues/134929)
    """

    meta = RuleMeta(
        "XDC118",
        "ld-shadow",
        "a folder in `LD_LIBRARY_PATH` that hides torch's CUDA libraries",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """What is found before torch's own."""
        torch = torch_build(case)
        if torch.build == "cpu":
            raise DoesNotApply("torch is a CPU-only build")
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system != "Linux":
            raise DoesNotApply("only Linux has LD_LIBRARY_PATH")
        toolchain = case.need(case.facts.toolchain, "toolchain", "which libraries come before torch's own")
        path = "toolchain.shadowing_libraries"
        found = case.need(toolchain.shadowing_libraries, path, "which libraries come before torch's own")
        found = tuple(each for each in found if "libcudnn" not in each)  # `cudnn-mismatch` judges those
        if not found:
            yield Passed("nothing comes before torch's own CUDA libraries")
            return
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Problem(
            message=f"LD_LIBRARY_PATH leads to {found[0]}{more} before torch's own",
            consequence=f"torch {torch.version} loads a version that it was not built with"
            + (f", and importing it failed with {torch.error}" if torch.error else ""),
            error_text="undefined symbol: __nvJitLinkAddData_12_1, version libnvJitLink.so.12",
            fix="Take the folder out of LD_LIBRARY_PATH; torch's packages bring their own:",
            command="unset LD_LIBRARY_PATH",
            fact=path,
            evidence=", ".join(found),
            severity=Severity.ERROR if torch.error else Severity.WARNING,
        )
