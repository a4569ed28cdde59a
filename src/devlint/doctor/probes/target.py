"""What the interpreter that jobs run with says of itself, its libraries and its PyTorch.

Not imported by devlint: `interpreter.py` runs this file with that interpreter, which may be any Python from 3.8 on, in
an environment that lacks devlint. Standard library only. Each part is printed as one line of JSON between two marks, as
soon as it is known, so that a torch which hangs or crashes loses only its own part, and what others print does no harm.
"""

from __future__ import annotations

import os
import sys

if sys.path and os.path.abspath(sys.path[0]) == os.path.dirname(os.path.abspath(__file__)):
    del sys.path[0]  # devlint's folder has modules of common names

import glob
import json
import platform
import re
import warnings
from collections.abc import Callable
from typing import Any

OF_INTEREST = tuple(
    "accelerate apex bitsandbytes conda cuda datasets deepspeed detectron2 diffusers dpcpp fairscale faiss flash "
    "huggingface-hub hydra-core impi intel jax lightning magma megatron mkl mmcv mmengine mpi4py ninja numpy nvidia "
    "omegaconf oneccl onemkl onnx opencv optree peft pillow pip pynvml pytorch rocm safetensors scipy sentence tbb "
    "tcmlib tensorflow timm tokenizers torch transformer triton trl ultralytics umf vllm xformers".split()
)
"""How the normalised names of distributions begin that matter to PyTorch."""

ALLOCATOR_KEYS = (
    "expandable_segments garbage_collection_threshold graph_capture_record_stream_reuse large_segment_size_mb "
    "max_non_split_rounding_mb max_split_size_mb per_process_memory_fraction pinned_max_cached_size_mb "
    "pinned_max_round_threshold_mb pinned_num_register_threads pinned_reserve_segment_size_mb "
    "pinned_use_background_threads pinned_use_cuda_host_register pinned_use_hip_host_register "
    "release_lock_on_cudamalloc release_lock_on_hipmalloc roundup_bypass_threshold_mb roundup_power2_divisions"
).split()
"""Options of PYTORCH_CUDA_ALLOC_CONF of some torch: c10/core/AllocatorConfig.h, c10/cuda/CUDAAllocatorConfig.cpp."""

LIKE_THEM = re.compile(
    rb"\0((?:expandable|garbage|graph_capture|large_segment|max_split|max_non|per_process|pinned|release|roundup)"
    rb"_[a-z0-9_]{4,40})(?=\0)"
)
"""What options of later versions will look like in its libraries."""


def tell(part: str, what: Any) -> None:
    """Print one part; ASCII only, whatever the encoding of the console is."""
    sys.stdout.write(f"\n<<<devlint:{part} {json.dumps(what)} devlint>>>\n")
    sys.stdout.flush()


def python_facts() -> dict[str, Any]:
    """Fields of facts.Python."""
    prefix = sys.prefix
    return {
        "executable": sys.executable,
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "prefix": prefix,
        "virtual_environment": prefix != sys.base_prefix,
        "conda": os.path.isdir(os.path.join(prefix, "conda-meta")),
    }


def library_facts() -> dict[str, dict[str, Any]]:
    """Name -> fields of facts.Library: what *.dist-info, *.egg-info and conda's own records say is installed."""
    found: dict[str, dict[str, Any]] = {}
    for folder in dict.fromkeys(os.path.realpath(path) for path in sys.path):
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                add_distribution(found, folder, name)
    for record in glob.glob(os.path.join(sys.prefix, "conda-meta", "*.json")):
        add_conda_package(found, record)
    return found


def add_distribution(found: dict[str, dict[str, Any]], folder: str, entry: str) -> None:
    """Two of one name in one folder count as two places: one was not removed whole."""
    stated = re.match(r"(?P<name>.+?)-(?P<version>\d[^-]*?)(-py[\d.]+)?$", entry.rpartition(".")[0])
    name = normalised(stated.group("name") if stated else entry.rpartition(".")[0])
    if not name.startswith(OF_INTEREST):
        return
    version = stated.group("version") if stated else None
    installer = first_line(os.path.join(folder, entry, "INSTALLER"))
    library = found.setdefault(name, {"version": version, "places": [], "installer": installer})
    library["places"].append(folder)


