"""Hands the flow's events to the rules, and collects what they report."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devlint.flow.events import Clash
from devlint.flow.values import Where
from devlint.rules.base import HANDLERS, Context, Report, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devlint.flow.analysis import Analysis
    from devlint.flow.events import Event


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule raised: which, and its traceback."""

    code: str
    trace: str


class Dispatcher:
    """Knows which rule listens to which event. A rule that crashes is dropped; the others go on."""

    def __init__(self, rules: tuple[type[Rule], ...]) -> None:
        self._classes = rules
        self._listeners: dict[str, list[tuple[Rule, Callable[[Event], Iterator[Report]]]]] = {}
        self._reports: dict[tuple, tuple[Rule, Report, Clash | None]] = {}
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
        clash = event if isinstance(event, Clash) else None
        event.frame.when_proven(needs, lambda: self._reports.setdefault(key, (rule, report, clash)), as_operands)

    def reports(self, analysis: Analysis) -> list[tuple[Rule, Report]]:
        """All that was reported, once for each rule and place, without what the rest of the class showed to be untrue."""
        return [
            (rule, report)
            for rule, report, clash in self._reports.values()
            if clash is None or not _is_about_given(clash, analysis)
        ]


def _is_about_given(clash: Clash, analysis: Analysis) -> bool:
    """The other side is an input which the file's own calls show to be in CPU memory, or do not show at all."""
    device, function = clash.right.device, clash.frame.entry_function
    return device.where is Where.INPUT and function is not None and not analysis.is_input(function, device.name)
