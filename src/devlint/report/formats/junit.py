"""JUnit's XML, which most CI systems show as test results."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import groupby

from devlint.findings import Failure, Finding
from devlint.report.interface import RenderOptions, Reporter, RunReport
from devlint.report.places import in_cell, in_file
from devlint.report.text import story

Case = Finding | Failure
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Junit(Reporter):
    """A suite a file and a failing case a finding; one passing case where there is nothing to say."""

    def render(self, run: RunReport, options: RenderOptions) -> str:
        """See `Reporter`."""
        cases: list[Case] = sorted([*run.failures, *run.findings], key=_path)
        root = ET.Element("testsuites", _counts("devlint", cases))
        for path, group in groupby(cases, key=_path):
            _suite(root, _clean(options.relative(path)), list(group))
        if not cases:
            suite = ET.SubElement(root, "testsuite", _counts("devlint", cases))
            ET.SubElement(suite, "testcase", name="No problems found", classname="devlint")
        ET.indent(root)
        # character references for all but ASCII: no encoding can spoil it
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root).decode("ascii") + "\n"


def _path(case: Case) -> str:
    return case.path if isinstance(case, Failure) else case.location.path


def _counts(name: str, cases: Sequence[Case]) -> dict[str, str]:
    """The attributes of a suite: its name, and how many tests it has, the passing one of a clean run included."""
    errors = sum(isinstance(case, Failure) for case in cases)
    tests, failures = max(len(cases), 1), len(cases) - errors
    return {"name": name, "tests": str(tests), "failures": str(failures), "errors": str(errors)}


def _suite(root: ET.Element, path: str, cases: list[Case]) -> None:
    suite = ET.SubElement(root, "testsuite", _counts(path, cases))
    for case in cases:
        line = str(in_file(case.location).line)
        element = ET.SubElement(suite, "testcase", name=_clean(_name(case)), classname=path, file=path, line=line)
        tag, kind, message, text = _outcome(case)
        ET.SubElement(element, tag, type=kind, message=_clean(message)).text = _clean(text)


def _name(case: Case) -> str:
    """The rule or the kind of failure, with the place, so that no two cases of a file share their name."""
    label = case.kind if isinstance(case, Failure) else f"{case.code} [{case.name}]"
    return f"{label} at {case.location or _path(case)}"


def _outcome(case: Case) -> tuple[str, str, str, str]:
    """The element, its type, its message and its text."""
    if isinstance(case, Failure):
        message = in_cell(case.location) + case.message
        return "error", case.kind, message, message
    message, *rest = story(case)
    return "failure", case.severity, message, "\n".join([message, *rest])


def _clean(text: str) -> str:
    """`text` without what XML cannot hold, not even as a character reference."""
    return _NOT_XML.sub("", text)
