"""docker-compose files: what a service is granted, its variables and its command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from devlint.doctor.config.claims import Claims, Key, Keys
from devlint.doctor.config.commandline import read_node
from devlint.doctor.config.documents import Document
from devlint.doctor.config.environment import claim_variable
from devlint.doctor.config.interpolation import resolved
from devlint.doctor.config.kinds import Several, WrongValue, number, size, text, text_of
from devlint.doctor.config.launchers.containers import ipc
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.readers.base import GRANT, Context, Reader

_DEVICES = "deploy.resources.reservations.devices"


def _count(node: Node) -> Any:
    written = text_of(node)
    if written == "all" or written == "-1":
        return Several({"other.docker.gpus": "all"})
    if not written.isdecimal():
        raise WrongValue("a number of GPUs or `all` is expected")
    return int(written)


class Compose(Reader):
    """Services that ask for GPUs, or all where none does; the last one is the strongest."""

    name = "compose"
    strength = GRANT
    keys: ClassVar[Keys] = {
        "shm_size": Key("shm", size),
        "ipc": Key("ipc_host", ipc),
        "cpus": Key("cpus_granted", number),
        "mem_limit": Key("memory_granted", size),
        "runtime": Key("other.docker.runtime", text),
        "cpuset": Key("other.docker.cpuset", text),
        "deploy.resources.limits.cpus": Key("cpus_granted", number),
        "deploy.resources.limits.memory": Key("memory_granted", size),
    }

    @classmethod
    def detects(cls, document: Document) -> bool:
        services = _services(document.root) if document.root is not None else {}
        return any({"image", "build", "command", "deploy", "extends"} & set(each.mapping) for each in services.values())

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        assert document.root is not None
        claims.root = document.root
        services = [(f"services.{name}.", node) for name, node in _services(document.root).items()]
        on_gpu = [(prefix, service) for prefix, service in services if _gpu_requests(service)]
        for prefix, service in on_gpu or services:
            claims.table(service, self.keys, prefix)
            claims.add("containerised", True, prefix.rstrip("."), service)
            self._gpus(prefix, service, claims)
            self._variables(service, claims)
            for name in ("entrypoint", "command"):
                if (node := service.mapping.get(name)) is not None:
                    read_node(node, document.places, claims)

    def _gpus(self, prefix: str, service: Node, claims: Claims) -> None:
        for where, request in _gpu_requests(service):
            if (listed := request.mapping.get("device_ids")) is not None:
                claims.add("gpus_granted", len(listed.items), f"{prefix}{where}.device_ids", listed)
            else:
                node = request.mapping.get("count", request)
                if node.mapping:  # without a count, all of them
                    claims.add("other.docker.gpus", "all", prefix + where, node)
                else:
                    claims.apply(Key("gpus_granted", _count), f"{prefix}{where}.count", node)

    def _variables(self, service: Node, claims: Claims) -> None:
        variables = service.mapping.get("environment")
        for name, node in variables.mapping.items() if variables is not None else ():
            claim_variable(name, resolved(node, claims.root), claims)
        for item in variables.items if variables is not None else ():
            name, equals, value = text_of(item).partition("=")
            if equals:
                node = Node(value, item.location, value)
                claim_variable(name, resolved(node, claims.root), claims)
        files = service.mapping.get("env_file")
        for node in (files.items or (files,)) if files is not None else ():
            claims.mention(node.mapping.get("path", node))


def _services(root: Node) -> Mapping[str, Node]:
    services = root.mapping.get("services")
    return services.mapping if services is not None else {}


def _gpu_requests(service: Node) -> list[tuple[str, Node]]:
    """What asks for GPUs, with its path: entries of `devices` with that capability, and `gpus:`."""
    found = []
    devices = service.at(_DEVICES)
    for node in devices.items if devices is not None else ():
        capabilities = (
            {text_of(item) for item in node.mapping["capabilities"].items} if "capabilities" in node.mapping else set()
        )
        driver = text_of(node.mapping["driver"]) if "driver" in node.mapping else ""
        if "gpu" in capabilities or re.match("nvidia|amd", driver):
            found.append((_DEVICES, node))
    gpus = service.mapping.get("gpus")
    if gpus is not None:
        found += [("gpus", node) for node in gpus.items or (gpus,)]
    return found
