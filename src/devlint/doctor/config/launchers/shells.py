"""`bash script.sh ARGUMENTS`, `./script.sh` and `bash -c '...'`."""

from __future__ import annotations

from collections.abc import Sequence

from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.syntax.words import Word


class ShellScript(Launcher):
    """The script is read as a file of its own, with the arguments known."""

    programs = frozenset({"bash", "sh", "zsh", "dash", "sbatch", "source", "."})

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        at = 0
        while at < len(words) and words[at].text.startswith("-"):
            if (
                not words[at].text.startswith("--")
                and "c" in words[at].text
                and program.text != "sbatch"
                and at + 1 < len(words)
            ):
                launch.inside = words[at + 1]
                return ()
            at += 1
        if at < len(words):
            self.mention(words[at:], launch)
        return ()

    def mention(self, words: Sequence[Word], launch: Launch) -> None:
        """Name the script; what is not known about its arguments stays unknown inside."""
        launch.runs = True
        launch.claims.mention(words[0].node(launch.places), tuple(words[1:]))
