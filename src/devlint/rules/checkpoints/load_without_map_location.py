"""XDV601."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe, unsafe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import ApiCall
    from devlint.rules.base import Case


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
    A file that never holds tensors of an accelerator is flagged, too, unless the code shows where it comes from: it was
    downloaded, is part of the package, or was written by the same function.

    ## Fix safety
    Safe where the result goes straight into `load_state_dict(...)`, which copies to where the parameters are.
    Unsafe elsewhere: who uses the tensors as they are now finds them on the CPU.

    ## References
    - [torch.load](https://pytorch.org/docs/stable/generated/torch.load.html)
    """

    meta = RuleMeta(
        "XDV601",
        "load-without-map-location",
        "`torch.load` without `map_location`",
        Severity.WARNING,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
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
        cls, function = event.frame.cls, event.frame.function
        if (cls is not None and (cls.kind.name == "DATASET" or _DATA.search(cls.name))) or _ELSEWHERE.search(
            self.context.model.path
        ):
            return False
        if self.context.file_has(_ON_THE_CPU):
            return False
        source = self.context.analysis.source_of(function.node) if function is not None else self.context.model.text
        if _PUBLISHED.search(source) or (event.name != "torch.load" and self.context.file_has(_ADDRESS)):
            return False
        before, _, after = source.partition(self.context.analysis.source_of(event.node))
        statement = before[before.rfind("\n", 0, -1 if before.endswith("\n") else None) + 1 :]
        if "load_state_dict" in statement or _STATE.search(self.text(event.arguments.positional[0].node)):
            return True
        target = _TARGET.match(statement)
        name = target[1] if target else ""
        return bool(name) and bool(
            _STATE.search(name) or re.search(rf"load_state_dict\([^)]*\b{re.escape(name)}\b", after)
        )

    def _was_saved_here(self, event: ApiCall) -> bool:
        """What the same function has just written (a round trip through memory or a file)."""
        text = self.text(event.arguments.positional[0].node)
        if _NO_TENSORS.search(text):
            return True
        if "BytesIO" in text or text.rpartition(".")[2] in ("buffer", "buf", "bytes_io", "stream"):
            return True
        function = event.frame.function
        source = self.context.analysis.source_of(function.node) if function is not None else ""
        return bool(re.search(rf"\bsave\([^\n]*\b{re.escape(text)}", source))

    def fix(self, case: Case) -> Fix | None:
        """Load to the CPU, from where `load_state_dict` copies."""
        rated = safe if _is_copied_at_once(case) else unsafe
        return rated(('Add `map_location="cpu"`', case.edit.add_keyword(case.node, "map_location", '"cpu"')))


_ELSEWHERE = re.compile(r"/datasets?/|xla|(^|/)(tests?|test_\w+)/|(^|/)test_\w+\.py$")
"""Caches of data sets hold CPU tensors, tests load what they have just saved, and XLA is no device to torch.load."""
_ON_THE_CPU = re.compile(r"\boffload_to_cpu\b|\bcpu_offload\s*=\s*True|FullStateDictConfig|FullOptimStateDictConfig")
"""The file decides, where it saves, that the tensors go to the CPU."""

_PUBLISHED = re.compile(r"(?<!hub_)download|urlretrieve|__file__|importlib\.resources|pkg_resources", re.IGNORECASE)
"""The file was published, with this package or for it: whoever does that saves CPU tensors."""
_ADDRESS = re.compile(r"[\"']https?://")
"""The file names the address that it loads from."""

_TARGET = re.compile(r"\s*(\w[\w.]*)\s*(?::[^=]+)?=[^=]")
_DATA = re.compile(r"Data(set|Module)?$|Dataset|Sampler|Scheduler|Buffer|Tokeniz")
_STATE = re.compile(r"model|state|optim|weight|checkpoint|ckpt|param|pretrained|\bnet|resume", re.IGNORECASE)
_NO_TENSORS = re.compile(
    r"__file__|_PATH_|rng|random_state|scheduler|scaler|tokenizer|vocab|training_args", re.IGNORECASE
)
"""Names of files that hold numbers and settings, or state that belongs on the CPU."""

_LOADERS = {
    "torch.load": 1,
    "torch.hub.load_state_dict_from_url": 2,
    "torch.utils.model_zoo.load_url": 2,
}


def _is_copied_at_once(case: Case) -> bool:
    """It is the first argument of a `load_state_dict` that copies, as it does without `assign=True`."""
    import libcst as cst

    outer = case.edit.ancestors(case.node)[1:2]
    call = outer[0] if outer else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
        return False
    keywords = {argument.keyword.value if argument.keyword else argument.star for argument in call.args}
    is_plain = keywords.isdisjoint({"assign", "*", "**"})
    return call.func.attr.value == "load_state_dict" and call.args[0].value is case.node and is_plain
