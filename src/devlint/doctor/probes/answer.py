"""How a probe says that it could not find something out, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NotAvailable(Exception):
    """A fact cannot be found out; the text is the reason, in plain words and without a full stop."""


class Gaps:
    """Collects why facts are not known, by their path: those of one section, or of all."""

    def __init__(self, section: str | None = None) -> None:
        self._prefix = f"{section}." if section else ""
        self.reasons: dict[str, str] = {}

    def attempt(self, name: str, question: Callable[[], T]) -> T | None:
        """The answer, or None and its reason kept under `name`: whatever one source does, the others are asked."""
        try:
            return question()
        except Exception as problem:
            self.note(name, reason_of(problem))
            return None

    def note(self, name: str, reason: str) -> None:
        """Keep why `name` is not known."""
        self.reasons[self._prefix + name] = reason


def reason_of(problem: BaseException) -> str:
    """Why something is not available, in plain words: a reason, a missing library with the command, or what failed."""
    match problem:
        case NotAvailable():
            return str(problem)
        case ModuleNotFoundError() if problem.name and not problem.name.startswith("devlint"):
            package = problem.name.partition(".")[0]
            return f'the package `{package}` is not installed: pip install "devlint[doctor]"'
        case FileNotFoundError():
            return f"there is no {problem.filename}" if problem.filename else "a file is missing"
        case PermissionError():
            return f"{problem.filename} may not be read by this user" if problem.filename else "permission denied"
        case OSError():
            place = f"{problem.filename}: " if problem.filename else ""
            return f"{place}{problem.strerror or problem}"
        case _:
            return f"asking failed with {type(problem).__name__}: {problem}".replace("\n", " ")
