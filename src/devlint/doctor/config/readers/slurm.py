"""Slurm's sbatch scripts: what `#SBATCH` lines ask for, then the commands below."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devlint.doctor.config.claims import Claim, Claims
from devlint.doctor.config.commandline import read_commands
from devlint.doctor.config.documents import Document
from devlint.doctor.config.launchers.srun import grant
from devlint.doctor.config.options import Options, options
from devlint.doctor.config.readers.base import GRANT, LAUNCHER, Context, Reader
from devlint.doctor.config.syntax.shell import parse_shell
from devlint.doctor.config.syntax.words import Word

_LINE = re.compile(r"^#SBATCH[ \t]+(.*)$", re.MULTILINE)
_VARIABLES = {
    "nodes": ("SLURM_NNODES", "SLURM_JOB_NUM_NODES"),
    "tasks": ("SLURM_NTASKS", "SLURM_NPROCS"),
    "tasks_per_node": ("SLURM_NTASKS_PER_NODE",),
    "cpus_per_task": ("SLURM_CPUS_PER_TASK",),
    "gpus_granted": ("SLURM_GPUS_ON_NODE", "SLURM_GPUS_PER_NODE"),
}
"""A field -> the variables by which Slurm tells the job; <https://slurm.schedmd.com/sbatch.html>, output variables."""


class Slurm(Reader):
    """Variables that Slurm sets for the job (`$SLURM_NNODES`) are known as far as the script's own lines say them."""

    name = "slurm"
    strength = LAUNCHER

    @classmethod
    def detects(cls, document: Document) -> bool:
        return document.notation == "shell" and bool(_LINE.search(document.text))

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        granted = Claims(GRANT, problems=claims.problems)
        grant(_sbatch(document), document.places, granted)
        claims.claims += granted.claims
        script = parse_shell(
            document.text, document.places, dict(context.variables) | dict(_known(granted.claims, document))
        )
        claims.problems += script.problems
        read_commands(script, document.places, claims)


def _sbatch(document: Document) -> Options:
    words = []
    for match in _LINE.finditer(document.text):
        line = document.text[match.start(1) : match.end(1)]
        comment = re.search(r"\s#", line)
        end = match.start(1) + (comment.start() if comment else len(line))
        words += list(Word.whole(document.text[match.start(1) : end], match.start(1), end).split())
    return options(words, short_values=True)


def _known(claims: list[Claim], document: Document) -> Iterator[tuple[str, Word]]:
    for claim in claims:
        for name in _VARIABLES.get(claim.field, ()):
            if not claim.unknown:
                text = (
                    f"{claim.setting.value:g}" if isinstance(claim.setting.value, float) else str(claim.setting.value)
                )
                yield name, Word.whole(text, *document.places.offsets(claim.setting.location)).through(name)
