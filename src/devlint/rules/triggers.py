"""What must stand in code for the rules to have anything to report, shared by rules of one kind."""

from __future__ import annotations

import re

from devlint.model.torchapi import DEVICE_TYPES, FACTORIES, LOADERS, PLUGIN_DEVICE_TYPES, PROGRESS_BARS
from devlint.model.torchapi.distributions import DRAWS
from devlint.source.screen import Trigger

_CALL = r"\s*\("

_FACTORIES = frozenset(name.rpartition(".")[2] for name in FACTORIES if not name.endswith("_like"))
_TYPES_OF_TENSORS = frozenset(name for name in _FACTORIES if name.endswith(("Tensor", "Storage")))
_NOT_A_PARAMETER = r"(?<!\bParameter\(torch\.)"
FACTORY_CALLS = (
    Trigger(_FACTORIES - {"range"}, before=_NOT_A_PARAMETER, after=_CALL, travels=True),
    Trigger(frozenset({"range"}), before=r"\.", after=_CALL, travels=True),
    # Held in a variable, or imported under another name; the types are left out, since annotations are full of them.
    Trigger(_FACTORIES - _TYPES_OF_TENSORS, before=r"\btorch\.", after=r"(?!\s*\()", travels=True),
    Trigger(_FACTORIES - _TYPES_OF_TENSORS, after=r"\s+as\b", travels=True),
    # A distribution of numbers draws on the default device.
    Trigger(DRAWS, before=r"\.", after=_CALL, travels=True),
)
"""Without one of them nothing is created on the default device or in CPU memory; what becomes a parameter moves."""

CPU_MOVES = Trigger(frozenset({"cpu"}), travels=True)
CUDA_WORDS = Trigger(frozenset({"cuda", "xpu", "mps", "npu"}), travels=True)
_LOADER = r"[^\n]*(?i:loader|_dl\b|\bdl\b)"
LOADER_LOOPS = (
    Trigger(frozenset({"for", "next"}), after=_LOADER, travels=True),
    Trigger(frozenset(name.rpartition(".")[2] for name in PROGRESS_BARS), after=_CALL + _LOADER, travels=True),
    Trigger(frozenset(name.rpartition(".")[2] for name in LOADERS), after=_CALL, travels=True),
)
"""Batches come out of loops over what is called a loader, or is one."""

DISCARDED_MOVES = Trigger(frozenset({"to", "cuda", "cpu", "xpu", "npu"}), before=r"\.", after=_CALL)
MODULE_WORK = Trigger(
    frozenset({"parameters", "eval", "train"}), before=r"(?<![.\w])(?!self\b)[A-Za-z_]\w*\.", after=_CALL
)
"""Whoever builds a model to use it calls one of these."""
UNMOVABLE_MOVES = DISCARDED_MOVES
DEVICE_STRINGS = Trigger(
    frozenset({"device", "to", "Device"}), after=r"\s*[=(]\s*(?:type\s*=\s*|device\s*=\s*)?[rRbBuU]?[\"']"
)
_DEVICE_WORDS = frozenset(DEVICE_TYPES | PLUGIN_DEVICE_TYPES | {"gpu"})
_TYPES = "|".join(sorted(_DEVICE_WORDS))
DEVICE_COMPARISONS = (
    Trigger(_DEVICE_WORDS, instead=rf"(?:==|!=|\bin)\s*[\[({{]?\s*[\"'](?:{_TYPES})\b"),
    Trigger(_DEVICE_WORDS, instead=rf"[\"'](?:{_TYPES})(?::\d+)?[\"']\s*(?:==|!=)"),
)
"""A device type in quotes on one side of a comparison."""

_LEGACY_WORDS = frozenset(
    f"{kind}Tensor" for kind in ("", *"Float Double Half BFloat16 Long Int Short Char Byte Bool".split())
)
LEGACY_TYPES = (Trigger(_LEGACY_WORDS, after=_CALL), Trigger(_LEGACY_WORDS, before=r"\bcuda\."))
_CONTAINER = r"(?:\[|\{|list\s*\(|dict\s*\()"
_KEPT = re.compile(
    rf"\bself\s*\.\s*(\w+)\s*(?::[^=\n]+)?=(?!=)\s*(?:({_CONTAINER})([^\]}}]*)|(\w+)\s*(?:#[^\n]*)?(?:\n|$))"
)
_PLAIN_CALLS = frozenset(
    "dict int float len round str tuple list min max sum range set abs bool zip enumerate math.floor".split()
)


