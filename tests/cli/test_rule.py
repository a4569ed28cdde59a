"""`devlint rule` as a user runs it."""

from __future__ import annotations

import json

import pytest

from devlint.doctor.checks import all_checks
from devlint.rules import all_metas, all_rules

SECTIONS = ("What it does", "Why is this bad", "Example", "Use instead", "Known problems", "References")


@pytest.mark.parametrize("word", ["XDV101", "tensor-on-default-device"])
def test_page_of_one_rule(project, word):
    run = project.run("rule", word)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("XDV101 tensor-on-default-device\n")
    assert [line for line in run.stdout.splitlines() if line in SECTIONS] == list(SECTIONS)
    assert "```" not in run.stdout
    assert "\n    import torch\n" in run.stdout


@pytest.mark.parametrize("word", ["XDC404", "shm-small"])
def test_page_of_a_check_of_the_doctor(project, word):
    run = project.run("rule", word)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("XDC404 shm-small\n")
    assert [line for line in run.stdout.splitlines() if line in SECTIONS] == list(SECTIONS)
    assert "https://devlint.readthedocs.io/checks/shm-small/" in run.stdout and "Autofix" not in run.stdout


@pytest.mark.parametrize(("word", "prefix"), [("XDC", "XDC"), ("XDC4", "XDC4"), ("data-loading", "XDC4")])
def test_list_of_checks(project, word, prefix):
    lines = project.run("rule", word).stdout.splitlines()
    codes = [check.meta.code for check in all_checks() if check.meta.code.startswith(prefix)]
    assert [line.split()[0] for line in lines] == codes


def test_list(project):
    lines = project.run("rule").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[meta.code, meta.name] for meta in all_metas()]


@pytest.mark.parametrize(("word", "prefix"), [("placement", "XDV1"), ("XDV2", "XDV2"), ("ALL", "XDV")])
def test_list_of_some(project, word, prefix):
    lines = project.run("rule", word).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [meta.code for meta in all_metas() if meta.code.startswith(prefix)]


def test_all_pages(project):
    text = project.run("rule", "--all").stdout
    assert text.count("\nWhat it does\n") == len(all_rules())
    assert project.run("rule", "--all", "movement").stdout in text


def test_json(project):
    one = json.loads(project.run("rule", "XDV101", "--output-format", "json").stdout)
    assert (one["code"], one["family"], one["severity"]) == ("XDV101", "placement", "error")
    assert "## What it does" in one["page"]
    several = json.loads(project.run("rule", "--all", "--output-format", "json").stdout)
    assert several[0] == one
    assert [each["code"] for each in several] == [meta.code for meta in all_metas()]
    listed = json.loads(project.run("rule", "--output-format", "json").stdout)
    assert listed == [{key: value for key, value in each.items() if key != "page"} for each in several]


def test_markdown(project):
    page = project.run("rule", "XDV101", "--output-format", "markdown").stdout
    assert page.startswith("# tensor-on-default-device (XDV101)\n")
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == [*SECTIONS[:-1], "Fix safety", SECTIONS[-1]]
    assert page.count("```") == 4
    table = project.run("rule", "--output-format", "markdown").stdout
    assert table.count("\n") == len(all_metas()) + 2


def test_color(project):
    assert "\x1b[1mWhat it does\x1b[0m" in project.run("rule", "XDV101", "--color", "always").stdout
    assert "\x1b" not in project.run("rule", "XDV101").stdout


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("XDV1O1", "unknown rule `XDV1O1`; did you mean `XDV101`?"),
        (
            "tensor-on-defualt-device",
            "unknown rule `tensor-on-defualt-device`; did you mean `tensor-on-default-device`?",
        ),
        ("flake8", "unknown rule `flake8`; `devlint rule` lists the rules"),
    ],
)
def test_unknown_rule(project, word, message):
    run = project.run("rule", word)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"error: {message}\n")
