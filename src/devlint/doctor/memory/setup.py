"""How a model is run: precision, optimizer, batch and what is spread over several devices."""

from __future__ import annotations

from dataclasses import dataclass

from devlint.settings.errors import did_you_mean


@dataclass(frozen=True, slots=True)
class Precision:
    """Bytes per number: `weight` as stored, `compute` in activations, `residual` in the stream between blocks.

    `copies` are bytes per parameter of the copies that autocast makes of fp32 weights and the backward pass keeps.
    """

    weight: float
    compute: int
    residual: int
    copies: int = 0


PRECISIONS: dict[str, Precision] = {
    "fp64": Precision(8, 8, 8),
    "fp32": Precision(4, 4, 4),
    "tf32": Precision(4, 4, 4),
    "fp16": Precision(2, 2, 2),
    "bf16": Precision(2, 2, 2),
    "fp16-mixed": Precision(4, 2, 4, 2),
    "bf16-mixed": Precision(4, 2, 4, 2),
    "fp8": Precision(1, 2, 2),
    "int8": Precision(1, 2, 2),
    "int4": Precision(0.5625, 2, 2),
}
"""`int4` is 4 bits and a 32-bit constant for each block of 64 (QLoRA, 2305.14314, section 3)."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """State that an optimizer keeps for each parameter.

    `slots` are numbers of the parameter's own type (torch's optimizers), `fixed` bytes whatever that type is.
    `temporary` are sets of numbers that one step makes: (fused, foreach as on CUDA by default, at most).
    """

    slots: int
    fixed: float = 0.0
    temporary: tuple[int, int, int] = (0, 0, 1)
    paged: bool = False


_ADAM = Optimizer(2, temporary=(0, 1, 2))
_ADAM_8BIT = Optimizer(0, 2 + 8 / 256, (0, 0, 0))
OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(0),
    "momentum": Optimizer(1),
    "adam": _ADAM,
    "adamw": _ADAM,
    "adamw-8bit": _ADAM_8BIT,
    "paged-adamw": Optimizer(0, 8, (0, 0, 0), paged=True),
    "paged-adamw-8bit": Optimizer(0, 2 + 8 / 256, (0, 0, 0), paged=True),
    "adafactor": Optimizer(0, 0.02, (0, 0, 1)),
    "lion": Optimizer(1, temporary=(0, 1, 1)),
    "lion-8bit": Optimizer(0, 1 + 4 / 256, (0, 0, 0)),
    "rmsprop": Optimizer(1, temporary=(0, 1, 1)),
    "adagrad": Optimizer(1, temporary=(0, 1, 1)),
    "lamb": Optimizer(2, temporary=(0, 1, 2)),
    "muon": Optimizer(1, temporary=(0, 0, 1)),
}
"""Adam's foreach step holds the square roots of all second moments (torch/optim/adam.py, `exp_avg_sq_sqrt`).

8-bit states are one byte and a 32-bit constant for each block of 256 (bitsandbytes). Adafactor keeps a row and a column
for each matrix (1804.04235): about 8 bytes for each row of 500 and more numbers.
"""
_ALIASES = {
    "adamw-torch": "adamw", "adamw-hf": "adamw", "fusedadam": "adamw", "deepspeedcpuadam": "adamw", "nadam": "adam",
    "adamax": "adam", "radam": "adam", "sgdm": "momentum", "sgd-momentum": "momentum", "adam-8bit": "adamw-8bit",
    "adam8bit": "adamw-8bit", "adamw8bit": "adamw-8bit", "adamw-bnb-8bit": "adamw-8bit", "fusedlamb": "lamb",
    "paged-adamw-32bit": "paged-adamw", "lion-32bit": "lion", "adamw-torch-8bit": "adamw-8bit",
}  # fmt: skip


ATTENTION = ("sdpa", "eager")
"""A fused kernel, or one matrix of scores after the other."""


def optimizer_name(text: str) -> str:
    """The name in `OPTIMIZERS` of what libraries call an optimizer. Raises ValueError with the nearest name."""
    name = text.rpartition(".")[2].lower().replace("_", "-").removesuffix("-fused")
    name = _ALIASES.get(name, name)
    if name not in OPTIMIZERS:
        raise ValueError(f"unknown optimizer `{text}`{did_you_mean(name, OPTIMIZERS)}")
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """One way to run a model.

    `dtype` is a key of `PRECISIONS`; the `-mixed` ones keep fp32 weights under autocast. `batch` counts the samples of
    one forward pass of one GPU, `sequence` the tokens of a sample. `zero` is DeepSpeed's stage (3 stands for FSDP,
    too), which keeps fp32 master weights beside half-precision ones. `lora_rank` trains adapters of that rank, in fp32,
    while the weights are frozen. `attention` is `sdpa` (a fused kernel) or `eager`. `foreach` is how torch's optimizers
    step on CUDA by default; without it one layer is updated after the other, as on a CPU.
    """

    training: bool = True
    dtype: str = "fp32"
    optimizer: str = "adamw"
    batch: int = 1
    sequence: int = 2048
    accumulation: int = 1
    checkpointing: bool = False
    attention: str = "sdpa"
    lora_rank: int | None = None
    zero: int = 0
    gpus_per_node: int = 1
    nodes: int = 1
    offload_optimizer: bool = False
    offload_parameters: bool = False
    zero_init: bool = True
    foreach: bool = True

    def __post_init__(self) -> None:
        if self.dtype not in PRECISIONS:
            raise ValueError(f"unknown precision `{self.dtype}`{did_you_mean(self.dtype, PRECISIONS)}")
        if self.attention not in ATTENTION:
            raise ValueError(f"unknown attention `{self.attention}`: choose {' or '.join(ATTENTION)}")
        optimizer_name(self.optimizer)
        if self.training and self.dtype in ("int8", "int4") and self.lora_rank is None:
            raise ValueError(f"weights of type {self.dtype} cannot be trained: add --lora 16, or --inference")

    @property
    def world(self) -> int:
        """The number of GPUs."""
        return self.gpus_per_node * self.nodes

    @property
    def precision(self) -> Precision:
        """The bytes of its precision; DeepSpeed and FSDP cast the whole model instead of using autocast."""
        return PRECISIONS[self.dtype.removesuffix("-mixed") if self.zero else self.dtype]