def _keeps_objects(text: str) -> bool:
    """Whether `self` keeps a list or dict that may hold more than numbers and strings."""
    for match in _KEPT.finditer(text):
        name, _, inside, variable = match.groups()
        if variable is not None:
            if _may_hold_objects(variable, text):
                return True
        elif (inside.strip() and _may_be_objects(inside)) or _is_filled(name, text):
            return True
    return False


def _may_hold_objects(variable: str, text: str) -> bool:
    """Whether a variable is a list or dict of objects: written out, filled, or promised by an annotation."""
    if re.search(rf"\b{variable}\b\s*:\s*[^,=()\n]*\b[Ll]ist\b{_NOT_PLAIN}", text):
        return True
    displays = re.finditer(rf"\b{variable}\b\s*(?::[^=\n]+)?=\s*{_CONTAINER}([^\]}}]*)", text)
    found = [match[1] for match in displays]
    return any(map(_may_be_objects, found)) or (bool(found) and _is_filled(variable, text, owner=""))


_NOT_PLAIN = r"(?!\[\s*(?:int|float|str|bool|dict|Dict|[Tt]uple|Optional\[(?:int|float|str|bool)))"


def _is_filled(name: str, text: str, owner: str = r"self\s*\.\s*") -> bool:
    """Whether objects are put into a container somewhere."""
    fill = rf"\b{owner}{name}\s*(?:\.\s*(?:append|extend|insert|update)\s*\(|\+=|\[[^\]]*\]\s*=(?!=))([^\n]*)"
    return any(_may_be_objects(match[1]) for match in re.finditer(fill, text))


def _may_be_objects(text: str) -> bool:
    """The first thing in a display is a call of something but a plain builtin, or a bare name."""
    match = re.match(
        r"[\[({\s]*(?:[\"'][^\"']*[\"']\s*[:,]\s*|\d+\s*,\s*)?\**([A-Za-z_][\w.]*)\s*(\(|\)|,|\]|for\b|$|#)?", text
    )
    if match is None or match[2] is None:
        return False
    return match[2] != "(" or match[1] not in _PLAIN_CALLS


_TENSOR_PARAMETERS = re.compile(r"\b(\w+)\s*:\s*[^,=()\n]*(?:Float|Long|Bool|\b)Tensor\b")


def _keeps_a_tensor(text: str) -> bool:
    """Whether `self` keeps a parameter that is annotated as a tensor, as it is."""
    names = "|".join(dict.fromkeys(match[1] for match in _TENSOR_PARAMETERS.finditer(text)))
    return (
        bool(names)
        and re.search(rf"\bself\s*\.\s*\w+\s*(?::[^=\n]+)?=\s*(?:{names})\s*(?:#|$)", text, re.M) is not None
    )


KEPT_TENSORS = Trigger(frozenset({"Tensor", "FloatTensor", "LongTensor", "BoolTensor"}), accepts=_keeps_a_tensor)
CONTAINER_ATTRIBUTES = Trigger(frozenset({"self"}), accepts=_keeps_objects)
_SIGNATURE = re.compile(r"\bdef\s+(\w+)\s*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
_DEVICE_PARAMETER = re.compile(r"(?:^|[,(*\s])((?:\w+_)?(?:device|dev|gpu)(?:_id)?)\s*(?=[:=,]|$)")


def _has_device_to_pass(text: str) -> bool:
    """A function has a parameter that is a device, a constructor one that it does not use."""
    for match in _SIGNATURE.finditer(text):
        for name in _DEVICE_PARAMETER.findall(match[2]):
            following = text.find("\n    def ", match.end())
            body = text[match.end() : following if following >= 0 else len(text)]
            if match[1] != "__init__" or not re.search(rf"\b{name}\b", body):
                return True
    return False


DEVICE_PARAMETERS = Trigger(frozenset({"def"}), accepts=_has_device_to_pass)
