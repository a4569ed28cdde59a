"""The environment variables that matter to PyTorch and to the libraries around it; never a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_PREFIXES = (
    "ACCELERATE_ BNB_ CUBLAS_ CUDA_ CUDNN_ DS_ DYLD_ FSDP_ GLOO_ GOMP_ HIP_ HSA_ KMP_ MIOPEN_ MKL_ NCCL_ NVIDIA_ NVTE_ "
    "OMP_ OMPI_COMM_WORLD_ ONEAPI_ PYTORCH_ RCCL_ ROCM_ ROCR_ SLURM_CPU SLURM_GPU SLURM_JOB_ID SLURM_JOB_NUM "
    "SLURM_LOCALID SLURM_MEM SLURM_NNODES SLURM_NODEID SLURM_NPROCS SLURM_NTASKS SLURM_PROCID SLURM_TASKS SYCL_ TORCH_ "
    "TORCHDYNAMO_ TORCHELASTIC_ TORCHINDUCTOR_ TRITON_ UCX_ VLLM_ XLA_ XPU_ ZE_"
).split()
"""Slurm has variables about people and hosts, too, hence not all of its."""

_NAMES = frozenset(
    "ATEN_CPU_CAPABILITY CONDA_PREFIX GPU_DEVICE_ORDINAL GROUP_RANK HF_DATASETS_CACHE HF_DATASETS_OFFLINE HF_HOME "
    "HF_HUB_CACHE HF_HUB_OFFLINE LD_LIBRARY_PATH LD_PRELOAD LOCAL_RANK LOCAL_WORLD_SIZE MALLOC_CONF MASTER_ADDR "
    "MASTER_PORT NODE_RANK NUMEXPR_NUM_THREADS OPENBLAS_NUM_THREADS PYTHONPATH RANK TMPDIR TOKENIZERS_PARALLELISM "
    "TRANSFORMERS_CACHE TRANSFORMERS_OFFLINE TF32_OVERRIDE VECLIB_MAXIMUM_THREADS VIRTUAL_ENV WORLD_SIZE "
    "XDG_CACHE_HOME".split()
)

_SECRET = re.compile(r"TOKEN(?!IZER)|SECRET|PASSW|CREDENTIAL|API_?KEY|AUTH|JWT")
_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")


def probe() -> dict[str, str]:
    """The variables of this process that matter, by name."""
    return relevant(os.environ)


def relevant(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that matter, without any whose name speaks of a secret, and without users in addresses."""
    return {
        name: _IN_ADDRESS.sub("", value)
        for name, value in sorted(environment.items())
        if (name in _NAMES or name.startswith(tuple(_PREFIXES))) and not _SECRET.search(name)
    }
