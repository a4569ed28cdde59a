"""Shell scripts: their launch commands, and the variables that they export."""

from __future__ import annotations

import re

from devlint.doctor.config.claims import Claims
from devlint.doctor.config.commandline import read_commands
from devlint.doctor.config.documents import Document
from devlint.doctor.config.readers.base import LAUNCHER, Context, Reader
from devlint.doctor.config.syntax.shell import parse_shell

_LAUNCH = re.compile(
    r"torchrun|torch\.distributed|accelerate|deepspeed|\bpython[\d.]*\b|srun|mpirun|vllm|\byolo\b|docker run"
    r"|\bbash \S|\.sh\b|singularity|apptainer|llamafactory-cli|\btune run"
)


class Shell(Reader):
    """The last of several launch commands is the strongest."""

    name = "shell"
    strength = LAUNCHER
    general = True

    @classmethod
    def detects(cls, document: Document) -> bool:
        return document.notation == "shell" and bool(_LAUNCH.search(document.text))

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        script = parse_shell(document.text, document.places, context.variables)
        claims.problems += script.problems
        read_commands(script, document.places, claims)
