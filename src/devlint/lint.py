"""The spine of `devlint check`, read top to bottom in a minute.

    source -> screen -> parse -> model -> flow -> rules -> findings -> suppress

`check_source` is pure: no file system, no torch, picklable in and out, never raises.
"""

from __future__ import annotations

import ast
import functools
import gc
import sys
import traceback
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from devlint.findings import Confidence, Edit, Failure, FailureKind, FileResult, Finding, Fix, Location, Related, Span
from devlint.source import Document, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from libcst import CSTNode
    from libcst import Module as CSTModule

    from devlint.flow.foreign import Foreign
    from devlint.parse import ParseFailure, Places
    from devlint.project import Project
    from devlint.project.makers import Makers
    from devlint.rules.base import Report, Rule
    from devlint.settings.schema import LintSettings
    from devlint.source.screen import Trigger

MAX_CHARACTERS = 2_000_000
"""Code, after the screen, that is still parsed: about ten seconds' worth. What is larger was generated."""

_RECURSION_LIMIT = 6000
"""Long chains of operators nest deep in a tree; CPython's default of 1000 frames is too low for them."""


def check_source(data: bytes, path: str, settings: LintSettings, project: Project | None = None) -> FileResult:
    """Lint one file's bytes; `path` names it in findings and decides whether it is a notebook (`.ipynb`).

    With a project, what the file imports from the files around it is known, too; nothing is reported in those.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    collecting = gc.isenabled()
    gc.disable()  # a tree is a hundred thousand objects that all live until the file is done
    try:
        return _check(data, path, settings, project) if _may_use_torch(data, settings) else _unread(data, path)
    except SourceError as error:
        return FileResult(path, failures=(_source_failure(error, path),))
    except RecursionError:
        return _failed(path, FailureKind.TOO_COMPLEX, "the code is nested too deeply to be analysed; exclude the file")
    except Exception:
        message = "devlint itself failed on this file; please report it (--verbose shows the traceback)"
        return _failed(path, FailureKind.INTERNAL, message, detail=traceback.format_exc())
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()
            gc.collect(0)


def fix_source(
    data: bytes, path: str, settings: LintSettings, project: Project | None = None, *, unsafe: bool = False
) -> FileResult:
    """As `check_source`, for the file as its fixes make it: `fixed` holds the new bytes. Writes nothing."""
    from devlint.fixes.rounds import fix_rounds

    last = frozenset({"unused-suppression"})
    return fix_rounds(data, path, lambda data: check_source(data, path, settings, project), unsafe=unsafe, last=last)


def ignore_source(
    data: bytes, path: str, settings: LintSettings, reason: str, project: Project | None = None
) -> FileResult:
    """As `check_source`, for the file with comments that hide what is found in it: `fixed` holds the new bytes."""
    from devlint.suppress.add import ignore_found

    return ignore_found(data, path, lambda data: check_source(data, path, settings, project), reason)


def _may_use_torch(data: bytes, settings: LintSettings) -> bool:
    """The cheapest screen: without the letters nothing here is PyTorch's, unless the user's settings say otherwise."""
    words = [b"torch", *(base.rpartition(".")[2].encode() for base in settings.module_bases)]
    return not settings.use_screen or any(word in data for word in words) or b"devlint:" in data


def _unread(data: bytes, path: str) -> FileResult:
    """A file without PyTorch still has to be Python: say so if it is not."""
    try:
        document = Document.read(data, path)
    except SourceError as error:
        return FileResult(path, failures=(_source_failure(error, path),))
    cells = document.isolate(_plain_fault)[1] if document.starts else {None: _plain_fault(document.text)}
    failures = tuple(_syntax_failure(fault, path, cell) for cell, fault in cells.items() if fault is not None)
    return FileResult(path, failures=failures, source=document.cells if failures else None)


def _plain_fault(text: str) -> ParseFailure | None:
    """A syntax error that both this Python and LibCST see; code nested too deep for either is none of ours here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError:
        fault = _syntax_fault(text)
        return None if fault is None or fault.too_complex else fault
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _check(data: bytes, path: str, settings: LintSettings, project: Project | None) -> FileResult:
    settings = _for_target(settings)
    document = Document.read(data, path)
    failures: list[Failure] = []
    if document.starts:
        document, faults = document.isolate(_syntax_fault)
        failures += [_syntax_failure(fault, path, cell) for cell, fault in faults.items()]
    findings, more = _analyse(document.text, path, settings, project)
    failures += more
    kept, hidden = _suppress(document.text, path, findings, settings)
    kept = tuple(finding for finding in kept if _is_wanted(finding, settings))
    placed = tuple(sorted((_place(finding, document) for finding in kept), key=lambda finding: finding.sort_key))
    source = document.cells if placed or failures else None
    return FileResult(path, placed, tuple(failures), hidden, source)


