"""CUDA graphs: what is captured runs at once, and runs again, operation by operation, at each replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

Step = Callable[[], None]
capturing: list[list[Step]] = []
"""The graphs that are being captured, the innermost last; while there are any, operations are told to `captured`."""


def is_capturing() -> bool:
    """`torch.cuda.is_current_stream_capturing`."""
    return bool(capturing)


def captured(func: Any, args: Sequence[Any], kwargs: dict[str, Any], result: Any) -> None:
    """An operation ran while a graph is captured; a replay writes its new results to the memory of this one's."""
    outputs = _tensors(result)

    def again() -> None:
        for output, fresh in zip(outputs, _tensors(func(*args, **kwargs)), strict=False):
            if fresh.untyped_storage()._cdata != output.untyped_storage()._cdata:
                output.copy_(fresh)

    capturing[-1].append(again)


def _tensors(result: Any) -> list[torch.Tensor]:
    items = result if isinstance(result, (list, tuple)) else (result,)
    return [each.detach() for each in items if isinstance(each, torch.Tensor)]


class Graph:
    """`torch.cuda.CUDAGraph` and its relatives."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._steps: list[Step] = []

    def capture_begin(self, *_: Any, **__: Any) -> None:
        """All that runs from here on belongs to the graph."""
        self._steps.clear()
        capturing.append(self._steps)

    def capture_end(self) -> None:
        """It is complete."""
        capturing.pop()

    def replay(self) -> None:
        """Compute it again, from what its inputs hold now."""
        with torch.no_grad():
            for step in self._steps:
                step()

    def reset(self) -> None:
        """Forget it."""
        self._steps.clear()

    def instantiate(self) -> None:
        """There is nothing to be made ready."""

    def enable_debug_mode(self) -> None:
        """There is nothing to be seen."""

    def pool(self) -> tuple[int, int]:
        """Memory is that of all."""
        return (0, 0)

    def __enter__(self) -> Graph:
        self.capture_begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.capture_end()


class graph:
    """`with torch.cuda.graph(g)`."""

    def __init__(self, cuda_graph: Graph, *_: Any, **__: Any) -> None:
        self.cuda_graph = cuda_graph

    def __enter__(self) -> None:
        self.cuda_graph.capture_begin()

    def __exit__(self, *_: object) -> None:
        self.cuda_graph.capture_end()


def make_graphed_callables(callables: Any, *_: Any, **__: Any) -> Any:
    """They run eagerly."""
    return callables
