"""`deepspeed`: <https://www.deepspeed.ai/getting-started/#launching-deepspeed-training>."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.kinds import Several, count, text, text_of
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.launchers.python import program_of
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.options import options
from devlint.doctor.config.syntax.words import Word

_HOST = re.compile(r"[\w.\-]+(?::([0-9]+(?:,[0-9]+)*))?")


def _gpus(node: Node) -> Any:
    return None if text_of(node) == "-1" else Several(procs_per_node=count(node), devices=count(node))


def _nodes(node: Node) -> int | None:
    return None if text_of(node) == "-1" else count(node)


def _include(node: Node) -> Several | None:
    """`host:0,1@other:2,3`: which GPUs of which hosts."""
    hosts = [_HOST.fullmatch(host) for host in text_of(node).split("@")]
    if not all(hosts):
        return None
    values: dict[str, Any] = {"nodes": len(hosts)}
    named = {host[1] for host in hosts if host}
    if len(named) == 1 and (first := named.pop()):
        found = tuple(int(each) for each in first.split(","))
        values |= {"device_ids": found, "devices": len(found), "procs_per_node": len(found)}
    return Several(values)


class DeepSpeedLauncher(Launcher):
    """Without options it takes all GPUs of all hosts."""

    programs = frozenset({"deepspeed", "ds", "deepspeed.exe"})
    modules = frozenset({"deepspeed.launcher.runner", "deepspeed.launcher.launch"})
    flags = frozenset(
        {
            "force_multi",
            "no_local_rank",
            "module",
            "no_python",
            "save_pid",
            "enable_each_rank_log",
            "bind_cores_to_rank",
        }
    )
    keys: ClassVar[Keys] = {
        "num_gpus": Key("procs_per_node", _gpus),
        "num_accelerators": Key("procs_per_node", _gpus),
        "num_nodes": Key("nodes", _nodes),
        "include": Key("device_ids", _include),
        "i": Key("device_ids", _include),
        "hostfile": Key("other.deepspeed_launcher.hostfile", text),
        "H": Key("other.deepspeed_launcher.hostfile", text),
        "master_addr": Key("other.torchrun.master_addr", text),
    }

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        launch.starts("deepspeed", program)
        launch.framework("deepspeed", program)
        found = options(words, self.flags, stops=True)
        launch.table(found, self.keys)
        return program_of(found.positional, launch)
