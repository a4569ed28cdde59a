"""XDV206."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.events import Assigned
from devlint.flow.values import Class, Instance, Module, Thing
from devlint.model.torchapi import MOVE_METHODS
from devlint.model.torchapi.protocol import EFFECTS_OF_MODULES, KEY_REPORTS, NOTHING_METHODS
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.rules.support import dotted, is_call_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import MethodCall
    from devlint.flow.values import Value
    from devlint.rules.base import Case

_METHODS = frozenset(NOTHING_METHODS) | KEY_REPORTS
_USES = frozenset(MOVE_METHODS) | EFFECTS_OF_MODULES | {"parameters", "named_parameters", "state_dict"}
"""What is done with a model, and with no report of keys."""


class MistakenResult(Rule):
    """A result is taken for the object whose method was called

    ## What it does
    Finds `loss = loss.backward()`, `optimizer = optimizer.zero_grad()` and `model = model.load_state_dict(...)`, and
    models that are "loaded" by `net = model.load_state_dict(...)` or `model.load_state_dict(...).to(device)`.

    ## Why is this bad
    These methods work on the object and return something else: `backward`, `zero_grad` and `step` return None, and
    `load_state_dict` a report of the keys that did not match. From then on the name holds that, and the next use of it
    fails.

    ## Example
    ```python
    import torch


    def restore(model: torch.nn.Module, state: dict) -> torch.nn.Module:
        model = model.load_state_dict(state)
        return model.eval()
    ```

    ## Use instead
    ```python
    import torch


    def restore(model: torch.nn.Module, state: dict) -> torch.nn.Module:
        model.load_state_dict(state)
        return model.eval()
    ```

    ## Known problems
    A class of the same file that has a method of that name is left alone: it may return itself.

    ## Fix safety
    Unsafe: the name keeps its object, which changes all that follows. There is a fix where the assignment can be
    dropped.

    ## References
    - [torch.nn.Module.load_state_dict](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict)
    - [torch.Tensor.backward](https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html)
    """

    meta = RuleMeta(
        "XDV206",
        "mistaken-result",
        "the None or the report that a method returns, taken for the object itself",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (
        Trigger(frozenset(NOTHING_METHODS), before=r"=[\s(]*[\w.]+\.", after=r"\s*\("),
        Trigger(KEY_REPORTS, before=r"\.", after=r"\s*\(", travels=True),
    )

    def on_assigned(self, event: Assigned) -> Iterator[Report]:
        """`model = model.load_state_dict(...)`."""
        call = is_call_of(event.value_node, _METHODS)
        if call is None or dotted(call.func.value) != event.path:
            return
        name = call.func.attr.value
        receiver = event.frame.evaluate(call.func.value)
        if _has_own(receiver, name) or (name == "step" and not _steps(receiver, call)):
            return
        gives = "a report of keys" if name in KEY_REPORTS else "None"
        yield Report(
            event.value_node,
            f"`{name}` returns {gives}: `{event.path}` is that from here on",
            (),
            f"Drop the assignment: `{self.text(event.value_node)}`.",
        )

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """The report of `load_state_dict` is used like a model."""
        loaded = event.receiver
        if not isinstance(loaded, Thing) or loaded.kind != "key report" or loaded.origin is None:
            return
        if event.name in _USES:
            yield Report(
                loaded.origin,
                f"`load_state_dict` returns a report of keys, which has no `{event.name}`",
                ((event.node, "here it is used as the model"),),
                "Load first, then go on with the model itself.",
            )

    def fix(self, case: Case) -> Fix | None:
        """Drop the assignment, if it sets nothing else."""
        assign = next(iter(case.edit.ancestors(case.node)), None)
        if assign is None or not isinstance(case.event, Assigned) or len(getattr(assign, "targets", ())) != 1:
            return None
        return unsafe(("Drop the assignment", case.edit.replace_around(assign, case.node, "", "")))


def _has_own(receiver: Value, name: str) -> bool:
    if isinstance(receiver, Class):
        return receiver.model.method(name) is not None
    cls = receiver.cls if isinstance(receiver, Module | Instance) else None
    return cls is not None and not isinstance(cls, str) and cls.method(name) is not None


def _steps(receiver: Value, call: cst.Call) -> bool:
    """An optimizer's `step` without a closure."""
    return isinstance(receiver, Thing) and receiver.kind == "optimizer" and not call.args
