"""What must stand in code for the rules to have anything to report, shared by rules of one kind."""

from __future__ import annotations

from devlint.model.torchapi import DEVICE_TYPES, FACTORIES, PLUGIN_DEVICE_TYPES
from devlint.source.screen import Trigger

_CALL = r"\s*\("

_FACTORIES = frozenset(name.rpartition(".")[2] for name in FACTORIES if not name.endswith("_like"))
FACTORY_CALLS = (Trigger(_FACTORIES - {"range"}, after=_CALL), Trigger(frozenset({"range"}), before=r"\.", after=_CALL))
"""Without one of them nothing is created on the default device or in CPU memory."""

CPU_MOVES = Trigger(frozenset({"cpu"}))
CUDA_WORDS = Trigger(frozenset({"cuda", "xpu", "mps", "npu"}))
LOADER_LOOPS = Trigger(frozenset({"for", "next"}), after=r"[^\n]*(?i:loader|_dl\b|\bdl\b)")
"""Batches come out of loops over what is called a loader, or is one."""

DISCARDED_MOVES = Trigger(frozenset({"to", "cuda", "cpu", "xpu", "npu"}), before=r"\.", after=_CALL)
UNMOVABLE_MOVES = DISCARDED_MOVES
DEVICE_STRINGS = Trigger(frozenset({"device", "to", "Device"}), after=r"\s*[=(]\s*(?:type\s*=\s*|device\s*=\s*)?[rRbBuU]?[\"']")
_TYPES = "|".join(sorted(DEVICE_TYPES | PLUGIN_DEVICE_TYPES | {"gpu"}))
DEVICE_COMPARISONS = (
    Trigger(frozenset(), pattern_only=rf"(?:==|!=|\bin)\s*[\[({{]?\s*[\"'](?:{_TYPES})\b"),
    Trigger(frozenset(), pattern_only=rf"[\"'](?:{_TYPES})(?::\d+)?[\"']\s*(?:==|!=)"),
)
"""A device type in quotes on one side of a comparison."""

LEGACY_TYPES = Trigger(
    frozenset(f"{kind}Tensor" for kind in ("", *"Float Double Half BFloat16 Long Int Short Char Byte Bool".split())),
    after=_CALL,
)
CONTAINER_ATTRIBUTES = Trigger(frozenset({"self"}), after=r"\s*\.\s*\w+\s*(?::[^=\n]+)?=\s*(?:\[|\{|list\b|dict\b)")
