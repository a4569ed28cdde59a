"""What training code calls for its effect, and what such calls give back."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EFFECTS_OF_MODULES: frozenset[str] = _words(
    "train eval cuda cpu xpu half float double bfloat16 zero_grad requires_grad_ share_memory"
)
EFFECTS_OF_OPTIMIZERS: frozenset[str] = _words("step zero_grad")
EFFECTS_OF_TENSORS: frozenset[str] = _words(
    "backward retain_grad detach_ zero_ requires_grad_ share_memory_ cuda cpu xpu detach half float double bfloat16"
)
"""Methods which do nothing unless they are called: a tensor's casts and moves give nothing else, either."""

TELLING_EFFECTS: frozenset[str] = _words("backward zero_grad requires_grad_ retain_grad detach_ share_memory_")
"""Those of them that only PyTorch's objects have, whatever a variable is called."""

COPYING_METHODS: frozenset[str] = _words(
    "to cuda cpu xpu half float double bfloat16 long int bool detach clone contiguous numpy item tolist"
)
"""Methods of a tensor whose result people put in the tensor's place."""

EFFECTIVE_FUNCTIONS: frozenset[str] = frozenset(
    f"torch.{name}"
    for name in """
    cuda.synchronize cuda.empty_cache cuda.ipc_collect cuda.reset_peak_memory_stats cuda.init xpu.synchronize
    xpu.empty_cache mps.synchronize mps.empty_cache accelerator.synchronize accelerator.empty_cache
    distributed.barrier distributed.destroy_process_group
    """.split()
)
"""Functions which are called for nothing but their effect."""

NOTHING_METHODS: dict[str, str] = {
    "backward": "a tensor",
    "zero_grad": "an optimizer or a module",
    "step": "an optimizer",
}
"""Methods which return None -> whose they are. (`step` returns the loss if it is given a closure.)"""

KEY_REPORTS: frozenset[str] = _words("load_state_dict")
"""Methods of a module, which return a report of missing and unexpected keys; an optimizer's returns None."""
