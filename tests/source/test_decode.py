"""Bytes to text: encodings, newlines, and one clear line for what is no text."""

from __future__ import annotations

import pytest

from devlint.source.text import SourceError, decode


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"x = 1\r\ny = 2\rz = 3\n", "x = 1\ny = 2\nz = 3\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n"),
        ("s = 'é'\n".encode(), "s = 'é'\n"),
        (b"# -*- coding: latin-1 -*-\ns = '\xe9'\n", "# -*- coding: latin-1 -*-\ns = 'é'\n"),
        (
            b"#!python\r# vim: set fileencoding=cp1252 :\rs = '\x80'\r",
            "#!python\n# vim: set fileencoding=cp1252 :\ns = '€'\n",
        ),
        (b"x\n\n# coding: latin-1, but on the third line\n", "x\n\n# coding: latin-1, but on the third line\n"),
        ("# coding: shift_jis\ns = '表'\n".encode("shift_jis"), "# coding: shift_jis\ns = '表'\n"),
        (b"a\x0cb\x0b\x1c\n", "a\x0cb\x0b\x1c\n"),
        ("s = '\u2028\x85'\n".encode(), "s = '\u2028\x85'\n"),
    ],
)
def test_text_is_what_python_reads(data: bytes, text: str) -> None:
    assert decode(data) == text


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b"x = 1\ny = '\0'\n", "null byte", 2),
        ("x = 1\n".encode("utf-16"), "UTF-16", 1),
        (b"x = 1\r\ny = '\xe9'\n", "byte 0xe9 is not valid utf-8", 2),
        (b"\n\n\r'\xff'", "byte 0xff is not valid utf-8", 4),
        (b"\xef\xbb\xbf\n'\xff'", "byte 0xff is not valid utf-8:", 2),
        (b"# coding: ascii\n# \xe9", "byte 0xe9 is not valid ascii", 2),
        (b"# coding: no-such-thing\n", "unknown encoding: no-such-thing", None),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding declaration is wrong", None),
        (b"# coding: rot13\n", "'rot13'", None),
        (b"# coding: undefined\n", "'undefined'", None),
        (b"# coding: raw_unicode_escape\n'\\ud800'\n", "'raw_unicode_escape'", None),
        (b"# coding: unicode_escape\n'\\x00'\n", "null character", None),
    ],
)
def test_what_is_no_text_is_said_in_one_line(data: bytes, words: str, line: int | None) -> None:
    with pytest.raises(SourceError) as caught:
        decode(data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.line == line
