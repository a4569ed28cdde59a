"""How many dimensions a result has, as far as the arguments show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.flow.lattice import AT_LEAST_ONE
from devlint.flow.values import Number, Sequence, Shape, Tensor, Value
from devlint.model.torchapi.schema import Rank

if TYPE_CHECKING:
    from devlint.flow.arguments import Argument, Arguments


def rank_of_data(value: Value | None) -> int | None:
    """The rank of `torch.tensor(value)`."""
    if isinstance(value, Number):
        return 0
    if isinstance(value, (Sequence, Shape)):
        items = value.items if isinstance(value, Sequence) else None
        if items:
            inner = rank_of_data(items[0])
            return AT_LEAST_ONE if inner is None or inner < 0 else inner + 1
        return AT_LEAST_ONE
    return value.rank if isinstance(value, Tensor) else None


def rank_of_sizes(arguments: Arguments, first: Argument | None) -> int | None:
    """The rank that sizes give: `zeros(2, 3)`, `zeros((2, 3))`, `zeros(x.shape)`."""
    if arguments.open_positional:
        return AT_LEAST_ONE
    if first is None:
        return None
    value = first.value
    if isinstance(value, Sequence):
        if value.items is None:
            return AT_LEAST_ONE
        return len(value.items) if all(not isinstance(item, Sequence) for item in value.items) else AT_LEAST_ONE
    if isinstance(value, Shape):
        return AT_LEAST_ONE
    if len(arguments.positional) > 1 or isinstance(value, Number):
        return max(1, len(arguments.positional))
    # A lone name: a number of elements or a shape. An empty shape is rare, and is written `()` where it is meant.
    return AT_LEAST_ONE


def reduced(rank: int | None, arguments: Arguments, params: tuple[str, ...]) -> int | None:
    """The rank after `sum`, `mean`, `max` ..."""
    bound = arguments.bind(params)
    dim = bound.get("dim") or bound.get("axis")
    if arguments.is_open:
        return None
    if dim is None:
        return 0
    keep = bound.get("keepdim")
    if keep is not None and isinstance(keep.value, Number) and keep.value.constant:
        return AT_LEAST_ONE if rank is None else rank
    if rank is None or rank < 0:
        return None
    count = len(dim.value.items) if isinstance(dim.value, Sequence) and dim.value.items is not None else 1
    return max(0, rank - count)


def broadcast(ranks: list[int | None]) -> int | None:
    """The rank of an elementwise result."""
    known = [rank for rank in ranks if rank is not None]
    if len(known) < len(ranks):
        return AT_LEAST_ONE if any(known) else None
    return AT_LEAST_ONE if AT_LEAST_ONE in known else max(known, default=None)


def result_rank(rule: Rank, ranks: list[int | None], arguments: Arguments, params: tuple[str, ...]) -> int | None:
    """The rank of an operation's result; `ranks` are its operands', in order."""
    first = ranks[0] if ranks else None
    if rule is Rank.SAME:
        return first
    if rule is Rank.BROADCAST:
        return broadcast(ranks)
    if rule is Rank.SCALAR:
        return 0
    if rule is Rank.REDUCE:
        return reduced(first, arguments, params)
    if rule is Rank.PLUS_ONE:
        return first + 1 if first is not None and first >= 0 else AT_LEAST_ONE
    if rule in (Rank.SHAPE, Rank.SOME):
        return AT_LEAST_ONE
    return {Rank.ONE: 1, Rank.TWO: 2}.get(rule)
