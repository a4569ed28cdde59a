"""What the formats for other programs promise to those programs."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft4Validator

from devlint import report
from devlint.findings import FileResult, Finding, Location, Severity, Span
from devlint.report import RenderOptions, RunReport

from .samples import ATTENTION, EXAMPLE, FAILURES, MODEL, NOTEBOOK, OPTIONS, PLACEMENT, RUNS, SPECIAL, TRACES, WIDE

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))


def read(name: str, run: RunReport, options: RenderOptions = OPTIONS) -> Any:
    """What a JSON format gives, as Python objects."""
    return json.loads(report.get(name).render(run, options))


def sarif(run: RunReport, options: RenderOptions = OPTIONS) -> dict[str, Any]:
    (log,) = read("sarif", run, options)["runs"]
    return log


def in_file(path: str, *findings: Finding, source: str = MODEL) -> RunReport:
    """A run over one file."""
    return RunReport((FileResult(path, findings, source={None: source}),), (), (PLACEMENT,), "1.0")


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_sarif_is_valid(run: RunReport) -> None:
    log = read("sarif", run)
    assert [error.message for error in Draft4Validator(SCHEMA).iter_errors(log)] == []


def test_sarif_schema_is_strict() -> None:
    log = read("sarif", EXAMPLE)
    del log["runs"][0]["tool"]
    assert not Draft4Validator(SCHEMA).is_valid(log)


def test_sarif_tells_the_story_as_code_flow() -> None:
    log = sarif(TRACES)
    result = next(result for result in log["results"] if "scores" in result["message"]["text"])
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    steps = [(step["location"]["message"]["text"], _line(step["location"])) for step in thread["locations"]]
    story = [(related.note, related.location.span.line) for related in ATTENTION.related]
    assert steps == [*story, (ATTENTION.message, ATTENTION.location.span.line)]
    links = re.findall(r"\]\((\d+)\)", result["message"]["text"])
    assert [int(link) for link in links] == [location["id"] for location in result["relatedLocations"]] == [1, 2, 3]
    assert r"[`mask` is \[still\] there](3)" in result["message"]["text"]


def _line(location: dict[str, Any]) -> int:
    return location["physicalLocation"]["region"]["startLine"]


def test_sarif_gives_github_what_it_needs_of_each_rule() -> None:
    long = replace(TRACES, rule_pages={"XDV101": "## What it does\n" + "far too long " * 200})
    for rule in sarif(long)["tool"]["driver"]["rules"]:
        assert all(rule[key] for key in ("id", "name", "shortDescription", "help", "helpUri", "properties"))
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024


def test_sarif_has_a_page_of_the_rule_as_its_help() -> None:
    rule = sarif(TRACES)["tool"]["driver"]["rules"][0]
    assert rule["help"]["markdown"] == TRACES.rule_pages[rule["id"]]
    assert rule["fullDescription"]["text"] == (
        "Flags a tensor made on the default device that meets one on the device of an input."
    )


def test_sarif_says_that_a_run_failed() -> None:
    (invocation,) = sarif(FAILURES)["invocations"]
    assert invocation["executionSuccessful"] is False
    messages = [notification["message"]["text"] for notification in invocation["toolExecutionNotifications"]]
    assert [text.split("cell 7:3:5: ")[-1] for text in messages] == [failure.message for failure in FAILURES.failures]
    assert sarif(TRACES)["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("path", "root", "uri"),
    [
        ("a b/ж#?.py", "/repo", "a%20b/%D0%B6%23%3F.py"),
        ("./a.py", "/repo", "a.py"),
        ("c:d.py", "/repo", "c%3Ad.py"),
        ("/repo/src/a.py", "/repo", "src/a.py"),
        ("a.py", "/", "repo/a.py"),
        ("../x/a.py", "/repo", "../x/a.py"),
        ("/else where/a.py", "/repo", "file:///else%20where/a.py"),
        ("a\udcff.py", "/repo", "a%FF.py"),
        ("a.py", "", "a.py"),
    ],
)
def test_sarif_uris(path: str, root: str, uri: str) -> None:
    run = in_file(path, replace(ATTENTION, location=Location(path, Span(1, 1, 1, 2)), related=()))
    (result,) = sarif(run, RenderOptions(cwd="/repo", root=root))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def fingerprints(run: RunReport) -> list[str]:
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in sarif(run)["results"]]


def test_fingerprints_survive_new_lines_above_and_other_blanks() -> None:
    span = ATTENTION.location.span
    moved = Location("src/my model.py", Span(span.line + 2, span.column + 4, span.end_line + 2, span.end_column + 4))
    source = "\n\n" + MODEL.replace(
        "    return scores.masked_fill(mask == 0,", "        return  scores.masked_fill(mask==0,"
    )
    later = in_file("src/my model.py", replace(ATTENTION, location=moved), source=source)
    assert fingerprints(later) == fingerprints(in_file("src/my model.py", ATTENTION))


def test_fingerprints_tell_findings_apart() -> None:
    other_rule = replace(ATTENTION, code="XDV102")
    other_line = replace(ATTENTION, location=ATTENTION.related[0].location)
    run = in_file("src/my model.py", ATTENTION, ATTENTION, other_rule, other_line)
    assert len(set(fingerprints(run))) == 4


def test_gitlab_fingerprints_are_unique_in_the_report() -> None:
    elsewhere = replace(ATTENTION, location=replace(ATTENTION.location, path="b.py"))
    results = in_file("src/my model.py", ATTENTION, ATTENTION).results + in_file("b.py", elsewhere).results
    run = replace(FAILURES, results=results, failures=FAILURES.failures * 2)
    issues = read("gitlab", run)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 9


@pytest.mark.parametrize(
    ("name", "variable", "pick"),
    [
        ("gitlab", "CI_PROJECT_DIR", lambda text: json.loads(text)[0]["location"]["path"]),
        ("github", "GITHUB_WORKSPACE", lambda text: next(commands(text))[1]["file"]),
    ],
)
def test_paths_are_relative_to_what_the_ci_system_says(name: str, variable: str, pick: Any) -> None:
    options = RenderOptions(cwd="/builds/group/project/sub", environ={variable: "/builds/group/project"})
    assert pick(report.get(name).render(EXAMPLE, options)) == "sub/net.py"


def commands(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The workflow commands of a log, decoded as the runner does: level, properties, message."""
    for level, listed, message in re.findall(r"(?m)^::(\w+) (.*?)::(.*)$", text):
        properties = dict(item.split("=", 1) for item in listed.split(","))
        yield level, {key: unquote(value) for key, value in properties.items()}, unquote(message)


