"""The baseline: findings that are known, so that only new ones count.

A finding is known by its rule, its file, the function or class around it and the text of its line, not by its line's
number: code may move. Equal ones are counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from devlint.findings import FileResult, Finding

VERSION = 1
_DEFINITION = re.compile(r"\s*(?:async\s+def|def|class)\s+(\w+)")
_CLOSES = re.compile(r"\s*[)\]}]")


class BaselineError(ValueError):
    """A baseline file that cannot be used; the message is complete."""


class Key(NamedTuple):
    """What a finding is known by: its file (from the baseline's folder), rule, scope (`Net.forward`) and line."""

    path: str
    rule: str
    scope: str
    line: str


Known = Counter[Key]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Results without known findings, how many those were, and what is known but was not found where we looked."""

    results: tuple[FileResult, ...]
    known: int
    stale: Known


def keys_of(result: FileResult, path: str) -> list[tuple[Key, Finding]]:
    """The key of each finding of a file, which the baseline calls `path`."""
    lines = {cell: text.split("\n") for cell, text in (result.source or {}).items()}
    return [(_key(finding, path, lines.get(finding.location.cell, [])), finding) for finding in result.findings]


def _key(finding: Finding, path: str, lines: list[str]) -> Key:
    number = finding.location.span.line
    line = " ".join(lines[number - 1].split()) if 0 < number <= len(lines) else finding.message
    return Key(path, finding.code, _scope(lines, number), line)


def _scope(lines: list[str], number: int) -> str:
    """The functions and classes around a line, by indentation: code that is half written has some, too."""
    names: list[str] = []
    depth = _indent(lines[number - 1]) if 0 < number <= len(lines) else 0
    for line in reversed(lines[: number - 1]):
        if (
            depth
            and line.strip()
            and _indent(line) < depth
            and not line.lstrip().startswith("#")
            and not _CLOSES.match(line)
        ):
            depth = _indent(line)
            if found := _DEFINITION.match(line):
                names.append(found[1])
    return ".".join(reversed(names))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def compare(
    results: Iterable[FileResult],
    known: Known,
    relative: Callable[[str], str],
    rules: Callable[[str], frozenset[str]],
) -> Comparison:
    """Take known findings away; `relative` gives a path as the baseline has it, `rules` those that ran on a file.

    What is known of a file that was not checked, or of a rule that did not run on it, is not stale.
    """
    left = known.copy()
    kept, looked = [], {}
    for result in results:
        path = relative(result.path)
        looked[path] = rules(result.path)
        new = []
        for key, finding in keys_of(result, path):
            if left[key] > 0:
                left[key] -= 1
            else:
                new.append(finding)
        kept.append(replace(result, findings=tuple(new)))
    unused = +left
    stale = Counter({key: count for key, count in unused.items() if key.rule in looked.get(key.path, ())})
    return Comparison(tuple(kept), (known - left).total(), stale)


def count(results: Iterable[FileResult], relative: Callable[[str], str]) -> Known:
    """All that was found, as a baseline."""
    return Counter(key for result in results for key, _ in keys_of(result, relative(result.path)))


def dumps(known: Known) -> str:
    """The text of a baseline file: one line a finding, in order of paths, so that changes to it are easy to review."""
    entries = [{**key._asdict(), "count": number} for key, number in sorted((+known).items())]
    lines = ",\n    ".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    findings = f"[\n    {lines}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {findings}\n}}\n'


def loads(text: str) -> Known:
    """What a baseline file knows. Raises BaselineError."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise BaselineError(f"not valid JSON ({error})") from None
    if not isinstance(content, dict) or not isinstance(content.get("findings"), list):
        raise BaselineError("not a baseline: it has no list of `findings`")
    if content.get("version") != VERSION:
        raise BaselineError(
            f"of version {content.get('version')!r}, and this devlint reads version {VERSION}: write it anew"
        )
    known: Known = Counter()
    for entry in content["findings"]:
        key, number = _entry(entry)
        known[key] += number
    return known


def _entry(entry: Any) -> tuple[Key, int]:
    try:
        key, number = Key(*(entry[field] for field in Key._fields)), entry["count"]
    except (TypeError, KeyError):
        raise BaselineError(
            f"not usable: an entry lacks one of {', '.join(Key._fields)} and count: {entry!r}"
        ) from None
    if not all(isinstance(part, str) for part in key) or type(number) is not int or number < 1:
        raise BaselineError(f"not usable: an entry holds something else than texts and a count: {entry!r}")
    return key, number
