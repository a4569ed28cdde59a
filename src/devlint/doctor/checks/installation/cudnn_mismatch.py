"""XDC119."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.findings import Confidence, RuleMeta, Severity


class CudnnMismatch(Check):
    """Another cuDNN than torch's own is found

    ## What it does
    Reads what torch says about its cuDNN, and looks for libraries of another major version beside it.

    ## Why is this bad
    torch checks at first use that the cuDNN it loaded fits the one it was built with, and stops if it does not.

    ## Example
    ```console
    $ python -c "import torch; print(torch.backends.cudnn.version())"
    RuntimeError: cuDNN version incompatibility: PyTorch was compiled against (8, 7, 0)
    but found runtime version (8, 2, 4).
    ```

    ## Use instead
    ```console
    $ unset LD_LIBRARY_PATH
    $ pip uninstall nvidia-cudnn-cu11      # keep the one that torch depends on
    ```

    ## Known problems
    None known.

    ## References
    - [pytorch/pytorch#80637](https://github.com/pytorch/pytorch/issues/80637)
    - [bmaltais/kohya_ss#1096](https://github.com/bmaltais/kohya_ss/issues/1096)
    """

    meta = RuleMeta(
        "XDC119",
        "cudnn-mismatch",
        "a cuDNN of another version than torch was built with",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """torch's own answer, then the libraries."""
        torch = torch_build(case)
        if torch.build not in (None, "cuda"):
            raise DoesNotApply(f"torch is a {torch.build} build")
        if torch.cudnn_error is not None:
            yield _problem(
                f"torch {torch.version} refuses the cuDNN it finds", "every convolution fails", torch.cudnn_error
            )
            return
        version = case.need(torch.cudnn, "torch.cudnn", "torch's cuDNN")
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system != "Linux":
            yield Passed(f"torch's cuDNN is {version}")
            return
        own = version // 10000 if version >= 90000 else version // 1000
        toolchain = case.need(case.facts.toolchain, "toolchain", "which cuDNNs come before torch's own")
        path = "toolchain.shadowing_libraries"
        libraries = case.need(toolchain.shadowing_libraries, path, "which cuDNNs come before torch's own")
        others = [each for each in libraries if (major := _major(each)) is not None and major != own]
        if others:
            message = f"{others[0]} comes before cuDNN {own}, which torch {torch.version} brings"
            yield _problem(message, "torch loads the wrong one and stops", None)
        else:
            yield Passed(f"torch's cuDNN is {version}, and no other comes before it")


def _problem(message: str, consequence: str, error: str | None) -> Problem:
    return Problem(
        message=message,
        consequence=consequence,
        error_text=error
        or "cuDNN version incompatibility: PyTorch was compiled against ... but found runtime version ...",
        fix="Leave only torch's own cuDNN in reach:",
        command="unset LD_LIBRARY_PATH",
        fact="torch.cudnn" if error else "toolchain.shadowing_libraries",
        evidence=error or message,
        severity=Severity.ERROR if error else Severity.WARNING,
    )


def _major(path: str) -> int | None:
    match = re.search(r"libcudnn\.so\.(\d+)", path)
    return int(match[1]) if match else None
