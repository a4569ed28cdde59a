"""Kubernetes manifests: limits of the containers, replicas of training jobs, shared memory, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devlint.doctor.config.claims import Claims, Key
from devlint.doctor.config.commandline import read_nodes
from devlint.doctor.config.documents import Document
from devlint.doctor.config.environment import claim_variable
from devlint.doctor.config.kinds import count, quantity, size, text_of
from devlint.doctor.config.launchers.torchrun import Torchrun
from devlint.doctor.config.nodes import DEEPEST, Node
from devlint.doctor.config.readers.base import GRANT, Context, Reader

_GPU = re.compile(r"(?:nvidia\.com|amd\.com|gpu\.intel\.com)/(?:gpu|i915|xe)(?:\..*)?")
_MIG = re.compile(r"nvidia\.com/mig-(.*)")
_REPLICAS = ("pytorchReplicaSpecs", "mpiReplicaSpecs", "xgbReplicaSpecs", "replicaSpecs")


class Kubernetes(Reader):
    """Containers that ask for GPUs, or all where none does. Each document of a file is read on its own."""

    name = "kubernetes"
    strength = GRANT

    @classmethod
    def detects(cls, document: Document) -> bool:
        return document.has("kind") and document.has("apiVersion") and document.notation in ("yaml", "json")

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        assert document.root is not None
        pods = list(_pods(document.root, "", 0))
        found = [(f"{path}.{container}", pod, node) for path, pod in pods for container, node in _containers(pod)]
        on_gpu = [
            each for each in found if any(_GPU.fullmatch(name) or _MIG.fullmatch(name) for name in _limits(each[2]))
        ]
        for path, pod, container in on_gpu or found:
            self._container(path, container, document, claims)
            self._shared_memory(path, pod, container, claims)
        self._replicas(document.root, claims)

    def _container(self, path: str, container: Node, document: Document, claims: Claims) -> None:
        claims.add("containerised", True, path, container)
        for name, node in _limits(container).items():
            key = f"{path}.resources.limits.{name}"
            if _GPU.fullmatch(name):
                claims.apply(Key("gpus_granted", count), key, node)
            elif mig := _MIG.fullmatch(name):
                claims.apply(Key("gpus_granted", count), key, node)
                claims.add("other.kubernetes.mig", mig[1], key, node)
            elif name in ("cpu", "memory"):
                plain = {"cpu": Key("cpus_granted", quantity), "memory": Key("memory_granted", size)}
                claims.apply(plain[name], key, node)
        for variable in container.mapping["env"].items if "env" in container.mapping else ():
            variable_name, value = variable.mapping.get("name"), variable.mapping.get("value")
            if variable_name is not None and value is not None:
                claim_variable(text_of(variable_name), value, claims)
        words = [container.mapping[part] for part in ("command", "args") if part in container.mapping]
        read_nodes(words, document.places, claims)

    def _shared_memory(self, path: str, pod: Node, container: Node, claims: Claims) -> None:
        """A volume in memory on /dev/shm; without a limit it may take half of the node's."""
        mounts = container.mapping["volumeMounts"].items if "volumeMounts" in container.mapping else ()
        names = {text_of(mount.mapping["name"]) for mount in mounts if "name" in mount.mapping and _is_shm(mount)}
        for volume in pod.mapping["volumes"].items if "volumes" in pod.mapping else ():
            name, limit = volume.mapping.get("name"), volume.at("emptyDir.sizeLimit")
            if name is None or text_of(name) not in names or volume.at("emptyDir.medium") is None:
                continue
            if limit is not None:
                claims.apply(Key("shm", size), f"{path} volumes.emptyDir.sizeLimit", limit)
            else:
                claims.add("other.kubernetes.shm", "memory", f"{path} volumes.emptyDir.medium", volume)

    def _replicas(self, root: Node, claims: Claims) -> None:
        """A PyTorchJob's nodes are its master and its workers."""
        spec = root.mapping.get("spec") or root
        for name in _REPLICAS:
            roles = spec.mapping.get(name)
            found = (
                [node.mapping["replicas"] for node in roles.mapping.values() if "replicas" in node.mapping]
                if roles
                else []
            )
            if found and all(isinstance(node.value, int) for node in found):
                total = sum(node.value for node in found if isinstance(node.value, int))
                derived = None if len(found) == 1 else "the replicas of all roles"
                claims.add("nodes", total, f"spec.{name}.*.replicas", found[-1], derived=derived)
        for path in (
            "spec.nprocPerNode",
            "spec.elasticPolicy.nProcPerNode",
            "spec.trainer.numProcPerNode",
            "spec.mlPolicy.torch.numProcPerNode",
        ):
            if (node := root.at(path)) is not None:
                claims.apply(Torchrun.keys["nproc_per_node"], path, node)
        for path in ("spec.trainer.numNodes", "spec.mlPolicy.numNodes"):
            if (node := root.at(path)) is not None:
                claims.apply(Key("nodes", count), path, node)


def _is_shm(mount: Node) -> bool:
    path = mount.mapping.get("mountPath")
    return path is not None and text_of(path).rstrip("/") == "/dev/shm"


def _limits(container: Node) -> dict[str, Node]:
    """What a container is limited to; requests where nothing limits it."""
    resources = container.mapping.get("resources")
    if resources is None:
        return {}
    found: dict[str, Node] = {}
    for name in ("requests", "limits"):
        found |= dict(resources.mapping[name].mapping) if name in resources.mapping else {}
    return found


def _containers(pod: Node) -> Iterator[tuple[str, Node]]:
    for index, container in enumerate(pod.mapping["containers"].items):
        name = container.mapping.get("name")
        yield f"containers.{text_of(name) if name is not None else index}", container


def _pods(node: Node, path: str, depth: int) -> Iterator[tuple[str, Node]]:
    """Every mapping with a list of containers, wherever the kind puts its pod's template."""
    if depth > DEEPEST:
        return
    if "containers" in node.mapping and node.mapping["containers"].items:
        yield path, node
    children = node.mapping.items() or ((str(index), item) for index, item in enumerate(node.items))
    for key, child in children:
        yield from _pods(child, f"{path}.{key}" if path else key, depth + 1)
