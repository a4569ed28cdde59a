"""Facts in files: what is written is read again, what is wrong is said in one line, nobody's name is in it."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path

import pytest

from devlint.doctor.facts import (
    Cpu,
    Disk,
    Facts,
    Gpu,
    GpuHealth,
    GpuProcess,
    GpuVendor,
    Host,
    Library,
    Memory,
    MigInstance,
    NvidiaDriver,
    Origin,
    Python,
    Scheduler,
    TorchBuild,
    TorchDevice,
    files,
    schema,
)
from devlint.doctor.facts.redact import redact

pytest.importorskip("msgspec")
UUID = "8932f937-d72c-4106-c12f-20bd9faed9f6"
OTHER = "11111111-2222-3333-4444-555555555555"
SECRETS = ("alice", "gandalf", UUID, "1562719012345", "10.1.2.3", "train-private")


def machine() -> Facts:
    """A machine with something in every corner that could tell whose it is."""
    home = "/home/alice/envs/torch"
    return Facts(
        origin=Origin(kind="probed", date="2026-11-22", devlint="0.1.0"),
        host=Host(system="Linux", name="gandalf", user="alice", kernel_command_line="quiet ip=10.1.2.3 host=gandalf"),
        cpu=Cpu(cores=8, quota=2.5, numa_of_process=(0,), caches={"L3": 1 << 20}),
        memory=Memory(total=1 << 34),
        disks=(Disk(role="working-directory", path="/scratch/alice/run"),),
        scheduler=Scheduler(kind="slurm", job="train-private"),
        gpus=(
            Gpu(
                vendor=GpuVendor.NVIDIA,
                index=0,
                name="NVIDIA A100-SXM4-40GB",
                uuid=f"GPU-{UUID}",
                serial="1562719012345",
                compute_capability=(8, 0),
                mig_instances=(MigInstance(uuid=f"MIG-{OTHER}", profile="1g.5gb"),),
                processes=(GpuProcess(pid=7, memory=1, name="/home/alice/train.py", user="alice"),),
                health=GpuHealth(temperature=40, power_draw=61.5),
            ),
        ),
        nvidia_driver=NvidiaDriver(version="550.54.14", cuda=(12, 4), error="gandalf: mismatch"),
        topology=(("X", "NV12"), ("NV12", "X")),
        python=Python(executable=f"{home}/bin/python"),
        torch=TorchBuild(version="2.9.1", path=home, devices=(TorchDevice(type="cuda", index=0, uuid=f"GPU-{UUID}"),)),
        libraries={"torch": Library(name="torch", version="2.9.1", places=(home, "C:\\Users\\alice\\lib"))},
        environment={"CUDA_VISIBLE_DEVICES": f"GPU-{UUID}", "MASTER_ADDR": "10.1.2.3", "HF_HOME": "/data/alice/hf"},
        gaps={"torch.nccl": "gandalf said no", "gpus.amd": "/Users/alice/x may not be read"},
        timings={"cpu": 0.1},
    )


def test_round_trip(tmp_path: Path) -> None:
    facts = machine()
    assert files.loads(files.dumps(facts), "x") == facts
    files.save(facts, tmp_path / "facts.json")
    saved = files.load(tmp_path / "facts.json")
    assert saved == dataclasses.replace(redact(facts), origin=dataclasses.replace(facts.origin, kind="recorded"))
    assert [path.name for path in tmp_path.iterdir()] == ["facts.json"]


def test_an_empty_tuple_is_not_the_same_as_not_known() -> None:
    for gpus in ((), None):
        facts = Facts(origin=Origin(kind="composed"), gpus=gpus)
        assert files.loads(files.dumps(facts), "x").gpus == gpus


def test_defaults_are_left_out() -> None:
    data = json.loads(files.dumps(Facts(origin=Origin(kind="composed"), cpu=Cpu(cores=2))))
    assert data == {"devlint_facts": 1, "origin": {"kind": "composed"}, "cpu": {"cores": 2}}


def test_redaction_leaves_nobodys_name_and_all_that_checks_need() -> None:
    saved = redact(machine())
    text = files.dumps(saved)
    assert [secret for secret in SECRETS if secret in text] == []
    assert saved.gpus is not None and saved.environment is not None and saved.torch is not None
    assert saved.gpus[0].uuid == saved.torch.devices[0].uuid == saved.environment["CUDA_VISIBLE_DEVICES"]
    assert saved.gpus[0].uuid != saved.gpus[0].mig_instances[0].uuid
    assert (saved.gpus[0].name, saved.gpus[0].processes[0].memory) == ("NVIDIA A100-SXM4-40GB", 1)  # type: ignore[index]
    assert saved.torch.path == "/home/user/envs/torch"
    assert saved.environment["HF_HOME"] == "/data/redacted/hf"
    assert redact(saved) == saved


@pytest.mark.parametrize("name", ["nvidia", "root", "cuda", "torch"])
def test_a_host_called_like_a_word_of_ours_spoils_nothing(name: str) -> None:
    facts = dataclasses.replace(machine(), host=Host(system="Linux", name=name, user=name))
    saved = files.loads(files.dumps(redact(facts)), "x")
    assert saved.gpus is not None and saved.gpus[0].vendor is GpuVendor.NVIDIA
    assert saved.libraries is not None and "torch" in saved.libraries
    assert saved.torch is not None and saved.torch.devices[0].type == "cuda"


def test_the_home_of_this_user_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/srv/people/bob"))
    facts = Facts(origin=Origin(kind="probed"), python=Python(executable="/srv/people/bob/venv/bin/python"))
    python = redact(facts).python
    assert python is not None and python.executable == "~/venv/bin/python"


HEAD = '{"devlint_facts": 1, "origin": {"kind": "composed"}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[" * 100_000, "is not JSON: "),
        ("[]", "is not a file of facts (no `devlint_facts`): make one with `devlint doctor --save-facts FILE`"),
        ('{"cpu": {}}', "is not a file of facts (no `devlint_facts`): make one with"),
        ('{"devlint_facts": 9}', "has version 9 of the format; this devlint reads 1: save it anew"),
        ('{"devlint_facts": 1}', "the top level: object missing required field `origin`"),
        (f'{HEAD}, "gups": []}}', "no field `gups`; did you mean `gpus`?"),
        (f'{HEAD}, "cpu": {{"core": 4}}}}', "`cpu` has no field `core`; did you mean `cores`?"),
        (f'{HEAD}, "cpu": {{"cores": "4"}}}}', "cpu.cores: expected `int | null`, got `str`"),
        (f'{HEAD}, "cpu": 4}}', "cpu: expected `object | null`, got `int`"),
        (f'{HEAD}, "gpus": [{{"vendor": "nvidea", "index": 0}}]}}', "gpus[0].vendor: invalid enum value 'nvidea'"),
        (f'{HEAD}, "gpus": [{{"vendor": "amd"}}]}}', "gpus[0]: object missing required field `index`"),
        (
            f'{HEAD}, "gpus": [{{"vendor": "amd", "index": 0, "health": {{"temprature": 4}}}}]}}',
            "`gpus[0].health` has no field `temprature`; did you mean `temperature`?",
        ),
        (
            f'{HEAD}, "libraries": {{"torch": {{"name": "torch", "versoin": "2"}}}}}}',
            "`libraries.torch` has no field `versoin`; did you mean `version`?",
        ),
    ],
)
def test_a_broken_file_is_one_clear_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(text)
    with pytest.raises(files.FactsError) as caught:
        files.load(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(files.FactsError, match=r"none.json: cannot be read: No such file or directory"):
        files.load(tmp_path / "none.json")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(files.FactsError, match="bytes: is not a text in UTF-8"):
        files.load(tmp_path / "bytes")


def test_without_msgspec_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    with pytest.raises(files.FactsError, match=r'x: reading facts needs msgspec: pip install "devlint\[doctor\]"'):
        files.loads(HEAD + "}", "x")


def test_a_failed_save_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "facts.json"
    path.write_text("before")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        files.save(machine(), path)
    assert path.read_text() == "before" and [each.name for each in tmp_path.iterdir()] == ["facts.json"]


def test_schema_accepts_what_is_written_and_nothing_else() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = files.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(json.loads(files.dumps(machine())))
    for broken in (
        HEAD + ', "gups": []}',
        HEAD + ', "cpu": {"cores": "4"}}',
        '{"devlint_facts": 1}',
        HEAD.replace("1", "2") + "}",
    ):
        assert not validator.is_valid(json.loads(broken)), broken


def test_published_schema_is_fresh() -> None:
    path = Path(__file__).parents[3] / "docs" / "facts.schema.json"
    fresh = json.dumps(files.json_schema(), indent=1) + "\n"
    if os.environ.get("DEVLINT_UPDATE_DOCS"):
        path.write_text(fresh, encoding="utf-8")
    assert path.exists() and path.read_text(encoding="utf-8") == fresh, "run it once with DEVLINT_UPDATE_DOCS=1"


def test_the_schema_is_the_same_for_every_release_of_python_and_msgspec() -> None:
    before = {
        "properties": {"gaps": {"type": "object"}, "default": {}, "type": {"description": "A word."}},
        "description": "One machine.\n\n    `gaps` says what is missing.\n        - as a list",
    }
    since = {
        "properties": {"gaps": {"type": "object", "default": {}}, "default": {}, "type": {"description": "A word."}},
        "description": "One machine.\n\n`gaps` says what is missing.\n    - as a list",
    }
    assert schema.settled([before]) == [since | {"properties": before["properties"]}] == schema.settled([since])
