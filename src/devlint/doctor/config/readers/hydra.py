"""Hydra and OmegaConf: config groups named in `defaults`, references, `_target_` for what a mapping is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from devlint.doctor.config.claims import Claims, Keys
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import text_of
from devlint.doctor.config.nodes import Node, merged, nested
from devlint.doctor.config.readers.base import Context, Reader
from devlint.doctor.config.readers.lightning import DATA, TRAINER
from devlint.doctor.config.readers.plain import Plain, named

_PACKAGE = re.compile(r"^#\s*@package\s+(\S+)", re.MULTILINE)
_GROUP = re.compile(r"(?:override\s+|optional\s+)*(/?)([\w/.\-]+)(?:@([\w.]+))?")
_REFERENCE = re.compile(r"\$\{[\w.:\[\]]+")
_DEEPEST = 10
_TRAINERS = re.compile(r"(?:pytorch_lightning|lightning)(?:\.\w+)*\.(?:Trainer|Fabric)|main\.Trainer")


class Hydra(Reader):
    """Keys below a `_target_` (or a `target`) of Lightning's Trainer or a DataLoader are certain, others go by name."""

    name = "hydra"
    framework = "hydra"
    general = True

    @classmethod
    def detects(cls, document: Document) -> bool:
        root = document.root
        if root is None or document.notation not in ("yaml", "json"):
            return False
        has_defaults = root.mapping.get("defaults") is not None and bool(root.mapping["defaults"].items)
        is_composed = has_defaults or document.has("hydra") or bool(_PACKAGE.search(document.text[:2000]))
        has_targets = document.has("model.target") or any(dotted.endswith("_target_") for dotted, _ in root.walk())
        refers = bool(_REFERENCE.search(document.text))
        return is_composed or has_targets or ((refers or "???" in document.text) and Plain.detects(document))

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        assert document.root is not None
        root = document.root
        if document.file is not None:
            root = _composed(root, document.file, document.file.parent, context, 0)
        claims.root = root
        exact = {
            prefix + name: (child, keys[name])
            for prefix, node, keys in _exact(root, claims)
            for name, child in node.mapping.items()
            if name in keys
        }
        for dotted, node, key in named(root):
            if dotted not in exact:
                claims.apply(key, dotted, node)
        for dotted, (node, key) in exact.items():
            claims.apply(key, dotted, node)


def _exact(root: Node, claims: Claims) -> Iterator[tuple[str, Node, Keys]]:
    """The mappings of which the meaning is known, with their dotted path."""
    for dotted, node in (("", root), *root.walk()):
        prefix = f"{dotted}." if dotted else ""
        target = node.mapping.get("_target_") or node.mapping.get("target")
        name = text_of(target) if target is not None else ""
        is_trainer = dotted == "lightning.trainer" or (dotted == "trainer" and "accelerator" in node.mapping)
        if is_trainer or _TRAINERS.fullmatch(name):
            claims.add("framework", "lightning", dotted or "_target_", node)
            yield prefix, node, TRAINER
        elif name.endswith("DataLoader"):
            yield prefix, node, DATA
        elif dotted in ("data", "datamodule") and ("module" in name.lower()):
            yield prefix, node, DATA
            if "params" in node.mapping:  # the `target:` and `params:` of latent diffusion's configs
                yield f"{prefix}params.", node.mapping["params"], DATA


def _composed(root: Node, file: Path, top: Path, context: Context, depth: int) -> Node:
    """The config with the groups of its `defaults` merged in, in their order; `_self_` is the file itself."""
    defaults = root.mapping.get("defaults")
    own = replace(root, value={key: node for key, node in root.mapping.items() if key != "defaults"})
    if defaults is None or depth > _DEEPEST:
        return own
    result: Node | None = None
    is_own_done = False
    for entry in defaults.items:
        if entry.value == "_self_":
            result, is_own_done = merged(result, own), True
        elif (group := _group(entry, file, top, context, depth)) is not None:
            result = merged(result, group)
    return result if is_own_done and result is not None else merged(result, own)


def _group(entry: Node, file: Path, top: Path, context: Context, depth: int) -> Node | None:
    """One entry of `defaults`: `- trainer: ddp`, `- override /trainer: ddp`, or a plain `- base`."""
    if entry.mapping:
        key, chosen = next(iter(entry.mapping.items()))
        match, option = _GROUP.fullmatch(key), chosen.value
    else:
        match, option = _GROUP.fullmatch(str(entry.value)), None
    if match is None or (entry.mapping and not isinstance(option, str)):
        return None
    base = top if match[1] or file.parent == top else file.parent
    folder = match[2] if entry.mapping else match[2].rpartition("/")[0]
    name = f"{match[2]}/{option}" if entry.mapping else match[2]
    found = next((path for suffix in (".yaml", ".yml", "") if (path := base / f"{name}{suffix}").is_file()), None)
    if found is None or folder.startswith("hydra"):
        return None
    documents = context.library.documents(found)
    if not documents or documents[0].root is None:
        return None
    node = _composed(documents[0].root, found, top, context, depth + 1)
    package = _PACKAGE.search(documents[0].text[:2000])
    where = match[3] or (package[1] if package else None) or (folder if entry.mapping else "")
    if where in ("_global_", "_group_", "_here_", "") or (not entry.mapping and base != top):
        return node if where != "_group_" else nested({folder.replace("/", "."): node}, node.location)
    return nested({where.replace("/", "."): node}, node.location)
