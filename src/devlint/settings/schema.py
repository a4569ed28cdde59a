"""devlint's own options, validated and resolved: what `lint` needs to know, and nothing of where it was written."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LintSettings:
    """Everything that decides what `check_source` reports; picklable and hashable.

    `enabled`: rule codes to run. `ignored_here` is filled per file from per-file-ignores.
    `module_bases`: qualified names of further base classes that make a class an nn.Module.
    `device_types`: further device types that a string may name (`npu`). `target_torch`: (major, minor) or None.
    `report_unused_suppressions`: whether a devlint suppression comment that hides nothing is a finding.
    """

    enabled: frozenset[str] = field(default_factory=frozenset)
    module_bases: frozenset[str] = frozenset()
    device_types: frozenset[str] = frozenset()
    target_torch: tuple[int, int] | None = None
    use_screen: bool = True
    honour_suppressions: bool = True
