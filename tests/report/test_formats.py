"""What holds for every output format."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from devlint import report
from devlint.findings import Failure, FileResult
from devlint.report import FORMATS, Reporter, RunReport

from .samples import EXAMPLE, FAILURES, OPTIONS, RUNS, TRACES

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "output-formats.md"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))
WITH_STATISTICS = [name for name in FORMATS if report.get(name).has_statistics]

GOLDEN = [(f"{run}.{name}", name, RUNS[run], OPTIONS) for run in RUNS for name in FORMATS]
GOLDEN += [(f"statistics.{name}", name, replace(TRACES, statistics=True), OPTIONS) for name in WITH_STATISTICS]
GOLDEN += [(f"colors.{name}", name, TRACES, replace(OPTIONS, color=True)) for name in ("full", "concise")]


@pytest.mark.parametrize(("name", "format_name", "run", "options"), GOLDEN, ids=[case[0] for case in GOLDEN])
def test_golden(name: str, format_name: str, run: RunReport, options: report.RenderOptions) -> None:
    """The very bytes; `UPDATE_GOLDEN=1 pytest tests/report` writes them anew."""
    path = HERE / "golden" / name
    text = report.get(format_name).render(run, options)
    if UPDATE:
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in (HERE / "golden").iterdir()} == {case[0] for case in GOLDEN}


def test_every_file_is_a_format() -> None:
    files = Path(report.formats.__file__).parent.glob("[!_]*.py")
    assert tuple(sorted(path.stem for path in files)) == FORMATS
    assert set(FORMATS) == {"full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit"}
    assert all(isinstance(report.get(name), Reporter) for name in FORMATS)


@pytest.mark.parametrize(("name", "hint"), [("sarf", "did you mean 'sarif'?"), ("html", "choose one of concise, full")])
def test_an_unknown_format_is_named_with_what_there_is(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"unknown output format {name!r}: {hint}")):
        report.get(name)


def test_formats_are_imported_only_when_asked_for() -> None:
    code = "import sys; from devlint import report; print(*report.FORMATS); print(*sys.modules)"
    names, modules = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    assert tuple(names.split()) == FORMATS
    formats = {f"devlint.report.formats.{name}" for name in FORMATS}
    assert not set(modules.split()) & {"json", "hashlib", "xml.etree.ElementTree", *formats}


@pytest.mark.parametrize("name", FORMATS)
def test_failures_are_never_lost(name: str) -> None:
    reporter = report.get(name)
    text = reporter.render(FAILURES, OPTIONS)
    elsewhere = report.render_failures(FAILURES.failures, OPTIONS)
    for failure in FAILURES.failures:
        kept = failure.message.split(":")[0] in text
        assert kept == reporter.carries_failures
        assert f"error: {failure.location or failure.path}: {failure.message}\n" in elsewhere


@pytest.mark.parametrize("name", WITH_STATISTICS)
def test_statistics_count_instead_of_showing(name: str) -> None:
    text = report.get(name).render(replace(TRACES, results=TRACES.results[-1:], statistics=True), OPTIONS)
    assert "criterion" not in text
    assert re.findall(r"XDV\d+", text) == ["XDV301", "XDV101", "XDV501"]  # two, one and one


@pytest.mark.parametrize("name", FORMATS)
def test_findings_are_in_order_whatever_order_the_rules_ran_in(name: str) -> None:
    shuffled = tuple(replace(result, findings=result.findings[::-1]) for result in TRACES.results)
    reporter = report.get(name)
    assert reporter.render(replace(TRACES, results=shuffled), OPTIONS) == reporter.render(TRACES, OPTIONS)


def test_colors_are_all_that_color_adds() -> None:
    plain = report.get("full").render(TRACES, OPTIONS)
    colored = report.get("full").render(TRACES, replace(OPTIONS, color=True))
    assert "\x1b[" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == plain


FILES = (FileResult("a.py"), FileResult("b.py"))
MISSING = FAILURES.failures[:1]
FOUND = (FileResult("c.py", EXAMPLE.results[0].findings, suppressed=1),)


@pytest.mark.parametrize(
    ("results", "failures", "summary"),
    [
        ((), (), "Nothing to check: no Python file or notebook found."),
        (FILES[:1], (), "All clear: 1 file checked."),
        (FILES, (), "All clear: 2 files checked."),
        (FILES, MISSING, "No problems found (2 files checked, 1 error)."),
        ((), MISSING, "No problems found (0 files checked, 1 error)."),
        (FILES + FOUND, (), "Found 1 problem in 1 file (3 files checked, 1 suppressed)."),
        (FOUND + FOUND, MISSING * 2, "Found 2 problems in 2 files (2 files checked, 2 suppressed, 2 errors)."),
    ],
)
def test_summary(results: tuple[FileResult, ...], failures: tuple[Failure, ...], summary: str) -> None:
    run = RunReport(results, failures, (), "1.0")
    fixable = f"{summary[6]} can be fixed with `--fix`." if summary.startswith("Found") else None
    written = report.get("concise").render(run, OPTIONS).splitlines()
    assert written[-2 if fixable else -1 :] == [*filter(None, (summary, fixable))]


@pytest.mark.parametrize("name", FORMATS)
def test_docs_show_real_output(name: str) -> None:
    """The example under the format's heading is what it gives; `UPDATE_GOLDEN=1` writes it anew."""
    pattern = re.compile(rf"(?s)(\n## `{name}`.*?\n```\w+\n)(.*?)(```\n)")
    text = report.get(name).render(EXAMPLE, OPTIONS)
    if UPDATE:
        old = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(pattern.sub(lambda match: match[1] + text + match[3], old, count=1), encoding="utf-8")
    shown = pattern.search(DOCS.read_text(encoding="utf-8"))
    assert shown and shown[2] == text


def test_docs_describe_every_json_key() -> None:
    (found,) = json.loads(report.get("json").render(EXAMPLE, OPTIONS))
    table = DOCS.read_text(encoding="utf-8").split("## `json`")[1].split("\n## ")[0]
    described = re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)
    assert described == [*found, "note"]
    assert set(found["related"][0]) == {*list(found)[:6], "note"}
