"""The software: the target Python, its PyTorch, and the libraries around it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """An installed distribution. `places` are the folders that own one of that name: more than one is a fault."""

    name: str
    version: str | None = None
    places: tuple[str, ...] = ()
    installer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Python:
    """The interpreter that jobs will run with, which need not be devlint's own."""

    executable: str
    version: str | None = None
    implementation: str | None = None
    bits: int | None = None
    prefix: str | None = None
    virtual_environment: bool | None = None
    conda: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchDevice:
    """One device as torch sees it (after CUDA_VISIBLE_DEVICES); memory in bytes."""

    type: str
    index: int
    name: str | None = None
    compute_capability: tuple[int, int] | None = None
    gfx: str | None = None
    memory_total: int | None = None
    memory_free: int | None = None
    multiprocessors: int | None = None
    uuid: str | None = None
    pci_bus_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchBuild:
    """PyTorch as it answers in the target interpreter; all None but `version` if it could not be imported.

    `build` is `cpu`, `cuda`, `rocm`, `xpu` or `mps`. `cuda_arch_list` is `torch.cuda.get_arch_list()`.
    `bf16_native` excludes emulation. `error` is what importing or asking raised, `cuda_error` what starting CUDA did.
    `imported` is False where only the installed metadata was read. `cpu_capability` is what its CPU kernels use
    (`AVX512`), `warnings` what starting CUDA warned of, `allocator_keys` which options of PYTORCH_CUDA_ALLOC_CONF it
    knows.
    """

    version: str
    imported: bool = True
    build: str | None = None
    debug: bool | None = None
    cuda: str | None = None
    hip: str | None = None
    xpu: str | None = None
    hip_runtime: str | None = None
    miopen: str | None = None
    cudnn: int | None = None
    cudnn_error: str | None = None
    nccl: str | None = None
    git: str | None = None
    path: str | None = None
    cuda_available: bool | None = None
    cuda_error: str | None = None
    cuda_arch_list: tuple[str, ...] | None = None
    mps_built: bool | None = None
    mps_available: bool | None = None
    xpu_available: bool | None = None
    current_device: int | None = None
    devices: tuple[TorchDevice, ...] = ()
    bf16_native: bool | None = None
    distributed_backends: tuple[str, ...] | None = None
    threads: int | None = None
    interop_threads: int | None = None
    blas: str | None = None
    mkldnn: bool | None = None
    xnnpack: bool | None = None
    cpu_capability: str | None = None
    openmp_libraries: tuple[str, ...] | None = None
    cuda_libraries: tuple[str, ...] | None = None
    allocator_keys: tuple[str, ...] | None = None
    recommended_mps_memory: int | None = None
    warnings: tuple[str, ...] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Compilers and toolkits beside torch, as their own programs name their versions."""

    nvcc: str | None = None
    cuda_home: str | None = None
    rocm: str | None = None
    gcc: str | None = None
    clang: str | None = None
    cmake: str | None = None
    libcuda: str | None = None
    libcuda_stub: bool | None = None
    shadowing_libraries: tuple[str, ...] | None = None
    cudnn_libraries: tuple[str, ...] | None = None
    nvidia_smi: str | None = None
