"""What numpy does with tensors."""

from __future__ import annotations

REFUSED_REDUCTIONS: frozenset[str] = frozenset(
    f"numpy.{name}" for name in "sum mean std var max min prod any all amax amin".split()
)
"""Functions that call the method of their argument, in a way in which a tensor's cannot be called (numpy 2.4)."""
