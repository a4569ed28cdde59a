"""devlint's own options, validated and resolved: what `lint` needs to know, and nothing of where it was written."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LintSettings:
    """Everything that decides what `check_source` reports; picklable and hashable.

    `enabled`: codes of the rules to run, without those that per-file-ignores take away from the file.
    `unsure`: codes of those whose findings of low confidence are wanted, too.
    `module_bases`: qualified names of further base classes that make a class an nn.Module.
    `device_types`: further device types that a string may name (`npu`). `target_torch`: (major, minor) or None.
    `follow_imports`: read what a file imports from the project around it; `source_roots` are absolute folders in which
    to look first.
    `use_screen`: look first whether a file can hold a finding; off only to prove that this changes nothing.
    `honour_suppressions`: obey the comments in the source that hide findings. `honour_noqa`: obey `# noqa` among them;
    off where a host such as flake8 does that itself.
    """

    enabled: frozenset[str] = field(default_factory=frozenset)
    module_bases: frozenset[str] = frozenset()
    device_types: frozenset[str] = frozenset()
    target_torch: tuple[int, int] | None = None
    unsure: frozenset[str] = frozenset()
    follow_imports: bool = True
    source_roots: tuple[str, ...] = ()
    use_screen: bool = True
    honour_suppressions: bool = True
    honour_noqa: bool = True
