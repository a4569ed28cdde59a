"""The names that each tool has for a precision, and the plan's own."""

from __future__ import annotations

DTYPES: dict[str, str] = {
    **dict.fromkeys(("64", "64-true", "fp64", "float64", "double", "torch.float64"), "fp64"),
    **dict.fromkeys(("32", "32-true", "fp32", "float32", "float", "full", "no", "none", "torch.float32"), "fp32"),
    **dict.fromkeys(("tf32", "tensorfloat32"), "tf32"),
    **dict.fromkeys(("16-true", "fp16", "float16", "half", "torch.float16"), "fp16"),
    **dict.fromkeys(("bf16", "bf16-true", "bfloat16", "torch.bfloat16"), "bf16"),
    **dict.fromkeys(("16", "16-mixed", "fp16-mixed", "mixed-fp16", "amp", "amp_fp16", "amp_half"), "fp16-mixed"),
    **dict.fromkeys(("bf16-mixed", "mixed-bf16", "amp_bf16", "amp_bfloat16"), "bf16-mixed"),
    **dict.fromkeys(("fp8", "float8", "transformer-engine", "transformer-engine-float16", "amp_fp8"), "fp8"),
}
"""A name in lower case -> the plan's name, where a plain type means weights of that type (vLLM, `dtype=`)."""

MIXED: dict[str, str] = {
    **DTYPES,
    "fp16": "fp16-mixed",
    "float16": "fp16-mixed",
    "bf16": "bf16-mixed",
    "bfloat16": "bf16-mixed",
}
"""The same where it names a mixed-precision mode: accelerate's `mixed_precision`, Lightning's `precision`."""
