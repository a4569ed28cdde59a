"""XDV804."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.model.torchapi.distributed import ALWAYS_ASYNCHRONOUS, ASYNCHRONOUS_ON_REQUEST
from devlint.rules.base import Report, Rule
from devlint.rules.support import constant_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.events import ApiCall, Assigned, Discarded, ScopeDone
    from devlint.flow.frame import Frame
    from devlint.rules.base import Context


class UnwaitedCollective(Rule):
    """A communication is started and never waited for

    ## What it does
    Finds `dist.isend`, `dist.irecv` and collectives with `async_op=True` whose result, the `Work`, is thrown away or
    kept in a variable that nobody reads.

    ## Why is this bad
    The call returns at once. Until `wait()` has returned, the tensor that is received holds its old content, and the
    one that is sent must not be changed: what the code after it computes depends on chance, and differs between
    processes.

    ## Example
    ```python
    import torch.distributed as dist


    def share(tensor):
        dist.all_reduce(tensor, async_op=True)
        return tensor / dist.get_world_size()
    ```

    ## Use instead
    ```python
    import torch.distributed as dist


    def share(tensor):
        work = dist.all_reduce(tensor, async_op=True)
        work.wait()
        return tensor / dist.get_world_size()
    ```

    ## Known problems
    A `Work` that is kept somewhere, returned or handed on counts as waited for. A file that somewhere waits for
    everything (`torch.cuda.synchronize()`, `dist.barrier()`) is not flagged.

    ## References
    - [Distributed communication](https://pytorch.org/docs/stable/distributed.html#synchronous-and-asynchronous-collective-operations)
    """

    meta = RuleMeta(
        "XDV804",
        "unwaited-collective",
        "an asynchronous communication that nothing waits for",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset({"isend", "irecv", "async_op"})),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._started: dict[cst.CSTNode, str] = {}
        """Calls that returned a `Work`, and what they started."""
        self._kept: dict[Frame, list[tuple[str, cst.CSTNode]]] = {}

    def on_api_call(self, event: ApiCall) -> None:
        """`dist.isend(...)`, `dist.all_reduce(..., async_op=True)`."""
        is_async = event.name in ASYNCHRONOUS_ON_REQUEST and constant_of(event.arguments.get("async_op")) == 1
        if is_async or event.name in ALWAYS_ASYNCHRONOUS:
            self._started[event.node] = event.name.rpartition(".")[2]

    def on_discarded(self, event: Discarded) -> Iterator[Report]:
        """A statement of its own."""
        if event.node in self._started and not self.context.file_has(_WAITS_FOR_ALL):
            yield self._report(event.node, "its result, which could be waited for, is thrown away")

    def on_assigned(self, event: Assigned) -> None:
        """`work = dist.isend(...)`."""
        if event.value_node in self._started and "." not in event.path:
            self._kept.setdefault(event.frame, []).append((event.path, event.value_node))

    def on_scope_done(self, event: ScopeDone) -> Iterator[Report]:
        """Whether the function ever mentions the variable again is known now."""
        for name, node in self._kept.pop(event.frame, ()):
            source = re.sub(r"#[^\n]*", "", self.context.analysis.source_of(event.node))
            is_read = re.search(rf"\b{re.escape(name)}\b(?!\s*=(?!=))", source)
            if not is_read and not self.context.file_has(_WAITS_FOR_ALL):
                yield self._report(node, f"`{name}` is never waited for")

    def _report(self, node: cst.CSTNode, why: str) -> Report:
        return Report(node, f"`{self._started[node]}` runs on in the background: {why}", (), "Call `.wait()` on it.")


_WAITS_FOR_ALL = re.compile(r"\bsynchronize\s*\(|wait_stream\s*\(|\bbarrier\s*\(")
