"""Which system this is, without `platform`: on Windows that one asks WMI, which takes long and may hang."""

from __future__ import annotations

import os
import sys

_NAMES = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}


def system_name() -> str:
    """`Linux`, `Darwin`, `Windows`, or what Python calls another one."""
    return _NAMES.get(sys.platform, sys.platform)


def machine_name() -> str | None:
    """`x86_64`, `aarch64`, `arm64`, `AMD64`, as the system spells it."""
    if hasattr(os, "uname"):
        return os.uname().machine
    return os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE")
