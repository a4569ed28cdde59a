"""Bytes to text, as Python itself would read them."""

from __future__ import annotations

import re
import tokenize

_NEWLINE = re.compile(rb"\r\n?|\n")


class SourceError(Exception):
    """The bytes hold no text to analyse: one line that says why, and the line (from 1) where it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return self.message


def decode(data: bytes) -> str:
    r"""The text of a Python file, without its byte order mark and with every newline as `\n`.

    Raises `SourceError` for null bytes, for an encoding declaration that is wrong and for bytes that do not fit it.
    """
    if (null := data.find(b"\0")) >= 0:
        raise SourceError("a null byte: this is no Python source (a binary file, or UTF-16?)", _line_at(data, null))
    encoding = encoding_of(data)
    try:
        text = data.decode(encoding)
        text.encode()  # some codecs give lone surrogates, which no parser takes
    except UnicodeDecodeError as error:
        byte = f"byte 0x{error.object[error.start]:02x} is not valid {encoding.removesuffix('-sig')}"
        line = _line_at(error.object, error.start)
        raise SourceError(f"{byte}: save the file as UTF-8, or declare its encoding", line) from None
    except (LookupError, ValueError) as error:
        raise SourceError(f"cannot be read as {encoding!r}, its declared encoding: {one_line(error)}") from None
    if "\0" in text:
        raise SourceError(f"a null character once read as {encoding!r}, its declared encoding")
    return normalise_newlines(text)


def normalise_newlines(text: str) -> str:
    r"""`text` with `\r\n` and `\r` turned into `\n`; form feeds and the like are no newlines to Python."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def one_line(error: Exception) -> str:
    """What an exception says, without line breaks."""
    return " ".join(str(error).split())


def encoding_of(data: bytes) -> str:
    """The encoding by PEP 263: a byte order mark, or a comment in the first two lines, else UTF-8."""
    head = iter(_NEWLINE.split(data, maxsplit=2)[:2])
    try:
        return tokenize.detect_encoding(lambda: next(head, b""))[0]
    except SyntaxError as error:
        if "invalid or missing" in error.msg:  # the first lines are not UTF-8: decoding then says which byte
            return "utf-8"
        raise SourceError(f"the encoding declaration is wrong: {one_line(error)}") from None


def _line_at(data: bytes, offset: int) -> int:
    return len(_NEWLINE.findall(data, 0, offset)) + 1
