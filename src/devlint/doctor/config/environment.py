"""Which environment variables matter to a job, so that secrets in the same files go nowhere."""

from __future__ import annotations

import re

from devlint.doctor.config.claims import Claims
from devlint.doctor.config.nodes import Node

_PREFIXES = tuple(
    """
    CUDA_ CUDNN_ NVIDIA_ NCCL_ TORCH PYTORCH_ HIP_ ROCR_ HSA_ AMD_ MIOPEN_ XPU_ ZE_ OMP_ MKL_ KMP_ OPENBLAS_ GLOO_ UCX_
    TOKENIZERS_ HF_HOME HF_HUB_ TRANSFORMERS_ DS_ DEEPSPEED_ VLLM_ SLURM_ MASTER_ WORLD_SIZE LOCAL_WORLD_SIZE
    LD_LIBRARY_PATH FLASH_ BNB_ TRITON_ XLA_ TMPDIR
    ACCELERATE_USE_ ACCELERATE_MIXED_ ACCELERATE_LOG_ ACCELERATE_DYNAMO_ ACCELERATE_TORCH_DEVICE
    """.split()
)
_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|_KEY$|API_?KEY", re.IGNORECASE)


def claim_variable(name: str, node: Node, claims: Claims) -> None:
    """Claim `environment.NAME` if the variable is one that a check could ask for."""
    if not name.startswith(_PREFIXES) or _SECRET.search(name):
        return
    if node.unknown is not None:
        claims.add_unknown(f"environment.{name}", name, node)
    elif not node.mapping and not node.items:
        value = node.value if isinstance(node.value, str) else node.text
        claims.add(f"environment.{name}", value, name, node)
