"""Facts without what tells whose machine it is: people, hosts, addresses, serial numbers and homes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from devlint.doctor.facts.machine import Facts

_PERSONAL = frozenset({"Host.name", "Host.user", "GpuProcess.name", "GpuProcess.user", "Scheduler.job", "Gpu.serial"})
"""Fields that are replaced whole."""

_SAYS = frozenset(
    "environment gaps kernel_command_line note error cuda_error cudnn_error warnings nvidia_driver".split()
)
"""Fields with texts that may name people, hosts and addresses, as paths may."""

_NOBODY = frozenset({"root", "user", "localhost"})
_HOME = re.compile(r"(?:(?<=/home/)|(?<=/Users/)|(?<=[A-Za-z]:\\Users\\))[^/\\:;\"'\s]+")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)


def redact(facts: Facts) -> Facts:
    """The same facts to show around. Two equal UUIDs stay equal, so that `CUDA_VISIBLE_DEVICES` still names a GPU."""
    uuids: dict[str, str] = {}

    def uuid(match: re.Match[str]) -> str:
        return uuids.setdefault(match[0].lower(), f"00000000-0000-0000-0000-{len(uuids):012d}")

    host = facts.host
    names = [re.escape(name) for name in (host and host.name, host and host.user) if name and name not in _NOBODY]
    person = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])") if names else None
    home = re.compile(rf"{re.escape(str(Path.home()))}(?![\w-])")

    def clean(text: str, says: bool) -> str:
        text = _HOME.sub("user", home.sub("~", _UUID.sub(uuid, text)))
        if says:  # elsewhere four numbers may be a version
            text = _ADDRESS.sub("0.0.0.0", text)
        if person and (says or "/" in text or "\\" in text):
            text = person.sub("redacted", text)
        return text

    redacted: Facts = _rebuilt(facts, clean, says=False)
    return redacted


def _rebuilt(value: Any, clean: Callable[[str, bool], str], *, says: bool) -> Any:
    """The value with every string cleaned; `says` is whether it stands in one of the fields that may name people."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value).__name__
        changes = {}
        for each in dataclasses.fields(value):
            member = getattr(value, each.name)
            personal = f"{kind}.{each.name}" in _PERSONAL and member is not None
            changes[each.name] = "redacted" if personal else _rebuilt(member, clean, says=says or each.name in _SAYS)
        return dataclasses.replace(value, **changes)
    if isinstance(value, Mapping):
        return {key: _rebuilt(member, clean, says=says) for key, member in value.items()}
    if isinstance(value, tuple):
        return tuple(_rebuilt(member, clean, says=says) for member in value)
    return clean(value, says) if isinstance(value, str) and not isinstance(value, Enum) else value
