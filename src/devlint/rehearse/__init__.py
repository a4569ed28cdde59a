"""`devlint rehearse`: run a training script on a pretend GPU.

    script -> pretend device -> events -> findings -> report

Nothing here imports torch before a session begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devlint.rehearse.session import Session, pretend

__all__ = ["Session", "pretend"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from devlint.rehearse import session  # needs torch

    return getattr(session, name)
