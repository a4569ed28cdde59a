"""XDV704."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Class, Function, Instance, Module, Nothing, Number, Sequence, Text, Thing
from devlint.model.torchapi.loading import EXCLUDED_BY, LOADER, LOADER_PARAMS, NEEDS_WORKERS
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.arguments import Argument
    from devlint.flow.events import ApiCall


class ConflictingLoaderOptions(Rule):
    """A DataLoader is given options that exclude each other

    ## What it does
    Finds `DataLoader(...)` with `sampler` and `shuffle=True`; with `batch_sampler` beside `batch_size`, `shuffle`,
    `sampler` or `drop_last`; and with `persistent_workers`, `prefetch_factor`, `multiprocessing_context` or `timeout`
    without workers.

    ## Why is this bad
    The constructor raises `ValueError` ("sampler option is mutually exclusive with shuffle", "persistent_workers option
    needs num_workers > 0"); a `timeout` without workers fails when the loader is iterated.

    ## Example
    ```python
    from torch.utils.data import DataLoader, WeightedRandomSampler


    def loader_of(dataset, weights):
        sampler = WeightedRandomSampler(weights, len(weights))
        return DataLoader(dataset, batch_size=32, shuffle=True, sampler=sampler)
    ```

    ## Use instead
    ```python
    from torch.utils.data import DataLoader, WeightedRandomSampler


    def loader_of(dataset, weights):
        sampler = WeightedRandomSampler(weights, len(weights))
        return DataLoader(dataset, batch_size=32, sampler=sampler)
    ```

    ## Known problems
    Only options whose values are known are compared; a sampler that may be `None` is not flagged.

    ## References
    - [torch.utils.data.DataLoader](https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader)
    """

    meta = RuleMeta(
        "XDV704",
        "conflicting-loader-options",
        "options of a DataLoader that exclude each other",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset({"DataLoader"})),)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`DataLoader(...)`."""
        if event.name != LOADER or event.arguments.open_positional:
            return
        given = event.arguments.bind(LOADER_PARAMS)
        conflict = _exclusion(given) or ("" if event.arguments.is_open else _without_workers(given))
        if conflict:
            yield Report(event.node, f"this DataLoader raises: {conflict}", (), "Leave one of them out.")


def _exclusion(given: dict[str, Argument]) -> str:
    for option, excluded in EXCLUDED_BY.items():
        if not _is_set(given.get(option)):
            continue
        for other in excluded:
            if _is_set(given.get(other), default=1 if other == "batch_size" else 0):
                value = "=True" if other in ("shuffle", "drop_last") else ""
                return f"`{option}` and `{other}{value}` exclude each other"
    return ""


def _without_workers(given: dict[str, Argument]) -> str:
    workers = given.get("num_workers")
    if workers is not None and not (isinstance(workers.value, Number) and workers.value.constant == 0):
        return ""
    option = next((name for name in NEEDS_WORKERS if _is_set(given.get(name))), None)
    number = "without `num_workers`" if workers is None else "with `num_workers=0`"
    return f"`{option}` {number}" if option else ""


def _is_set(argument: Argument | None, default: float = 0) -> bool:
    """Whether an argument surely is neither None nor the default."""
    if argument is None or isinstance(argument.value, Nothing):
        return False
    if isinstance(argument.value, Number):
        return argument.value.constant not in (None, default)
    return isinstance(argument.value, (Thing, Instance, Module, Sequence, Text, Function, Class))
