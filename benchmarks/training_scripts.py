"""Real training scripts, how to run them, and data made up for them: what rehearse_scripts.py and its like run."""

from __future__ import annotations

import pickle
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "rehearse"
SHIM = '''
import importlib.abc
import sys

NAMES = """nms qnms roi_align _roi_align_backward ps_roi_align _ps_roi_align_backward roi_pool _roi_pool_backward
ps_roi_pool _ps_roi_pool_backward qroi_align deform_conv2d _deform_conv2d_backward"""


class Finder(importlib.abc.MetaPathFinder):
    """Declares torchvision's compiled operators, which are not there, before torchvision asks for them."""

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            import torch

            sys.torchvision_library = torch.library.Library("torchvision", "DEF")
            for each in NAMES.split():
                sys.torchvision_library.define(each + "(Tensor input) -> Tensor")


sys.meta_path.insert(0, Finder())
'''
LOSS = r"(?i)(?:loss|ppl|accuracy|correct)\w*['\"]?\s*[:=(]?\s*(-?\d[\d.e+-]*)"


# -------------------------------------------------------------------------------------------------------- made-up data


def images(folder: Path) -> None:
    """MNIST's files, with noise for pictures, in `data` and in `../data`."""
    raw = folder / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (folder / "results").mkdir(exist_ok=True)
    draw = random.Random(0)
    for name, count in (("train", 600), ("t10k", 100)):
        head = (2051).to_bytes(4, "big") + count.to_bytes(4, "big") + (28).to_bytes(4, "big") * 2
        (raw / f"{name}-images-idx3-ubyte").write_bytes(head + draw.randbytes(count * 784))
        labels = bytes(draw.randrange(10) for _ in range(count))
        (raw / f"{name}-labels-idx1-ubyte").write_bytes((2049).to_bytes(4, "big") + count.to_bytes(4, "big") + labels)
    shutil.copytree(folder / "data", folder.parent / "data")


def characters(folder: Path) -> None:
    """nanoGPT's prepared characters."""
    import numpy as np

    target = folder / "data" / "shakespeare_char"
    target.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0)
    ids = np.tile(np.arange(65), 400)[:20000]
    ids[::7] = noise.integers(0, 65, len(ids[::7]))
    ids.astype(np.uint16).tofile(target / "train.bin")
    ids[:4000].astype(np.uint16).tofile(target / "val.bin")
    (target / "meta.pkl").write_bytes(pickle.dumps({"vocab_size": 65}))


def words(folder: Path) -> None:
    """A short text in the place of wikitext."""
    target = folder / "data" / "wikitext-2"
    target.mkdir(parents=True, exist_ok=True)
    text = "".join(f" the word {number % 17} comes after {number % 13} and so on\n" for number in range(900))
    for name in ("train", "valid", "test"):
        (target / f"{name}.txt").write_text(text if name == "train" else text[:4000])


def nothing_to_do(folder: Path) -> None:
    """A script that only imports what every training script does."""
    (folder / "empty.py").write_text("import torch._dynamo\n")


# ------------------------------------------------------------------------------------------------------------ scripts


@dataclass(frozen=True)
class Script:
    """A script, its arguments, and those that only one of the two runs gets.

    `repository` and `folder` say where it lies; its files are copied. `same`: whether the figures must be the CPU's
    (not where the script itself does something else there: another dtype, no shuffling, or a GPU only); `figures` finds
    them.
    """

    name: str
    command: str
    cpu: str = ""
    gpu: str = ""
    repository: str = ""
    folder: str = "."
    prepare: Callable[[Path], None] = field(default=lambda folder: None)
    same: bool = True
    figures: str = LOSS
    variables: tuple[str, ...] = ()
    gpu_variables: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    needs_torchvision: bool = False


