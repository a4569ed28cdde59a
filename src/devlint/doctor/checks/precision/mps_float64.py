"""XDC213."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, TypeGuard

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import asks_for
from devlint.doctor.checks.script import dotted, script_of
from devlint.doctor.checks.words import in_its_place
from devlint.doctor.plan import Setting
from devlint.findings import Confidence, RuleMeta, Severity


class MpsFloat64(Check):
    """The job uses float64 on Apple's GPU, which has none

    ## What it does
    Looks for float64 in configs, and in the script, of jobs on `mps`.

    ## Why is this bad
    Metal has no 64-bit floats: moving such a tensor to the GPU raises. NumPy arrays are float64 unless told otherwise.

    ## Example
    ```python
    import numpy
    import torch

    weights = torch.tensor([0.5, 0.5], dtype=torch.float64).to("mps")
    ```

    ## Use instead
    ```python
    import numpy
    import torch

    weights = torch.tensor([0.5, 0.5], dtype=torch.float32).to("mps")
    ```

    ## Known problems
    In the script only `torch.float64`, `torch.double` and `.double()` are looked for; float64 that comes from NumPy is
    not seen, and a tensor that stays on the CPU is reported too.

    ## References
    - [pytorch/pytorch#122602](https://github.com/pytorch/pytorch/issues/122602)
    - [torch.mps](https://pytorch.org/docs/stable/notes/mps.html)
    """

    meta = RuleMeta(
        "XDC213",
        "mps-float64",
        "float64 on Apple's GPU",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The config's precision, then the script."""
        device = case.asked("device_type", "a device")
        if device.value != "mps":
            raise DoesNotApply(f"the job runs on {device.value}")
        precision = asks_for(case, "fp64")
        if precision is not None:
            yield _problem(precision, f"`{precision.key}` asks for float64", in_its_place(precision, "fp32"))
            return
        script = script_of(case)
        found = [node for node in ast.walk(script.tree) if _is_double(node)]
        for node in found:
            yield _problem(script.place(node), f"`{ast.unparse(node)}` is 64 bits wide", "torch.float32")
        if not found:
            yield Passed(f"{script.path} names no float64")


def _is_double(node: ast.AST) -> TypeGuard[ast.expr]:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "double" and not node.args
    return isinstance(node, ast.Attribute) and dotted(node) in ("torch.float64", "torch.double")


def _problem(setting: Setting[Any], message: str, command: str) -> Problem:
    return Problem(
        message=f"{message}, and the job runs on mps",
        consequence="moving such a tensor to the GPU fails",
        error_text="TypeError: Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support "
        "float64.",
        fix="Use float32:",
        command=command,
        setting=setting,
    )
