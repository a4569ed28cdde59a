"""Writing to standard output, standard error and files."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from typing import TextIO

COLORS = ("auto", "always", "never")
"""The answers to when to use colours."""


class CommandError(Exception):
    """What the user asked for cannot be done; the message is complete, and the exit code is 2."""


def write(data: str | bytes) -> None:
    """Write to standard output; that its reader has gone (`| head`) is no error."""
    try:
        if isinstance(data, str):
            sys.stdout.write(data)
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except OSError as error:
        _discard_stdout()
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # the latter is what Windows says of a closed pipe
            raise CommandError(f"cannot write to standard output: {error.strerror}") from None


def _discard_stdout() -> None:
    """Let what is still buffered go nowhere, or Python would try again when it ends, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(message: str) -> None:
    """Say on standard error what could not be done."""
    print(f"error: {message}", file=sys.stderr)


def write_file(path: str, text: str) -> None:
    """Write a whole file or, on any failure, leave it as it was."""
    from devlint.fixes.write import replace_file

    try:
        replace_file(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from None


def wants_color(choice: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour what goes to a stream; `choice` is one of COLORS.

    For `auto`, NO_COLOR comes before FORCE_COLOR (https://no-color.org, https://force-color.org), and both before the
    question whether the stream is a terminal.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"
