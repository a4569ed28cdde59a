"""The interpreter that jobs run with: which one, what it answers, and what becomes of one that misbehaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_bounded_commands import fake
from trees import write_tree

from devlint.doctor.probes import interpreter
from devlint.doctor.probes.answer import NotAvailable

SCRIPT = Path(interpreter.__file__).with_name("target.py")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")

TORCH = """
import sys
print("garbage before", end="")
__version__ = "2.9.1+cu130"
class version:
    debug = False; cuda = "13.0"; hip = None; xpu = None; git_version = "abc"
{more}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual environment; its tests may put packages into it, and the fixture `packages` empties it again."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    return folder


@pytest.fixture
def packages(environment: Path) -> Iterator[Path]:
    folder = next(environment.glob("[Ll]ib/**/site-packages"))
    yield folder
    shutil.rmtree(folder)
    folder.mkdir()


def ask(environment: Path, limit: float = 20) -> interpreter.Stack:
    return interpreter.probe(str(environment), limit)


def install(packages: Path, name: str, version: str, installer: str = "pip") -> None:
    folder = f"{name}-{version}.dist-info"
    write_tree(
        packages, {f"{folder}/METADATA": f"Name: {name}\nVersion: {version}\n", f"{folder}/INSTALLER": installer}
    )


# Which interpreter


def test_the_one_asked_for_is_taken(environment: Path, tmp_path: Path) -> None:
    python = interpreter.find(str(environment), {"VIRTUAL_ENV": str(tmp_path)})
    assert Path(python).parent.parent == environment
    assert interpreter.find(python, {}) == python
    with pytest.raises(NotAvailable, match="is no Python interpreter: give its path, or the folder of an environment"):
        interpreter.find(str(tmp_path), {})
    with pytest.raises(NotAvailable, match="no-such-python is no Python interpreter"):
        interpreter.find("no-such-python", {})


@POSIX
def test_without_being_asked_the_active_environment_is_taken(environment: Path, tmp_path: Path) -> None:
    conda = write_tree(tmp_path / "conda", {"bin/python": ""})
    on_path = fake(tmp_path, "python3", "exit 0")
    find = interpreter.find
    both = {"VIRTUAL_ENV": str(environment), "CONDA_PREFIX": str(conda), "PATH": str(tmp_path)}
    assert Path(find(None, both)).is_relative_to(environment)
    assert Path(find(None, {**both, "VIRTUAL_ENV": str(tmp_path / "gone")})).is_relative_to(conda)
    assert find(None, {"PATH": str(tmp_path)}) == on_path
    assert find(None, {"PATH": "/nowhere"}, own="/own/python") == "/own/python"


# What it answers


def test_an_environment_without_torch(environment: Path, packages: Path) -> None:
    install(packages, "numpy", "2.1.0")
    install(packages, "pygments", "2.0")
    stack = ask(environment)
    assert stack.python is not None and stack.libraries is not None
    assert Path(stack.python.prefix or "").resolve() == environment.resolve()
    assert stack.python.virtual_environment is True and stack.python.conda is False
    assert (stack.python.version, stack.python.bits) == (".".join(map(str, sys.version_info[:3])), 64)
    assert stack.libraries["numpy"].version == "2.1.0" and "pygments" not in stack.libraries
    assert stack.torch is None
    assert stack.gaps == {"torch": f"PyTorch is not installed in {interpreter.find(str(environment), {})}"}


def test_devlints_own_folder_is_not_on_the_path_of_the_target(environment: Path, packages: Path) -> None:
    """It has modules such as `host` and `memory`, which would hide those of others."""
    write_tree(packages, {"torch/__init__.py": "import sys\nsys.exit(str(sys.path))"})
    assert str(SCRIPT.parent) not in ask(environment).gaps["torch"]


