"""Which devices `CUDA_VISIBLE_DEVICES` and its like leave, exactly as torch reads them.

Source: `_parse_visible_devices` and `_transform_uuid_to_ordinals` in torch/cuda/__init__.py (torch 2.13).
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def parse(value: str) -> tuple[int, ...] | tuple[str, ...]:
    """The ordinals or the beginnings of UUIDs that a value names; empty where it hides all devices.

    A repeated entry empties the list; a negative number or something that is neither ends it; `1gpu` reads as 1.
    """
    for prefix in ("GPU-", "MIG-"):
        if value.startswith(prefix):
            return _identifiers(value, prefix)
    ordinals: list[int] = []
    for entry in value.split(","):
        number = _leading_number(entry.strip())
        if number in ordinals:
            return ()
        if number < 0:
            break
        ordinals.append(number)
    return tuple(ordinals)


def _identifiers(value: str, prefix: str) -> tuple[str, ...]:
    found: list[str] = []
    for entry in value.split(","):
        if entry in found:
            return ()
        if not entry.startswith(prefix):
            break
        found.append(entry)
    return tuple(found)


def _leading_number(entry: str) -> int:
    match = re.match(r"[+-]?\d+", entry)
    return int(match[0]) if match else -1


def select(entries: Sequence[int | str], uuids: Sequence[str | None]) -> tuple[int, ...]:
    """Indices of the devices that the entries of `parse` name, among devices with these UUIDs.

    The first entry that names none, or more than one, drops itself and all after it.
    """
    chosen: list[int] = []
    for entry in entries:
        if isinstance(entry, int):
            matches = [entry] if entry < len(uuids) else []
        else:
            matches = [index for index, uuid in enumerate(uuids) if uuid is not None and uuid.startswith(entry)]
        if len(matches) != 1:
            break
        if matches[0] in chosen:
            return ()
        chosen += matches
    return tuple(chosen)