def _is_wanted(finding: Finding, settings: LintSettings) -> bool:
    """What is not near-certain is shown on request; asked last, for a comment that hides such a finding is of use."""
    return finding.confidence is not Confidence.LOW or finding.code in settings.unsure


# ------------------------------------------------------------------------------------------------------------ analyse


def _analyse(
    text: str, path: str, settings: LintSettings, project: Project | None
) -> tuple[list[Finding], list[Failure]]:
    """Findings with spans in `text`, and what went wrong."""
    from devlint.source.screen import Part, TooDeep, screen

    rules = _enabled(settings.enabled)
    try:
        part = screen(text, _triggers(rules), _makers(project, path))
    except TooDeep:
        return [], [
            Failure(FailureKind.TOO_COMPLEX, path, "the code is nested too deeply to be parsed; exclude the file")
        ]
    if not settings.use_screen:
        part = Part(text)
    if part is None:
        return [], []
    from devlint.parse import ParseFailure, parse

    if len(part.text) > MAX_CHARACTERS:
        return [], [_too_large(part.text, path)]
    try:
        tree = parse(part.text)
    except ParseFailure as failure:
        return [], [_syntax_failure(failure, path, None)]
    return _run_rules(tree, text, path, rules, settings, part.quiet, project)


def _too_large(text: str, path: str) -> Failure:
    message = f"{len(text) / 1e6:.1f} MB of code is more than devlint analyses in one file; exclude the file"
    return Failure(FailureKind.TOO_COMPLEX, path, message)


def _run_rules(
    tree: CSTModule,
    text: str,
    path: str,
    rules: tuple[type[Rule], ...],
    settings: LintSettings,
    quiet: frozenset[str],
    project: Project | None,
) -> tuple[list[Finding], list[Failure]]:
    from devlint.flow.analysis import Analysis
    from devlint.model.module import build
    from devlint.parse import Editor
    from devlint.rules.base import Context
    from devlint.rules.dispatch import Dispatcher

    dispatcher = Dispatcher(rules)
    foreign = _foreign(project, settings)
    if project is None or foreign is None:
        model = build(tree, text, path, settings.module_bases)
    else:
        file = project.absolute(path)
        imported = functools.partial(foreign.library.imported_class, file)
        model = build(tree, text, path, settings.module_bases, file=file, imported=imported)
    analysis = Analysis(model, dispatcher.emit, quiet, foreign)
    dispatcher.attach(Context(analysis.model, settings, analysis))
    analysis.run()
    reports = dispatcher.reports(analysis)
    findings = []
    if reports:
        editor = Editor(tree, text)
        for each in reports:
            if each.report.node in editor.places:
                fix = dispatcher.repair(each, editor)
                findings.append(_finding(each.rule, each.report, editor.places, path, fix, foreign))
    failures = [
        Failure(
            FailureKind.RULE_CRASH,
            path,
            f"rule {crash.code} crashed on this file; please report it",
            detail=crash.trace,
        )
        for crash in dispatcher.crashes
    ]
    return findings, failures


def _foreign(project: Project | None, settings: LintSettings) -> Foreign | None:
    """What is known of the files of a project, kept with it."""
    if project is None:
        return None
    from devlint.flow.analysis import Analysis
    from devlint.flow.foreign import Foreign
    from devlint.model.library import Library

    found = project.notes.get(settings.module_bases)
    if not isinstance(found, Foreign):
        found = Foreign(
            Library(project, settings.module_bases),
            _all_makers(project),
            lambda model, foreign, unit: Analysis(model, lambda event: None, foreign=foreign, unit=unit),
        )
        project.notes[settings.module_bases] = found
    return found


def _makers(project: Project | None, path: str) -> Callable[[str, str, frozenset[str]], set[str]] | None:
    """Which words of a file stand for something that makes tensors in another one."""
    if project is None:
        return None
    return functools.partial(_all_makers(project).words, project.absolute(path))


def _all_makers(project: Project) -> Makers:
    """What hands out tensors in the files of a project, by the triggers of all rules, and kept with it."""
    from devlint.project.makers import Makers
    from devlint.rules import all_rules

    found = project.notes.get(Makers)
    if not isinstance(found, Makers):
        found = project.notes[Makers] = Makers(project, _triggers(all_rules()))
    return found


def _finding(
    rule: Rule, report: Report, places: Places, path: str, fix: Fix | None, foreign: Foreign | None
) -> Finding:
    meta = rule.meta
    related = (
        Related(Location(path, places[node]), note) if node in places else _elsewhere(node, note, foreign)
        for node, note in report.related
    )
    location = Location(path, places[report.node])
    return Finding(
        meta.code,
        meta.name,
        report.message,
        location,
        meta.severity,
        Confidence.LOW if report.unsure else meta.confidence,
        tuple(each for each in related if each is not None),
        report.tip,
        fix,
    )