def add_conda_package(found: dict[str, dict[str, Any]], record: str) -> None:
    """conda's name of a package may differ, and it may own one that pip has written over."""
    name, _, _ = os.path.basename(record).rpartition("-")
    name, _, version = name.rpartition("-")
    name = {"pytorch": "torch", "pytorch-gpu": "torch"}.get(name, normalised(name))
    if not name.startswith(OF_INTEREST):
        return
    library = found.get(name)
    if library is None:
        found[name] = {"version": version, "places": [os.path.dirname(record)], "installer": "conda"}
    elif library["installer"] != "conda":
        library["places"].append(os.path.dirname(record))


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def first_line(path: str) -> str | None:
    try:
        with open(path) as file:
            return file.readline().strip() or None
    except (OSError, ValueError):
        return None


def answer(root: Any, path: str) -> Any:
    """What `root.path` is, or returns; None if that fails: old versions of torch lack some names."""
    try:
        for name in path.split("."):
            root = getattr(root, name)
        return root() if callable(root) else root
    except Exception:
        return None


TORCH_ANSWERS = {
    "debug": "version.debug",
    "cuda": "version.cuda",
    "hip": "version.hip",
    "xpu": "version.xpu",
    "git": "version.git_version",
    "threads": "get_num_threads",
    "interop_threads": "get_num_interop_threads",
    "mkldnn": "backends.mkldnn.is_available",
    "xnnpack": "_C._is_xnnpack_enabled",
    "cpu_capability": "backends.cpu.get_cpu_capability",
    "mps_built": "backends.mps.is_built",
    "mps_available": "backends.mps.is_available",
    "xpu_available": "xpu.is_available",
}
"""Field of facts.TorchBuild -> where torch tells it."""


def torch_facts(torch: Any) -> dict[str, Any]:
    """Fields of facts.TorchBuild."""
    facts = {field: answer(torch, path) for field, path in TORCH_ANSWERS.items()}
    facts.update(version=str(torch.__version__), path=os.path.dirname(torch.__file__), build=build_of(facts))
    facts["distributed_backends"] = distributed_backends(torch)
    if facts["mps_available"]:
        facts["recommended_mps_memory"] = answer(torch, "mps.recommended_max_memory")
    if facts["xpu_available"]:
        facts.update(xpu_devices(torch))
    if facts["cuda"] or facts["hip"]:
        facts.update(cuda_facts(torch, facts["hip"]))
    else:
        facts["cuda_available"] = False
    facts.update(configuration(answer(torch, "__config__.show") or ""))
    facts.update(loaded_libraries())
    return facts


def build_of(facts: dict[str, Any]) -> str:
    if facts["hip"]:
        return "rocm"
    if facts["cuda"]:
        return "cuda"
    if facts["xpu"]:
        return "xpu"
    return "mps" if facts["mps_built"] else "cpu"


def configuration(text: str) -> dict[str, str | None]:
    """What `torch.__config__.show()` tells: its BLAS, and the run-time libraries of ROCm."""

    def stated(pattern: str) -> str | None:
        match = re.search(pattern, text)
        return match.group(1) if match else None

    return {
        "blas": stated(r"BLAS_INFO=(\w+)"),
        "hip_runtime": stated(r"HIP Runtime (\S+)"),
        "miopen": stated(r"MIOpen (\S+)"),
    }


def distributed_backends(torch: Any) -> list[str]:
    if not answer(torch, "distributed.is_available"):
        return []
    return [
        name for name in ("gloo", "nccl", "mpi", "ucc", "xccl") if answer(torch, f"distributed.is_{name}_available")
    ]


