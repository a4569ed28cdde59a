"""`srun`, and what Slurm's options grant: <https://slurm.schedmd.com/sbatch.html>."""

from __future__ import annotations

import re
from collections.abc import Sequence

from devlint.doctor.config.claims import Claims, Key, Keys
from devlint.doctor.config.kinds import Several, WrongValue, count, size, text_of
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.nodes import Node, Places
from devlint.doctor.config.options import Options, options
from devlint.doctor.config.syntax.words import Word

_GPUS = re.compile(r"(?:gres[:/])?gpu(?::(?P<type>[A-Za-z][\w.\-]*))?(?:[:=](?P<count>\d+))?(?:\(.*\))?")
_COUNT = re.compile(r"(?:(?P<type>[A-Za-z][\w.\-]*):)?(?P<count>\d+)")
_SHORT = {"N": "nodes", "n": "ntasks", "c": "cpus_per_task", "G": "gpus"}


def _granted(match: re.Match[str] | None, field: str) -> Several | None:
    if match is None:
        return None
    named = {"gpu_type": match["type"].lower()} if match["type"] else {}
    return Several({field: int(match["count"] or 1), **named})


def _gres(node: Node) -> Several | None:
    """`gpu:a100:4` per node, maybe among other resources."""
    found = [match for each in text_of(node).split(",") if (match := _GPUS.fullmatch(each.strip()))]
    return Several({"other.slurm.gres": text_of(node), **(_granted(found[0], "gpus_granted") or {})}) if found else None


def _gpus(field: str) -> Key:
    return Key(field, lambda node: _granted(_COUNT.fullmatch(text_of(node).split(",")[0]), field))


def _nodes(node: Node) -> int:
    """N or MIN-MAX, of which the least is what the job needs."""
    least = text_of(node).partition("-")[0]
    if not least.isdecimal():
        raise WrongValue("a number of nodes is expected, such as 2")
    return int(least)


def _memory(node: Node) -> int | None:
    """A bare number is in megabytes; 0 is all there is."""
    written = text_of(node).strip()
    return (int(written) * 1024**2 or None) if written.isdecimal() else size(node)


OPTIONS: Keys = {
    "nodes": Key("nodes", _nodes),
    "ntasks": Key("tasks", count),
    "ntasks_per_node": Key("tasks_per_node", count),
    "tasks_per_node": Key("tasks_per_node", count),
    "cpus_per_task": Key("cpus_per_task", count),
    "gres": Key("gpus_granted", _gres),
    "gpus_per_node": _gpus("gpus_granted"),
    "gpus": _gpus("other.slurm.gpus"),
    "gpus_per_task": _gpus("other.slurm.gpus_per_task"),
    "mem": Key("memory_granted", _memory),
    "mem_per_cpu": Key("other.slurm.mem_per_cpu", _memory),
    "mem_per_gpu": Key("other.slurm.mem_per_gpu", _memory),
}
"""Options of sbatch and srun; what is per task or per job is worked out per node by `derive`."""

_AS_WRITTEN = ("ntasks", "ntasks_per_node", "nodes")


def grant(found: Options, places: Places, claims: Claims) -> None:
    """Claim what options of sbatch or srun ask for."""
    launch = Launch(places, claims, claims)
    for option in found.named:
        name = _SHORT.get(option.name.lstrip("-"), option.key)
        if (key := OPTIONS.get(name)) is None:
            continue
        node = launch.node(option)
        claims.apply(key, option.name, node)
        if name in _AS_WRITTEN and node.unknown is None:
            claims.add(f"other.slurm.{name}", node.value, option.name, node)


class Srun(Launcher):
    """Starts one process per task."""

    programs = frozenset({"srun"})

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        launch.starts("srun", program)
        launch.claims.add("srun", True, program.text, program.node(launch.places))
        own, inner = launch.inner(words)
        grant(options(own, short_values=True), launch.places, launch.claims)
        return inner
