"""XDV209."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.model.domain import is_test
from devlint.model.uses import ModuleUses
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import device_at_hand, unsafe
from devlint.rules.support import name_of_other_side
from devlint.rules.triggers import DISCARDED_MOVES, MODULE_WORK

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import Clash
    from devlint.rules.base import Case


class ModuleLeftBehind(Rule):
    """A model is never moved, although its inputs are

    ## What it does
    Finds models that are built on the CPU and never moved in the file, and that are called with tensors which were
    moved to a device.

    ## Why is this bad
    The parameters are in CPU memory and the batch is on the GPU: the first step stops with "Input type
    (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same" or "Expected all tensors to be on
    the same device".

    ## Example
    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader


    def train(dataset, device):
        model = nn.Linear(784, 10)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in DataLoader(dataset, batch_size=64):
            loss = nn.functional.cross_entropy(model(x.to(device)), y.to(device))
            loss.backward()
            optimizer.step()
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader


    def train(dataset, device):
        model = nn.Linear(784, 10).to(device)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in DataLoader(dataset, batch_size=64):
            loss = nn.functional.cross_entropy(model(x.to(device)), y.to(device))
            loss.backward()
            optimizer.step()
    ```

    ## Known problems
    A model that is handed to a function or class of another file is let through: it may be moved there. So is one whose
    class moves what it is given.

    ## Fix safety
    Unsafe: the model goes to another device than before, with all that is done to it afterwards.

    ## References
    - [torch.nn.Module.to](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.to)
    - [Quickstart: creating models](https://pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html)
    """

    meta = RuleMeta(
        "XDV209",
        "module-left-behind",
        "a model on the CPU that is called with tensors which were moved",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (DISCARDED_MOVES, MODULE_WORK)

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """A module that surely stays where it was built."""
        built = clash.left.device.origin
        if clash.how != "left-behind" or built is None or is_test(self.context.model.path):
            return
        if not self._is_worked_on(clash) or not self._is_never_moved(built.node, clash.left.node):
            return
        name, given = self.text(clash.left.node), self.text(clash.right.node)
        where = name_of_other_side(clash)
        yield Report(
            built.node,
            f"`{name}` is built on the CPU and never moved, but called with `{given}`, which is on {where}",
            ((clash.node, f"called here with `{given}`"), *story(clash.right.device.origin)),
            f"Move it before its optimizer is made: `{name}.to({where.strip('`')})`.",
        )

    def _is_worked_on(self, clash: Clash) -> bool:
        """The function that is looked at, or the module's own code, does what one does with models and data."""
        function = clash.frame.entry_function
        text = self.context.model.text if function is None else self.context.analysis.source_of(function.node)
        return bool(_WORK.search(text))

    def _is_never_moved(self, built: cst.CSTNode, called: cst.CSTNode) -> bool:
        if ModuleUses not in self.context.notes:
            self.context.notes[ModuleUses] = ModuleUses(self.context.model.text)
        uses: ModuleUses = self.context.notes[ModuleUses]
        return uses.never_moved(self.context.analysis.source_of(built), self.text(called))

    def fix(self, case: Case) -> Fix | None:
        """Move it where it is built."""
        device = device_at_hand(case, case.node, case.event.right)
        if not device:
            return None
        return unsafe((f"Move it with `.to({device})`", case.edit.append_call(case.node, f".to({device})")))


_WORK = re.compile(r"\.(to|cuda)\s*\(|(?<![.\w])(?!self\b)[A-Za-z_]\w*\.(parameters|eval|train)\s*\(")
