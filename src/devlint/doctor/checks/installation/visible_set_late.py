"""XDC116."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.script import Script, dotted, script_of
from devlint.findings import Confidence, RuleMeta, Severity


class VisibleSetLate(Check):
    """The script sets `CUDA_VISIBLE_DEVICES` after CUDA has started

    ## What it does
    In the job's script, looks for an assignment to `os.environ["CUDA_VISIBLE_DEVICES"]` below code that starts CUDA.

    ## Why is this bad
    CUDA reads the variable once, when it starts, and torch remembers how many devices it counted. A later change does
    nothing, or leaves counts that do not fit.

    ## Example
    ```python
    import os

    import torch

    model = torch.nn.Linear(8, 8).cuda()
    os.environ["CUDA_VISIBLE_DEVICES"] = "1"
    ```

    ## Use instead
    ```python
    import os

    os.environ["CUDA_VISIBLE_DEVICES"] = "1"
    import torch

    model = torch.nn.Linear(8, 8).cuda()
    ```

    ## Known problems
    Only code at the top level of the script is read; functions and other files are not.

    ## References
    - [pytorch/pytorch#131650](https://github.com/pytorch/pytorch/issues/131650)
    """

    meta = RuleMeta(
        "XDC116",
        "visible-set-late",
        "`CUDA_VISIBLE_DEVICES` set after CUDA has started",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The order of statements."""
        script = script_of(case)
        started: ast.stmt | None = None
        problems: list[Verdict] = []
        for statement in script.tree.body:
            if started is not None and _sets_variable(statement):
                problems.append(_problem(script, statement, started))
            if started is None and _starts_cuda(statement):
                started = statement
        yield from problems or [Passed(f"{script.path} does not set CUDA_VISIBLE_DEVICES late")]


def _problem(script: Script, statement: ast.stmt, started: ast.stmt) -> Problem:
    return Problem(
        message="CUDA_VISIBLE_DEVICES is set after CUDA has started",
        consequence=f"line {started.lineno} has made CUDA read it already, so this changes nothing",
        fix="Set it before the program starts:",
        command=f"CUDA_VISIBLE_DEVICES=0 python {script.path}",
        setting=script.place(statement),
        others=(script.place(started),),
    )


def _sets_variable(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(
        isinstance(target, ast.Subscript)
        and dotted(target.value) in ("os.environ", "environ")
        and isinstance(target.slice, ast.Constant)
        and target.slice.value == "CUDA_VISIBLE_DEVICES"
        for target in targets
    )


def _starts_cuda(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return False
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(_is_cuda_call(call) for call in calls)


def _is_cuda_call(call: ast.Call) -> bool:
    name = dotted(call.func)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    texts = [
        node.value for node in [*call.args, *(word.value for word in call.keywords)] if isinstance(node, ast.Constant)
    ]
    on_cuda = any(isinstance(text, str) and text.startswith("cuda") for text in texts)
    return name.startswith("torch.cuda.") or method == "cuda" or (on_cuda and name != "torch.device")
