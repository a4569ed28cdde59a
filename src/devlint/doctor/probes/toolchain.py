"""Compilers and toolkits beside torch, and the libraries that the loader finds before torch's own."""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from devlint.doctor.facts import Toolchain
from devlint.doctor.probes.answer import Gaps, NotAvailable
from devlint.doctor.probes.commands import run_bounded
from devlint.doctor.probes.system import system_name
from devlint.doctor.probes.together import together

_LIMIT = 5.0
"""Seconds for each program to say its version."""

_VERSIONS = {
    "nvcc": r"release [\d.]+, V([\d.]+)",
    "gcc": r"^\S*gcc\S* \(.*?\) (\d+\.[\d.]+)",
    "clang": r"clang version ([\d.]+)",
    "cmake": r"cmake version ([\d.]+)",
}
"""Program -> where its version stands in what `--version` prints."""

_SHADOWS = ("cublas", "cudart", "cudnn", "cufft", "cusolver", "cusparse", "nccl", "nvJitLink", "nvrtc", "torch")
"""Libraries that torch brings itself, and that another copy found first breaks."""


def probe(gaps: Gaps) -> Toolchain:
    """What this machine has to compile and run GPU code with, beside PyTorch."""
    linux = system_name() == "Linux"
    questions = {name: functools.partial(_version, name) for name in _VERSIONS}
    results = together({**questions, "cudnn_libraries": _loader_cache if linux else dict}, _LIMIT + 1)
    answers = {name: gaps.attempt(name, result.get) for name, result in results.items()}
    cache = answers.pop("cudnn_libraries") or {}
    searched = [path for path in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if path] if linux else []
    libcuda = gaps.attempt("libcuda", lambda: _libcuda(searched, cache))
    return Toolchain(
        **answers,
        cuda_home=gaps.attempt("cuda_home", lambda: _cuda_home(os.environ)),
        rocm=gaps.attempt("rocm", lambda: _rocm(os.environ)),
        libcuda=libcuda,
        libcuda_stub=None if libcuda is None else "stubs" in Path(libcuda).parts,
        shadowing_libraries=tuple(_shadowing(searched)) if linux else None,
        cudnn_libraries=tuple(sorted(path for name, path in cache.items() if "cudnn" in name)) if linux else None,
        nvidia_smi=shutil.which("nvidia-smi"),
    )


def version_in(program: str, printed: str) -> str:
    """The version that a program prints; NotAvailable if it prints something else."""
    found = re.search(_VERSIONS[program], printed, re.MULTILINE)
    if found is None:
        raise NotAvailable(f"{program} --version prints no version")
    return found[1]


def _version(program: str) -> str:
    return version_in(program, run_bounded([_where(program), "--version"], limit=_LIMIT))


def _where(program: str) -> str:
    """The program on the PATH; nvcc also where the toolkit is."""
    found = shutil.which(program)
    if found is None and program == "nvcc":
        found = shutil.which(program, path=os.path.join(_cuda_home(os.environ), "bin"))
    if found is None:
        raise NotAvailable(f"{program} is not installed, or not on the PATH")
    return found


def _cuda_home(environment: Mapping[str, str]) -> str:
    """Where torch.utils.cpp_extension would look: the variables, then nvcc's folder, then the usual place."""
    named = environment.get("CUDA_HOME") or environment.get("CUDA_PATH")
    if named:
        return named
    nvcc = shutil.which("nvcc")
    if nvcc:
        return str(Path(nvcc).resolve().parent.parent)
    usual = "/usr/local/cuda"
    if not os.path.isdir(usual):
        raise NotAvailable("CUDA_HOME is not set, nvcc is not on the PATH, and there is no /usr/local/cuda")
    return usual


def _rocm(environment: Mapping[str, str]) -> str:
    home = environment.get("ROCM_HOME") or environment.get("ROCM_PATH") or "/opt/rocm"
    return (Path(home) / ".info/version").read_text().strip()


def _loader_cache() -> dict[str, str]:
    """What the loader finds by itself; /sbin is often not on the PATH of users."""
    return loader_cache(run_bounded([shutil.which("ldconfig") or "/sbin/ldconfig", "-p"], limit=_LIMIT))


def loader_cache(printed: str) -> dict[str, str]:
    """Library's name -> path, the first of each name, of `ldconfig -p` (`\tlibc.so.6 (libc6,x86-64) => /lib/...`)."""
    rows = re.findall(r"^\s+(\S+) \([^)]*\) => (\S+)$", printed, re.MULTILINE)
    return dict(reversed(rows))


def _libcuda(searched: Iterable[str], cache: Mapping[str, str]) -> str:
    """The driver's library that a program would load."""
    if sys.platform == "win32":
        names = [os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "nvcuda.dll")]
    else:
        names = [*(os.path.join(folder, "libcuda.so.1") for folder in searched), cache.get("libcuda.so.1", "")]
    found = next((name for name in names if name and os.path.exists(name)), None)
    if found is None:
        raise NotAvailable("the loader finds no library of NVIDIA's driver (libcuda)")
    return found


def _shadowing(searched: Iterable[str]) -> Iterator[str]:
    """Libraries in the folders of LD_LIBRARY_PATH that are found before the ones torch brings."""
    is_ours = re.compile(rf"lib({'|'.join(_SHADOWS)})[\w-]*\.so").match
    for folder in searched:
        if os.path.isdir(folder):
            yield from (os.path.join(folder, name) for name in sorted(os.listdir(folder)) if is_ours(name))
