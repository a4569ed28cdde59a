"""XDC124."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import library
from devlint.doctor.checks.words import is_older
from devlint.findings import Confidence, RuleMeta, Severity


class PynvmlOld(Check):
    """The deprecated package `pynvml` is installed

    ## What it does
    Looks for the distribution `pynvml` among the libraries around torch.

    ## Why is this bad
    torch imports the module `pynvml`, which the package `nvidia-ml-py` provides, kept up by NVIDIA. The package named
    `pynvml` is deprecated; old versions of it overwrite that module with one that misreads new drivers.

    ## Example
    ```console
    $ pip install pynvml
    FutureWarning: The pynvml package is deprecated. Please install nvidia-ml-py instead.
    ```

    ## Use instead
    ```console
    $ pip uninstall -y pynvml && pip install --force-reinstall nvidia-ml-py
    ```

    ## Known problems
    From version 12 on, pynvml depends on nvidia-ml-py and leaves the module to it; that passes.

    ## References
    - [nvidia-ml-py](https://pypi.org/project/nvidia-ml-py/)
    - [pynvml](https://pypi.org/project/pynvml/)
    """

    meta = RuleMeta(
        "XDC124",
        "pynvml-old",
        "the deprecated package pynvml",
        Severity.INFO,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The installed distributions."""
        found = library(case, "pynvml")
        if found.version is not None and not is_older(found.version, "12"):
            yield Passed(f"pynvml {found.version} leaves the module to nvidia-ml-py")
            return
        yield Problem(
            message=f"pynvml {found.version or ''} is installed".replace("  ", " "),
            consequence="it provides the module that nvidia-ml-py should, and torch warns or reads the GPUs wrongly",
            error_text="FutureWarning: The pynvml package is deprecated. Please install nvidia-ml-py instead.",
            fix="Replace it:",
            command="pip uninstall -y pynvml && pip install --force-reinstall nvidia-ml-py",
            fact="libraries.pynvml",
            evidence=f"pynvml {found.version}",
        )
