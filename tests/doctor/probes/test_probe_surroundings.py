"""System, container, scheduler, environment, memory, disks and toolchain, of composed files and of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from trees import write_tree

from devlint.doctor.facts import Scheduler
from devlint.doctor.probes import container, disks, environment, host, limits, memory, scheduler, toolchain
from devlint.doctor.probes.answer import Gaps, NotAvailable

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's files")


# System


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("Linux version 5.15.153.1-microsoft-standard-WSL2 (root@941d) (gcc ...) #1 SMP\n", 2),
        ("Linux version 6.6.1-mine-WSL2+ (gcc ...)\n", 2),
        ("Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com) (gcc ...) #1237-Microsoft\n", 1),
        ("Linux version 6.8.0-45-generic (buildd@lcy02) (gcc ...) #45-Ubuntu SMP\n", None),
    ],
)
def test_wsl(version: str, expected: int | None, tmp_path: Path) -> None:
    assert host.wsl_version(write_tree(tmp_path, {"proc/version": version})) == expected


def linux_facts(
    tmp_path: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, object], Gaps]:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    gaps = Gaps("host")
    files = {"proc/version": "Linux version 6.8.0 (gcc)", "proc/cmdline": "quiet iommu=pt\n", **files}
    return host.linux_facts(write_tree(tmp_path, files), gaps), gaps


@LINUX
def test_linux_with_nvidia(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = "6,1,2,-;NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus.\n6,2,3,-;"
    log += "NVRM: Xid (PCI:0000:01:00): 31, pid=2\n"
    files = {
        "proc/modules": "nvidia_uvm 1 0 - Live 0x0\nnvidia 2 1 nvidia_uvm, Live 0x0\nsnd 3 0 - Live 0x0\n",
        "dev/nvidia0": "",
        "dev/nvidiactl": "",
        "dev/dri/card0": "",
        "dev/kmsg": log,
        "sys/class/iommu/dmar0/x": "",
        "sys/class/drm/card0-DP-1/status": "disconnected\n",
    }
    facts, gaps = linux_facts(tmp_path, files, monkeypatch)
    assert facts["kernel_modules"] == ("nvidia", "nvidia_uvm")
    assert facts["device_files"] == ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dri/card0")
    assert facts["xid_errors"] == (31, 79)
    assert facts["iommu_active"] is True and facts["headless"] is True
    assert facts["kernel_command_line"] == "iommu=pt"
    assert facts["wsl"] is None and gaps.reasons == {}


@LINUX
def test_linux_desktop_of_which_little_may_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts, gaps = linux_facts(tmp_path, {"sys/class/drm/card1-HDMI-A-1/status": "connected\n"}, monkeypatch)
    assert facts["headless"] is False and facts["kernel_modules"] is None
    assert gaps.reasons == {
        "host.kernel_modules": f"there is no {tmp_path}/proc/modules",
        "host.xid_errors": f"there is no {tmp_path}/dev/kmsg",
    }


@LINUX
def test_linux_under_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = {"proc/version": "Linux version 5.15-microsoft-standard-WSL2"}
    facts, _ = linux_facts(tmp_path, version, monkeypatch)
    assert facts["wsl"] == 2 and facts["wsl_libcuda"] == ""
    facts, _ = linux_facts(tmp_path, {**version, "usr/lib/wsl/lib/libcuda.so.1": ""}, monkeypatch)
    assert facts["wsl_libcuda"] == f"{tmp_path}/usr/lib/wsl/lib/libcuda.so.1"


def test_windows_11_calls_itself_windows_10_in_its_registry() -> None:
    assert host.windows_name("Windows 10 Pro", 22631) == "Windows 11 Pro (build 22631)"
    assert host.windows_name("Windows 10 Pro", 19045) == "Windows 10 Pro (build 19045)"


# Container

NO_GROUP = {"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": ""}


@pytest.mark.parametrize(
    ("files", "variables", "kind"),
    [
        ({".dockerenv": ""}, {}, "docker"),
        ({"run/.containerenv": 'engine="podman-4.9"\n'}, {}, "podman"),
        ({".dockerenv": ""}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"),
        ({}, {"APPTAINER_CONTAINER": "/images/torch.sif"}, "apptainer"),
        ({"run/systemd/container": "lxc\n"}, {}, "lxc"),
        ({"run/systemd/container": "wsl\n"}, {}, None),
        ({"proc/1/cgroup": "4:memory:/kubepods/burstable/pod1\n"}, {}, "kubernetes"),
        ({"proc/self/cgroup": "4:memory:/docker/4f2a\n"}, {}, "docker"),
        ({}, {}, None),
    ],
)
def test_containers(files: dict[str, str], variables: dict[str, str], kind: str | None, tmp_path: Path) -> None:
    found = container.read(write_tree(tmp_path, {**NO_GROUP, **files}), variables, Gaps("container"))
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("mountinfo", "expected"),
    [
        ("90 80 8:1 /usr/bin/nvidia-smi /usr/bin/nvidia-smi ro - ext4 /dev/sda1 rw\n", True),
        ("91 80 0:9 /driver/nvidia /proc/driver/nvidia ro - proc proc rw\n", True),
        ("22 27 0:21 / /proc rw - proc proc rw\n", False),
    ],
)
def test_what_the_nvidia_toolkit_mounts(mountinfo: str, expected: bool, tmp_path: Path) -> None:
    root = write_tree(tmp_path, {".dockerenv": "", "proc/self/cgroup": "", "proc/self/mountinfo": mountinfo})
    found = container.read(root, {}, Gaps("container"))
    assert found is not None and found.nvidia_runtime is expected


# Scheduler


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        (
            {
                "SLURM_JOB_ID": "77",
                "SLURM_NNODES": "2",
                "SLURM_NTASKS": "8",
                "SLURM_NTASKS_PER_NODE": "4(x2)",
                "SLURM_CPUS_PER_TASK": "6",
                "SLURM_GPUS_ON_NODE": "4",
                "SLURM_MEM_PER_NODE": "65536",
            },
            Scheduler(
                kind="slurm", job="77", nodes=2, tasks=8, tasks_per_node=4, cpus_per_task=6, gpus=4, memory=64 << 30
            ),
        ),
        (
            {"SLURM_JOB_ID": "78", "SLURM_MEM_PER_CPU": "1024", "SLURM_CPUS_ON_NODE": "4", "SLURM_NTASKS": "x"},
            Scheduler(kind="slurm", job="78", memory=4 << 30),
        ),
        (
            {"LSB_JOBID": "5", "LSB_MCPU_HOSTS": "a 4 b 4", "LSB_DJOB_NUMPROC": "8"},
            Scheduler(kind="lsf", job="5", nodes=2, tasks=8),
        ),
        (
            {"PBS_JOBID": "9.pbs", "PBS_NUM_NODES": "1", "PBS_NUM_PPN": "2", "NCPUS": "16"},
            Scheduler(kind="pbs", job="9.pbs", nodes=1, tasks_per_node=2, cpus_per_task=16),
        ),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "HOSTNAME": "train-0"}, Scheduler(kind="kubernetes", job="train-0")),
    ],
)
def test_schedulers(variables: dict[str, str], expected: Scheduler | None) -> None:
    assert scheduler.read(variables) == expected


# Environment


def test_only_variables_that_matter_and_no_secret() -> None:
    variables = {
        "CUDA_VISIBLE_DEVICES": "0,1",
        "NCCL_DEBUG": "INFO",
        "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HOME": "/data/hf",
        "HF_TOKEN": "hf_secret",
        "VLLM_API_KEY": "secret",
        "TORCH_SECRET_SAUCE": "secret",
        "CUDA_HUB_PASSWORD": "secret",
        "SLURM_JOB_USER": "alice",
        "TORCH_MIRROR": "https://alice:secret@mirror.example/whl",
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    found = environment.relevant(variables)
    assert list(found) == sorted(
        "CUDA_VISIBLE_DEVICES HF_HOME NCCL_DEBUG PYTORCH_CUDA_ALLOC_CONF TOKENIZERS_PARALLELISM TORCH_MIRROR".split()
    )
    assert found["TORCH_MIRROR"] == "https://mirror.example/whl"
    assert "secret" not in str(found)


# Memory, disks, limits


def test_meminfo() -> None:
    text = "MemTotal: 16000 kB\nMemAvailable: 8000 kB\nHugePages_Total: 0\nSwapTotal: 2 kB\nSwapFree: 1 kB\n"
    assert memory.from_meminfo(text) == (16000 << 10, 8000 << 10, 2048, 1024)


@LINUX
def test_agrees_with_free_and_df() -> None:
    facts = memory.probe(Gaps("memory"))
    printed = subprocess.run(["free", "-b"], capture_output=True, text=True, check=True).stdout.splitlines()
    total, swap = (int(printed[line].split()[1]) for line in (1, 2))
    assert (facts.total, facts.swap_total) == (total, swap)
    assert facts.available is not None
    assert abs(facts.available - int(printed[1].split()[6])) < total / 20
    shared = os.statvfs("/dev/shm")
    assert facts.shm_total == shared.f_blocks * shared.f_frsize


def test_psutil_agrees() -> None:
    psutil = pytest.importorskip("psutil")
    assert memory.probe(Gaps("memory")).total == psutil.virtual_memory().total


def test_disks_of_folders_that_are_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("HF_HUB_CACHE", "TMPDIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "not" / "yet"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    found = {disk.role: disk for disk in disks.probe(Gaps("disks"))}
    assert list(found) == ["working-directory", "temporary", "hf-cache", "torch-cache"]
    assert found["hf-cache"].path == str(tmp_path / "not" / "yet")
    usage = shutil.disk_usage(tmp_path)
    assert found["hf-cache"].total == found["working-directory"].total == usage.total
    if sys.platform == "linux":
        printed = subprocess.run(
            ["stat", "-f", "-c", "%T", tmp_path], capture_output=True, text=True, check=True
        ).stdout
        assert found["torch-cache"].filesystem is not None
        assert found["torch-cache"].filesystem.rstrip("234") == printed.strip().partition("/")[0].rstrip("234")


@LINUX
def test_limits_agree_with_the_shell() -> None:
    def shell(flag: str) -> int | None:
        text = subprocess.run(["sh", "-c", f"ulimit {flag}"], capture_output=True, text=True, check=True).stdout.strip()
        return None if text == "unlimited" else int(text)

    facts = limits.probe(Gaps("limits"))
    assert (facts.open_files, facts.open_files_hard) == (shell("-n"), shell("-Hn"))
    locked = shell("-l")
    assert facts.locked_memory == (None if locked is None else locked << 10)


# Toolchain


@pytest.mark.parametrize(
    ("program", "printed", "version"),
    [
        (
            "nvcc",
            "nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 12.4, V12.4.131\n",
            "12.4.131",
        ),
        ("gcc", "gcc (Ubuntu 13.2.0-23ubuntu4) 13.2.0\nCopyright (C) 2023 Free Software Foundation\n", "13.2.0"),
        ("gcc", "gcc (GCC) 15.3.1 20260401 (Red Hat 15.3.1-1)\n", "15.3.1"),
        ("clang", "Ubuntu clang version 18.1.3 (1ubuntu1)\nTarget: x86_64-pc-linux-gnu\n", "18.1.3"),
        ("clang", "Apple clang version 16.0.0 (clang-1600.0.26.4)\n", "16.0.0"),
        ("cmake", "cmake version 3.28.3\n\nCMake suite maintained by Kitware\n", "3.28.3"),
        ("cmake", "what?", None),
    ],
)
def test_versions(program: str, printed: str, version: str | None) -> None:
    if version is None:
        with pytest.raises(NotAvailable, match="prints no version"):
            toolchain.version_in(program, printed)
    else:
        assert toolchain.version_in(program, printed) == version


@LINUX
def test_libraries_that_shadow_those_of_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(
        tmp_path, {f"stubs/{name}": "" for name in ("libcudnn.so.9", "libcuda.so.1", "libnvJitLink.so.12", "libz.so.1")}
    )
    write_tree(tmp_path, {"stubs/libcublasLt.so.12": "", "stubs/notes.txt": ""})
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}/stubs::{tmp_path}/none")
    found = toolchain.probe(Gaps("toolchain"))
    assert found.shadowing_libraries is not None
    assert [Path(path).name for path in found.shadowing_libraries] == [
        "libcublasLt.so.12",
        "libcudnn.so.9",
        "libnvJitLink.so.12",
    ]
    assert found.libcuda == f"{tmp_path}/stubs/libcuda.so.1" and found.libcuda_stub is True


def test_loader_cache() -> None:
    printed = (
        "2 libs found in cache `/etc/ld.so.cache'\n"
        "\tlibcudnn.so.9 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libcudnn.so.9\n"
        "\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/wsl/lib/libcuda.so.1\n"
        "\tlibcuda.so.1 (libc6) => /usr/lib/i386-linux-gnu/libcuda.so.1\n"
    )
    assert toolchain.loader_cache(printed)["libcuda.so.1"] == "/usr/lib/wsl/lib/libcuda.so.1"


def test_cuda_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert toolchain._cuda_home({"CUDA_HOME": "/opt/cuda", "CUDA_PATH": "/other"}) == "/opt/cuda"
    nvcc = write_tree(tmp_path, {"bin/nvcc": "#!/bin/sh\n"}) / "bin/nvcc"
    nvcc.chmod(0o755)
    monkeypatch.setenv("PATH", str(nvcc.parent))
    if sys.platform != "win32":
        assert toolchain._cuda_home({}) == str(tmp_path)
