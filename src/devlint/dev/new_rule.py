"""`new-rule`: the files of a rule and a fixture that fails, so that only the rule is left to write."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

from devlint.doctor.checks import all_checks
from devlint.fixes.write import replace_file
from devlint.rehearse import events
from devlint.rules import FAMILIES

RULES = Path("src/devlint/rules")
FIXTURES = Path("tests/fixtures")
CHANGELOG = Path("CHANGELOG.md")
_VERBS = ("no", "avoid", "use", "prefer", "check")

_RULE = Template('''\
"""$code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall


class $cls(Rule):
    """TODO: the title, in a few words

    ## What it does
    TODO: Finds ...

    ## Why is this bad
    TODO: what happens, and when.

    ## Example
    ```python
    import torch


    def bug(x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x)
    ```

    ## Use instead
    ```python
    import torch


    def fine(x: torch.Tensor) -> torch.Tensor:
        return x
    ```

    ## Known problems
    None known.

    ## References
    - [TODO](https://pytorch.org/docs/stable/)
    """

    meta = RuleMeta(
        "$code",
        "$name",
        "$summary",
        Severity.WARNING,
        Confidence.MEDIUM,
        pedantic=True,  # until 19 of 20 findings in mature code are seen to be right
    )
    triggers = (Trigger(frozenset({"relu"}), after=r"\\s*\\("),)  # TODO: what stands in all code that can be reported

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """TODO: which calls; rules.base.HANDLERS has the other events, of which a rule may handle several."""
        if event.name != "torch.todo":
            return
        yield Report(event.node, f"`{self.text(event.node)}` does TODO", (), "Write TODO.")
''')
_BUGS = Template('''\
"""TODO: bugs that $name must find, in lines of your own; a mark promises a finding in its line."""

import torch


def bug(x: torch.Tensor):
    return torch.relu(x)  # $code
''')
_LOOKALIKES = Template('''\
"""TODO: code that looks like the bugs of $name and is right; a line without a mark must be silent."""

import torch


def fine(x: torch.Tensor):
    return x
