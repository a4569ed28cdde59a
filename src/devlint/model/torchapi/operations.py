"""Every operation in one table by bare name, every functional one by qualified name, and the operators of Python."""

from __future__ import annotations

from devlint.model.torchapi.elementwise import ELEMENTWISE
from devlint.model.torchapi.foreach import FOREACH
from devlint.model.torchapi.functional import FUNCTIONAL, NATIVE
from devlint.model.torchapi.indexing import INDEXING
from devlint.model.torchapi.linear import FFT, LINALG, LINEAR, SPECIAL
from devlint.model.torchapi.losses import LOSSES, NATIVE_LOSSES
from devlint.model.torchapi.reductions import REDUCTIONS
from devlint.model.torchapi.schema import Check, Operation, Rank, op, qualified
from devlint.model.torchapi.shapes import SHAPES

OPERATIONS: dict[str, Operation] = {
    **ELEMENTWISE, **REDUCTIONS, **SHAPES, **INDEXING, **LINEAR, **NATIVE, **NATIVE_LOSSES
}  # fmt: skip
"""`torch.NAME`, `Tensor.NAME` and `Tensor.NAME_` (see the fields `function`, `method`, `inplace`)."""

FUNCTIONALS: dict[str, Operation] = {
    **FUNCTIONAL,
    **LOSSES,
    **LINALG,
    **FFT,
    **SPECIAL,
    **FOREACH,
    # A pass-through since PyTorch 0.4: it returns the tensor it is given.
    "torch.autograd.Variable": op("data requires_grad volatile", check=Check.FREE, rank=Rank.SAME),
}
"""By qualified name."""

COMPANIONS: dict[str, Operation] = {
    **qualified(
        "einops.", op("tensor pattern", rank=Rank.SOME, tensors="tensor", sequences="tensor"), "rearrange repeat"
    ),
    **qualified("einops.", op("tensor pattern reduction", tensors="tensor", sequences="tensor"), "reduce"),
}
"""Operations of other libraries that are known as well as PyTorch's own, by qualified name."""

DIFFERENTIABLE: frozenset[str] = frozenset(
    "abs add addmm bmm cos div exp flatten linear log log_softmax logsumexp matmul mean mm mul neg norm permute pow"
    " relu reshape sigmoid sin softmax softplus sqrt square squeeze sub sum t tanh transpose unsqueeze view".split()
)
"""Operations whose result requires a gradient if an operand does: the common ones."""

BINARY_OPERATORS: dict[str, str] = {
    "Add": "add", "Subtract": "sub", "Multiply": "mul", "Divide": "div", "FloorDivide": "floor_divide",
    "Modulo": "remainder", "Power": "pow", "MatrixMultiply": "matmul",
    "BitAnd": "bitwise_and", "BitOr": "bitwise_or", "BitXor": "bitwise_xor",
    "LeftShift": "bitwise_left_shift", "RightShift": "bitwise_right_shift",
    "Equal": "eq", "NotEqual": "ne", "LessThan": "lt", "LessThanEqual": "le", "GreaterThan": "gt",
    "GreaterThanEqual": "ge",
}  # fmt: skip
"""LibCST's operator class -> operation. An augmented assignment is the class with "Assign" behind, and the operation
in place."""

UNARY_OPERATORS: dict[str, str] = {"Minus": "neg", "Plus": "positive", "BitInvert": "bitwise_not"}
"""LibCST's operator class -> operation; `not` asks the host for a bool instead."""


def operation_of_method(name: str) -> tuple[Operation, bool] | None:
    """The operation behind `Tensor.NAME` and whether it writes into the receiver, or None."""
    entry = OPERATIONS.get(name)
    if entry is not None and entry.method:
        return entry, entry.inplace and name.endswith("_")
    if name.endswith("_") and not name.endswith("__"):
        entry = OPERATIONS.get(name[:-1])
        if entry is not None and entry.method and entry.inplace:
            return entry, True
    return None


def operation_of_function(name: str) -> Operation | None:
    """The operation behind a qualified name (`torch.add`, `torch.relu_`, `torch.Tensor.add`), or None."""
    found = FUNCTIONALS.get(name) or COMPANIONS.get(name)
    if found is not None:
        return found
    head, _, last = name.rpartition(".")
    if head == "torch.Tensor":
        method = operation_of_method(last)
        return method[0] if method else None
    if head != "torch":
        return None
    entry = OPERATIONS.get(last) or OPERATIONS.get(last.removesuffix("_"))
    return entry if entry is not None and entry.function else None


EXTERNAL_OPERATIONS: tuple[str, ...] = (
    "torch_scatter.", "torch_sparse.", "torch_cluster.", "torch_spline_conv.", "torchvision.ops.",
    "einops.einsum", "opt_einsum.contract",
)  # fmt: skip
"""Beginnings of the qualified names of other libraries' operations, all of which want their tensors on one device."""
