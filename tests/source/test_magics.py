"""IPython's additions are masked, and nothing but these."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from devlint.source.magics import mask_magics


@pytest.mark.parametrize(
    ("source", "masked"),
    [
        ("%matplotlib inline", "pass"),
        ("  %cd it's \"here", "  pass"),
        ("!ls -l | grep '", "pass"),
        ("!!ls", "pass"),
        ("!pip install \\\n  torch \\\n  timm\nx = 1", "pass\n\n\nx = 1"),
        ("?torch.zeros", "pass"),
        ("torch.zeros?", "pass"),
        ("model.fit??;", "pass"),
        ("pip install torch", "pass"),
        ("files = !ls", "files = get_ipython()"),
        ("a, *b = %env", "a, *b = get_ipython()"),
        ("self.x[i] = %time f(x)", "self.x[i] = get_ipython()"),
        ("if x:\n\t!ls\nelse:\n\ty =%pwd", "if x:\n\tpass\nelse:\n\ty =get_ipython()"),
        ("# so \\\n%cd x", "# so \\\npass"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("\n%%capture out\n!ls\nx = 1", "\npass\npass\nx = 1"),
        ("%%bash\nls\necho (", "\n\n"),
        ("%%html\n<b>", "\n"),
    ],
)
def test_magics_are_masked(source: str, masked: str) -> None:
    assert mask_magics(source) == masked
    ast.parse(masked.strip())


@pytest.mark.parametrize(
    "source",
    [
        "x = a % b",
        "x = (a\n  % b)",
        "x = a \\\n  % b",
        "x = f(g(a)\n  % b)",
        "x != y",
        'print("a = %d" % x)',
        "d['k=%s'] = 1",
        "s = '''\n!ls\n%cd\nx = !ls\nhelp?\n'''",
        's = """a\\"""\n!ls\n"""',
        "s = 'it\\'s' # why?\nt = '?'",
        'f = \'"""\'\nx = 1 % 2',
        "# so? \\\nx = 1 % 2",
        "pip = 3 % 2\nx = pip in y",
        "x = 1;",
        "await f(a % b)",
    ],
)
def test_python_is_left_alone(source: str) -> None:
    assert mask_magics(source) == source
    ast.parse(source)


def test_the_standard_library_is_left_alone() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(ast.__file__).parent.glob("*.py")]
    assert len(sources) > 100
    assert [source for source in sources if mask_magics(source) != source] == []
