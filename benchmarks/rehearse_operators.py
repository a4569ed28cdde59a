"""The ways in which rehearse_mutants.py breaks a device move: a node of the tree becomes other text, or is left."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path


class Source:
    """A module's text and tree."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        self.tree = ast.parse(self.data)
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self.data[start:end].decode()

    def line(self, number: int) -> str:
        return self.data.splitlines()[number - 1].decode().strip()

    def replaced(self, node: ast.expr, text: str) -> bytes:
        start, end = self._span(node)
        return self.data[:start] + text.encode() + self.data[end:]

    def _span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )


Operator = Callable[[ast.expr, Source], str | None]


def _name(node: ast.expr) -> str:
    """`to` of `x.to(device)`."""
    called = node.func if isinstance(node, ast.Call) else None
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _receiver(node: ast.expr, source: Source) -> str:
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return source.text(node.func.value)


def _without(node: ast.Call, keyword: str, source: Source) -> str:
    kept = [each for each in node.keywords if each.arg != keyword]
    arguments = [source.text(each) for each in node.args]
    arguments += [
        f"{each.arg}={source.text(each.value)}" if each.arg else f"**{source.text(each.value)}" for each in kept
    ]
    return f"{source.text(node.func)}({', '.join(arguments)})"


def dropped_move(node: ast.expr, source: Source) -> str | None:
    """`x.to(device)` becomes `x`: a tensor or a model stays in CPU memory."""
    if _name(node) not in ("to", "cuda") or not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    given = [source.text(each) for each in node.args]
    return (
        _receiver(node, source) if not given or "dev" in given[0] or "rank" in given[0] or "gpu" in given[0] else None
    )


def made_without_device(node: ast.expr, source: Source) -> str | None:
    """`torch.zeros(n, device=device)` becomes `torch.zeros(n)`: masks, hidden states, positions, noise."""
    has = isinstance(node, ast.Call) and any(each.arg == "device" for each in node.keywords)
    return _without(node, "device", source) if has and _name(node) != "Generator" else None  # type: ignore[arg-type]


def generator_without_device(node: ast.expr, source: Source) -> str | None:
    """`torch.Generator(device=device)` becomes `torch.Generator()`: expected a 'cuda' device type for generator."""
    if isinstance(node, ast.Call) and source.text(node.func) == "torch.Generator" and (node.keywords or node.args):
        return "torch.Generator()"
    return None


def buffer_as_attribute(node: ast.expr, source: Source) -> str | None:
    """`self.register_buffer("mask", mask)` becomes `self.mask = mask`, which `.to()` leaves behind."""
    if _name(node) != "register_buffer" or not isinstance(node, ast.Call) or len(node.args) < 2:
        return None
    return f"{_receiver(node, source)}.{ast.literal_eval(node.args[0])} = ({source.text(node.args[1])})"


def parameter_as_tensor(node: ast.expr, source: Source) -> str | None:
    """`nn.Parameter(x)` becomes `x`, which `.to()` leaves behind."""
    return (
        source.text(node.args[0]) if isinstance(node, ast.Call) and _name(node) == "Parameter" and node.args else None
    )


def modules_in_list(node: ast.expr, source: Source) -> str | None:
    """`nn.ModuleList([...])` becomes `[...]`, which `.to()` leaves behind."""
    return (
        source.text(node.args[0]) if isinstance(node, ast.Call) and _name(node) == "ModuleList" and node.args else None
    )


def wrong_index(node: ast.expr, source: Source) -> str | None:
    """`"cuda"` becomes `"cuda:1"`, of one GPU: invalid device ordinal."""
    return '"cuda:1"' if isinstance(node, ast.Constant) and node.value in ("cuda", "cuda:0") else None


def dropped_cpu(node: ast.expr, source: Source) -> str | None:
    """`x.cpu()` becomes `x`: `.numpy()` raises, lengths of packed sequences must be on the CPU."""
    return _receiver(node, source) if _name(node) == "cpu" else None