def test_github_annotations_can_be_read_back() -> None:
    path = "a,b:c%0A=d.py"
    odd = replace(SPECIAL, location=Location(path, Span(1, 2, 1, 5)), message="50%\n::x, y", tip="100%0A")
    ((level, properties, message),) = commands(report.get("github").render(in_file(path, odd), OPTIONS))
    assert level == "notice"
    title = "XDV501 [direct-forward-call]"
    assert properties == {"file": path, "line": "1", "col": "2", "endLine": "1", "endColumn": "5", "title": title}
    assert message == "50%\\n::x, y\ntip: 100%0A"


def test_github_gets_no_columns_over_several_lines() -> None:
    spanning = replace(ATTENTION, location=Location("a.py", Span(1, 9, 2, 3)))
    ((_, properties, _),) = commands(report.get("github").render(in_file("a.py", spanning), OPTIONS))
    assert properties.keys() == {"file", "line", "endLine", "title"}


def test_github_gets_the_worst_first_and_says_what_is_hidden() -> None:
    many = [replace(WIDE, message=f"warning {number}", related=()) for number in range(13)]
    run = in_file("src/широко.py", *many, SPECIAL, replace(ATTENTION, severity=Severity.ERROR))
    text = report.get("github").render(run, OPTIONS)
    assert [level for level, _, _ in commands(text)] == ["error"] + 13 * ["warning"] + ["notice"]
    assert "beside the code: 3 of 15 stand in this log alone.\n" in text
    assert "stand in this log alone" not in report.get("github").render(TRACES, OPTIONS)
    assert len(re.findall(r"(?m)^src/.* XDV", text)) == 15


def test_junit_counts_and_keeps_what_xml_cannot_hold_out() -> None:
    bad = replace(
        ATTENTION, location=replace(ATTENTION.location, path="\ufffe\x00a\x1f.py"), message="]]> \ud800 \uffff"
    )
    run = replace(FAILURES, results=(*FAILURES.results, *in_file(bad.location.path, bad).results))
    root = ET.fromstring(report.get("junit").render(run, OPTIONS))
    assert {key: root.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "5",
        "failures": "2",
        "errors": "3",
    }
    assert [len(root.findall(tag)) for tag in (".//testcase", ".//failure", ".//error")] == [5, 2, 3]
    assert [suite.get("name") for suite in root] == ["demo.ipynb", "gone.py", "src/my model.py", "a.py"]


def test_junit_has_one_passing_case_when_clean() -> None:
    root = ET.fromstring(report.get("junit").render(RUNS["clean"], OPTIONS))
    (case,) = root.findall(".//testcase")
    assert list(case) == []


def test_json_lines_are_the_json_array() -> None:
    lines = report.get("jsonl").render(TRACES, OPTIONS).splitlines()
    assert [json.loads(line) for line in lines] == read("json", TRACES)
    assert report.get("jsonl").render(RUNS["clean"], OPTIONS) == ""
    assert read("json", RUNS["clean"]) == []


def test_json_gives_places_as_they_are() -> None:
    found = read("json", TRACES)[0]
    span = NOTEBOOK.location.span
    assert [found[key] for key in ("path", "cell", "line", "column")] == ["demo.ipynb", 4, span.line, span.column]
    assert [place["cell"] for place in found["related"]] == [2, 4, None]
