"""`python script.py` and `python -m module`, and what launchers start in their stead: a script and its arguments."""

from __future__ import annotations

from collections.abc import Sequence

from devlint.doctor.config.arguments import read_arguments
from devlint.doctor.config.launchers.base import Launch
from devlint.doctor.config.syntax.words import Word

_TAKES_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_NOT_A_JOB = frozenset(
    {"pip", "venv", "http", "json", "build", "pytest", "pip3", "virtualenv", "ipykernel", "setup.py"}
)


def program_of(words: Sequence[Word], launch: Launch) -> Sequence[Word]:
    """Read a script and its arguments, or a command if the words begin with a program; nothing is left."""
    words = list(words)
    while words and words[0].text in ("python", "python3", "-u", "-m", "--", "-O"):
        words.pop(0)
    if words:
        launch.script(words[0])
        read_arguments(words[1:], launch)
    return ()


def after_python(words: Sequence[Word]) -> tuple[str | None, Sequence[Word]]:
    """Behind `python` and its own options: the module of `-m`, or None, and the words from the script or module on."""
    at = 0
    while at < len(words) and words[at].text.startswith("-"):
        option = words[at].text
        at += 1
        if option == "-c":
            return None, ()
        if option.startswith("-") and not option.startswith("--") and option.endswith("m"):
            return (words[at].text, words[at:]) if at < len(words) else (None, ())
        at += option in _TAKES_VALUE
    return None, words[at:]


def is_a_job(name: str) -> bool:
    """Whether a script or module may be a job, and is no tool of Python's own."""
    return name.partition(".")[0] not in _NOT_A_JOB and name not in _NOT_A_JOB