''')


class Refused(Exception):
    """The rule cannot be made; the message is one complete line, and the exit code is 2."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("name", metavar="NAME", help="the bad pattern's name in kebab-case, which reads after `allow`")
    parser.add_argument("--family", choices=FAMILIES.values(), help="the family, whose next free code the rule gets")
    parser.add_argument("--code", help="the code, if not the next free one")
    parser.add_argument("--summary", default="TODO: completes `flags ...`", help="a few words for lists of rules")
    parser.add_argument("--root", type=Path, default=Path(), help="the root of the repository [.]")


def run(options: Namespace) -> int:
    """Write the files and say what is next; the exit code."""
    try:
        files = _plan(options)
        _write_all(options.root, files)
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for path in files:
        print(f"wrote {path}")
    print(
        f"Now write the rule: `python -m pytest tests/test_fixtures.py tests/rules -k {options.name}` fails until it\n"
        f"finds what tests/fixtures/{options.name}/bugs.py promises. Look for TODO; then `python -m devlint.dev docs`."
    )
    return 0


def _plan(options: Namespace) -> dict[Path, str]:
    """The text of each file, by its path below the root."""
    if not (options.root / RULES).is_dir() or not (options.root / CHANGELOG).is_file():
        raise Refused(f"no {RULES} and {CHANGELOG} below {options.root}: run this from the root of the repository")
    name = _free_name(options.root, options.name)
    code = _free_code(options.root, options.code, options.family)
    summary = options.summary.rstrip(".").replace("\\", r"\\").replace('"', r"\"")
    if "\n" in summary or len(summary) > 90:
        raise Refused("the summary is one line of at most 90 characters")
    folder = RULES / FAMILIES[code[3]].replace("-", "_")
    cls = "".join(word.capitalize() for word in name.split("-"))
    words = {"name": name, "code": code, "cls": cls, "summary": summary}
    changelog = (options.root / CHANGELOG).read_text(encoding="utf-8")
    files = {
        folder / f"{name.replace('-', '_')}.py": _RULE.substitute(words),
        FIXTURES / name / "bugs.py": _BUGS.substitute(words),
        FIXTURES / name / "lookalikes.py": _LOOKALIKES.substitute(words),
        CHANGELOG: _with_line(changelog, code, f"- {code} `{name}`: {options.summary.rstrip('.')}"),
    }
    if not (options.root / folder / "__init__.py").exists():
        files[folder / "__init__.py"] = ""
    return files


def _free_name(root: Path, name: str) -> str:
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
        raise Refused(f"`{name}` is not in kebab-case, such as `unmoved-batch`")
    if name.partition("-")[0] in _VERBS:
        raise Refused(
            f"`{name}` does not name the bad pattern: begin with what is wrong, not with `{name.split('-')[0]}`"
        )
    taken = {path.stem.replace("_", "-"): path for path in (root / RULES).rglob("*.py")}
    if name in taken:
        raise Refused(f"`{name}` is taken, by {taken[name]}")
    others = {meta.name: meta.code for meta in (*(each.meta for each in all_checks()), *events.all_metas())}
    if name in others or name in FAMILIES.values():
        raise Refused(f"`{name}` is taken, by {others.get(name, 'a family')}")
    if (root / FIXTURES / name).exists():
        raise Refused(f"{root / FIXTURES / name} exists already: take another name, or remove it")
    return name


def _free_code(root: Path, code: str | None, family: str | None) -> str:
    """The code that was asked for, or the next of the family; codes of rules that are gone stand in the changelog."""
    if code is None and family is None:
        raise Refused("give --family, or --code")
    taken = dict(_codes(root))
    if code is None:
        digit = next(each for each, known in FAMILIES.items() if known == family)
        number = max([int(each[4:]) for each in taken if each[3] == digit], default=0) + 1
        if number > 99:
            raise Refused(f"the family {family} has no code left")
        return f"XDV{digit}{number:02}"
    if not re.fullmatch(rf"XDV[{''.join(FAMILIES)}]\d\d", code):
        raise Refused(f"`{code}` is not a code: XDV, the digit of a family and two digits, such as XDV101")
    if family is not None and FAMILIES[code[3]] != family:
        raise Refused(f"{code} is of the family {FAMILIES[code[3]]}, not of {family}")
    if code in taken:
        raise Refused(f"{code} is taken, by {taken[code]}; codes are never used again")
    return code


def _codes(root: Path) -> Iterator[tuple[str, Path]]:
    """Each code that is or was in use, and where it stands."""
    for path in (root / CHANGELOG, *sorted((root / RULES).rglob("*.py"))):
        text = path.read_text(encoding="utf-8")
        pattern = r"\bXDV\d{3}\b" if path.suffix == ".md" else r'"(XDV\d{3})"'
        yield from ((match, path) for match in re.findall(pattern, text))


def _with_line(changelog: str, code: str, line: str) -> str:
    """The changelog with a line more in the first list of new rules, by code; other lists of the file stay."""
    lines = changelog.splitlines()
    if "### New rules" not in lines:
        raise Refused(f"{CHANGELOG} has no list `### New rules`")
    start = lines.index("### New rules") + 1
    end = next((at for at in range(start, len(lines)) if lines[at].startswith("#")), len(lines))
    entries = [at for at in range(start, end) if lines[at].startswith("- XDV")]
    after = [at for at in entries if lines[at][2:8] < code]
    if after:
        at = after[-1] + 1
        while at < end and lines[at].startswith("  "):  # the entry goes on
            at += 1
    else:
        at = entries[0] if entries else start + 1
    return "\n".join([*lines[:at], line, *lines[at:], ""])


def _write_all(root: Path, files: Mapping[Path, str]) -> None:
    """All files or none: what an error leaves half done is taken back."""
    before = {path: path.read_bytes() if path.exists() else None for path in (root / each for each in files)}
    folders = [folder for path in before for folder in (path.parent,) if not folder.exists()]
    try:
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            replace_file(str(root / path), text.encode())
    except BaseException:
        for path, data in before.items():
            if data is not None:
                replace_file(str(path), data)
            else:
                path.unlink(missing_ok=True)
        for folder in folders:
            if folder.exists():
                folder.rmdir()
        raise