@functools.lru_cache(maxsize=64)
def _for_target(settings: LintSettings) -> LintSettings:
    """The settings without the rules whose advice the targeted PyTorch cannot follow."""
    from devlint.rules import all_metas

    unfit = {meta.code for meta in all_metas() if not meta.fits(settings.target_torch)}
    return replace(settings, enabled=settings.enabled - unfit)


def _elsewhere(node: CSTNode, note: str, foreign: Foreign | None) -> Related | None:
    """A related place in a file that this one imports."""
    from devlint.parse import Places

    snippet = foreign.snippet_of(node) if foreign is not None else None
    if snippet is None:
        return None
    span = Places(snippet.tree)[node]
    down, right = snippet.line, snippet.column
    moved = Span(span.line + down, span.column + right, span.end_line + down, span.end_column + right)
    return Related(Location(snippet.index.shown, moved), note)


@functools.lru_cache(maxsize=64)
def _enabled(codes: frozenset[str]) -> tuple[type[Rule], ...]:
    from devlint.rules import all_rules

    return tuple(rule for rule in all_rules() if rule.meta.code in codes)


@functools.lru_cache(maxsize=64)
def _triggers(rules: tuple[type[Rule], ...]) -> tuple[Trigger, ...]:
    return tuple(dict.fromkeys(trigger for rule in rules for trigger in rule.triggers))


# ----------------------------------------------------------------------------------------------------------- suppress


def _suppress(text: str, path: str, findings: list[Finding], settings: LintSettings) -> tuple[tuple[Finding, ...], int]:
    if not settings.honour_suppressions:
        return tuple(findings), 0
    if not findings and "devlint:" not in text:
        return (), 0
    from devlint.rules import FAMILIES, all_metas
    from devlint.settings.select import RuleIndex
    from devlint.suppress import Rules, suppress

    unused = next(meta for meta in all_metas() if meta.name == "unused-suppression")
    outcome = suppress(
        text,
        path,
        findings,
        Rules(RuleIndex(all_metas(), FAMILIES).prefix, settings.enabled, unused),
        noqa=settings.honour_noqa,
    )
    kept = outcome.kept
    if unused.code not in settings.enabled:
        kept = tuple(finding for finding in kept if finding.code != unused.code)
    return kept, outcome.hidden


# -------------------------------------------------------------------------------------------------------------- places


def _place(finding: Finding, document: Document) -> Finding:
    """From lines of the analysed text to lines of the file, or of its cell."""
    if not document.starts:
        return finding
    related = tuple(
        replace(each, location=_move(each.location, document)) if each.location.path == finding.location.path else each
        for each in finding.related
    )
    fix = finding.fix and replace(finding.fix, edits=_move_edits(finding.fix.edits, document))
    return replace(finding, location=_move(finding.location, document), related=related, fix=fix)


def _move(location: Location, document: Document) -> Location:
    cell, span = document.place(location.span)
    return Location(location.path, span, cell)


def _move_edits(edits: tuple[Edit, ...], document: Document) -> tuple[Edit, ...]:
    return tuple(_move_edit(edit, *document.place(edit.span)) for edit in edits)


def _move_edit(edit: Edit, cell: int | None, span: Span) -> Edit:
    """Lines that an edit adds to a cell which is indented as a whole are indented, too."""
    return Edit(span, edit.replacement.replace("\n", "\n" + " " * (span.column - edit.span.column)), cell)


def _syntax_fault(text: str) -> ParseFailure | None:
    from devlint.parse import ParseFailure, parse

    try:
        parse(text)
    except ParseFailure as failure:
        return failure
    return None


def _syntax_failure(failure: ParseFailure, path: str, cell: int | None) -> Failure:
    line, column = failure.line or 1, failure.column or 1
    kind = FailureKind.TOO_COMPLEX if failure.too_complex else FailureKind.SYNTAX
    message = f"cannot parse: {failure.message}; fix it, or exclude the file"
    return Failure(kind, path, message, Location(path, Span(line, column, line, column), cell))


def _source_failure(error: SourceError, path: str) -> Failure:
    line = getattr(error, "line", None)
    place = Location(path, Span(line, 1, line, 1), getattr(error, "cell", None)) if line else None
    return Failure(FailureKind.UNREADABLE, path, str(error), place)


def _failed(path: str, kind: FailureKind, message: str, detail: str | None = None) -> FileResult:
    return FileResult(path, failures=(Failure(kind, path, message, detail=detail),))
