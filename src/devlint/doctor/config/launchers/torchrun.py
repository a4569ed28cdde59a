"""`torchrun` and `python -m torch.distributed.run`: <https://docs.pytorch.org/docs/stable/elastic/run.html>."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.kinds import Several, WrongValue, count, flag, text, text_of
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.launchers.python import program_of
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.options import options
from devlint.doctor.config.syntax.words import Word


def _procs(node: Node) -> Any:
    written = text_of(node).strip().lower()
    return written if written in ("gpu", "cpu", "xpu", "auto") else count(node)


def _nodes(node: Node) -> Any:
    """N, or MIN:MAX for an elastic job, of which the least is what it needs."""
    least, colon, most = text_of(node).partition(":")
    if not (least.isdecimal() and (not colon or most.isdecimal())):
        raise WrongValue("a number of nodes is expected, such as 2 or 1:4")
    return Several({"nodes": int(least), **({"other.torchrun.nnodes": text_of(node)} if colon else {})})


class Torchrun(Launcher):
    """Its options end at the script."""

    programs = frozenset({"torchrun", "torchrun.exe"})
    modules = frozenset({"torch.distributed.run", "torch.distributed.launch", "torch.distributed.elastic.run"})
    flags = frozenset({"standalone", "use_env", "module", "m", "no_python", "enable_cpu_affinity"})
    keys: ClassVar[Keys] = {
        "nproc_per_node": Key("procs_per_node", _procs),
        "nnodes": Key("nodes", _nodes),
        "standalone": Key("other.torchrun.standalone", flag),
        "node_rank": Key("other.torchrun.node_rank", text),
        "master_addr": Key("other.torchrun.master_addr", text),
        "master_port": Key("other.torchrun.master_port", text),
        "rdzv_backend": Key("other.torchrun.rdzv_backend", text),
        "rdzv_endpoint": Key("other.torchrun.rdzv_endpoint", text),
        "numa_binding": Key("other.torchrun.numa_binding", text),
    }

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        launch.starts("torchrun", program)
        found = options(words, self.flags, stops=True)
        launch.table(found, self.keys)
        return program_of(found.positional, launch)
