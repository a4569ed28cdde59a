"""`devlint doctor` as a user runs it, on other machines' facts so that it says the same everywhere."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import pytest

from devlint.cli.main import main

FACTS = Path(__file__).parents[1] / "fixtures" / "facts"
DOCKER = str(FACTS / "docker-small-shm.json")
LAPTOP = str(FACTS / "cpu-laptop.json")
BAD = "per_device_train_batch_size: 4\ndataloader_num_workers: 16\n"


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


class Here:
    """A folder in which devlint runs without a process of its own, which would take a second each time."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Ended:
        code = main(arguments)
        return Ended(code, *self._capsys.readouterr())


@pytest.fixture
def project(tmp_path, monkeypatch, capsys):
    """An empty project."""
    for name in ("NO_COLOR", "FORCE_COLOR", "DEVLINT_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    return Here(tmp_path, capsys)


@pytest.fixture
def trained(project):
    """A project whose job asks for more workers than its container has CPUs."""
    project.write("args.yaml", BAD)
    return project


def test_problems_are_found_in_the_files_of_the_folder(trained):
    run = trained.run("doctor", "--facts", DOCKER)
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.startswith("devlint doctor ")
    assert "4 usable here because of the container's quota" in run.stdout
    assert "--> args.yaml:2:25" in run.stdout
    assert "XDC404 [shm-small]" in run.stdout
    assert "docker run --shm-size" in run.stdout


def test_files_that_are_named_make_one_job(trained):
    trained.write("run.sh", "torchrun --nproc-per-node 2 train.py\n")
    run = trained.run("doctor", "run.sh", "args.yaml", "--facts", DOCKER)
    assert "Job       run.sh, args.yaml" in run.stdout
    assert "makes 32 workers" in run.stdout


def test_a_command_line_after_dashes(project):
    run = project.run("doctor", "--facts", LAPTOP, "--", "python", "train.py", "--device", "cuda:1", "--workers", "16")
    assert run.returncode == 1
    assert "command line:1:" in run.stdout
    assert "cuda:1" in run.stdout


def test_nothing_wrong_is_quiet(project):
    run = project.run("doctor", "--facts", LAPTOP)
    assert run.returncode == 0
    assert "No problems found" in run.stdout
    assert "XDC" not in run.stdout
    loud = project.run("doctor", "--facts", LAPTOP, "-v").stdout
    assert "\nPassed\n" in loud
    assert "\nDoes not apply\n" in loud


def test_checks_are_selected_by_code_family_and_name(trained):
    def codes(*arguments: str) -> set[str]:
        found = json.loads(trained.run("doctor", "--facts", DOCKER, "--output-format", "json", *arguments).stdout)
        return {check["code"] for check in found["checks"]}

    assert codes("--select", "shm-small") == {"XDC404"}
    assert {code[:4] for code in codes("--select", "data-loading,XDC1")} == {"XDC1", "XDC4"}
    assert codes("--ignore", "data-loading", "--select", "ALL") == codes() - codes("--select", "XDC4")
    trained.write("pyproject.toml", '[tool.devlint.doctor]\nselect = ["XDC404"]\n')
    assert codes() == {"XDC404"}
    assert codes("--select", "workers-quota") == {"XDC402"}


def test_settings_that_cannot_be_used_are_named_with_their_line(project):
    project.write("pyproject.toml", '[project]\nname = "x"\n[tool.devlint.doctor]\ntarget = 8\n')
    run = project.run("doctor", "--no-probe")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "error: pyproject.toml:4: doctor.target: expected a string, got an integer\n"
    project.write("pyproject.toml", '[tool.devlint.doctor]\ntraget = "T4"\n')
    assert "unknown option `doctor.traget`; did you mean `doctor.target`?" in project.run("doctor", "--no-probe").stderr


@pytest.mark.parametrize("flagged", [True, False])
def test_a_target_stands_for_a_machine(project, flagged):
    project.write("run.sh", "torchrun --nproc-per-node 16 train.py\n")
    if not flagged:
        project.write("pyproject.toml", '[tool.devlint]\ndoctor.target = "8x H100"\n')
    run = project.run("doctor", *(["--target", "8x H100"] if flagged else ["--no-probe"]), "run.sh")
    assert run.returncode == 1
    assert "not this one: the target 8x H100" in run.stdout
    assert "8x H100" in run.stdout
    assert "XDC501" in run.stdout


def test_a_target_s_file_lies_beside_the_settings(project, monkeypatch):
    project.write("ci/box.json", (FACTS / "docker-small-shm.json").read_text(encoding="utf-8"))
    project.write("pyproject.toml", '[tool.devlint.doctor]\ntarget = "ci/box.json"\n')
    project.write("below/run.sh", "torchrun --nproc-per-node 2 train.py\n")
    monkeypatch.chdir(project.root / "below")
    run = project.run("doctor", "--no-probe")
    assert run.returncode == 1
    assert "XDC501" in run.stdout
    assert (
        project.run("doctor", "--target", "box.json").stderr
        == "error: box.json: cannot be read: No such file or directory\n"
    )


def test_without_a_target_only_the_files_are_checked(project):
    project.write("run.sh", "torchrun --nproc-per-node 16 train.py\n")
    run = project.run("doctor", "--no-probe", "run.sh")
    assert run.returncode == 0
    assert "nothing was probed" in run.stdout
    assert project.run("doctor", "--no-probe", "run.sh", "--strict").returncode == 1, "cannot tell is a problem"


def test_a_memory_plan_from_flags(project):
    job = ["--params", "7B", "--dtype", "bf16", "--optimizer", "adamw", "--seq-len", "4096", "--batch-size", "4"]
    run = project.run("doctor", *job, "--gpu", "RTX 3060")
    assert run.returncode == 1
    assert "7B parameters, training in bf16 with adamw, batch 4 of 4096 tokens" in run.stdout
    assert "It does not fit on GeForce RTX 3060 (12.0 GiB)" in run.stdout
    assert "1. switch on gradient checkpointing" in run.stdout
    assert "--> command-line flags:1:" in run.stdout
    sharded = project.run("doctor", *job, "--zero", "3", "--world", "8", "--gpu", "8x H100", "--gradient-checkpointing")
    assert sharded.returncode == 0, sharded.stdout
    assert "ZeRO 3 over 8 GPUs" in sharded.stdout


def test_weights_that_are_too_many_are_a_problem_of_inference(project):
    job = ["--params", "13B", "--inference", "--dtype", "fp16", "--batch-size", "4", "--gpu", "RTX 4090"]
    run = project.run("doctor", *job)
    assert run.returncode == 1, run.stdout
    assert "XDC305" in run.stdout
    assert "The weights alone are larger than the GPU's memory." in run.stdout


def test_a_memory_plan_from_a_model_s_config(project):
    config = {
        "model_type": "gpt2",
        "n_embd": 768,
        "n_layer": 12,
        "n_head": 12,
        "vocab_size": 50257,
        "n_positions": 1024,
    }
    project.write("model/config.json", json.dumps(config))
    run = project.run("doctor", "--model", "model", "--inference", "--dtype", "fp16", "--gpu", "T4")
    assert run.returncode == 0, run.stdout
    assert "124M parameters, inference in fp16, batch 1 of 1024 tokens" in run.stdout
    assert "It fits on" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--params", "seven"], "argument --params: expected a number of parameters such as 7B or 350M, got `seven`"),
        (["--zero", "4"], "argument --zero: expected a stage from 1 to 3, got `4`"),
        (["--params", "7B", "--dtype", "bf61"], "error: unknown precision `bf61`; did you mean `bf16`?"),
        (
            ["--params", "7B", "--dtype", "int4"],
            "error: weights of type int4 cannot be trained: add --lora 16, or --inference",
        ),
        (["--params", "7B", "--attention", "eagr"], "error: unknown attention `eagr`: choose sdpa or eager"),
        (["--params", "7B", "--offload-optimizer"], "error: offloading is DeepSpeed's: add --zero 2 or --zero 3"),
        (["--optimizer", "adamww"], "error: unknown optimizer `adamww`; did you mean `adamw`?"),
        (
            ["--model", "none.json"],
            "error: the size of the model `none.json` is not known: give --params, or its config.json",
        ),
        (["--gpu", "RTX 9999"], "error: target `RTX 9999`: no GPU `RTX 9999` in the catalogue"),
        (["--gpu", "T4", "--target", "T4"], "error: --target and --gpu each name a machine: give one"),
        (["--facts", "none.json"], "error: none.json: cannot be read: No such file or directory"),
        (["--config-format", "yml"], "error: --config-format: unknown format `yml`"),
        (["--select", "XDC9"], "error: command line: doctor.select: unknown rule `XDC9`"),
        (["--timeout", "0"], "argument --timeout: expected more than 0 seconds, got `0`"),
        (["--facts", LAPTOP, "none.yaml"], "none.yaml: no such file"),
    ],
)
def test_what_cannot_be_done(project, arguments, message):
    run = project.run("doctor", *arguments)
    assert run.returncode == 2
    assert message in run.stderr + run.stdout
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("name", ["text", "json", "markdown", "html", "sarif", "github", "gitlab", "junit"])
def test_formats(trained, name):
    run = trained.run("doctor", "--facts", DOCKER, "--output-format", name, "-o", "out")
    assert (run.returncode, run.stdout, run.stderr) == (1, "", "")
    text = (trained.root / "out").read_text(encoding="utf-8")
    assert "shm-small" in text or "XDC404" in text
    if name in ("json", "sarif", "gitlab"):
        assert json.loads(text)
    if name == "junit":
        assert ElementTree.fromstring(text).iter("testcase")


