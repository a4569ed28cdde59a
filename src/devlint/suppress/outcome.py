"""Findings minus what comments hide, plus the comments that hide nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace

from devlint.findings import Edit, Finding, Fix, Location, RuleMeta, Safety, Span
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
    kept = tuple(suppressions.spare(finding) for finding in findings if not suppressions.hide(finding))
    return Outcome((*kept, *suppressions.unused(path)), len(findings) - len(kept))


class _Suppressions:
    """The suppressing comments of one file, and which of them were of use."""

    def __init__(self, text: str, rules: Rules, *, noqa: bool) -> None:
        comments = comments_of(text)
        self._rules = rules
        self._lines = text.split("\n")
        self._ignores = [_Resolved(ignore, rules) for comment in comments for ignore in ignores_of(comment)]
        found = [noqa_of(comment) for comment in comments] if noqa else ()
        self._noqa = {line: prefixes for lines, prefixes in filter(None, found) for line in lines}

    def hide(self, finding: Finding, apart_from: _Resolved | None = None) -> bool:
        """Whether a comment hides a finding; all ignores that do are of use, be there a `# noqa` or not."""
        hiding = [ignore for ignore in self._ignores if ignore is not apart_from and ignore.covers(finding)]
        for ignore in hiding:
            ignore.used = True
        return bool(hiding) or finding.code.startswith(self._noqa.get(finding.location.span.line, ()))

    def spare(self, finding: Finding) -> Finding:
        """The finding without its fix, if that would change a line on which a comment hides such findings."""
        spans = [edit.span for edit in finding.fix.edits] if finding.fix else []
        lines = {line for span in spans for line in range(span.line, span.end_line + 1)}
        is_hidden = any(finding.code.startswith(self._noqa.get(line, ())) for line in lines) or any(
            ignore.covers_line(finding.code, line) for ignore in self._ignores for line in lines
        )
        return replace(finding, fix=None) if is_hidden else finding

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
            finding = ignore.finding(path, rule, self._lines)
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
        return self.covers_line(finding.code, finding.location.span.line)

    def covers_line(self, code: str, line: int) -> bool:
        """Whether this hides such findings on a line."""
        return line in self.ignore.lines and not self.fault and code.startswith(self.prefix)

    def finding(self, path: str, rule: RuleMeta, lines: list[str]) -> Finding:
        """That this is without use; what is only not needed can be removed."""
        whole = self.ignore.whole
        return Finding(
            code=rule.code,
            name=rule.name,
            message=f"`{self.ignore.text}` " + (f"has no effect: {self.fault}" if self.fault else "hides no finding"),
            location=Location(path, self.ignore.span),
            severity=rule.severity,
            confidence=rule.confidence,
            tip="Correct the comment." if self.fault else "Remove the comment.",
            fix=_removal(whole, lines) if whole and not self.fault else None,
        )


def _removal(whole: Span, lines: list[str]) -> Fix:
    """Take away a directive, the blanks before it, and the line that would be left empty."""
    line = lines[whole.line - 1]
    before, after = line[: whole.column - 1], line[whole.end_column - 1 :]
    span = whole
    if not after.strip():
        span = Span(whole.line, len(before.rstrip()) + 1, whole.line, len(line) + 1)
    if not (before.strip() or after.strip()) and whole.line < len(lines):
        span = Span(whole.line, 1, whole.line + 1, 1)
    return Fix("Remove the comment", (Edit(span, ""),), Safety.SAFE)
