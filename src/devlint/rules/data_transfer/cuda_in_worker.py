"""XDV702."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.flow.values import Function, Instance, Nothing, Tensor
from devlint.model.torchapi import FACTORIES, MOVE_METHODS
from devlint.model.torchapi.loading import ITEM_METHODS, LOADER, LOADER_PARAMS
from devlint.rules.base import Report, Rule
from devlint.rules.support import constant_of
from devlint.rules.triggers import CUDA_WORDS, DISCARDED_MOVES, FACTORY_CALLS
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall, MethodCall
    from devlint.flow.values import Value
    from devlint.model.functions import FunctionModel
    from devlint.rules.base import Context


class CudaInWorker(Rule):
    """A worker of a DataLoader touches the GPU

    ## What it does
    Finds tensors that are made on or moved to a GPU in the `__getitem__` of a data set, or in a `collate_fn`, which a
    `DataLoader` with workers uses.

    ## Why is this bad
    Workers are forked processes, and CUDA cannot be used in one once the parent process has: "Cannot re-initialize CUDA
    in forked subprocess". Where it can, each worker holds a CUDA context of its own, and tensors that it hands over
    must outlive their use elsewhere; PyTorch advises against it.

    ## Example
    ```python
    import torch
    from torch.utils.data import DataLoader, Dataset

    device = "cuda" if torch.cuda.is_available() else "cpu"


    class Numbers(Dataset):
        def __getitem__(self, index):
            return torch.tensor([index]).to(device)


    def train(model):
        for batch in DataLoader(Numbers(), num_workers=4):
            model(batch)
    ```

    ## Use instead
    ```python
    import torch
    from torch.utils.data import DataLoader, Dataset

    device = "cuda" if torch.cuda.is_available() else "cpu"


    class Numbers(Dataset):
        def __getitem__(self, index):
            return torch.tensor([index])


    def train(model):
        for batch in DataLoader(Numbers(), num_workers=4, pin_memory=True):
            model(batch.to(device, non_blocking=True))
    ```

    ## Known problems
    Only data sets, functions and loaders of one file are connected, and only a number of workers that is known. A file
    that starts processes by "spawn" is not flagged.

    ## References
    - [Use CUDA in multiprocessing](https://pytorch.org/docs/stable/notes/multiprocessing.html#cuda-in-multiprocessing)
    - [Multi-process data loading](https://pytorch.org/docs/stable/data.html#multi-process-data-loading)
    """

    meta = RuleMeta(
        "XDV702",
        "cuda-in-worker",
        "a GPU used in `__getitem__` or `collate_fn` of a DataLoader with workers",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (
        Trigger(frozenset({"DataLoader"})),
        DISCARDED_MOVES,
        CUDA_WORDS,
        *FACTORY_CALLS,
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._workers: dict[FunctionModel, ApiCall] = {}
        """What runs in a worker, and the loader that has it."""
        self._uses: dict[FunctionModel, list[ApiCall | MethodCall]] = {}

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """A loader with workers, or a tensor that is made on a GPU."""
        if event.name == LOADER and not self.context.file_has(_SPAWNS):
            for function in _functions_of(event):
                self._workers.setdefault(function, event)
                yield from (self._report(use, event) for use in self._uses.get(function, ()))
        elif event.name in FACTORIES:
            yield from self._use(event, event.result)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.cuda()`, `x.to("cuda")`."""
        if event.name in MOVE_METHODS:
            yield from self._use(event, event.result)

    def _use(self, event: ApiCall | MethodCall, made: Value) -> Iterator[Report]:
        function = event.frame.function
        if function is None or not isinstance(made, Tensor) or not self._is_on_accelerator(made):
            return
        self._uses.setdefault(function, []).append(event)
        if function in self._workers:
            yield self._report(event, self._workers[function])

    def _is_on_accelerator(self, tensor: Tensor) -> bool:
        """By name, or by a variable of the file that is the GPU wherever there is one."""
        device = tensor.devices[0]
        if len(tensor.devices) > 1 or device.where is not Where.VARIABLE:
            return device.is_accelerator
        chosen = rf"^{re.escape(device.name)}\s*=[^\n]*[\"']cuda[^\n]*is_available"
        return bool(re.search(chosen, self.context.model.text, re.MULTILINE))

    def _report(self, use: ApiCall | MethodCall, loader: ApiCall) -> Report:
        return Report(
            use.node,
            f"`{self.text(use.node)}` runs in the workers of a DataLoader, where CUDA cannot be used",
            ((loader.node, "this loader has workers"),),
            "Leave the item on the CPU, and move the batch in the loop.",
        )


_SPAWNS = re.compile(r"set_start_method\([^\n]*[\"'](spawn|forkserver)")


def _functions_of(event: ApiCall) -> Iterator[FunctionModel]:
    """What a loader with forked workers runs in them: the data set's items, and the function that makes batches."""
    given = event.arguments.bind(LOADER_PARAMS)
    workers = constant_of(given.get("num_workers"))
    context = given.get("multiprocessing_context")
    if not workers or not (context is None or isinstance(context.value, Nothing)):
        return
    dataset, collate = given.get("dataset"), given.get("collate_fn")
    if dataset is not None and isinstance(dataset.value, Instance):
        methods = (dataset.value.cls.method(name) for name in ITEM_METHODS)
        yield from (method for method in methods if method is not None)
    if collate is not None and isinstance(collate.value, Function):
        yield collate.value.model
    elif collate is not None and isinstance(collate.value, Instance):
        method = collate.value.cls.method("__call__")
        if method is not None:
            yield method