@pytest.mark.parametrize("name", ["json", "markdown", "html"])
def test_reports_to_show_around_name_nobody(project, name):
    facts = {
        "devlint_facts": 1,
        "origin": {"kind": "probed"},
        "host": {"system": "Linux", "name": "secrethost", "user": "alice"},
        "python": {"executable": "/home/alice/venv/bin/python", "version": "3.12.1"},
        "gaps": {"torch": "PyTorch is not installed in /home/alice/venv of secrethost"},
    }
    project.write("facts.json", json.dumps(facts))
    run = project.run("doctor", "--facts", "facts.json", "--output-format", name)
    assert "PyTorch is not installed in" in run.stdout
    assert "alice" not in run.stdout
    assert "secrethost" not in run.stdout


def test_facts_are_saved_and_replayed(project):
    run = project.run("doctor", "--save-facts", "facts.json")
    assert run.returncode in (0, 1), run.stderr
    saved = json.loads((project.root / "facts.json").read_text(encoding="utf-8"))
    assert saved["devlint_facts"] == 1
    assert saved["origin"]["kind"] == "recorded"
    again = project.run("doctor", "--facts", "facts.json")
    assert again.returncode == run.returncode
    assert "not this one" in again.stdout


def test_the_plan_is_shown(trained):
    run = trained.run("doctor", "args.yaml", "--show-plan")
    assert run.returncode == 0
    assert "micro_batch  4" in run.stdout
    assert "args.yaml:1:30: per_device_train_batch_size" in run.stdout


def test_a_file_that_cannot_be_read_does_not_end_the_run(trained):
    trained.write("bad.json", '{"zero_optimization": ')
    run = trained.run("doctor", "bad.json", "args.yaml", "--facts", DOCKER)
    assert run.returncode == 2
    assert "error: bad.json" in run.stdout
    assert "XDC404" in run.stdout


def test_an_interpreter_that_is_none_is_a_gap(project):
    run = project.run("doctor", "--python", "no-such-python")
    assert run.returncode in (0, 1, 2)
    assert "no-such-python" in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
