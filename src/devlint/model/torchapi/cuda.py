"""Device types, and the calls which ask for devices or need one."""

from __future__ import annotations


def _all(prefix: str, names: str) -> frozenset[str]:
    return frozenset(f"{prefix}{name}" for name in names.split())


DEVICE_TYPES: frozenset[str] = _all(
    "", "cpu cuda ipu xpu mkldnn opengl opencl ideep hip ve fpga maia xla lazy vulkan mps meta hpu mtia privateuseone"
)
"""What `torch.device` accepts before a colon and an index, without a backend package."""

PLUGIN_DEVICE_TYPES: frozenset[str] = _all("", "npu mlu musa sdaa neuron dml ort dipu gcu tpu qaic cnnl spyre")
"""Names which a backend package may register (`torch.utils.rename_privateuse1_backend`); plain PyTorch rejects them."""

ACCELERATOR_TYPES: frozenset[str] = _all("", "cuda xpu mps mtia maia hpu xla hip npu mlu musa sdaa")
"""Types with memory of their own that training runs on (neither `cpu` nor `meta`)."""

RAISES_WITHOUT_CUDA: frozenset[str] = _all(
    "torch.cuda.",
    "synchronize set_device get_device_name get_device_properties get_device_capability current_device current_stream"
    " default_stream Stream Event CUDAGraph mem_get_info memory_summary memory_snapshot reset_peak_memory_stats"
    " reset_max_memory_allocated reset_max_memory_cached reset_accumulated_memory_stats get_rng_state initial_seed init"
    " ipc_collect cudart set_per_process_memory_fraction can_device_access_peer get_allocator_backend device",
)
"""Calls which raise on a machine (or a build) without CUDA; `device` does so when it is entered."""

HARMLESS_WITHOUT_CUDA: frozenset[str] = _all(
    "torch.cuda.",
    "is_available is_initialized device_count empty_cache manual_seed manual_seed_all seed seed_all set_rng_state"
    " memory_allocated max_memory_allocated memory_reserved max_memory_reserved memory_stats is_bf16_supported"
    " is_tf32_supported get_arch_list get_gencode_flags get_rng_state_all list_gpu_processes stream",
)
"""Calls which do nothing, or answer zero, without CUDA."""

AVAILABILITY: frozenset[str] = _all(
    "",
    """
    torch.cuda.is_available torch.xpu.is_available torch.mtia.is_available torch.accelerator.is_available
    torch.backends.mps.is_available torch.backends.mps.is_built torch.backends.cuda.is_built torch.mps.is_available
    torch.backends.cudnn.is_available torch.backends.mkldnn.is_available torch.backends.openmp.is_available
    torch.cuda.is_initialized torch.xpu.is_initialized torch.cuda.is_bf16_supported torch.xpu.is_bf16_supported
    torch.distributed.is_available torch.distributed.is_initialized torch.distributed.is_nccl_available
    torch.distributed.is_gloo_available torch.distributed.is_torchelastic_launched
    torch.npu.is_available torch.mlu.is_available torch.musa.is_available torch.hpu.is_available torch.sdaa.is_available
    torch.neuron.is_available
    """,
)
"""Functions which answer whether something is there; as a condition they must be called."""

AVAILABILITY_HELPERS: dict[str, str | None] = {
    "is_torch_cuda_available": "cuda", "is_cuda_available": "cuda", "is_torch_xpu_available": "xpu",
    "is_xpu_available": "xpu",
    "is_torch_mps_available": "mps", "is_mps_available": "mps", "is_torch_npu_available": "npu",
    "is_npu_available": "npu",
    "is_torch_mlu_available": "mlu", "is_mlu_available": "mlu", "is_torch_musa_available": "musa",
    "is_musa_available": "musa", "is_torch_hpu_available": "hpu", "is_hpu_available": "hpu",
    "is_sdaa_available": "sdaa",
    "is_torch_sdaa_available": "sdaa", "is_neuron_available": "neuron", "is_torch_neuron_available": "neuron",
    "is_torch_neuronx_available": "neuron", "is_torch_neuroncore_available": "neuron",
    "is_torch_xla_available": "xla", "is_torch_tpu_available": "xla", "is_torch_available": None,
}  # fmt: skip
"""Last name of the helpers of transformers, accelerate and diffusers -> the device type they ask for."""

_CUDA_ONLY_LIBRARIES = (
    "triton", "megatron", "apex", "flash_attn", "bitsandbytes", "transformer_engine", "cupy", "pycuda", "tensorrt",
    "torch_tensorrt", "xformers", "deep_gemm", "flashinfer", "cutlass", "nvidia", "pynvml", "cuda", "sgl_kernel",
    "torch2trt", "deep_ep", "pycutlass", "gsplat", "tinycudann", "nvdiffrast", "spconv", "vllm", "isaaclab",
)  # fmt: skip

CUDA_ONLY_IMPORT: str = (
    rf"^\s*(?:import|from)\s+(?:{'|'.join(_CUDA_ONLY_LIBRARIES)})\b|\b(?:get_kernel|lazy_load_kernel)\s*\("
)
"""A line that imports a library which itself needs CUDA: what imports it does not run elsewhere anyway."""
