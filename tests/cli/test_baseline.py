"""`devlint baseline`, and `devlint check --baseline`."""

from __future__ import annotations

import json

import pytest
from conftest import BUG, FOUND

FILE = "devlint-baseline.json"
FLAG = ("--baseline", FILE)
SECOND = BUG.replace("class Net", "class Other").replace("import torch\n", "", 1)


def test_only_new_findings_count(project):
    project.add(bug=BUG)
    run = project.run("baseline", "write")
    assert run.returncode == 0 and run.stdout.startswith(f"{FILE}: 1 known.\nTo use it, set `baseline = ")
    run = project.run("check", *FLAG)
    assert (run.returncode, run.stdout) == (0, "All clear: 1 file checked, 1 in the baseline.\n")
    project.add(bug=BUG + SECOND)
    run = project.run("check", *FLAG, "--output-format", "concise")
    assert run.returncode == 1 and run.stdout.startswith("bug.py:12:16: XDV101")
    assert project.run("check").returncode == 1


def test_moved_code_stays_known(project):
    project.add(bug=BUG)
    project.run("baseline", "write")
    moved = "'''A file.'''\n\n\n" + BUG.replace("        mask", "        print()\n        mask")
    project.add(bug=moved.replace("torch.zeros(3)", "torch.zeros(3)  "))
    assert project.run("check", *FLAG, "--locked").returncode == 0
    project.add(bug=BUG.replace("class Net", "class Not"))
    assert project.run("check", *FLAG).returncode == 1


def test_stale_findings(project):
    project.add(bug=BUG, gone=BUG, other=BUG)
    project.run("baseline", "write")
    project.add(bug="import torch\n")
    (project.root / "gone.py").unlink()
    assert project.run("check", *FLAG).returncode == 0
    run = project.run("check", *FLAG, "--locked")
    assert run.returncode == 2
    assert f"error: {FILE}: the baseline knows 2 findings that are gone: run `devlint baseline prune`" in run.stdout
    run = project.run("baseline", "status")
    assert run.returncode == 1 and run.stdout.startswith(
        f"{FILE}: 3 known, 0 new, 2 stale.\nstale: bug.py: XDV101 in Net.forward: mask"
    )
    assert project.run("baseline", "prune").stdout == f"{FILE}: 2 forgotten, 1 left.\n"
    assert project.run("check", *FLAG, "--locked").returncode == 0
    assert project.run("baseline", "status").returncode == 0


def test_what_was_not_looked_at_is_not_stale(project):
    project.add(bug=BUG, other=BUG)
    project.run("baseline", "write")
    project.add(bug="import torch\n")
    assert project.run("check", *FLAG, "--locked", "other.py").returncode == 0
    assert project.run("check", *FLAG, "--locked", "--ignore", "XDV101").returncode == 0
    project.run("baseline", "prune", "other.py")
    project.run("baseline", "write", "other.py")
    assert len(json.loads((project.root / FILE).read_text())["findings"]) == 2


def test_setting(project):
    project.add(pkg__bug=BUG)
    project.write("devlint.toml", 'baseline = "known/all.json"\n')
    (project.root / "known").mkdir()
    run = project.run("baseline", "write")
    assert run.stdout == "known/all.json: 1 known.\n"
    assert json.loads((project.root / "known/all.json").read_text())["findings"][0]["path"] == "../pkg/bug.py"
    assert project.run("check").returncode == 0
    assert project.run("check", "--isolated").returncode == 1


def test_file_is_stable_and_readable(project):
    project.add(bug=BUG + SECOND, another=BUG)
    project.run("baseline", "write", "bug.py", "another.py")
    first = (project.root / FILE).read_text()
    project.run("baseline", "write", "another.py", "bug.py")
    assert (project.root / FILE).read_text() == first
    line = (
        '{"path": "another.py", "rule": "XDV101", "scope": "Net.forward", "line": "mask = torch.zeros(3)", "count": 1}'
    )
    assert first.startswith(f'{{\n  "version": 1,\n  "findings": [\n    {line},\n')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, f"the baseline {FILE} does not exist; `devlint baseline write` makes it"),
        ("{", f"the baseline {FILE} is not valid JSON"),
        ("[]", f"the baseline {FILE} is not a baseline: it has no list of `findings`"),
        ('{"version": 2, "findings": []}', f"the baseline {FILE} is of version 2, and this devlint reads version 1"),
        (
            '{"version": 1, "findings": [{"path": "x"}]}',
            f"the baseline {FILE} is not usable: an entry lacks one of path, rule",
        ),
        (
            '{"version": 1, "findings": [{"path": "x", "rule": "y", "scope": "", "line": "", "count": true}]}',
            f"the baseline {FILE} is not usable: an entry holds something else",
        ),
    ],
)
@pytest.mark.parametrize("command", [("check", *FLAG), ("baseline", "status")])
def test_bad_file(project, command, content, message):
    project.add(bug=BUG)
    if content is not None:
        project.write(FILE, content)
    run = project.run(*command)
    assert run.returncode == 2 and run.stderr.startswith(f"error: {message}")
    assert FOUND not in run.stdout


def test_a_failure_writes_nothing(project):
    project.add(bug=BUG, broken="import torch\ndef f(:\n")
    run = project.run("baseline", "write")
    assert run.returncode == 2 and run.stderr.startswith("error: broken.py:2")
    assert not (project.root / FILE).exists()


def test_fixing_and_a_baseline(project):
    project.add(bug=BUG)
    project.run("baseline", "write")
    run = project.run("check", *FLAG, "--fix", "--locked")
    assert run.returncode == 2 and "the baseline knows 1 finding that is gone" in run.stdout
