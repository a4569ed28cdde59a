"""`devlint rehearse` on scripts: the same numbers as on the CPU, and planted mixes at their lines."""

from __future__ import annotations

import json
import linecache
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from devlint.cli.main import main

pytest.importorskip("torch")

DIGITS = Path(__file__).parents[1] / "fixtures" / "rehearse" / "digits.py"


@dataclass
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str


@pytest.fixture
def rehearse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command, in a folder of its own and in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Done:
        for name in ("main", "helper"):
            sys.modules.pop(name, None)
        linecache.clearcache()
        code = main(["rehearse", *arguments])
        return Done(code, *capfd.readouterr())

    return run


@pytest.mark.slow
def test_clean_script_prints_what_it_prints_on_the_cpu(tmp_path: Path) -> None:
    arguments = [str(DIGITS), "--epochs", "1", "--samples", "192"]
    devlint = ["-m", "devlint", "rehearse", "--steps", "all"]
    options = {"capture_output": True, "text": True, "cwd": tmp_path, "check": True}
    expected = subprocess.run([sys.executable, *arguments], **options)
    done = subprocess.run([sys.executable, *devlint, *arguments, "--save", "model.pt"], **options)
    assert expected.stdout and done.stdout.startswith(expected.stdout + "All clear: 1 file checked.\n")
    assert "Rehearsed 3 optimizer steps" in done.stderr


BREAKS = {
    "target left behind": ("data, target = data.to(device), target.to(device)", "data = data.to(device)", 45, "XDR101"),
    "model left behind": ("model = Net().to(device)", "model = Net()", 23, "XDR102"),
    "numpy": ("loss.item():.9f", "loss.detach().numpy():.9f", 49, "XDR104"),
    "new tensor": ("F.nll_loss(output, target)", "F.nll_loss(output, target, torch.ones(10))", 45, "XDR101"),
    "wrong index": ('"cuda" if', '"cuda:1" if', 80, "XDR106"),
}


@pytest.mark.parametrize("case", BREAKS)
def test_planted_mix_is_found_at_its_line(case: str, tmp_path: Path, rehearse) -> None:
    before, after, line, code = BREAKS[case]
    source = DIGITS.read_text(encoding="utf-8")
    assert before in source
    (tmp_path / "broken.py").write_text(source.replace(before, after, 1), encoding="utf-8")
    done = rehearse("--steps", "1", "--output-format", "json", "broken.py", "--samples", "64")
    assert done.code == 1, done.err
    found = json.loads(done.out)
    assert (found[0]["path"], found[0]["line"], found[0]["code"]) == ("broken.py", line, code)
    assert len({(each["line"], each["code"]) for each in found}) == len(found)


SCRIPT = """\
import sys
import torch
from helper import combine

table = torch.arange(4.0)
x = torch.ones(4, device="cuda")
print(combine(x, table), sys.argv[1:], __name__)
"""
HELPER = "def combine(x, y):\n    return x + y\n"


def test_both_origins_and_files(tmp_path: Path, rehearse) -> None:
    (tmp_path / "main.py").write_text(SCRIPT)
    (tmp_path / "helper.py").write_text(HELPER)
    done = rehearse("main.py", "--lr", "3")
    assert "tensor([1., 2., 3., 4.], device='cuda:0') ['--lr', '3'] __main__" in done.out
    assert "helper.py:2:12: XDR101" in done.out
    assert "5 | table = torch.arange(4.0)" in done.out
    assert "the tensor on `cpu` was made here" in done.out
    assert "the tensor on `cuda:0` was made here" in done.out
    module = rehearse("-m", "main", "--lr", "3")
    assert module.code == 1 and "helper.py:2:12: XDR101" in module.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise ValueError('no data')", "the script stopped with ValueError: no data"),
        ("import sys; sys.exit(3)", "the script ended with exit code 3"),
    ],
)
def test_the_scripts_own_failure(text: str, message: str, tmp_path: Path, rehearse) -> None:
    (tmp_path / "main.py").write_text(f"import torch\ntorch.ones(2).cuda() + torch.ones(2)\n{text}\n")
    done = rehearse("main.py")
    assert done.code == 2
    assert message in done.out and "main.py:2:1: XDR101" in done.out
    assert "runpy" not in done.err and "devlint/" not in done.err


def test_the_scripts_own_exception_is_shown_as_without_devlint(tmp_path: Path, rehearse) -> None:
    text = "import torch\n\ntry:\n    torch.ones(3).cuda().view(2, 2)\n"
    text += "except RuntimeError as error:\n    raise KeyError from error\n"
    (tmp_path / "main.py").write_text(text)
    shown = rehearse("main.py").err
    assert 'File "main.py", line 4' in shown and 'File "main.py", line 6' in shown and "_ops.py" not in shown
    assert "rehearse" not in shown.partition("Rehearsed")[0]


def test_no_room_is_shown_as_on_the_card(tmp_path: Path, rehearse) -> None:
    (tmp_path / "main.py").write_text("import torch\n\nx = torch.empty(1 << 43, device='cuda')\n")
    done = rehearse("main.py")
    assert done.code == 1 and "main.py:3:5: XDR301" in done.out
    assert "torch.OutOfMemoryError: CUDA out of memory" in done.err and "During handling" not in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.py"], "there is no script missing.py"),
        (["--gpu", "RTX 9999", "main.py"], "--gpu: no GPU `RTX 9999`"),
        ([], "say what to run"),
        (["--output-format", "jsn", "main.py"], "did you mean 'json'"),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], message: str, tmp_path: Path, rehearse) -> None:
    (tmp_path / "main.py").write_text("import torch\n")
    done = rehearse(*arguments)
    assert done.code == 2 and message in done.err


def test_steps_end_the_script_after_the_last(rehearse) -> None:
    done = rehearse("--steps", "2", str(DIGITS), "--samples", "256", "--epochs", "3")
    assert done.code == 0
    assert done.out.count("test loss") == 1 and "Rehearsed 2 optimizer steps" in done.err
