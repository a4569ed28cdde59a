"""May this file hold a finding at all, and in which of its top-level definitions?

LibCST's parse costs seven times as much as CPython's. What cannot hold a finding is blanked out first, line by line so
that places stay. That this changes no finding is a test (`tests/test_screen.py`) and a benchmark.
"""

from devlint.source.screen.blank import Part, TooDeep, screen
from devlint.source.screen.trigger import Trigger

__all__ = ["Part", "TooDeep", "Trigger", "screen"]
