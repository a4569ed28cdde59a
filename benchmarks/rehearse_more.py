"""Training scripts of other repositories, on the CPU and on a pretend GPU, as far as some seconds lead: same figures?

    python benchmarks/rehearse_more.py --repos FOLDER --torchvision FOLDER [--only WORD] [--seconds N] [--jobs N]

`--repos` has checkouts of the repositories below in folders of their last names, `--torchvision` is as in
rehearse_scripts.py. The scripts are as published; random numbers are seeded for both runs before they start, data sets
are made up, and both runs end after the same processor time. The figures that both have printed must be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from training_scripts import RANK, SHIM, images, words

SEEDS = """
import os, random, signal, sys
import numpy, torch
random.seed(0), numpy.random.seed(0), torch.manual_seed(0), torch.set_num_threads(1)
def stop(*_): raise SystemExit(0)
signal.signal(signal.SIGXCPU, stop)
if os.environ.get("SEED_ENVIRONMENTS"):
    import gymnasium, gymnasium.utils.seeding as seeding
    original = seeding.np_random
    seeding.np_random = lambda seed=None: original(0 if seed is None else seed)
    sys.modules["gym"] = gymnasium
"""
NOT_FIGURES = re.compile(
    r"(?i)(sps|time|ms/batch):? *[\d.]+s?|\d+(\.\d+)?\s*(ms|s|sec|secs|seconds|it/s|s/it|min|h)\b|\d\d:\d\d(:\d\d)?"
)
NOT_OUTPUT = re.compile(r"%\||Warning|cuda|/|cpu|^File |rehears|devlint|clear:", re.IGNORECASE)


def mnist(where: str) -> Callable[[Path], None]:
    """MNIST's files in a folder."""

    def prepare(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            (made := Path(scratch) / "made").mkdir()
            images(made)
            shutil.copytree(made / "data", folder / where, dirs_exist_ok=True)

    return prepare


def citations(folder: Path) -> None:
    """As the Cora data set, at the places where scripts look for it."""
    draw = random.Random(0)
    for target in (folder / "data" / "cora", folder.parent / "data" / "cora", folder / "cora"):
        target.mkdir(parents=True, exist_ok=True)
        words_of = lambda: "\t".join(str(int(draw.random() < 0.02)) for _ in range(200))  # noqa: E731
        lines = [f"{paper}\t{words_of()}\t{draw.choice('ABCDEFG')}\n" for paper in range(2708)]
        (target / "cora.content").write_text("".join(lines))
        (target / "cora.cites").write_text(
            "".join(f"{draw.randrange(2708)}\t{draw.randrange(2708)}\n" for _ in range(5000))
        )


def pictures_and_masks(folder: Path) -> None:
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(0)
    for name in ("imgs", "masks"):
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    for number in range(6):
        picture, mask = noise.integers(0, 255, (32, 32, 3)), noise.integers(0, 2, (32, 32))
        Image.fromarray(picture.astype(np.uint8)).save(folder / "data" / "imgs" / f"{number}.png")
        Image.fromarray(mask.astype(np.uint8)).save(folder / "data" / "masks" / f"{number}_mask.png")


def nothing(folder: Path) -> None:
    """The script needs no data."""


@dataclass(frozen=True)
class Entry:
    """A script: the repository's last name, the folder to run in, the command, and what only one run gets."""

    name: str
    repository: str
    folder: str
    command: str
    cpu: str = ""
    gpu: str = ""
    prepare: Callable[[Path], None] = nothing
    variables: tuple[str, ...] = ()
    path: str = "."


GYM = ("SEED_ENVIRONMENTS=1",)
GANS = "gan wgan_gp acgan infogan dcgan cgan lsgan began aae ebgan dragan bgan sgan cogan relativistic_gan".split()
ENTRIES = [
    Entry("actor critic", "examples", "reinforcement_learning", "actor_critic.py", variables=GYM),
    Entry("reinforce", "examples", "reinforcement_learning", "reinforce.py", variables=GYM),
    Entry("regression", "examples", "regression", "main.py"),
    Entry("imagenet", "examples", "imagenet", "main.py --dummy -a resnet18 --epochs 1 -b 4 -p 1 -j 0 --gpu 0"),
    Entry("gat", "examples", "gat", "main.py --epochs 3", prepare=citations),
    Entry(
        "word GRU", "examples", "word_language_model",
        "main.py --model GRU --epochs 1 --log-interval 5 --emsize 64 --nhid 64 --tied", gpu="--accel", prepare=words,
    ),
    Entry("ddp", "examples", "distributed/ddp", "example.py", variables=RANK),
    Entry("fsdp2", "examples", "distributed/FSDP2", "example.py", variables=RANK),
    Entry(
        "tensor parallel", "examples", "distributed/tensor_parallelism", "tensor_parallel_example.py", variables=RANK
    ),
    *(
        Entry(f"gan {name}", "PyTorch-GAN", f"implementations/{name}", f"{name}.py --n_epochs 1 --batch_size 32",
              prepare=mnist("../../data/mnist"))
        for name in GANS
    ),
    *(Entry(f"minimalRL {name}", "minimalRL", ".", f"{name}.py", variables=GYM) for name in ("ppo", "sac", "dqn")),
    *(
        Entry(f"cleanrl {name}", "cleanrl", ".", f"cleanrl/{name}.py --total-timesteps 3000 {more}", variables=GYM)
        for name, more in (("ppo", "--num-envs 2 --num-steps 64"), ("dqn", "--learning-starts 500"))
    ),
    *(
        Entry(f"makemore {kind}", "makemore", ".",
              f"makemore.py --type {kind} --max-steps 60 --n-layer 2 --n-embd 32 --num-workers 0 -i names.txt",
              cpu="--device cpu", gpu="--device cuda")
        for kind in ("transformer", "gru")
    ),
    Entry("lecture GPT", "ng-video-lecture", ".", "gpt.py"),
    Entry("pygcn", "pygcn", "pygcn", "train.py --epochs 5", prepare=citations, path=".."),
    Entry("neural ODE", "torchdiffeq", "examples", "ode_demo.py --niters 40 --test_freq 20", path=".."),
    Entry("continuous flow", "torchdiffeq", "examples", "cnf.py --niters 3 --num_samples 32", path=".."),
    Entry("latent ODE", "torchdiffeq", "examples", "latent_ode.py --niters 5", path=".."),
    Entry("x-transformers", "x-transformers", ".", "train_copy.py"),
    Entry(
        "birnn", "pytorch-tutorial", "tutorials/02-intermediate/bidirectional_recurrent_neural_network", "main.py",
        prepare=mnist("../../data"),
    ),
    Entry(
        "U-Net", "Pytorch-UNet", ".", "train.py --epochs 1 --batch-size 1 --scale 1.0 --validation 25",
        prepare=pictures_and_masks,
    ),
]  # fmt: skip


def run(entry: Entry, options: argparse.Namespace, scratch: Path, *, pretend: bool) -> tuple[str, list[dict]]:
    """What a run printed, and its findings."""
    work = scratch / ("pretended" if pretend else "plain") / "a" / "b"
    shutil.copytree(Path(options.repos) / entry.repository, work, ignore=shutil.ignore_patterns(".git"))
    folder = work / entry.folder
    entry.prepare(folder)
    report = scratch / "report.json"
    command = [sys.executable]
    if pretend:
        command += ["-m", "devlint", "rehearse", "--steps", "all", "--json", str(report)]
    command += [*entry.command.split(), *(entry.gpu if pretend else entry.cpu).split()]
    limited = ["bash", "-c", f'ulimit -St {options.seconds}; ulimit -Ht {3 * options.seconds}; exec "$@"', "run"]
    path = [
        str(scratch),
        os.path.abspath(options.torchvision),
        os.environ.get("PYTHONPATH", ""),
        str(folder / entry.path),
    ]
    variables = dict(each.split("=", 1) for each in entry.variables)
    fixed = {"PYTHONPATH": os.pathsep.join(path), "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [*limited, *command], cwd=folder, env={**os.environ, **fixed, **variables}, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return done.stdout, json.loads(report.read_text())["findings"] if report.exists() else []


def figures(text: str) -> list[str]:
    """The lines with figures, without times."""
    lines = [NOT_FIGURES.sub("~", line).strip() for line in re.split(r"[\n\r]", text) if not NOT_OUTPUT.search(line)]
    return [line for line in lines if re.search(r"\d", line)]


def compare(entry: Entry, options: argparse.Namespace) -> bool:
    """Run a script twice, print the verdict, and say whether it is good."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(SHIM + SEEDS)
        plain, _ = run(entry, options, Path(folder), pretend=False)
        text, findings = run(entry, options, Path(folder), pretend=True)
    ours, theirs = figures(text), figures(plain)
    count = min(len(ours), len(theirs))
    different = next((pair for pair in zip(theirs, ours, strict=False) if pair[0] != pair[1]), None)
    error = re.findall(r"^error: .*", text, re.MULTILINE)
    found = [f"{each['path']}:{each['line']} {each['code']} {each['message']}" for each in findings]
    verdict = found or error or (f"DIFFERENT: {different}" if different else f"ok: {count} lines of figures equal")
    print(f"{entry.name:24}{verdict}", flush=True)
    return isinstance(verdict, str) and verdict.startswith("ok")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repos", required=True)
    parser.add_argument("--torchvision", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(arguments)
    chosen = [
        each for each in ENTRIES if options.only in each.name and (Path(options.repos) / each.repository).exists()
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        good = list(pool.map(lambda entry: compare(entry, options), chosen))
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
