"""XDV105."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import safe
from devlint.rules.support import name_of_other_side
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import Clash
    from devlint.rules.base import Case


class AcceleratorTensorWhereCpuIsNeeded(Rule):
    """An argument must be in CPU memory and may be on an accelerator

    ## What it does
    Finds calls such as `pack_padded_sequence(x, lengths)` or `torch.tensor_split(x, indices)` whose lengths or
    indices are inputs, or were moved to a device, and are not brought back with `.cpu()`.

    ## Why is this bad
    Most operations want all tensors on one device; a few read an argument on the host and refuse anything but a CPU
    tensor: "'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda:0 Long tensor".

    ## Example
    ```python
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence


    def pack(x: torch.Tensor, lengths: torch.Tensor):
        return pack_padded_sequence(x, lengths, batch_first=True)
    ```

    ## Use instead
    ```python
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence


    def pack(x: torch.Tensor, lengths: torch.Tensor):
        return pack_padded_sequence(x, lengths.cpu(), batch_first=True)
    ```

    ## Known problems
    Lengths that every caller keeps on the CPU are flagged when they are annotated or used as tensors.

    ## Fix safety
    Safe: `.cpu()` gives a CPU tensor back as it is.

    ## References
    - [pack_padded_sequence](https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
    """

    meta = RuleMeta(
        "XDV105",
        "accelerator-tensor-where-cpu-is-needed",
        "an argument that must be a CPU tensor and is not brought to the CPU",
        Severity.ERROR,
        Confidence.MEDIUM,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset({"pack_padded_sequence", "tensor_split", "set_rng_state"})),)

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """Arguments that the API table calls host arguments."""
        if clash.how != "host-argument":
            return
        text = self.text(clash.left.node)
        yield Report(
            clash.left.node,
            f"`{clash.operation}` needs `{text}` in CPU memory, and it is on {name_of_other_side(clash)}",
            tuple(story(clash.left.device.origin)),
            f"Pass `{text}.cpu()`.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Bring it to the CPU."""
        return safe(("Bring it to the CPU", case.edit.append_call(case.event.left.node, ".cpu()")))
