"""Fixture files, and the expected findings that stand in them as comments.

    x = torch.zeros(3, device="gpu")  # XDV303
    x = torch.zeros(3, device="gpu")  # XDV303: is not a device
    pair = a.to("gpu"), b.to("GPU")  # XDV303 XDV303
    y = helper(x) + x  # todo: XDV101
    y = torch.ones(k) + x  # todook: XDV101
    state = torch.load(model_path)  # unsure: XDV601

A code, or several, promises that many findings in that line, the message holding the words after the colon. `todo`
marks a known miss, `todook` a known false alarm; either fails as soon as devlint gets it right, and is then promoted.
`unsure` is for findings of low confidence, which are looked for in the folder of their own rule.
Every other line must be silent. More marks may follow after a semicolon. A line `# target-torch: 2.6` sets that.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from devlint.findings import Confidence, FileResult, Finding
from devlint.lint import check_source
from devlint.project import Project
from devlint.rules import all_metas
from devlint.settings.schema import LintSettings

FIXTURES = Path(__file__).parent / "fixtures"
ENGINE = "flow"
PROJECTS = FIXTURES / "project"
"""Folders of files that import each other."""
OTHER_LEGS = frozenset({"checks", "configs", "facts", "project", "rehearse"})
"""Folders that are not about `devlint check`, or not about single files."""
"""The folder for what belongs to no rule: each construct of the language that device flow follows."""

_MARK = re.compile(
    r"\s*(?:(?P<kind>todo|todook|unsure):\s*)?(?P<codes>XDV\d{3}(?:[ ,]+XDV\d{3})*)(?::\s*(?P<words>.*?))?\s*"
)


@dataclass(frozen=True, order=True)
class Mark:
    """An expected finding.

    `kind` is "" (is found), "unsure" (so, with low confidence), "todo" (is missed) or "todook" (should not be found).
    """

    line: int
    code: str
    kind: str = ""
    words: str = ""


def marks_of(text: str) -> list[Mark]:
    """The marks in a fixture's comments, by line."""
    marks = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            for comment in token.string.split("#"):
                marks += _read(comment, token.start[0])
    return marks


def _read(comment: str, line: int) -> list[Mark]:
    found = []
    for part in comment.split(";"):
        match = _MARK.fullmatch(part)
        if match is not None:
            codes = re.findall(r"XDV\d{3}", match["codes"])
            found += [Mark(line, code, match["kind"] or "", match["words"] or "") for code in codes]
        elif re.match(r"\s*(todo|todook|unsure|XDV)\b", part) or re.match(r"\s*XDV\d", part):
            raise ValueError(f"line {line}: cannot read the mark {part.strip()!r}")
    return found


def fixture_paths() -> list[Path]:
    """All fixture files, in order."""
    return sorted(path for path in FIXTURES.rglob("*.py") if path.relative_to(FIXTURES).parts[0] not in OTHER_LEGS)


def name_of(path: Path) -> str:
    """How a test calls a fixture: `unmoved-batch/bugs`."""
    return path.relative_to(FIXTURES).with_suffix("").as_posix()


def settings_for(folder: str, text: str = "", use_screen: bool = True) -> LintSettings:
    """All rules that run by default, and the one that the folder is named after; the text may name a target."""
    codes = frozenset(meta.code for meta in all_metas() if not meta.pedantic or meta.name == folder)
    target = re.search(r"^# target-torch: (\d+)\.(\d+)$", text, re.MULTILINE)
    version = (int(target[1]), int(target[2])) if target else None
    own = frozenset(meta.code for meta in all_metas() if meta.name == folder)
    return LintSettings(enabled=codes, target_torch=version, unsure=own, use_screen=use_screen)


def check_fixture(path: Path, use_screen: bool = True) -> FileResult:
    """What devlint says about a fixture."""
    settings = settings_for(path.parent.name, path.read_text(encoding="utf-8"), use_screen)
    return check_source(path.read_bytes(), name_of(path), settings)


def project_paths() -> list[Path]:
    """The files of all fixtures that are projects, in order."""
    return sorted(PROJECTS.rglob("*.py"))


def check_in_project(path: Path, project: Project | None, use_screen: bool = True) -> FileResult:
    """What devlint says about a file of such a fixture, reports being named from the folder of all of them."""
    name = path.relative_to(PROJECTS).as_posix()
    return check_source(path.read_bytes(), name, settings_for("", use_screen=use_screen), project)


def complaints(marks: list[Mark], findings: tuple[Finding, ...]) -> list[str]:
    """Where findings and marks disagree, one line each; empty if all is as promised."""
    left = list(findings)
    said = []
    for mark in marks:
        found = next((each for each in left if (each.location.span.line, each.code) == (mark.line, mark.code)), None)
        if found is not None:
            left.remove(found)
        said += _judge(mark, found)
    unmarked = (f"{each.location.span.line}: unexpected {each.code} {each.message}" for each in left)
    return said + list(unmarked)


def _judge(mark: Mark, found: Finding | None) -> list[str]:
    if mark.kind == "todo":
        return [f"{mark.line}: {mark.code} is found now: take the `todo:` away"] if found else []
    if found is None:
        right = "is silent now: take the mark away" if mark.kind == "todook" else "is missing"
        return [f"{mark.line}: {mark.code} {right}"]
    if (found.confidence is Confidence.LOW) != (mark.kind == "unsure") and mark.kind != "todook":
        return [f"{mark.line}: {mark.code} has {found.confidence} confidence"]
    if mark.words not in found.message:
        return [f"{mark.line}: {mark.code} says {found.message!r}, not {mark.words!r}"]
    return []
