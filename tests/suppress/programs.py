"""Made-up programs with one finding a statement, for the tests of comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from devlint.findings import Confidence, Finding, Location, RuleMeta, Severity, Span
from devlint.suppress import Rules

CODE = "XDV303"
UNUSED = RuleMeta("XDV901", "unused-suppression", "comments that hide nothing", Severity.WARNING, Confidence.HIGH)
WORDS = {"invalid-device": CODE, "portability": "XDV3", "unused-suppression": "XDV901", "hygiene": "XDV9"}


def resolve(word: str) -> str:
    """As devlint.settings.select.RuleIndex.prefix does."""
    if word.startswith("XDV"):
        return word
    if word not in WORDS:
        raise ValueError(f"unknown rule `{word}`")
    return WORDS[word]


RULES = Rules(resolve, frozenset({"XDV101", CODE, "XDV901"}), UNUSED)


@dataclass(frozen=True)
class Template:
    """A statement whose finding is where SITE stands; `open` are its lines that a comment can end."""

    text: str
    open: tuple[int, ...]

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")


TEMPLATES = [
    Template("SITE", (0,)),
    Template("a = SITE; b = 2", (0,)),
    Template("f(\n    SITE,\n\n    b,\n)", (0, 1, 3, 4)),
    Template("x = 1 + \\\n    SITE", (1,)),
    Template("x = '''\n'''.join(SITE)", (1,)),
    Template("f([\n    '''\n    ''',\n    SITE])", (0, 2, 3)),
    Template("if SITE:\n    pass", (0,)),
    Template("for i in f(\n    SITE\n): g(i)", (0, 1, 2)),
    Template("with a as b, \\\n    SITE as c:\n    pass", (1,)),
    Template("class A(\n    SITE,\n):\n    x = 1", (0, 1, 2)),
    Template("@dec\n@other(\n    SITE,\n)\ndef f(\n    a,\n):\n    pass", (0, 1, 2, 3, 4, 5, 6)),
    Template("@dec\n\nasync def f(a=SITE):\n    pass", (0, 2)),
    Template("lambda: [\n    SITE\n    for i in x\n]", (0, 1, 2, 3)),
]
DECOYS = [
    "'# devlint: ignore[XDV303]'; # noqual",
    "'# noqa'",
    "x = '''\n# devlint: ignore-file\n# noqa\n# devlint: ignore\n'''",
    'f"# devlint: ignore {x} # noqa"',
    "f(\n    '''\n    # devlint: ignore'''\n)",
    "# nothing of interest, not even devlint",
    "",
]


@dataclass(frozen=True)
class Program:
    """A text, its findings, and the template and the first line (from 1) of the statement of each."""

    lines: tuple[str, ...]
    findings: tuple[Finding, ...]
    statements: tuple[tuple[Template, int], ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def with_comment(self, line: int, comment: str) -> str:
        """The text with a comment at the end of a line."""
        lines = list(self.lines)
        lines[line - 1] += f"  {comment}"
        return "\n".join(lines)

    def with_line(self, above: int, comment: str) -> str:
        """The text with a comment of its own line above a line, as far indented as that."""
        lines = list(self.lines)
        below = lines[above - 1]
        lines.insert(above - 1, below[: len(below) - len(below.lstrip())] + comment)
        return "\n".join(lines)


def finding_at(line: int, column: int = 1, code: str = CODE) -> Finding:
    """A finding with a primary place only."""
    span = Span(line, column, line, column + 4)
    return Finding(code, "a-rule", "a message", Location("a.py", span), Severity.ERROR, Confidence.HIGH)


def _program(blocks: list[tuple[Template | str, int]]) -> Program:
    lines: list[str] = []
    findings, statements = [], []
    for block, depth in blocks:
        template = block if isinstance(block, Template) else Template(block, ())
        lines += ["    " * level + "while True:" for level in range(depth)]
        first = len(lines) + 1
        lines += ["    " * depth + line for line in template.lines]  # no harm inside strings and brackets
        for number, line in enumerate(lines[first - 1 :], start=first):
            if (column := line.find("SITE")) >= 0:
                findings.append(finding_at(number, column + 1))
                statements.append((template, first))
    return Program(tuple(lines), tuple(findings), tuple(statements))


def programs_of(blocks: Sequence[Template | str]) -> st.SearchStrategy[Program]:
    """Programs of such statements, each in a block of its own up to two levels deep."""
    return st.lists(st.tuples(st.sampled_from(blocks), st.integers(0, 2)), max_size=8).map(_program)
