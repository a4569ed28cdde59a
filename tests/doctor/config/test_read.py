"""What happens to files that are wrong, missing or of no known format; precedence; several jobs of a project."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devlint.doctor.config.discover import MOST_FILES, discover, jobs
from devlint.doctor.config.read import format_names, read_command, read_configs
from devlint.doctor.config.show import rows
from devlint.findings import FailureKind

TRAINER = "trainer: {accelerator: gpu, devices: 2}\ndata: {batch_size: 4}\n"

FAILURES: dict[str, tuple[str, str | bytes, str, str, str]] = {
    # name -> file, content, kind, place, part of the message
    "wrong type": (
        "fit.yaml",
        TRAINER.replace("4}", "4, num_workers: many}"),
        "wrong-value",
        "fit.yaml:2:36",
        "`data.num_workers: many` is wrong: a whole number from 0 is expected, such as 4",
    ),
    "negative": ("fit.yaml", TRAINER.replace("4}", "-4}"), "wrong-value", "fit.yaml:2:20", "a whole number from 0"),
    "precision": (
        "fit.yaml",
        TRAINER.replace("2}", "2, precision: bf17}"),
        "wrong-value",
        "fit.yaml:1:52",
        "a precision is expected, such as 32, 16-mixed or bf16-mixed",
    ),
    "malformed": ("fit.yaml", TRAINER + "x: [\n", "syntax-error", "fit.yaml:4:1", "not valid YAML"),
    "duplicate": ("fit.yaml", TRAINER + "trainer: {devices: 4}\n", "syntax-error", "fit.yaml:3:1", "stands here twice"),
    "json": ("ds.json", '{"zero_optimization": {"stage": 3}', "syntax-error", "ds.json:1:35", "not valid JSON"),
    "encoding": ("fit.yaml", b"a: 1\ntrainer: \xff", "unreadable-file", "", "byte 0xff in line 2 is not valid UTF-8"),
    "binary": ("fit.yaml", b"a\0b", "unreadable-file", "", "holds a null byte"),
    "large": ("fit.yaml", "a: 1\n" * 200_000, "unreadable-file", "", "larger than 512 KiB"),
    "unknown format": ("notes.yaml", "title: hello\n", "unknown-format", "", "say what it is with --config-format"),
    "empty": ("fit.yaml", "", "unknown-format", "", "--config-format"),
    "open quote": ("run.sh", 'torchrun train.py "a\n', "wrong-value", "run.sh:1:19", "never closed"),
    "nodes": (
        "run.sh",
        "torchrun --nnodes two train.py\n",
        "wrong-value",
        "run.sh:1:19",
        "a number of nodes is expected",
    ),
}


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("name", FAILURES)
def test_failure_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    file, content, kind, place, message = FAILURES[name]
    write(tmp_path, {file: content, "ok.sh": "OMP_NUM_THREADS=3 torchrun --nproc_per_node 2 train.py\n"})
    plan, (failure,) = read_configs([file, "ok.sh"], folder=tmp_path)
    assert failure.kind == kind
    assert (failure.path, str(failure.location or "")) == (file, place)
    assert message in failure.message
    assert "\n" not in failure.message
    assert plan.procs_per_node is not None
    assert plan.procs_per_node.value == 2


def test_missing_and_folder(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    _, failures = read_configs(["no.yaml", "conf"], folder=tmp_path)
    assert [(failure.path, failure.kind) for failure in failures] == [
        ("conf", FailureKind.UNREADABLE),
        ("no.yaml", FailureKind.MISSING),
    ]


def test_windows_text(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a.yaml": b"\xef\xbb\xbf" + TRAINER.replace("\n", "\r\n").encode(), "b.yaml": TRAINER.encode("utf-16")},
    )
    for name in ("a.yaml", "b.yaml"):
        plan, failures = read_configs([name], folder=tmp_path)
        assert failures == ()
        assert plan.micro_batch is not None
        assert str(plan.micro_batch.location) == f"{name}:2:20"


def test_forced_format(tmp_path: Path) -> None:
    write(tmp_path, {"x.json": '{"optimizer": {"type": "Lion"}, "train_batch_size": 8}', "y.yaml": "precision: 16\n"})
    assert {"deepspeed", "lightning", "plain"} < set(format_names())
    plan, failures = read_configs(["x.json"], config_format="transformers", folder=tmp_path)
    assert [source.format for source in plan.sources] == ["transformers"]
    assert failures == ()
    _, (failure,) = read_configs(["x.json"], config_format="slurm", folder=tmp_path)
    assert failure.kind == FailureKind.FORMAT


@pytest.mark.parametrize(
    "content", ["{}", '{"a": [1, {"b": null}], "trainer": 3, "services": []}', "a=b\n", "torchrun"]
)
@pytest.mark.parametrize("name", format_names())
def test_a_forced_format_never_fails(tmp_path: Path, name: str, content: str) -> None:
    file = "x.json" if content.startswith("{") else "x.sh"
    write(tmp_path, {file: content})
    read_configs([file], config_format=name, folder=tmp_path)


TEXTS = st.text("{}[]:,-'\"#\n \t\\$()=*!.0", max_size=60)
STARTS = (
    "#SBATCH --gres=gpu:|torchrun --nproc_per_node |deepspeed --include |docker run --gpus |srun -n4 bash -c |env "
    "|kind: |trainer: |services: |imgsz: |zero_optimization: |_target_: |defaults: |SOLVER: |train_dataloader = |bf16: "
)
LINES = st.sampled_from(STARTS.split("|"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(parts=st.lists(LINES | TEXTS, max_size=8), suffix=st.sampled_from([".sh", ".yaml", ".json", ".py", ".toml", ""]))
def test_any_text_is_read_or_a_failure(tmp_path: Path, parts: list[str], suffix: str) -> None:
    write(tmp_path, {f"x{suffix}": "".join(parts)})
    plan, failures = read_configs([f"x{suffix}"], folder=tmp_path)
    assert failures or plan.sources
    rows(plan)


def test_without_pyyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"fit.yaml": TRAINER, "ds.json": '{"train_micro_batch_size_per_gpu": 3}'})
    monkeypatch.setitem(sys.modules, "yaml", None)
    plan, (failure,) = read_configs(["fit.yaml", "ds.json"], folder=tmp_path)
    assert 'pip install "devlint[doctor]"' in failure.message
    assert plan.micro_batch is not None
    assert plan.micro_batch.value == 3


def test_files_in_a_circle(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.sh": "bash b.sh 4\n",
            "b.sh": "bash a.sh\ntorchrun --nproc_per_node=$1 t.py\n",
            "c.py": "_base_ = 'd.py'\ntrain_dataloader = dict(batch_size=2)\n",
            "d.py": "_base_ = 'c.py'\ntrain_dataloader = dict(num_workers=2)\n",
        },
    )
    plan, failures = read_configs(["a.sh", "c.py"], folder=tmp_path)
    assert failures == ()
    assert [plan.settings()[name].value for name in ("procs_per_node", "micro_batch", "workers")] == [4, 2, 2]


def test_precedence_and_rows(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"one.yaml": TRAINER, "two.yaml": "trainer: {accelerator: cpu, devices: 1}\n", ".env": "OMP_NUM_THREADS=2\n"},
    )
    command = "python main.py fit --trainer.devices 4 --data.num_workers 3".split()
    plan, failures = read_configs(["one.yaml", "two.yaml", ".env"], command=command, folder=tmp_path)
    assert failures == ()
    shown = {row.field: row for row in rows(plan)}
    assert (shown["devices"].value, shown["devices"].place) == ("4", "command line:1:38")
    assert shown["devices"].overrides == ("1 (trainer.devices, two.yaml:1:38)", "2 (trainer.devices, one.yaml:1:38)")
    assert (shown["device_type"].value, shown["device_type"].key) == ("cpu", "trainer.accelerator")
    assert shown["environment.OMP_NUM_THREADS"].value == "2"
    assert shown["global_batch"].note == "4 (`data.batch_size`) x 4 (world size)"


def test_unknown_beats_weaker_known(tmp_path: Path) -> None:
    write(tmp_path, {"acc.yaml": "compute_environment: LOCAL_MACHINE\nnum_processes: 8\nmixed_precision: bf16\n"})
    write(tmp_path, {"run.sh": "accelerate launch --config_file acc.yaml --num_processes $GPUS train.py\n"})
    plan, failures = read_configs(["run.sh"], folder=tmp_path)
    assert failures == ()
    assert plan.world_size is None
    assert plan.unknown["world_size"].value == "`$GPUS` is not set in this file"
    assert [row.value for row in rows(plan) if row.field == "world_size"] == ["unknown"]


def test_secrets_are_not_kept() -> None:
    argv = ["env", "HF_TOKEN=x1", "VLLM_API_KEY=x2", "CUDA_VISIBLE_DEVICES=0", "python", "t.py", "--workers", "1"]
    plan, _ = read_command(argv)
    assert set(plan.environment) == {"CUDA_VISIBLE_DEVICES"}


def test_discover_and_jobs(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".gitignore": "secret/\n",
            ".env": "CUDA_VISIBLE_DEVICES=1\n",
            "fit.yaml": TRAINER,
            "README.yaml": "title: nothing\n",
            "jobs/a.sbatch": "#SBATCH --gres=gpu:1\nsrun python main.py --config ../fit.yaml\n",
            "jobs/b.sh": "deepspeed train.py --deepspeed_config ds.json\n",
            "jobs/ds.json": '{"train_micro_batch_size_per_gpu": 3}',
            "secret/c.sh": "torchrun x.py\n",
            ".venv/pyvenv.cfg": "",
            "env/pyvenv.cfg": "",
            "env/d.sh": "torchrun x.py\n",
        },
    )
    (tmp_path / ".git").mkdir()
    found = discover(tmp_path)
    assert found.paths == (".env", "fit.yaml", "jobs/a.sbatch", "jobs/b.sh", "jobs/ds.json")
    assert found.note is None
    listed, _ = jobs(tmp_path)
    assert [job.path for job in listed] == ["jobs/a.sbatch", "jobs/b.sh"]
    for job in listed:
        assert job.failures == ()
        assert job.plan.environment["CUDA_VISIBLE_DEVICES"].value == "1"
    assert listed[1].plan.micro_batch is not None


def test_discovery_is_bounded(tmp_path: Path) -> None:
    write(tmp_path, {f"{number}.sh": "torchrun x.py\n" for number in range(MOST_FILES + 5)})
    found = discover(tmp_path)
    assert len(found.paths) == MOST_FILES
    assert found.note is not None
