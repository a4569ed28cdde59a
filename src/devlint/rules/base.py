"""What a rule is: an identity, a docstring that is its page, and handlers for the flow's events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix, RuleMeta
    from devlint.flow.analysis import Analysis
    from devlint.flow.frame import State
    from devlint.flow.lattice import Device, Origin
    from devlint.model.module import ModuleModel
    from devlint.model.scopes import Scopes
    from devlint.parse import Editor
    from devlint.settings.schema import LintSettings
    from devlint.source.screen import Trigger

Note = tuple["cst.CSTNode", str]
"""A related place and what happened there."""


@dataclass(frozen=True, slots=True)
class Report:
    """A finding before its places are turned into lines and columns."""

    node: cst.CSTNode
    message: str
    related: tuple[Note, ...] = ()
    tip: str | None = None
    needs: frozenset[str] = frozenset()
    """Paths that the function must turn out to treat as tensors, or the report is dropped."""
    given: Device | None = None
    """The report is about an input: it holds unless the file's own calls show that to be in CPU memory."""
    unsure: bool = False
    """Likely, but not near-certain: a finding of low confidence, which only who is pedantic gets to see."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may ask besides its events."""

    model: ModuleModel
    settings: LintSettings
    analysis: Analysis
    notes: dict[object, Any] = field(default_factory=dict)

    def text(self, node: cst.CSTNode) -> str:
        """The source of a node, short and on one line."""
        return self.analysis.text_of(node)

    def file_has(self, pattern: re.Pattern[str]) -> bool:
        """Whether the file's source matches; asked once for each pattern."""
        if pattern not in self.notes:
            self.notes[pattern] = bool(pattern.search(self.model.text))
        found: bool = self.notes[pattern]
        return found

    @property
    def scopes(self) -> Scopes:
        """Where names are bound; worked out once."""
        from devlint.model.scopes import Scopes

        if Scopes not in self.notes:
            self.notes[Scopes] = Scopes(self.model.text)
        scopes: Scopes = self.notes[Scopes]
        return scopes


@dataclass(frozen=True, slots=True)
class Case:
    """A report, for the rule to repair: the event behind it, the state as it was then, and who makes edits."""

    report: Report
    event: Any
    """One of those that the rule's handlers take."""
    state: State
    edit: Editor
    context: Context

    @property
    def node(self) -> Any:
        """What was reported: a node of the kind that the rule reports."""
        return self.report.node


class Rule:
    """Base class. A handler `on_EVENT(event)` (see `HANDLERS`) yields reports; `fix` repairs one of them.

    `triggers`: of which at least one stands in any code that the rule can report on; the screen skips top-level
    functions and classes that hold none of any enabled rule's.
    """

    meta: ClassVar[RuleMeta]
    triggers: ClassVar[tuple[Trigger, ...]] = ()

    def __init__(self, context: Context) -> None:
        self.context = context

    def text(self, node: cst.CSTNode) -> str:
        """The source of a node, short and on one line."""
        return self.context.text(node)

    def fix(self, case: Case) -> Fix | None:
        """The repair of what was reported, if there is one; asked for once the file is analysed."""
        return None


HANDLERS = {
    "ApiCall": "on_api_call",
    "MethodCall": "on_method_call",
    "ModuleCall": "on_module_call",
    "LocalCall": "on_local_call",
    "Clash": "on_clash",
    "Compared": "on_compared",
    "Tested": "on_tested",
    "Discarded": "on_discarded",
    "Assigned": "on_assigned",
    "Chosen": "on_chosen",
    "Decorated": "on_decorated",
    "Defined": "on_defined",
    "Looped": "on_looped",
    "Combined": "on_combined",
    "Augmented": "on_augmented",
    "AttributeSet": "on_attribute_set",
    "ClassDone": "on_class_done",
    "ScopeDone": "on_scope_done",
}
"""Event class -> the name of its handler."""


def story(*origins: Origin | None) -> Iterator[Note]:
    """Where each side got its device, for those sides that say."""
    seen = set()
    for origin in origins:
        if origin is not None and (id(origin.node), origin.note) not in seen:
            seen.add((id(origin.node), origin.note))
            yield origin.node, origin.note
