"""Hands the flow's events to the rules, and collects what they report."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devlint.flow.events import Clash
from devlint.flow.lattice import Where
from devlint.rules.base import HANDLERS, Case, Context, Report, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from libcst import CSTNode

    from devlint.findings import Fix
    from devlint.flow.analysis import Analysis
    from devlint.flow.events import Event
    from devlint.flow.frame import State
    from devlint.parse import Editor


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule raised: which, and its traceback."""

    code: str
    trace: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A report, whose it is, and what its repair may need: the event, and the state as it was then."""

    rule: Rule
    report: Report
    event: Event
    state: State


class Dispatcher:
    """Knows which rule listens to which event. A rule that crashes is dropped; the others go on."""

    def __init__(self, rules: tuple[type[Rule], ...]) -> None:
        self._classes = rules
        self._listeners: dict[str, list[tuple[Rule, Callable[[Event], Iterator[Report]]]]] = {}
        self._reports: dict[tuple[str, CSTNode], Reported] = {}
        self.crashes: list[Crash] = []

    def attach(self, context: Context) -> None:
        """Make the rules for one file."""
        for cls in self._classes:
            rule = cls(context)
            for event, name in HANDLERS.items():
                handler = getattr(rule, name, None)
                if handler is not None:
                    self._listeners.setdefault(event, []).append((rule, handler))

    def emit(self, event: Event) -> None:
        """Tell every rule that listens."""
        listeners = self._listeners.get(type(event).__name__)
        if not listeners:
            return
        for rule, handler in list(listeners):
            try:
                for report in handler(event) or ():
                    self._take(rule, report, event)
            except RecursionError:
                raise
            except Exception:
                self.crashes.append(Crash(rule.meta.code, traceback.format_exc()))
                self._drop(rule)

    def _drop(self, rule: Rule) -> None:
        for listeners in self._listeners.values():
            listeners[:] = [each for each in listeners if each[0] is not rule]

    def _take(self, rule: Rule, report: Report, event: Event) -> None:
        """Keep a report, now or once what it needs is proven; the first of several at one node stays."""
        needs = report.needs | getattr(event, "needs", frozenset())
        key = (rule.meta.code, report.node)
        as_operands = isinstance(event, Clash)
        reported = Reported(rule, report, event, event.frame.state.copy())
        event.frame.when_proven(needs, lambda: self._reports.setdefault(key, reported), as_operands)

    def reports(self, analysis: Analysis) -> list[Reported]:
        """All that was reported, once for each rule and place, without what the rest of the class disproved."""
        return [each for each in self._reports.values() if not _is_about_given(each, analysis)]

    def repair(self, reported: Reported, editor: Editor) -> Fix | None:
        """The fix of a report, if its rule has one for it."""
        if isinstance(reported.event, Clash) and _is_brought(reported.event):
            return None
        try:
            rule = reported.rule
            fix = rule.fix(Case(reported.report, reported.event, reported.state, editor, rule.context))
        except Exception:
            self.crashes.append(Crash(reported.rule.meta.code, traceback.format_exc()))
            return None
        return None if fix is None or editor.is_in_string(fix.edits) else fix


def _is_brought(clash: Clash) -> bool:
    """A side was made in another file, where nothing can be repaired."""
    return any(side.device.origin is not None and side.device.origin.foreign for side in (clash.left, clash.right))


def _is_about_given(reported: Reported, analysis: Analysis) -> bool:
    """It is about an input which the file's own calls show to be in CPU memory, or do not show at all."""
    event, function = reported.event, reported.event.frame.entry_function
    device = event.right.device if isinstance(event, Clash) else reported.report.given
    if device is None or function is None or device.where is not Where.INPUT:
        return False
    return not analysis.is_input(function, device.name)