def test_duplicates(environment: Path, packages: Path) -> None:
    for name, version in [("torch", "2.8.0"), ("torch", "2.9.1+cu130"), ("nvidia_cudnn_cu12", "9.1")]:
        install(packages, name, version)
    install(packages, "numpy", "2.1.0", installer="conda")
    record = environment / "conda-meta"
    write_tree(
        record,
        {
            "pytorch-2.5.1-py3.12_cuda12.4_0.json": "{}",
            "numpy-2.1.0-py312_0.json": "{}",
            "mkl-2023.1.0-h213_0.json": "{}",
        },
    )
    try:
        stack = ask(environment)
    finally:
        shutil.rmtree(record)
    assert stack.libraries is not None and stack.python is not None and stack.python.conda is True
    assert len(stack.libraries["torch"].places) == 3
    assert stack.libraries["numpy"].places == (str(packages.resolve()),)
    assert stack.libraries["mkl"].installer == "conda"
    assert stack.libraries["nvidia-cudnn-cu12"].version == "9.1"


def test_a_cuda_build_without_a_driver(environment: Path, packages: Path) -> None:
    cuda = """
class cuda:
    is_available = staticmethod(lambda: (__import__("warnings").warn("CUDA initialization: driver too old"), False)[1])
    get_arch_list = staticmethod(lambda: ["sm_80", "sm_90"])
    @staticmethod
    def init(): raise RuntimeError("Found no NVIDIA driver on your system.")
class backends:
    class cudnn:
        @staticmethod
        def version(): raise RuntimeError("cuDNN version incompatibility")
"""
    write_tree(
        packages,
        {
            "torch/__init__.py": TORCH.format(more=cuda),
            "torch/lib/libc10_cuda.so": "expandable_segments\0pinned_new_option_mb\0x",
        },
    )
    torch = ask(environment).torch
    assert torch is not None and torch.imported and torch.error is None
    assert (torch.version, torch.build, torch.cuda, torch.cuda_available) == ("2.9.1+cu130", "cuda", "13.0", False)
    assert torch.cuda_arch_list == ("sm_80", "sm_90")
    assert torch.cuda_error == "Found no NVIDIA driver on your system."
    assert torch.cudnn_error == "cuDNN version incompatibility"
    assert torch.warnings == ("CUDA initialization: driver too old",)
    assert torch.allocator_keys == ("backend", "expandable_segments", "pinned_new_option_mb")


def test_a_cuda_build_with_a_gpu(environment: Path, packages: Path) -> None:
    cuda = """
class Properties:
    name = "Tesla T4"; major = 7; minor = 5; total_memory = 15 << 30; multi_processor_count = 40
    uuid = "11111111-2222-3333-4444-555555555555"; pci_domain_id = 0; pci_bus_id = 30; pci_device_id = 0
class cuda:
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 1)
    current_device = staticmethod(lambda: 0)
    get_device_properties = staticmethod(lambda index: Properties)
    class nccl:
        version = staticmethod(lambda: (2, 27, 3))
    @staticmethod
    def is_bf16_supported(including_emulation=True): return including_emulation
class backends:
    class cudnn:
        version = staticmethod(lambda: 91300)
"""
    write_tree(packages, {"torch/__init__.py": TORCH.format(more=cuda)})
    torch = ask(environment).torch
    assert torch is not None and torch.bf16_native is False
    assert (torch.cudnn, torch.nccl, torch.current_device) == (91300, "2.27.3", 0)
    (device,) = torch.devices
    assert (device.name, device.compute_capability, device.pci_bus_id) == ("Tesla T4", (7, 5), "00000000:1e:00.0")
    assert device.uuid == "GPU-11111111-2222-3333-4444-555555555555" and device.gfx is None


def test_a_rocm_build(environment: Path, packages: Path) -> None:
    rocm = """
version.cuda = None; version.hip = "6.3.42131"
class Properties:
    name = "AMD Instinct MI250X"; total_memory = 64 << 30; multi_processor_count = 104
    gcnArchName = "gfx90a:sramecc+:xnack-"; major = 9; minor = 0
class cuda:
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 1)
    get_device_properties = staticmethod(lambda index: Properties)
"""
    write_tree(packages, {"torch/__init__.py": TORCH.format(more=rocm)})
    torch = ask(environment).torch
    assert torch is not None and (torch.build, torch.hip) == ("rocm", "6.3.42131")
    assert (torch.devices[0].gfx, torch.devices[0].compute_capability) == ("gfx90a", None)


