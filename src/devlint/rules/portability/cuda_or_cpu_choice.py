"""XDV312."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import DeviceValue, Text
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import qualified_name, spelling_of, unsafe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import Chosen
    from devlint.flow.values import Value
    from devlint.rules.base import Case


class CudaOrCpuChoice(Rule):
    """The device is CUDA's or the CPU

    ## What it does
    Finds `"cuda" if torch.cuda.is_available() else "cpu"`, where the setting `target-torch` says 2.6 or newer.

    ## Why is this bad
    On a machine with another accelerator (Apple's MPS, Intel's XPU, and more) the program runs on the CPU without a
    word. `torch.accelerator`, since PyTorch 2.6, answers for all of them.

    ## Example
    ```python
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    ```

    ## Use instead
    ```python
    import torch

    device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
    ```

    ## Known problems
    Only the conditional expression is looked at, not a choice by `if` and `else`.

    ## Fix safety
    Unsafe: on machines with another accelerator the program runs there from now on.

    ## References
    - [torch.accelerator](https://pytorch.org/docs/stable/accelerator.html)
    """

    meta = RuleMeta(
        "XDV312",
        "cuda-or-cpu-choice",
        "a choice between CUDA and the CPU that leaves out other accelerators",
        Severity.INFO,
        Confidence.MEDIUM,
        pedantic=True,
        fix=FixAvailability.SOMETIMES,
        torch=(2, 6),
        needs_target=True,
    )
    triggers = (Trigger(frozenset({"is_available"}), before=r"\bif\s+(?:\w+\.)*cuda\.", after=r"\s*\(\)\s*else"),)

    def on_chosen(self, event: Chosen) -> Iterator[Report]:
        """CUDA if it is available, else the CPU."""
        test = event.node.test
        if not hasattr(test, "func") or qualified_name(self.context, test.func) != "torch.cuda.is_available":
            return
        if _name(event.left) == "cuda" and _name(event.right) == "cpu":
            yield Report(
                event.node,
                "this chooses between CUDA and the CPU, and never another accelerator",
                (),
                "Ask `torch.accelerator.current_accelerator()`.",
            )

    def fix(self, case: Case) -> Fix | None:
        """Ask torch.accelerator, for a device or for its name as before."""
        torch, event = spelling_of(case.context, "torch"), case.event
        if torch is None:
            return None
        name = "" if isinstance(event.left, DeviceValue) else ".type"
        edits = (
            case.edit.replace(event.node.body, f"{torch}.accelerator.current_accelerator(){name}"),
            case.edit.replace(event.node.test, f"{torch}.accelerator.is_available()"),
        )
        return unsafe(("Ask `torch.accelerator`", edits))


def _name(value: Value) -> str | None:
    """The device that a string or a device object written there names."""
    if isinstance(value, DeviceValue):
        return value.device.name if value.is_object else None
    return value.constant if isinstance(value, Text) else None
