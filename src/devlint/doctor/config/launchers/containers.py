"""`docker run` and `podman run`; `singularity exec` and `apptainer exec`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.environment import claim_variable
from devlint.doctor.config.kinds import Several, number, size, text, text_of
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.options import options
from devlint.doctor.config.syntax.shell import ASSIGNMENT
from devlint.doctor.config.syntax.words import Word

_IDS = re.compile(r'"?device=([0-9]+(?:,[0-9]+)*)"?')


def gpus(node: Node) -> Several | None:
    """Docker's `--gpus`: `all`, a number, or `"device=0,2"`."""
    written = text_of(node).strip("'\" ")
    if match := _IDS.match(written):
        return Several(gpus_granted=len(match[1].split(",")))
    return Several(gpus_granted=int(written)) if written.isdecimal() else Several({"other.docker.gpus": written})


def ipc(node: Node) -> bool:
    """Whether shared memory is the host's."""
    return text_of(node) == "host"


class DockerRun(Launcher):
    """What the container is granted; then the command inside of it, if it is given."""

    programs = frozenset({"docker", "podman", "nvidia-docker", "nerdctl"})
    flags = frozenset(
        {
            "rm",
            "it",
            "i",
            "t",
            "d",
            "privileged",
            "init",
            "detach",
            "interactive",
            "tty",
            "ti",
            "itd",
            "dit",
            "no_healthcheck",
        }
    )
    keys: ClassVar[Keys] = {
        "gpus": Key("other.docker.gpus", gpus),
        "shm_size": Key("shm", size),
        "ipc": Key("ipc_host", ipc),
        "cpus": Key("cpus_granted", number),
        "memory": Key("memory_granted", size),
        "m": Key("memory_granted", size),
        "runtime": Key("other.docker.runtime", text),
        "cpuset_cpus": Key("other.docker.cpuset", text),
    }

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        if not words or words[0].text not in ("run", "exec", "container", "create"):
            return ()
        launch.claims.add("containerised", True, program.text, program.node(launch.places))
        found = options(words[1:], self.flags, stops=True)
        launch.table(found, self.keys)
        for option in found.named:
            if option.key in ("e", "env") and option.values and (match := ASSIGNMENT.match(option.values[0].text)):
                claim_variable(match[1], option.values[0].part(match.end()).node(launch.places), launch.claims)
            elif option.key == "env_file":
                launch.claims.mention(launch.node(option))
        return found.positional[1:]


class Singularity(Launcher):
    """`--nv` and `--rocm` hand the GPUs on; shared memory is the host's."""

    programs = frozenset({"singularity", "apptainer"})

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        own, inner = launch.inner(words)
        node = program.node(launch.places)
        launch.claims.add("containerised", True, program.text, node)
        launch.claims.add("ipc_host", True, program.text, node, derived=f"{program.text} shares the host's /dev/shm")
        for option in options(own).named:
            if option.key in ("nv", "rocm"):
                launch.claims.add(f"other.singularity.{option.key}", True, option.name, launch.node(option))
        return inner
