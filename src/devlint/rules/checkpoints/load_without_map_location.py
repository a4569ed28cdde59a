"""XDV601."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.model.torchapi.cuda import CUDA_ONLY_IMPORT
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe, unsafe
from devlint.rules.support import walk
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
    downloaded, is part of the package, or was written by the same function or object. `--pedantic` is needed where
    only a name says that the file holds the state of a model, or where the same function may have written it.

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
        if self._was_saved_here(event) or self._holds_no_state(event):
            return
        used = self._is_used_as_state(event)
        if not used and not self._is_called_state(event):
            return
        sure = used and not self._may_be_saved_here(event)
        yield Report(
            event.node,
            f"`{self.text(event.node)}` puts the tensors on the device they were saved from",
            (),
            'Say where they go: `map_location="cpu"`, or the device at hand.',
            unsure=not sure,
        )

    def _holds_no_state(self, event: ApiCall) -> bool:
        """What is loaded is the cache of a data set, or was published for all to load."""
        cls = event.frame.cls
        if (cls is not None and (cls.kind.name == "DATASET" or _DATA.search(cls.name))) or _ELSEWHERE.search(
            self.context.model.path
        ):
            return True
        if self.context.file_has(_ON_THE_CPU):
            return True
        source = self._source_around(event)
        if event.frame.function is not None and _NEEDS_CUDA.search(source):
            return True  # an engine, say, that runs on CUDA only
        return bool(_PUBLISHED.search(source)) or (event.name != "torch.load" and self.context.file_has(_ADDRESS))

    def _source_around(self, event: ApiCall) -> str:
        """The function that loads, or the file."""
        function = event.frame.function
        return self.context.analysis.source_of(function.node) if function is not None else self.context.model.text

    def _statement_of(self, event: ApiCall) -> str:
        """The statement in which the call stands."""
        function = event.frame.function
        for node in walk(function.node if function is not None else self.context.model.tree):
            if type(node).__name__ == "SimpleStatementLine" and any(part is event.node for part in walk(node)):
                return self.context.analysis.source_of(node).strip()
        return ""

    def _is_used_as_state(self, event: ApiCall) -> bool:
        """The function loads it into a model or an optimizer, or looks into it for their states."""
        statement = self._statement_of(event)
        if event.name != "torch.load" or "load_state_dict" in statement or _KEY_OF_STATE.search(statement):
            return True
        target = _TARGET.match(statement)
        uses = _USES_OF_STATE.format(re.escape(target[1])) if target is not None else ""
        return bool(uses) and bool(re.search(uses, self._source_around(event)))

    def _is_called_state(self, event: ApiCall) -> bool:
        """The name of the file, or of what is loaded, says that it is the state of a model."""
        target = _TARGET.match(self._statement_of(event))
        names = (self.text(event.arguments.positional[0].node), target[1] if target else "")
        return any(map(_STATE.search, names))

    def _was_saved_here(self, event: ApiCall) -> bool:
        """What the same object or run has written: a round trip through memory or a file."""
        text = self.text(event.arguments.positional[0].node)
        if _NO_TENSORS.search(text):
            return True
        if "BytesIO" in text or text.rpartition(".")[2] in ("buffer", "buf", "bytes_io", "stream"):
            return True
        function, cls = event.frame.function, event.frame.cls
        source = self.context.analysis.source_of(function.node) if function is not None else ""
        if cls is not None and text.startswith("self."):
            source = self.context.analysis.source_of(cls.node)
        return bool(re.search(rf"\bsave\((?:[^()]|\([^()]*\))*\b{re.escape(text)}", source))

    def _may_be_saved_here(self, event: ApiCall) -> bool:
        """The function, which saves things, too, itself gives the file its name."""
        source = self._source_around(event)
        return bool(_SAVES.search(source)) and _names_a_file(self.text(event.arguments.positional[0].node), source)

    def fix(self, case: Case) -> Fix | None:
        """Load to the CPU, from where `load_state_dict` copies."""
        rated = safe if _is_copied_at_once(case) else unsafe
        return rated(('Add `map_location="cpu"`', case.edit.add_keyword(case.node, "map_location", '"cpu"')))


_ELSEWHERE = re.compile(r"/datasets?/|xla|(^|/)(tests?|test_\w+)/|(^|/)test_\w+\.py$")
"""Caches of data sets hold CPU tensors, tests load what they have just saved, and XLA is no device to torch.load."""
_ON_THE_CPU = re.compile(r"\boffload_to_cpu\b|\bcpu_offload\s*=\s*True|FullStateDictConfig|FullOptimStateDictConfig")
"""The file decides, where it saves, that the tensors go to the CPU."""

_PUBLISHED = re.compile(
    r"(?<!hub_)download|(?<!state_dict)_from_url\b|urlretrieve|__file__|importlib\.resources|pkg_resources",
    re.IGNORECASE,
)
"""The file was published, with this package or for it: whoever does that saves CPU tensors."""
_NEEDS_CUDA = re.compile(CUDA_ONLY_IMPORT, re.MULTILINE)
_ADDRESS = re.compile(r"[\"']https?://")
"""The file names the address that it loads from."""

_SAVES = re.compile(r"\bsave\w*\(|_save\w*\(")


def _names_a_file(text: str, source: str, depth: int = 2) -> bool:
    """The path ends in a name that the function itself gives, by a literal in it or in what was assigned to it."""
    if "'" in text or '"' in text:
        return True
    names = re.findall(r"(?<![.\w])[A-Za-z_]\w*", text) if depth else ()
    assigned = (match[1] for name in names for match in re.finditer(rf"(?m)^\s*{name}\s*=\s*(.*)$", source))
    return any(_names_a_file(each, source, depth - 1) for each in assigned)


_KEYS = r"[\"'](?:\w*state_dict\w*|model|optimi[sz]er)[\"']"
_KEY_OF_STATE = re.compile(rf"\)\s*\[{_KEYS}\]")
_USES_OF_STATE = rf"\b{{0}}(?:\.get\(|\[){_KEYS}|{_KEYS} (?:not )?in {{0}}\b|(?:load|set)_\w*state\w*\([^()]*\b{{0}}\b"
"""A key of the kind that a checkpoint has, read from it; or somebody takes it as a state."""

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
