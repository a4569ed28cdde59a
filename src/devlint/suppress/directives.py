"""What comments ask for: flake8's `# noqa`, and devlint's own `# devlint: ignore`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from devlint.findings import Span
from devlint.suppress.comments import Comment

# Both as flake8 has them: one space before `noqa`, any case; what follows the colon counts only if it is codes, else
# the comment is a blanket one; codes are compared in upper case only, as prefixes.
_NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,\s]+")

_IGNORE = re.compile(r"#\s*devlint:\s*ignore(?P<file>-file)?(?![\w-])(?:\s*\[(?P<selectors>[^]#]*)(?P<closed>]?))?")
_SELECTOR = re.compile(r"[^,\s](?:[^,]*[^,\s])?")
_NO_LINES = range(0)
_ALL_LINES = range(sys.maxsize)


@dataclass(frozen=True, slots=True)
class Ignore:
    """One selector of a `# devlint: ignore[...]` comment, or a bare one, which ignores everything (selector None).

    `span` is the selector's, or the bare directive's; `fault` says why it has no effect. `whole` is what to take away
    with it: a comma, or the directive with its reason.
    """

    text: str
    span: Span
    lines: range
    selector: str | None
    fault: str | None = None
    whole: Span | None = None


def noqa_of(comment: Comment) -> tuple[range, tuple[str, ...]] | None:
    """The `# noqa` in a comment: the lines it covers, and the prefixes of the codes it hides there."""
    found = _NOQA.search(comment.text)
    if found is None:
        return None
    codes = tuple(code for code in _SEPARATOR.split(found["codes"] or "") if code)
    return comment.physical, codes or ("",)


def ignores_of(comment: Comment) -> Iterator[Ignore]:
    """The `# devlint: ignore` selectors in a comment."""
    for found in _IGNORE.finditer(comment.text):
        directive = "# devlint: ignore" + (found["file"] or "")
        lines = _ALL_LINES if found["file"] else comment.statement
        fault = None
        if found["file"] and not comment.alone:
            lines, fault = _NO_LINES, "it needs a line of its own"
        if found["selectors"] is None:
            yield Ignore(directive, _span(comment, *found.span()), lines, None, fault, _directive(comment, found))
        elif not found["closed"]:
            yield Ignore(found[0], _span(comment, *found.span()), _NO_LINES, None, "it lacks its closing bracket")
        elif not found["selectors"].strip(", "):
            yield Ignore(found[0], _span(comment, *found.span()), _NO_LINES, None, "it names no rule")
        else:
            words = list(_SELECTOR.finditer(comment.text, *found.span("selectors")))
            for number, word in enumerate(words):
                if len(words) == 1:
                    whole = _directive(comment, found)
                elif number + 1 < len(words):
                    whole = _span(comment, word.start(), words[number + 1].start())
                else:
                    whole = _span(comment, words[number - 1].end(), word.end())
                yield Ignore(f"{directive}[{word[0]}]", _span(comment, *word.span()), lines, word[0], fault, whole)


def _directive(comment: Comment, found: re.Match[str]) -> Span:
    """A directive with its reason, up to the next `#`."""
    after = comment.text.find("#", found.end())
    return _span(comment, found.start(), after if after >= 0 else len(comment.text))


def _span(comment: Comment, begin: int, end: int) -> Span:
    return Span(comment.line, comment.column + begin, comment.line, comment.column + end)
