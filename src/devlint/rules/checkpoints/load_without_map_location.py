"""XDV601."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall


class LoadWithoutMapLocation(Rule):
    """A checkpoint is loaded to wherever it was saved

    ## What it does
    Finds `torch.load` and `torch.hub.load_state_dict_from_url` without `map_location`.

    ## Why is this bad
    Tensors go back to the device they were saved from. A checkpoint of a GPU machine fails on a CPU-only one
    ("Attempting to deserialize object on a CUDA device"), and on a machine with several GPUs every process loads it to
    GPU 0.

    ## Example
    ```python
    import torch


    def restore(model: torch.nn.Module, path: str) -> None:
        model.load_state_dict(torch.load(path))
    ```

    ## Use instead
    ```python
    import torch


    def restore(model: torch.nn.Module, path: str) -> None:
        model.load_state_dict(torch.load(path, map_location="cpu"))
    ```

    ## Known problems
    A file that never holds tensors of an accelerator is flagged, too.

    ## References
    - [torch.load](https://pytorch.org/docs/stable/generated/torch.load.html)
    """

    meta = RuleMeta(
        "XDV601",
        "load-without-map-location",
        '`torch.load` without `map_location`',
        Severity.WARNING,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset({"load", "load_url", "load_state_dict_from_url"}), after=r"\s*\("),)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """The call surely passes no `map_location`."""
        position = _LOADERS.get(event.name)
        if position is None or not event.arguments.missing("map_location", position) or not event.arguments.positional:
            return
        if self._was_saved_here(event) or not self._is_model_state(event):
            return
        yield Report(
            event.node,
            f"`{self.text(event.node)}` puts the tensors on the device they were saved from",
            (),
            'Say where they go: `map_location="cpu"`, or the device at hand.',
        )

    def _is_model_state(self, event: ApiCall) -> bool:
        """Somebody loads the state of a model or optimizer, not the cache of a data set."""
        frame = event.frame
        cls, function = frame.cls, frame.function
        if (cls is not None and (cls.kind.name == "DATASET" or _DATA.search(cls.name))) or _ELSEWHERE.search(self.context.model.path):
            return False
        if self.context.file_has(_ON_THE_CPU):
            return False
        source = self.context.analysis.source_of(function.node) if function is not None else self.context.model.text
        return "load_state_dict" in source or bool(_STATE.search(self.text(event.node)))

    def _was_saved_here(self, event: ApiCall) -> bool:
        """A buffer that the same function has just written (a round trip through memory)."""
        text = self.text(event.arguments.positional[0].node)
        if _NO_TENSORS.search(text):
            return True
        return "BytesIO" in text or text.rpartition(".")[2] in ("buffer", "buf", "bytes_io", "stream")


_ELSEWHERE = re.compile(r"/datasets?/|xla|(^|/)(tests?|test_\w+)/|(^|/)test_\w+\.py$")
"""Caches of data sets hold CPU tensors, tests load what they have just saved, and XLA is no device to torch.load."""
_ON_THE_CPU = re.compile(r"\boffload_to_cpu\b|\bcpu_offload\s*=\s*True|FullStateDictConfig|FullOptimStateDictConfig")
"""The file decides, where it saves, that the tensors go to the CPU."""

_DATA = re.compile(r"Data(set|Module)?$|Dataset")
_STATE = re.compile(r"model|state|optim|weight|checkpoint|ckpt|param|pretrained|\bnet|resume", re.IGNORECASE)
_NO_TENSORS = re.compile(r"__file__|_PATH_|rng|random_state|scheduler|scaler|tokenizer|vocab|training_args", re.IGNORECASE)
"""Names of files that hold numbers and settings, or state that belongs on the CPU."""

_LOADERS = {
    "torch.load": 1,
    "torch.hub.load_state_dict_from_url": 2,
    "torch.utils.model_zoo.load_url": 2,
}
