"""XDV708."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.model.torchapi import BACKWARD_METHODS
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import Assigned, Augmented, Event, MethodCall, ScopeDone
    from devlint.flow.frame import Frame
    from devlint.rules.base import Case, Context

Version = tuple[str, int]
"""A variable, and how often it had been assigned: `loss` of this turn of the loop."""


@dataclass(slots=True)
class _Sums:
    """What one function adds up, and what it computes gradients of."""

    assigned: dict[str, int] = field(default_factory=dict)
    differentiated: set[Version] = field(default_factory=set)
    added: list[tuple[Version, str, cst.BaseExpression]] = field(default_factory=list)
    """What was added to which sum, and the node that was added."""

    def version(self, path: str) -> Version:
        return path, self.assigned.get(path, 0)


class LossAccumulatedWithGraph(Rule):
    """A running total keeps every step's loss with its graph

    ## What it does
    Finds `total += loss` in a training loop that calls `loss.backward()`, where `total` is only there to be reported.

    ## Why is this bad
    The loss is a tensor which remembers how it was computed. So does the total, from the first step to the last: the
    memory it holds grows with each step, on the accelerator, too.

    ## Example
    ```python
    import torch


    def train(model: torch.nn.Module, batches, optimizer, loss_fn):
        total = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss
        print(total / len(batches))
    ```

    ## Use instead
    ```python
    import torch


    def train(model: torch.nn.Module, batches, optimizer, loss_fn):
        total = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        print(total / len(batches))
    ```

    ## Known problems
    A sum that gradients are computed of, or that the function returns, is not flagged; nor is a loss that was detached
    in between, or anything below `torch.no_grad()`.

    ## Fix safety
    Unsafe: the total has no gradient any more.

    ## References
    - [My model reports "cuda runtime error(2): out of memory"](https://pytorch.org/docs/stable/notes/faq.html)
    """

    meta = RuleMeta(
        "XDV708",
        "loss-accumulated-with-graph",
        "a running total of losses that keeps their graphs",
        Severity.WARNING,
        Confidence.HIGH,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(BACKWARD_METHODS, before=r"\.\s*", after=r"\s*\("),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._sums: dict[Frame, _Sums] = {}

    def _of(self, event: Event) -> _Sums:
        return self._sums.setdefault(event.frame, _Sums())

    def on_method_call(self, event: MethodCall) -> None:
        """`loss.backward()`, `scaler.scale(loss).backward()`, `accelerator.backward(loss)`."""
        if event.name not in BACKWARD_METHODS:
            return
        sums = self._of(event)
        texts = [self.context.analysis.source_of(event.receiver_node)]
        texts += [self.context.analysis.source_of(argument.node) for argument in event.arguments.each()]
        for path in re.findall(r"[^\W\d]\w*(?:\.\w+)*", " ".join(texts)):
            sums.differentiated.add(sums.version(path))

    def on_assigned(self, event: Assigned) -> None:
        """`total = total + loss`; to anything else it is a new value, of which nothing is known."""
        sums, added = self._of(event), _added_to(event.path, event.value_node)
        if added is not None:
            self._add(event, event.path, added)
        sums.assigned[event.path] = sums.assigned.get(event.path, 0) + 1

    def on_augmented(self, event: Augmented) -> None:
        """`total += loss`."""
        from devlint.model.names import dotted

        total = dotted(event.target)
        if event.operation == "add" and total is not None:
            self._add(event, total, event.right_node)

    def _add(self, event: Event, total: str, node: cst.BaseExpression) -> None:
        loss, frame = _loss_in(node), event.frame
        if loss is not None and frame.in_training_loop and frame.records_gradients:
            sums = self._of(event)
            sums.added.append((sums.version(loss), total, node))

    def on_scope_done(self, event: ScopeDone) -> Iterator[Report]:
        """Gradients of which variables were computed is known now."""
        sums = self._sums.pop(event.frame, None)
        if sums is None or not sums.added:
            return
        learned = {path for path, _ in sums.differentiated}
        source = self.context.analysis.source_of(event.node)
        for version, total, node in sums.added:
            if version not in sums.differentiated or total in learned or _is_returned(total, source):
                continue
            yield Report(
                node,
                f"`{total}` keeps the graph of every `{version[0]}` that is added to it",
                (),
                f"Add the number alone: `{version[0]}.detach()`, or `.item()`.",
            )

    def fix(self, case: Case) -> Fix | None:
        """Detach what is added."""
        return unsafe(("Add `.detach()`", case.edit.append_call(case.node, ".detach()")))


def _added_to(path: str, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What `path + other` adds."""
    import libcst as cst

    from devlint.model.names import dotted

    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Add):
        return None
    return node.right if dotted(node.left) == path else None


def _loss_in(node: cst.BaseExpression) -> str | None:
    """The variable that is added: `loss`, also `loss * n` and `loss / n`."""
    import libcst as cst

    from devlint.model.names import dotted

    while isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Multiply, cst.Divide)):
        node = node.left
    return dotted(node)


def _is_returned(total: str, source: str) -> bool:
    return bool(re.search(rf"\b(return|yield)\b[^\n]*(?<![\w.]){re.escape(total)}(?!\w|\.item\(|\.detach\()", source))
