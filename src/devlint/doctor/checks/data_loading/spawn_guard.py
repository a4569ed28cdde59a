"""XDC408."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.script import dotted, script_of
from devlint.findings import Confidence, RuleMeta, Severity


class SpawnGuard(Check):
    """Workers are started on Windows or macOS from a script without `if __name__ == "__main__"`

    ## What it does
    Where workers are spawned (Windows, macOS), looks whether a script that makes a DataLoader at its top level keeps it
    behind a main guard.

    ## Why is this bad
    A spawned worker imports the script anew. Without the guard it makes its own workers, and Python stops with an error
    in every one of them.

    ## Example
    ```python
    from torch.utils.data import DataLoader

    for batch in DataLoader(range(8), num_workers=2):
        print(batch)
    ```

    ## Use instead
    ```python
    from torch.utils.data import DataLoader


    def main():
        for batch in DataLoader(range(8), num_workers=2):
            print(batch)


    if __name__ == "__main__":
        main()
    ```

    ## Known problems
    Only the script itself is read. Python 3.14 no longer forks on Linux either; that is not looked at.

    ## References
    - [Platform-specific behaviours](https://pytorch.org/docs/stable/data.html#platform-specific-behaviors)
    - [multiprocessing: safe importing of main module](https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods)
    """

    meta = RuleMeta(
        "XDC408",
        "spawn-guard",
        "workers started from a script without a main guard",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The system, then the script."""
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system == "Linux":
            raise DoesNotApply("Linux forks its workers")
        workers = case.plan.workers
        if workers is not None and workers.value == 0:
            raise DoesNotApply("the job has no workers")
        script = script_of(case)
        loaders = [call for statement in script.tree.body for call in _loaders(statement)]
        if workers is None:
            loaders = [call for call in loaders if any(word.arg == "num_workers" for word in call.keywords)]
        if not loaders:
            yield Passed(f"{script.path} makes no DataLoader with workers outside functions and the main guard")
            return
        name = {"Darwin": "macOS"}.get(host.system, host.system)
        yield Problem(
            message=f"a DataLoader with workers is made at the top level of {script.path}, and {name} spawns workers",
            consequence="each worker runs the script anew and fails",
            error_text="RuntimeError: An attempt has been made to start a new process before the current process has "
            "finished its bootstrapping phase.",
            fix="Put the script's work into a function, and call it at the end:",
            command='if __name__ == "__main__": main()',
            setting=script.place(loaders[0]),
            fact="host.system",
            evidence=f"this is {name}",
            others=(workers,) if workers is not None else (),
        )


def _loaders(statement: ast.stmt) -> Iterator[ast.Call]:
    """Calls of DataLoader that run when the script is imported."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or _is_guard(statement):
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "DataLoader":
            yield node


def _is_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and any(
        isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test)
    )
