"""Comments that hide findings, and the findings about such comments."""

from devlint.suppress.outcome import Outcome, Rules, suppress

__all__ = ["Outcome", "Rules", "suppress"]
