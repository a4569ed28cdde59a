"""Programs that run a command in another environment or manner and say nothing about devices."""

from __future__ import annotations

from collections.abc import Sequence

from devlint.doctor.config.environment import claim_variable
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.syntax.shell import ASSIGNMENT
from devlint.doctor.config.syntax.words import Word

_TAKE_TEXT = frozenset({"tmux", "screen"})
"""Those that hand their last word to a shell, whatever stands before it."""


class Wrapper(Launcher):
    """`env A=1 ...`, `nohup ...`, `conda run -n env ...`: the command begins at the first program that is known."""

    programs = frozenset(
        {
            "env",
            "exec",
            "nohup",
            "time",
            "nice",
            "ionice",
            "sudo",
            "timeout",
            "stdbuf",
            "xvfb-run",
            "eval",
            "command",
            "builtin",
        }
        | {
            "conda",
            "mamba",
            "micromamba",
            "uv",
            "uvx",
            "poetry",
            "pipenv",
            "hatch",
            "pdm",
            "pixi",
            "rye",
            "numactl",
            "taskset",
            "unbuffer",
        }
        | {
            "nsys",
            "ncu",
            "kernprof",
            "py-spy",
            "viztracer",
            "coverage",
            "wandb",
            "screen",
            "tmux",
            "setsid",
            "catchsegv",
            "script",
        }
    )

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        is_text = len(words) == 1 or program.text in _TAKE_TEXT
        if words and is_text and " " in words[-1].text.strip():
            launch.inside = words[-1]
            return ()
        own, inner = launch.inner(words)
        for word in own:
            if match := ASSIGNMENT.match(word.text):
                claim_variable(match[1], word.part(match.end()).node(launch.places), launch.claims)
        return inner