def numpy_for_item(node: ast.expr, source: Source) -> str | None:
    """`x.item()` becomes `x.detach().numpy()`: can't convert cuda:0 device type tensor to numpy."""
    return f"{_receiver(node, source)}.detach().numpy()" if _name(node) in ("item", "tolist") else None


def plain_for_like(node: ast.expr, source: Source) -> str | None:
    """`torch.ones_like(x)` becomes `torch.ones(x.shape)`, which is in CPU memory."""
    name = _name(node)
    if not isinstance(node, ast.Call) or not name.endswith("_like") or not node.args:
        return None
    rest = [source.text(each) for each in node.args[1:]]
    rest += [f"{each.arg}={source.text(each.value)}" for each in node.keywords if each.arg != "device"]
    shape = f"{source.text(node.args[0])}.shape"
    return f"{source.text(node.func).removesuffix('_like')}({', '.join([shape, *rest])})"


OPERANDS = {
    "where": 1, "cross_entropy": 1, "nll_loss": 1, "mse_loss": 1, "binary_cross_entropy_with_logits": 1,
    "binary_cross_entropy": 1, "smooth_l1_loss": 1, "gather": 1, "index_select": 1, "scatter_": 1, "scatter_add_": 1,
    "masked_fill": 0, "bmm": 1, "matmul": 1, "mm": 1, "lerp": 1, "embedding": 0, "add_": 0,
}  # fmt: skip
"""Functions and methods, and which of their arguments is brought to the CPU."""


def operand_on_cpu(node: ast.expr, source: Source) -> str | None:
    """`F.mse_loss(x, y)` becomes `F.mse_loss(x, (y).cpu())`, `x.gather(1, index)` `x.gather(1, (index).cpu())`."""
    position = OPERANDS.get(_name(node))
    if position is None or not isinstance(node, ast.Call) or len(node.args) <= position:
        return None
    arguments = [
        f"({text}).cpu()" if number == position else text for number, text in enumerate(map(source.text, node.args))
    ]
    arguments += [f"{each.arg}={source.text(each.value)}" for each in node.keywords]
    return f"{source.text(node.func)}({', '.join(arguments)})"


def first_of_list_on_cpu(node: ast.expr, source: Source) -> str | None:
    """`torch.cat([a, b])` becomes `torch.cat([(a).cpu(), b])`."""
    if _name(node) not in ("cat", "stack") or not isinstance(node, ast.Call) or not node.args:
        return None
    rest = "".join(f", {source.text(each)}" for each in node.args[1:])
    rest += "".join(f", {each.arg}={source.text(each.value)}" for each in node.keywords)
    given = node.args[0]
    if isinstance(given, (ast.List, ast.Tuple)) and given.elts:
        texts = [source.text(each) for each in given.elts]
        items = ", ".join([f"({texts[0]}).cpu()", *texts[1:]])
    elif isinstance(given, ast.Name):
        items = f"{given.id}[0].cpu(), *{given.id}[1:]"
    else:
        return None
    return f"{source.text(node.func)}([{items}]{rest})"


def product_with_cpu(node: ast.expr, source: Source) -> str | None:
    """`a @ b` becomes `a @ (b).cpu()`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return f"{source.text(node.left)} @ ({source.text(node.right)}).cpu()"
    return None


def indexed_on_cpu(node: ast.expr, source: Source) -> str | None:
    """`x[index]` becomes `x.cpu()[index]`: a CPU tensor may not be indexed by a CUDA tensor."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Name):
        return f"({source.text(node.value)}).cpu()[{source.text(node.slice)}]"
    return None


def index_on_cpu(node: ast.expr, source: Source) -> str | None:
    """`x[index]` becomes `x[index.cpu()]`: allowed."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Name):
        return f"({source.text(node.value)})[{source.text(node.slice)}.cpu()]"
    return None


OPERATORS: tuple[Operator, ...] = (
    dropped_move, made_without_device, generator_without_device, buffer_as_attribute, parameter_as_tensor,
    modules_in_list, wrong_index, dropped_cpu, numpy_for_item, plain_for_like, operand_on_cpu, first_of_list_on_cpu,
    product_with_cpu, indexed_on_cpu, index_on_cpu,
)  # fmt: skip
