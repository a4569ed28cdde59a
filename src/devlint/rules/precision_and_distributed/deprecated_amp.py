"""XDV801."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Api
from devlint.model.torchapi.precision import AMP_DEPRECATION, DEPRECATED_AMP, GRAD_SCALERS
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import qualified_name, safe, unsafe
from devlint.rules.imports import Use, imported_by, is_tried
from devlint.rules.support import dotted
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Edit, Fix
    from devlint.flow.events import ApiCall, Decorated, Event
    from devlint.model.torchapi.precision import Successor
    from devlint.rules.base import Case
    from devlint.rules.imports import Imported

_IMPORT = re.compile(r"^[ \t]+(?:from|import) torch\.(?:cuda|cpu)\b[^\n]*\bamp\b", re.MULTILINE)


class DeprecatedAmp(Rule):
    """Mixed precision by a deprecated name

    ## What it does
    Finds `autocast`, `GradScaler`, `custom_fwd` and `custom_bwd` of `torch.cuda.amp` and `torch.cpu.amp`.

    ## Why is this bad
    They are deprecated since PyTorch 2.4, and warn whenever they are used. They also fix the device type in a name,
    where `torch.amp` takes it as an argument, so that one code can serve all devices.

    ## Example
    ```python
    import torch


    def loss_of(model, batch):
        with torch.cuda.amp.autocast():
            return model(batch).mean()
    ```

    ## Use instead
    ```python
    import torch


    def loss_of(model, batch):
        with torch.amp.autocast(batch.device.type):
            return model(batch).mean()
    ```

    ## Known problems
    A name that is imported `as` another is not looked at. Silent in what is tried (`try: ... except ImportError`),
    under a condition that asks for versions, and where the setting `target-torch` names a version before 2.4.

    ## Fix safety
    Safe: the device type becomes an argument, and all stays as it is. `torch.amp.GradScaler` came with PyTorch 2.3, and
    `custom_fwd` and `custom_bwd` with 2.4: there the fix is safe only if `target-torch` says that much. An import is
    changed together with all uses of what it imports, or there is no fix.

    ## References
    - [Automatic mixed precision](https://pytorch.org/docs/stable/amp.html)
    - [torch.autocast](https://pytorch.org/docs/stable/amp.html#torch.autocast)
    """

    meta = RuleMeta(
        "XDV801",
        "deprecated-amp",
        "`torch.cuda.amp` or `torch.cpu.amp` instead of `torch.amp`",
        Severity.WARNING,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
        torch=AMP_DEPRECATION,
    )
    triggers = (
        Trigger(
            frozenset(name.rpartition(".")[2] for name in DEPRECATED_AMP), before=r"(?<!\btorch\.)(?<!torch\.amp\.)"
        ),
    )

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`autocast(...)`, also as a decorator."""
        yield from self._report(event, event.name, event.node.func)

    def on_decorated(self, event: Decorated) -> Iterator[Report]:
        """`@custom_fwd`; the other decorators are calls."""
        if isinstance(event.value, Api) and dotted(event.node) is not None:
            yield from self._report(event, event.value.name, event.node)

    def _report(self, event: Event, name: str, func: cst.BaseExpression) -> Iterator[Report]:
        successor = DEPRECATED_AMP.get(name)
        if successor is None or event.frame.state.guards & {"trial", "version"} or is_tried(self.context, _IMPORT):
            return
        if (dotted(func) or "").rpartition(".")[2] != name.rpartition(".")[2]:
            return
        yield Report(
            event.node,
            f"`{name}` is deprecated since PyTorch 2.4 in favour of `{successor.name}`",
            (),
            f"Write `{successor.name}({successor.argument})`, or better pass the type of the device in use.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Give the device type as an argument; a name that was imported is changed wherever it is used."""
        call = case.node if hasattr(case.node, "func") else None
        func = case.node if call is None else call.func
        head = (dotted(func) or "").partition(".")[0]
        if self.context.model.imports.get(head) != "torch":
            imported = imported_by(case, head)
            return None if imported is None else self._with_import(case, imported)
        successor = DEPRECATED_AMP[qualified_name(case.context, func)]
        edits = _arguments(case, Use(func, call), successor)
        renamed = case.edit.replace(func, f"{head}{successor.name.removeprefix('torch')}")
        return self._rated([successor], None if edits is None else [renamed, *edits])

    def _with_import(self, case: Case, imported: Imported) -> Fix | None:
        module, names = imported.statement.module, set(imported.names.values())
        of_modules = names <= {"torch.cuda.amp", "torch.cpu.amp"}
        if module is None or imported.statement.relative or not (of_modules or names <= set(DEPRECATED_AMP)):
            return None
        edits: list[Edit | None] = [case.edit.replace(module, "torch" if of_modules else "torch.amp")]
        successors = [DEPRECATED_AMP[name] for name in names if name in DEPRECATED_AMP]
        for use in imported.uses:
            head, dot, rest = (dotted(use.node) or "").partition(".")
            successor = DEPRECATED_AMP.get(imported.names[head] + dot + rest)
            made = _arguments(case, use, successor) if successor else None
            if successor is None or made is None:
                return None
            edits += made
            successors.append(successor)
        return self._rated(successors, edits)

    def _rated(self, successors: list[Successor], edits: list[Edit | None] | None) -> Fix | None:
        oldest = self.context.settings.target_torch or _UNKNOWN_TARGET
        is_there = all(oldest >= successor.since for successor in successors)
        return (safe if is_there else unsafe)(("Use `torch.amp`", edits))


_UNKNOWN_TARGET = (2, 0)
"""What code that does not say may well run on."""


def _arguments(case: Case, use: Use, successor: Successor) -> list[Edit | None] | None:
    """Edits that give a use of a deprecated name the device type; None if that cannot be said."""
    if use.call is None:
        if successor.name in GRAD_SCALERS:
            return []  # only a type: the old class is a subclass of the new one
        return [case.edit.insert_after(use.node, f"({successor.argument})")] if successor.keyword else None
    positional = [each for each in use.call.args if each.keyword is None]
    if successor.keyword and positional:
        return None  # a function that is wrapped
    if successor.params and any(each.star for each in positional):
        return None
    named = list(zip(successor.params, positional, strict=False))
    if not named:
        return [case.edit.insert_argument(use.call, successor.argument)]
    edits: list[Edit | None] = [case.edit.insert_before(each, f"{key}=") for key, each in named[1:]]
    return [case.edit.insert_before(named[0][1], f"{successor.argument}, {named[0][0]}="), *edits]
