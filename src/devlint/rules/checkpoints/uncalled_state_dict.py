"""XDV602."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import ApiCall
    from devlint.rules.base import Case


class UncalledStateDict(Rule):
    """The method state_dict is saved instead of what it returns

    ## What it does
    Finds `torch.save(model.state_dict, path)`, also within a dict, list or tuple that is written out there.

    ## Why is this bad
    Without parentheses this is the method, which pickle stores with its whole model. Saving works; loading fails, since
    `torch.load` refuses methods by default, or gives something that is no state dict.

    ## Example
    ```python
    import torch


    def save(model: torch.nn.Module, path: str) -> None:
        torch.save(model.state_dict, path)
    ```

    ## Use instead
    ```python
    import torch


    def save(model: torch.nn.Module, path: str) -> None:
        torch.save(model.state_dict(), path)
    ```

    ## Known problems
    An attribute of this name that holds a dict is not flagged where the file assigns it, or where its owner is named
    like a checkpoint.

    ## Fix safety
    Safe: no code can use the saved method as a state dict.

    ## References
    - [Saving and loading models](https://pytorch.org/tutorials/beginner/saving_loading_models.html)
    - [torch.save](https://pytorch.org/docs/stable/generated/torch.save.html)
    """

    meta = RuleMeta(
        "XDV602",
        "uncalled-state-dict",
        "`torch.save` of the method `state_dict`, without parentheses",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(frozenset({"state_dict"}), before=r"\.\s*", after=r"\s*(?![\w\s.(\[=])"),)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`torch.save(...)`."""
        saved = event.arguments.get("obj", 0)
        if event.name != "torch.save" or saved is None or self.context.file_has(_ASSIGNED):
            return
        for node in _parts(saved.node):
            owner = self.text(node.value)
            if _HOLDER.search(owner):
                continue
            yield Report(
                node,
                f"`{owner}.state_dict` is the method, not the state: what is saved cannot be loaded into a model",
                (),
                f"Call it: `{owner}.state_dict()`.",
            )

    def fix(self, case: Case) -> Fix | None:
        """Call it."""
        return safe(("Call it", case.edit.append_call(case.node, "()")))


_ASSIGNED = re.compile(
    r"\.state_dict\s*(?::[^=\n]+)?=(?!=)|^\s+state_dict\s*(?::|=(?!=))|property\s+def state_dict\b", re.MULTILINE
)
"""Somewhere an object is given a `state_dict` that is no method."""
_HOLDER = re.compile(r"checkpoint|ckpt|state|payload|snapshot|record", re.IGNORECASE)


def _parts(node: cst.BaseExpression) -> Iterator[cst.Attribute]:
    """The uncalled `x.state_dict` that an expression is, or holds as a dict, list or tuple."""
    import libcst as cst

    if isinstance(node, cst.Attribute) and node.attr.value == "state_dict":
        yield node
    elif isinstance(node, (cst.Dict, cst.List, cst.Tuple)):
        for element in node.elements:
            yield from _parts(element.value)