# What misbehaves


@pytest.mark.parametrize(
    ("torch", "reason"),
    [
        ("import no_such_module", "importing torch failed with ModuleNotFoundError: No module named 'no_such_module'"),
        ("import time; time.sleep(60)", "importing torch did not end well: python did not answer within 2 s"),
        ("import os; os._exit(9)", "importing torch did not end well: python ended with exit code 9"),
        ("import os; os.abort()", "importing torch did not end well: python was ended by SIGABRT"),
        ("import sys; sys.exit(3)", "importing torch failed with SystemExit: 3"),
        ("import os; print('<<<devlint:torch {} devlint>>>'); os._exit(0)", "importing torch failed with None"),
        ("import os; os._exit(0)", "importing torch did not end well: it ended the interpreter"),
    ],
)
@POSIX
def test_a_torch_that_cannot_be_imported(torch: str, reason: str, environment: Path, packages: Path) -> None:
    write_tree(packages, {"torch/__init__.py": torch})
    install(packages, "torch", "2.13.0+cu126")
    stack = ask(environment, 2 if "sleep" in torch else 20)
    assert stack.libraries is not None and stack.libraries["torch"].version == "2.13.0+cu126"
    assert stack.torch is not None and stack.gaps == {"torch": reason}
    assert (stack.torch.imported, stack.torch.build, stack.torch.cuda) == (False, "cuda", "12.6")
    assert stack.torch.error == reason


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("sleep 60", "python did not answer within 0.5 s"),
        ("exit 9", "python ended with exit code 9"),
        (
            "echo garbage; echo '<<<devlint:python { devlint>>>'",
            "{python} prints no answer: it is not a Python interpreter",
        ),
    ],
)
@POSIX
def test_what_is_no_interpreter(script: str, reason: str, tmp_path: Path) -> None:
    python = fake(tmp_path, "python", script)
    stack = interpreter.probe(python, 0.5 if "sleep" in script else 20)
    reason = reason.format(python=python)
    assert (stack.python, stack.torch) == (None, None)
    assert stack.gaps == {"python": reason, "libraries": reason, "torch": reason}


@pytest.mark.parametrize(
    ("version", "build", "number"),
    [
        ("2.13.0+cpu", "cpu", None),
        ("2.9.1+cu130", "cuda", "13.0"),
        ("2.5.0+cu118", "cuda", "11.8"),
        ("2.9.1", None, None),
    ],
)
def test_what_a_version_tells(version: str, build: str | None, number: str | None) -> None:
    torch = interpreter.without_import(version, None)
    assert (torch.build, torch.cuda) == (build, number)
    assert interpreter.without_import("2.9.1+rocm6.4", None).hip == "6.4"


def test_the_script_is_for_old_interpreters_too() -> None:
    """Python 3.8's grammar, and nothing but the standard library."""
    import ast

    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 8))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name.partition(".")[0] for name in names} - {"torch"} <= sys.stdlib_module_names


OLD = [
    path
    for name in ("python3.8", "python3.9", "python3.10", "python3.12", "python3.13")
    if (path := shutil.which(name))
]


@pytest.mark.parametrize("python", [sys.executable, *OLD])
def test_runs_with(python: str, tmp_path: Path) -> None:
    done = subprocess.run([python, str(SCRIPT)], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)
    if done.returncode == 127 or "not found" in done.stderr:
        pytest.skip("a shim without an interpreter behind it")
    parts = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith("<<<devlint:"))
    python_part = json.loads(parts["<<<devlint:python"].removesuffix(" devlint>>>"))
    assert python_part["version"].startswith("3.")