RANK = ("RANK=0", "LOCAL_RANK=0", "WORLD_SIZE=1", "LOCAL_WORLD_SIZE=1", "MASTER_ADDR=127.0.0.1", "MASTER_PORT=29583")
NANO = (
    "train.py config/train_shakespeare_char.py --eval_iters=2 --eval_interval=10 --log_interval=5 --block_size=64 "
    "--batch_size=12 --n_layer=4 --n_head=4 --n_embd=128 --lr_decay_iters=20 --dropout=0.1 "
    "--always_save_checkpoint=True"
)
ON_CPU = "--device=cpu --compile=False"
MNIST = "--epochs 1 --log-interval 2"


def nano(name: str, more: str, cpu: str = ON_CPU, **options: Any) -> Script:
    """nanoGPT on a few characters."""
    return Script(name, f"{NANO} {more}", cpu, repository="nanoGPT", prepare=characters, **options)


def example(folder: str, command: str, name: str = "", **options: Any) -> Script:
    """One of pytorch/examples."""
    return Script(name or folder, command, repository="examples", folder=folder, **options)


def mnist(folder: str, command: str, **options: Any) -> Script:
    """One of them that reads MNIST, some from `data` and some from `../data`."""
    return example(folder, command, prepare=images, needs_torchvision=True, **options)


SCRIPTS = [
    Script("digits", "digits.py --workers 1 --save model.pt"),
    Script("checkpoint resume", "checkpoint_resume.py"),
    Script("AMP bf16", "mixed_precision.py --dtype bfloat16", same=False),
    Script("AMP fp16 + GradScaler", "mixed_precision.py --dtype float16", same=False),
    Script("AMP off", "mixed_precision.py --dtype float32"),
    Script("DDP world 1", "distributed_one.py"),
    Script("accelerate", "accelerate_loop.py"),
    Script("HF Trainer", "hf_trainer.py"),
    Script("Lightning", "lightning_trainer.py"),
    nano("nanoGPT fp32", "--max_iters=20 --dtype=float32"),
    nano("nanoGPT bf16", "--max_iters=10 --dtype=bfloat16", same=False),
    nano("nanoGPT fp16", "--max_iters=10 --dtype=float16", same=False),
    nano(
        "nanoGPT DDP",
        "--max_iters=10 --dtype=float32 --gradient_accumulation_steps=2",
        gpu_variables=RANK,
    ),
    Script(
        "minGPT adder",
        "projects/adder/adder.py --trainer.max_iters=30 --model.n_layer=2 --trainer.num_workers=0",
        repository="minGPT",
        imports=(".",),
        figures=r"train loss (-?[\d.]+)",
    ),
    mnist("mnist", f"main.py {MNIST} --save-model", same=False),
    mnist("mnist_rnn", f"main.py {MNIST}", gpu="--accel"),
    mnist("vae", f"main.py {MNIST} --batch-size 64"),
    mnist("siamese_network", f"main.py {MNIST}", same=False),
    mnist(
        "mnist_forward_forward",
        "main.py --epochs 3 --train_size 400 --test_size 100 --log-interval 1",
        same=False,
        figures=r"(?i)(?:loss|error):\s*(-?[\d.]+)",
    ),
    example(
        "dcgan",
        "main.py --dataset fake --niter 1 --imageSize 64 --ngf 8 --ndf 8 --manualSeed 1 --dry-run --workers 0",
        gpu="--accel",
        needs_torchvision=True,
        figures=r"Loss_[DG]: (-?[\d.]+)",
    ),
    example(
        "word_language_model",
        "main.py --epochs 1 --log-interval 5 --emsize 64 --nhid 64",
        name="word LSTM",
        gpu="--accel",
        prepare=words,
    ),
    example(
        "word_language_model",
        "main.py --model Transformer --epochs 1 --log-interval 5 --lr 1 --emsize 64 --nhid 64",
        name="word Transformer",
        gpu="--accel",
        prepare=words,
    ),
    example("regression", "main.py", same=False),
    example("distributed/ddp-tutorial-series", "single_gpu.py 1 1", name="single_gpu", same=False),
    example("distributed/ddp-tutorial-series", "multigpu_torchrun.py 1 1", name="multigpu", same=False, variables=RANK),
]
