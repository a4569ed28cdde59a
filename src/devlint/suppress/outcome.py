"""Findings minus what comments hide, plus the comments that hide nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass

from devlint.findings import Finding, Location, RuleMeta
from devlint.suppress.comments import comments_of
from devlint.suppress.directives import Ignore, ignores_of, noqa_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """The findings to report, those about unused suppressions among them, and how many others comments hid."""

    kept: tuple[Finding, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What suppressing has to know of rules.

    `resolve` turns a code, prefix, name or family into the prefix that its codes share, and raises ValueError with a
    message for the user where a word is none of these. `ran` are the codes that were looked for; `unused` is the rule
    of suppressions that hide nothing.
    """

    resolve: Callable[[str], str]
    ran: Set[str]
    unused: RuleMeta


def suppress(text: str, path: str, findings: Iterable[Finding], rules: Rules, *, noqa: bool = True) -> Outcome:
    """Apply the comments of `text` to findings whose places count its lines; `noqa=False` leaves that to flake8.

    Only the primary place of a finding counts.
    """
    findings = tuple(findings)
    ignores = "devlint:" in text
    noqa = noqa and (bool(findings) or ignores) and "noqa" in text.lower()
    if not (ignores or noqa):
        return Outcome(findings, 0)
    suppressions = _Suppressions(text, rules, noqa=noqa)
    kept = tuple(finding for finding in findings if not suppressions.hide(finding))
    return Outcome((*kept, *suppressions.unused(path)), len(findings) - len(kept))


class _Suppressions:
    """The suppressing comments of one file, and which of them were of use."""

    def __init__(self, text: str, rules: Rules, *, noqa: bool) -> None:
        comments = comments_of(text)
        self._rules = rules
        self._ignores = [_Resolved(ignore, rules) for comment in comments for ignore in ignores_of(comment)]
        found = [noqa_of(comment) for comment in comments] if noqa else ()
        self._noqa = {line: prefixes for lines, prefixes in filter(None, found) for line in lines}

    def hide(self, finding: Finding, apart_from: _Resolved | None = None) -> bool:
        """Whether a comment hides a finding; all ignores that do are of use, be there a `# noqa` or not."""
        hiding = [ignore for ignore in self._ignores if ignore is not apart_from and ignore.covers(finding)]
        for ignore in hiding:
            ignore.used = True
        return bool(hiding) or finding.code.startswith(self._noqa.get(finding.location.span.line, ()))

    def unused(self, path: str) -> Iterator[Finding]:
        """A finding for each ignore without use, unless one hides it in turn; to be asked for last."""
        rule = self._rules.unused
        others = self._rules.ran - {rule.code}
        if rule.code not in self._rules.ran:
            return
        # The narrow ones first: a wide one may be there to hide that a narrow one is without use.
        for ignore in sorted(self._ignores, key=lambda ignore: len(ignore.ignore.lines)):
            if ignore.used or not (ignore.fault or any(code.startswith(ignore.prefix) for code in others)):
                continue
            finding = ignore.finding(path, rule)
            if not self.hide(finding, apart_from=ignore):
                yield finding


class _Resolved:
    """An ignore with the prefix of the codes it is about."""

    def __init__(self, ignore: Ignore, rules: Rules) -> None:
        self.ignore = ignore
        self.fault = ignore.fault
        self.prefix = ""
        self.used = False
        if ignore.selector is not None:
            try:
                self.prefix = rules.resolve(ignore.selector)
            except ValueError as error:
                self.fault = str(error)

    def covers(self, finding: Finding) -> bool:
        """Whether this hides the finding."""
        in_lines = finding.location.span.line in self.ignore.lines
        return in_lines and not self.fault and finding.code.startswith(self.prefix)

    def finding(self, path: str, rule: RuleMeta) -> Finding:
        """That this is without use."""
        return Finding(
            code=rule.code,
            name=rule.name,
            message=f"`{self.ignore.text}` " + (f"has no effect: {self.fault}" if self.fault else "hides no finding"),
            location=Location(path, self.ignore.span),
            severity=rule.severity,
            confidence=rule.confidence,
            tip="Correct the comment." if self.fault else "Remove the comment.",
        )
