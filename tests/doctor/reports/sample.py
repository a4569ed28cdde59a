"""One diagnosis with something of everything, for all reports."""

from __future__ import annotations

from devlint.doctor.checks.base import Passed, Problem, Unknown
from devlint.doctor.checks.judge import Judgement
from devlint.doctor.facts import (
    Container,
    Cpu,
    Disk,
    Facts,
    Gpu,
    GpuHealth,
    GpuVendor,
    Host,
    Library,
    Memory,
    NvidiaDriver,
    Origin,
    Python,
    TorchBuild,
    TorchDevice,
)
from devlint.doctor.memory import Model, Setup
from devlint.doctor.memory.budget import budget
from devlint.doctor.plan import LaunchPlan, Setting, Source
from devlint.doctor.run import Diagnosis, Examined
from devlint.findings import Confidence, Failure, FailureKind, Location, RuleMeta, Severity, Span

GIB = 2**30
CARD = Gpu(
    vendor=GpuVendor.NVIDIA,
    index=0,
    name="NVIDIA GeForce RTX 3060",
    architecture="Ampere",
    compute_capability=(8, 6),
    memory_total=12 * GIB,
    memory_free=9 * GIB,
    memory_bandwidth=360 * 10**9,
    pci_bus_id="00000000:01:00.0",
    nvlinks=4,
    health=GpuHealth(pcie_generation=4, pcie_width=16),
)
FACTS = Facts(
    origin=Origin(kind="composed", note="two cards <in> a box", date="2026-01-31"),
    host=Host(system="Linux", distribution="Debian 12", release="6.1.0-9-amd64", machine="x86_64"),
    cpu=Cpu(model="AMD EPYC 9B14", generation="Zen 4", year=2022, cores=8, threads=16, affinity=16, quota=4.5),
    memory=Memory(total=64 * GIB, available=50 * GIB, limit=16 * GIB, swap_total=0, shm_total=64 * 2**20),
    disks=(Disk(role="working-directory", path="/x", free=100 * GIB),),
    container=Container(kind="docker"),
    gpus=(CARD, Gpu(vendor=GpuVendor.NVIDIA, index=1, pci_device_id="10de:2504", driver_seen=False)),
    nvidia_driver=NvidiaDriver(version="550.54.14", cuda=(12, 4)),
    python=Python(executable="/usr/bin/python3", version="3.12.1"),
    torch=TorchBuild(version="2.6.0+cu124", build="cuda", cuda="12.4", devices=(TorchDevice(type="cuda", index=0),)),
    libraries={"transformers": Library(name="transformers", version="4.50.0")},
)
TEXT = "per_device_train_batch_size: 8\ndataloader_num_workers: 16  # <all>\n"
RUN = "torchrun --nproc-per-node 2 train.py\n"
WORKERS = Setting(16, "dataloader_num_workers", Location("args.yaml", Span(2, 25, 2, 27)))
PROCESSES = Setting(2, "--nproc-per-node", Location("run.sh", Span(1, 27, 1, 28)))
PLAN = LaunchPlan(
    sources=(
        Source(path="args.yaml", format="transformers", strength=1, text=TEXT),
        Source(path="run.sh", format="shell", strength=2, text=RUN),
    ),
    workers=WORKERS,
    procs_per_node=PROCESSES,
)
MODEL = Model(
    name="gpt2",
    parameters=124_439_808,
    largest_layer=38_597_376,
    layers=12,
    hidden=768,
    heads=12,
    kv_heads=12,
    head_size=64,
    intermediate=3072,
    vocabulary=50_257,
    tied=True,
)


def meta(code: str, name: str, severity: Severity = Severity.WARNING) -> RuleMeta:
    return RuleMeta(code, name, "a sample", severity, Confidence.HIGH)


WORKERS_QUOTA = Problem(
    message="`dataloader_num_workers` 16 in 2 processes makes 32 workers, and the container's quota is 4 CPUs",
    consequence="the kernel stops them in turn",
    fix="Give each process its share:",
    command="dataloader_num_workers: 2",
    setting=WORKERS,
    fact="cpu.quota",
    evidence="the container's quota is 4.5 CPUs",
    others=(PROCESSES,),
)
DRIVER = Problem(
    message="a card <here> has no driver",
    consequence="torch does not see it",
    fix="Install it | restart:",
    command="apt install nvidia-driver\nreboot",
    fact="gpus.1.driver_seen",
    evidence="only the bus shows the card",
    error_text="RuntimeError: Found no NVIDIA driver on your system. `<see>`",
)
HINT = Problem(
    message="TensorFloat32 is off", consequence="", fix="Switch it on.", fact="gpus.0", severity=Severity.INFO
)
JUDGEMENTS = (
    Judgement(meta("XDC103", "driver-missing", Severity.ERROR), (DRIVER,)),
    Judgement(meta("XDC104", "driver-too-old"), (Passed("the driver runs CUDA 12.4"),)),
    Judgement(meta("XDC210", "tf32-off"), (HINT,)),
    Judgement(meta("XDC402", "workers-quota"), (WORKERS_QUOTA,)),
    Judgement(meta("XDC407", "nofile"), (Unknown("the limit of open files is not known: <nobody> looked"),)),
    Judgement(meta("XDC601", "ecc"), (Passed("the card has no ECC", applies=False),)),
)
FULL = Diagnosis(
    FACTS,
    (
        Examined(
            "args.yaml, run.sh",
            PLAN,
            budget(MODEL, Setup(dtype="bf16-mixed", batch=16, sequence=1024), CARD.name, CARD.memory_total),
        ),
    ),
    JUDGEMENTS,
    (Failure(FailureKind.UNREADABLE, "old.yaml", "cannot be read: <why>"),),
    "stopped looking",
)
EMPTY = Diagnosis(
    Facts(origin=Origin(kind="probed"), gaps={"gpus": "no probe could look"}),
    (Examined("this machine", LaunchPlan(), "no config says which model it is"),),
    (),
    (),
)
