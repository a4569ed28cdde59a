"""The page of a rule, a check or an event, which is its docstring: a title, then Markdown under fixed headings."""

from __future__ import annotations

import re
from inspect import cleandoc

from devlint.doctor import checks
from devlint.doctor.checks import all_checks
from devlint.findings import RuleMeta
from devlint.rehearse import events
from devlint.rules import FAMILIES, all_rules

_FAMILIES = {"XDV": FAMILIES, checks.STEM: checks.FAMILIES, events.STEM: events.FAMILIES}


def rule_pages() -> dict[str, str]:
    """The Markdown of every rule's page, by code."""
    return {rule.meta.code: cleandoc(rule.__doc__ or "") for rule in all_rules()}


def check_pages() -> dict[str, str]:
    """The Markdown of the page of every check of the doctor, by code."""
    return {check.meta.code: cleandoc(check.__doc__ or "") for check in all_checks()}


def event_pages() -> dict[str, str]:
    """The Markdown of the page of every kind of event of a rehearsal, by code."""
    return events.pages()


def family_of(meta: RuleMeta) -> str:
    """The name of the family of a rule, a check or an event."""
    return _FAMILIES[meta.code[:3]][meta.code[3]]


def as_markdown(meta: RuleMeta, page: str) -> str:
    """The page under a heading that names the rule, with what the rule says about itself."""
    title, _, body = page.partition("\n")
    facts = "\n".join(f"- {fact}: {value}" for fact, value in _facts(meta).items())
    return f"# {meta.name} ({meta.code})\n\n{title}.\n\n{facts}\n\n{body.strip()}\n"


def as_text(meta: RuleMeta, page: str, *, color: bool) -> str:
    """The page for a terminal: plain headings, indented code, links written out."""
    title, _, body = page.partition("\n")
    facts = "\n".join(f"  {fact + ':':<12}{value}" for fact, value in _facts(meta).items())
    head = f"{_strong(f'{meta.code} {meta.name}', color)}\n\n{title}.\n\n{facts}\n\n"
    return head + "".join(f"{line}\n" for line in _plain_lines(body.strip(), color))


def as_object(meta: RuleMeta, page: str | None = None) -> dict[str, object]:
    """What a rule says about itself, and its page if given, for JSON."""
    facts: dict[str, object] = {
        "code": meta.code,
        "name": meta.name,
        "family": family_of(meta),
        "summary": meta.summary,
        "severity": meta.severity,
        "confidence": meta.confidence,
        "pedantic": meta.pedantic,
        "fix": meta.fix,
        "since": meta.since,
        "torch": meta.torch and f"{meta.torch[0]}.{meta.torch[1]}",
        "url": meta.url,
    }
    return facts if page is None else {**facts, "page": page}


def _facts(meta: RuleMeta) -> dict[str, str]:
    facts = {
        "Family": family_of(meta),
        "Severity": meta.severity,
        "Confidence": meta.confidence,
        "Runs": "only with --pedantic or when selected by code or name" if meta.pedantic else "by default",
        "Autofix": meta.fix,
        "Since": meta.since,
        "Page": meta.url,
    }
    if meta.torch is not None:
        silent = "silent without, or with an older," if meta.needs_target else "silent with an older"
        facts["PyTorch"] = f"{meta.torch[0]}.{meta.torch[1]} or newer ({silent} `target-torch`)"
    commands = {checks.STEM: "doctor", events.STEM: "rehearse"}
    if command := commands.get(meta.code[:3]):
        facts |= {"Runs": f"with `devlint {command}`"}
        del facts["Autofix"]
    return facts


def _plain_lines(markdown: str, color: bool) -> list[str]:
    lines, in_code = [], False
    for line in markdown.splitlines():
        if line.startswith("```"):
            in_code = not in_code
        elif in_code:
            lines.append(f"    {line}".rstrip())
        elif line.startswith("## "):
            lines.append(_strong(line.removeprefix("## "), color))
        else:
            lines.append(re.sub(r"\[([^]]+)\]\((\S+?)\)", r"\1: \2", line))
    return lines


def _strong(text: str, color: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if color else text
