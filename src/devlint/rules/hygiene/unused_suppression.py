"""XDV901."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.rules.base import Rule

if TYPE_CHECKING:
    pass


class UnusedSuppression(Rule):
    """A suppression comment hides nothing

    ## What it does
    Finds `# devlint: ignore` comments on lines without a finding to hide, and names in them that no rule has.

    ## Why is this bad
    The problem was fixed or moved: the comment now only hides the next one.

    ## Example
    ```python
    import torch

    x = torch.ones(3)  # devlint: ignore[hard-coded-cuda] one GPU only
    ```

    ## Use instead
    ```python
    import torch

    x = torch.ones(3)
    ```

    ## Known problems
    `# noqa` comments are not judged: they may be meant for other tools.

    ## Fix safety
    Safe: the comment is removed, with its reason, or one name in its brackets. A comment with a mistake in it is
    left to you.

    ## References
    - [Suppressing findings](https://devlint.readthedocs.io/suppression/)
    """

    meta = RuleMeta(
        "XDV901",
        "unused-suppression",
        "a devlint suppression comment that hides nothing",
        Severity.WARNING,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = ()

    # Reported by `devlint.suppress`, which sees the comments; this class gives the rule its page.
