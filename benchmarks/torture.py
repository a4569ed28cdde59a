"""Hostile source files for robustness.py, made on the spot. Not a script itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_HEAD = "import torch\n\n\ndef f(x):\n"
_DEPTH = 2000


def write(folder: Path) -> list[Path]:
    """Write all of them below `folder`; their paths."""
    paths = []
    for name, data in _files():
        path = folder / f"{name}.py"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        paths.append(path)
    return paths


def _files() -> Iterator[tuple[str, str | bytes]]:
    for depth in (90, 190, _DEPTH):
        yield from ((f"{name}_{depth}", source) for name, source in _nested(depth))
    yield from _large()
    yield from _odd()


def _nested(depth: int) -> Iterator[tuple[str, str]]:
    for name, left, core, right in (
        ("parentheses", "(", "torch.zeros(3)", ")"),
        ("lists", "[", "torch.zeros(3)", "]"),
        ("dicts", "{0: ", "torch.zeros(3)", "}"),
        ("calls", "torch.relu(", "x", ")"),
        ("subscripts", "x[", "0", "]"),
        ("lambdas", "lambda: ", "torch.zeros(3)", ""),
        ("ternaries", "x if x else ", "torch.zeros(3)", ""),
        ("negations", "not ", "torch.zeros(3)", ""),
        ("minuses", "-", "torch.zeros(3)", ""),
        ("comprehensions", "[y for y in ", "torch.zeros(3)", "]"),
        ("f_strings", "f(f'{", "torch", "}')"),
    ):
        yield name, f"{_HEAD}    return {left * depth}{core}{right * depth}\n"
    yield "sums", f"{_HEAD}    return {' + '.join(['x', *['torch.zeros(3)'] * depth])}\n"
    yield "ands", f"{_HEAD}    return {' and '.join(['torch.zeros(3)'] * depth)}\n"
    yield "comparisons", f"{_HEAD}    return {' < '.join(['torch.zeros(3)'] * depth)}\n"
    yield "powers", f"{_HEAD}    return {' ** '.join(['torch.zeros(3)'] * depth)}\n"
    yield "methods", f"{_HEAD}    return torch.zeros(3){'.cuda()' * depth}\n"
    yield "attributes", f"{_HEAD}    return torch{'.cuda' * depth}\n"
    yield "strings", f"{_HEAD}    return torch.load({' '.join(['1'.join(chr(34) * 2)] * depth)})\n"
    yield "elifs", _HEAD + "    if x:\n        x = torch.zeros(3)\n" + "    elif x.a:\n        x = x.cuda()\n" * depth
    blocks = {"ifs": "if x:", "loops": "for i in x:", "functions": "def f(x):", "classes": "class C:", "tries": "try:"}
    yield from ((name, _blocks(opening, depth)) for name, opening in blocks.items())


def _blocks(opening: str, depth: int) -> str:
    """Blocks in blocks; a tab is one column of indentation, so that deep ones stay small."""
    lines = ["\t" * level + opening for level in range(depth)]
    lines.append("\t" * depth + "x = torch.zeros(3).cuda()")
    if opening == "try:":
        lines += ["\t" * level + "finally: pass" for level in reversed(range(depth))]
    return "\n".join(["import torch", "x = torch.zeros(3)", *lines, ""])


def _large() -> Iterator[tuple[str, str]]:
    """5 MB each."""
    function = (
        "def f{0}(x):\n    y = torch.zeros(3)\n    if x is None:\n        x = y.cuda()\n    return x + y * {0}\n\n\n"
    )
    method = "    def m{0}(self, x):\n        self.a{0} = torch.zeros(3)\n        return self.m{1}(x) + self.a{0}\n"
    yield "large_functions", "import torch\n" + "".join(function.format(number) for number in range(48_000))
    yield "large_function", _HEAD + "    x = torch.cat([x, torch.zeros(3)])\n" * 125_000 + "    return x\n"
    yield "large_branches", _HEAD + "    if x.a:\n        x = x.cuda()\n    else:\n        x = x.cpu()\n" * 70_000
    yield "large_list", "import torch\nTABLE = torch.tensor([" + "1, 2, 3, 4, 5, 6, 7, 8, 9,\n" * 190_000 + "])\n"
    items = "".join(f"'k{number}': torch.device('cuda:{number}'),\n" for number in range(140_000))
    yield "large_dict", f"import torch\nTABLE = {{{items}}}\n"
    yield "large_string", 'import torch\nTEXT = """' + "torch.zeros(3).cuda()\n" * 230_000 + '"""\n'
    yield "large_line", "import torch\nx = " + "; y = ".join(["torch.zeros(3).cuda()"] * 190_000) + "\n"
    methods = "".join(method.format(number, number - 1) for number in range(50_000))
    yield "large_class", f"import torch\nclass C(torch.nn.Module):\n{methods}"
    yield "large_comment", "import torch\n" + "# devlint: ignore[XDV101] noqa\n" * 160_000


def _odd() -> Iterator[tuple[str, bytes]]:
    code = b"import torch\nx = torch.zeros(3).cuda()\n"
    yield "empty", b""
    yield "byte_order_mark", b"\xef\xbb\xbf" + code
    yield "byte_order_mark_and_latin_1", b"\xef\xbb\xbf# coding: latin-1\n" + code
    yield "null_byte", code + b"\x00\n"
    yield "not_utf_8", code + b"s = '\xff\xfe'\n"
    yield "latin_1", b"# -*- coding: latin-1 -*-\ns = '\xe9\xff'\n" + code
    yield "unknown_coding", b"# coding: none-such\n" + code
    yield "coding_that_is_no_text", b"# coding: hex\n" + code
    yield "coding_rot13", b"# coding: rot13\n" + code
    yield "utf_16", "import torch\n".encode("utf-16")
    yield "utf_7", b"# coding: utf-7\n" + code
    yield "surrogates", b"import torch\ns = '\\ud800'\nx = torch.zeros(3).to(s)\n"
    yield "carriage_returns", code.replace(b"\n", b"\r")
    yield "mixed_line_ends", code.replace(b"\n", b"\r\n") + code + code.replace(b"\n", b"\r")
    yield "form_feeds", b"\x0c" + code.replace(b"\n", b"\n\x0c\n")
    yield "no_last_line_end", code.rstrip()
    yield "backslash_at_end", code + b"\\"
    yield "separators", "import torch\ns = 'a\u2028b\x85c\x1cd'; x = torch.zeros(3).to('cuda:0')\n".encode()
    yield "wide_identifiers", "import torch\n𝔵 = torch.zeros(3).cuda()  # 𝒹\nx.cpu()\n".encode()
    yield "ligatures", "import torch\nﬁle = torch.load('a.pt'); ｘ = file\n".encode()
    yield "print_statement", b"import torch\nprint torch.zeros(3)\n"
    yield "unclosed", code + b"def f(:\n    x = (\n"
    yield "tabs_and_spaces", b"import torch\nif x:\n\ty = 1\n        z = torch.zeros(3)\n"
    yield "huge_number", b"import torch\nx = torch.zeros(" + b"9" * 50_000 + b")\n"
    yield "huge_name", b"import torch\n" + b"x" * 100_000 + b" = torch.zeros(3).cuda()\n"
    bases = b"class A(B): pass\nclass B(A):\n    def forward(self, x): return x + torch.zeros(3)\nclass C(C): pass\n"
    yield "cyclic_bases", b"import torch\n" + bases
    yield "cyclic_calls", b"import torch\ndef f(x): return g(x)\ndef g(x): return f(x) + torch.zeros(3)\nf(g(f(1)))\n"
    yield "cyclic_names", b"import torch\na = b\nb = a\na.b = a\na = [a]; a[0] = a\nx = torch.zeros(3).to(a[0][0])\n"
