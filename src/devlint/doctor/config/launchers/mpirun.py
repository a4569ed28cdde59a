"""`mpirun` and `horovodrun`: one process per slot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.kinds import count
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.options import options
from devlint.doctor.config.syntax.words import Word


class Mpirun(Launcher):
    """`-np` counts the processes of all hosts."""

    programs = frozenset({"mpirun", "mpiexec", "horovodrun", "orterun"})
    keys: ClassVar[Keys] = {
        "np": Key("world_size", count),
        "n": Key("world_size", count),
        "npernode": Key("procs_per_node", count),
        "ppn": Key("procs_per_node", count),
    }

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        launch.starts("mpirun", program)
        own, inner = launch.inner(words)
        launch.table(options(own), self.keys)
        return inner
