"""What several rules need: reading a clash, and asking about syntax without importing LibCST at start-up."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from devlint.flow.devices import DEFAULT_DEVICE
from devlint.flow.lattice import Device, How, Where
from devlint.flow.values import Number
from devlint.model.domain import is_test
from devlint.model.torchapi import DEVICE_TYPES, PLUGIN_DEVICE_TYPES
from devlint.model.torchapi.cuda import CUDA_ONLY_IMPORT
from devlint.rules.base import story

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.arguments import Argument
    from devlint.flow.events import Clash
    from devlint.flow.frame import Frame
    from devlint.flow.values import Tensor, Value
    from devlint.rules.base import Context, Note, Rule

    class MethodCallNode(cst.Call):
        """`owner.name(...)`, for the type checker alone."""

        func: cst.Attribute


def dotted(node: cst.BaseExpression | None) -> str | None:
    """`a.b.c` for a chain of names, else None; like the next two, found when it is first used."""
    from devlint.model import names

    return names.dotted(node)


def target_names(node: cst.BaseExpression) -> Iterator[str]:
    """The plain names that an assignment target binds."""
    from devlint.model import names

    return names.target_names(node)


def tensors_in(value: Value) -> Iterator[Tensor]:
    """The tensors that a value is or holds."""
    from devlint.flow import results

    return results.tensors_in(value)


def is_created_without_device(device: Device) -> bool:
    """Made by a factory that was not told where, and not moved on purpose to where another such tensor is."""
    if device.origin is None or device.origin.how is How.MOVE:
        return False
    return device.where is Where.DEFAULT or device.origin.how is How.HOST_ONLY


def is_host_beside_default(clash: Clash) -> bool:
    """What never obeys the default device meets what does."""
    origin = clash.left.device.origin
    return clash.right.device.name == DEFAULT_DEVICE and origin is not None and origin.how is How.HOST_ONLY


def name_of_other_side(clash: Clash) -> str:
    """How the message calls the device that the right operand is on."""
    device = clash.right.device
    if device.where is Where.LITERAL:
        return f"`{device.name}`"
    if device.where is Where.INPUT:
        return f"the device of the input `{device.name}`"
    if device.where is Where.MODULE:
        return "the device of this module's parameters"
    return f"`{device.name}`"


_PHRASES = {
    "add": "is added to",
    "call": "is passed to",
    "cat": "is concatenated with",
    "concat": "is concatenated with",
    "indexing": "is indexed by",
    "matmul": "is multiplied with",
    "mul": "is multiplied with",
    "stack": "is stacked with",
    "sub": "meets",
}


def phrase_of(clash: Clash) -> str:
    """What happens to the left operand: "is added to `x`"."""
    if clash.how == "host-argument":
        return "must be in CPU memory"
    return _PHRASES.get(clash.operation, f"meets, in `{clash.operation}`,")


def notes_of(rule: Rule, clash: Clash) -> tuple[Note, ...]:
    """The related places of a clash: the operation, then where each side got its device."""
    left, right = clash.left.device.origin, clash.right.device.origin
    other = rule.text(clash.right.node)
    notes: list[Note] = [(clash.node, f"here it {phrase_of(clash)} `{other}`, which is on {name_of_other_side(clash)}")]
    if left is not None and left.attribute_node is not None:
        notes.insert(0, (left.attribute_node, f"kept as `self.{left.attribute}`"))
    notes += [note for note in story(right) if note[0] is not clash.right.node]
    return tuple(notes)


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def is_call_of(node: cst.CSTNode, names: frozenset[str]) -> MethodCallNode | None:
    """The node, if it is a call of a method with one of the names."""
    import libcst as cst

    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in names:
        return cast("MethodCallNode", node)
    return None


def needs_to_be_tensor(value: Value, node: cst.BaseExpression, frame: Frame) -> frozenset[str] | None:
    """What must be proven before a value counts as a tensor; None if that cannot show."""
    from devlint.flow.evidence import needs_of

    return needs_of([(value, node)], frame, as_operands=False)


def constant_of(argument: Argument | None) -> float | None:
    """The number (or bool) that an argument surely is."""
    return argument.value.constant if argument is not None and isinstance(argument.value, Number) else None


def is_literal(node: cst.CSTNode) -> bool:
    """A string or number written there, not a variable that holds one."""
    return type(node).__name__ in ("SimpleString", "Integer")


def is_device_like(text: str) -> bool:
    """A device string, or what people take for one ("gpu")."""
    kind = text.partition(":")[0]
    return kind in DEVICE_TYPES or kind in PLUGIN_DEVICE_TYPES or kind == "gpu"


def is_for_cuda(context: Context, frame: Frame) -> bool:
    """Code about CUDA: with a library that needs it, kernels, profiling, processes that talk over NCCL; or tests."""
    path = PurePath(context.model.path)
    if is_test(context.model.path) or context.file_has(_NEEDS_CUDA) or context.file_has(_CUDA_WORK):
        return True
    names = [path.stem, frame.cls.name if frame.cls is not None else ""]
    function = frame.function
    while function is not None:
        names.append(function.name)
        function = function.enclosing
    return any(map(_FOR_CUDA.search, names)) or any(map(_CUDA_FOLDERS.fullmatch, path.parts))


_FOR_CUDA = re.compile(
    r"cuda|(?<![a-z])n?gpus?(?![a-z])|nccl|ddp|distributed|deepspeed|data_?parallel|fsdp|triton|kernel|bench|profil|nvtx|vllm",
    re.IGNORECASE,
)
_CUDA_FOLDERS = re.compile(
    r"cuda|kernels?|triton|distributed|vllm|deepspeed|apex|megatron|bench(marks?|ing)?|profil(ing|ers?)", re.IGNORECASE
)
_NEEDS_CUDA = re.compile(CUDA_ONLY_IMPORT, re.MULTILINE)
_CUDA_WORK = re.compile(
    r"\bdist(?:ributed)?\.(?!get_world_size|get_rank|is_)\w|DataParallel|all_reduce|all_gather|[\"']nccl[\"']|\bcuda\.(?:Event|Stream|CUDAGraph|graph|nvtx|profiler)\b"
    r"|use_ray|\bray\.\w|\b\w+_cuda\s*=(?!=)|\b(?:StandardGpuResources|GpuIndex\w+|index_cpu_to_(?:all_)?gpus?)\b"
)


def root_of(node: cst.CSTNode) -> str | None:
    """The name at the beginning of a chain: `x` for `x.detach().cpu()`."""
    from devlint.flow.evidence import root_path

    return root_path(node)
