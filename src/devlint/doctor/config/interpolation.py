"""`${...}` inside of a document: OmegaConf's references to other keys, and Compose's variables with defaults."""

from __future__ import annotations

import re
from dataclasses import replace

from devlint.doctor.config.nodes import Node

_REFERENCE = re.compile(r"\$\{([^${}]*)\}")
_ENVIRONMENT = re.compile(r"(?:oc\.env:|env:)?([A-Za-z_]\w*)(?:\s*(?::-|-|,)\s*(.*))?", re.DOTALL)
_MOST_STEPS = 50


def resolved(node: Node, root: Node | None) -> Node:
    """The node with its references followed; unknown, with the reason, where one leads out of the document.

    A value that is one reference stands at the place of what it refers to, as that is what to edit.
    """
    for _ in range(_MOST_STEPS):
        if not isinstance(node.value, str) or (match := _REFERENCE.search(node.value)) is None:
            return node
        target = _target(match[1].strip(), root, node)
        is_all = match[0] == node.value
        if target.unknown is not None:
            return replace(target, location=node.location, text=node.text)
        if is_all:
            node = target.with_note(f"`{match[0]}`") if target.note is None else target
        elif target.mapping or target.items:
            return replace(node, value=None, unknown=f"`{match[0]}` is more than text")
        else:
            value = match.string[: match.start()] + str(target.value) + match.string[match.end() :]
            node = replace(node, value=value[:10_000], note=f"`{match[0]}`")
    return replace(node, value=None, unknown=f"`{node.text[:60]}` refers to itself")


def _target(path: str, root: Node | None, node: Node) -> Node:
    found = root.at(path.replace("[", ".").replace("]", "")) if root is not None and path else None
    if found is not None:
        if found.value == "???":
            return replace(found, value=None, unknown=f"`{path}` is to be given on the command line (`???`)")
        return found
    variable = _ENVIRONMENT.fullmatch(path)
    if variable and variable[2] is not None:
        default = variable[2].strip().strip("'\"")
        return replace(node, value=default, text=default, note=f"the default of `{variable[1]}`")
    if path.startswith(("oc.env:", "env:")) or (variable and path.isupper()):
        reason = f"the variable `{path.rpartition(':')[2]}` is not set in this file"
    elif ":" in path:
        reason = f"`${{{path}}}` is worked out when the program runs"
    else:
        reason = f"`${{{path}}}` refers to a key that is not in this file"
    return replace(node, value=None, unknown=reason)