def cuda_facts(torch: Any, hip: str | None) -> dict[str, Any]:
    """CUDA's or ROCm's side; no context is made on any device, which would take memory and seconds."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        available = answer(torch, "cuda.is_available")
        facts: dict[str, Any] = {"cuda_error": None if available else error_of(torch.cuda.init)}
        if available:
            facts.update(cuda_devices(torch, hip))
    nccl = answer(torch, "cuda.nccl.version")
    archs = answer(torch, "cuda.get_arch_list") or (answer(torch, "_C._cuda_getArchFlags") or "").split()
    facts.update(
        cuda_available=available,
        cuda_arch_list=archs or None,  # old versions answer an empty list where there is no GPU
        warnings=[str(each.message) for each in told],
        nccl=".".join(map(str, nccl)) if nccl else None,
        allocator_keys=allocator_keys(os.path.dirname(torch.__file__)),
    )
    try:
        facts["cudnn"] = torch.backends.cudnn.version()
    except Exception as error:
        facts["cudnn_error"] = str(error)
    return facts


def cuda_devices(torch: Any, hip: str | None) -> dict[str, Any]:
    devices, failed = [], None
    for index in range(answer(torch, "cuda.device_count") or 0):
        try:
            devices.append(cuda_device(torch.cuda.get_device_properties(index), index, hip))
        except Exception as error:
            failed = str(error)
    return {
        "devices": devices,
        "current_device": answer(torch, "cuda.current_device"),
        "bf16_native": bf16_native(torch),
        "cuda_error": failed,
    }


def cuda_device(properties: Any, index: int, hip: str | None) -> dict[str, Any]:
    arch = getattr(properties, "gcnArchName", "")
    place: list[Any] = [getattr(properties, name, None) for name in ("pci_domain_id", "pci_bus_id", "pci_device_id")]
    uuid = getattr(properties, "uuid", None)
    return {
        "type": "cuda",
        "index": index,
        "name": properties.name,
        "compute_capability": None if hip else [properties.major, properties.minor],
        "gfx": arch.partition(":")[0] or None if hip else None,
        "memory_total": properties.total_memory,
        "multiprocessors": properties.multi_processor_count,
        "uuid": None if uuid is None else f"GPU-{uuid}",
        "pci_bus_id": None if None in place else "{:08x}:{:02x}:{:02x}.0".format(*place),
    }


def bf16_native(torch: Any) -> bool | None:
    try:
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    except TypeError:  # before torch 2.5 the question was only about the hardware
        return bool(answer(torch, "cuda.is_bf16_supported"))
    except Exception:
        return None


def allocator_keys(folder: str) -> list[str] | None:
    """The options of PYTORCH_CUDA_ALLOC_CONF that this build knows: their names stand in its libraries.

    Of those that are known of, only 16 bytes are looked for: compilers may store a longer literal in such pieces.
    """
    data = b""
    for path in glob.glob(os.path.join(folder, "lib", "*c10*")):
        with open(path, "rb") as file:
            data += file.read()
    known = {key for key in ALLOCATOR_KEYS if key[:16].encode() in data}
    known.update(name.decode() for name in LIKE_THEM.findall(data))
    return sorted(known | {"backend"}) if "expandable_segments" in known else None


def error_of(action: Callable[[], object]) -> str | None:
    try:
        action()
    except Exception as error:
        return str(error).strip() or type(error).__name__
    return None


def xpu_devices(torch: Any) -> dict[str, Any]:
    devices = []
    for index in range(answer(torch, "xpu.device_count") or 0):
        properties = torch.xpu.get_device_properties(index)
        devices.append(
            {"type": "xpu", "index": index, "name": properties.name, "memory_total": properties.total_memory}
        )
    return {"devices": devices, "current_device": answer(torch, "xpu.current_device")}


def loaded_libraries() -> dict[str, list[str]]:
    """Which OpenMP and CUDA libraries importing torch has loaded (Linux); elsewhere OpenMP files that lie around."""
    try:
        with open("/proc/self/maps") as file:
            paths = {line.split(None, 5)[5].strip() for line in file if ".so" in line}
    except OSError:
        names = ("libiomp5*", "libomp*", "vcomp*")
        folders = ("Lib/site-packages/torch/lib", "lib/python*/site-packages/torch/lib", "Library/bin", "lib")
        patterns = [os.path.join(sys.prefix, folder, name) for folder in folders for name in names]
        return {"openmp_libraries": sorted({path for pattern in patterns for path in glob.glob(pattern)})}

    def those(pattern: str) -> list[str]:
        return sorted(path for path in paths if re.match(pattern, os.path.basename(path)))

    return {
        "openmp_libraries": those(r"lib(g|i)?omp5?[-.\d]"),
        "cuda_libraries": those(
            r"lib(cuda|cublas|cudnn|cufft|cusolver|cusparse|nccl|nvJitLink|nvrtc|amdhip|rccl|MIOpen)"
        ),
    }


def main() -> None:
    tell("python", python_facts())
    libraries = library_facts()
    tell("libraries", libraries)
    try:
        import importlib.util

        there = "torch" in libraries or importlib.util.find_spec("torch") is not None
    except Exception:
        there = False
    if not there:
        tell("torch", None)
        return
    warnings.simplefilter("ignore")  # of the import; the ones of CUDA are kept
    try:
        import torch  # type: ignore[import-not-found,unused-ignore]

        facts = torch_facts(torch)
    except BaseException as error:
        facts = {"error": f"{type(error).__name__}: {error}"}
    tell("torch", facts)


if __name__ == "__main__":
    main()
