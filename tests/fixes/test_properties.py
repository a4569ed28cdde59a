"""Whatever a file is made of, and however it is stored: what a fix does not change stays, byte for byte."""

from __future__ import annotations

import ast
import codecs
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from devlint.lint import check_source, fix_source, ignore_source
from devlint.rules import all_metas
from devlint.settings.schema import LintSettings

EXAMPLES = Path(__file__).parent / "examples"
SETTINGS = LintSettings(enabled=frozenset(meta.code for meta in all_metas()))
IMPORTS = "import numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"


def definitions() -> list[str]:
    """The functions and classes of the examples, each for itself."""
    found = []
    for path in sorted(EXAMPLES.glob("*/input.py")):
        text = path.read_text(encoding="utf-8")
        nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        found += [ast.get_source_segment(text, node) or "" for node in nodes]
    return found


PARTS = definitions()
STORAGES = [
    ("utf-8", b"", ""),
    ("utf-8", codecs.BOM_UTF8, ""),
    ("latin-1", b"", "# coding: latin-1\n"),
    ("cp1252", b"", "# coding: cp1252\n"),
]

programs = st.tuples(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=3, unique=True),
    st.sampled_from(STORAGES),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\n", "\n# Ende: é\n", "\n\n\x0c\n"]),
)


def stored(parts: list[str], storage: tuple[str, bytes, str], newline: str, end: str) -> bytes:
    encoding, mark, cookie = storage
    text = f"{cookie}# Anfang: ü\n{IMPORTS}" + "\n\n\n".join(parts) + end
    return mark + text.replace("\n", newline).encode(encoding)


def counts(data: bytes) -> Counter[str]:
    return Counter(finding.code for finding in check_source(data, "x.py", SETTINGS).findings)


@settings(max_examples=50, deadline=None)
@given(programs, st.booleans())
def test_fixed_files_stay_what_they_are(program: tuple, unsafe: bool) -> None:
    _, (encoding, mark, _), newline, _ = program
    before = stored(*program)
    result = fix_source(before, "x.py", SETTINGS, unsafe=unsafe)
    assert not result.failures
    if result.fixed is None:
        return
    after = result.fixed.after
    assert after.startswith(mark)
    text = after.removeprefix(mark).decode(encoding)
    ast.parse(after)
    assert fix_source(after, "x.py", SETTINGS, unsafe=unsafe).fixed is None
    assert not counts(after) - counts(before)
    others = {"\n", "\r"} - set(newline)
    assert not any(other in text for other in others)
    assert changed_lines(before, after, newline.encode()) <= 12 * len(result.fixed.applied)


def changed_lines(before: bytes, after: bytes, newline: bytes) -> int:
    """How many lines are not, byte for byte and in order, those of before; all that differs has to do with a fix."""
    matcher = SequenceMatcher(None, before.split(newline), after.split(newline), autojunk=False)
    return len(after.split(newline)) - sum(block.size for block in matcher.get_matching_blocks())


@settings(max_examples=30, deadline=None)
@given(programs)
def test_added_comments_hide_everything(program: tuple) -> None:
    before = stored(*program)
    result = ignore_source(before, "x.py", SETTINGS, "known")
    assert not [finding for finding in result.findings if finding.code != "XDV901"]
    if result.fixed is not None:
        assert ast.dump(ast.parse(result.fixed.after)) == ast.dump(ast.parse(before))
        assert counts(before)["XDV901"] or fix_source(result.fixed.after, "x.py", SETTINGS, unsafe=True).fixed is None
