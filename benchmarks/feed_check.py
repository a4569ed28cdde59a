"""A rehearsal's true mismatches on published packages, as ground truth for `devlint check`.

    python benchmarks/feed_check.py [--only WORD] [--site FOLDER] [--torchvision FOLDER] [--no-check]

Modules of the packages are built, moved to a pretend GPU as a whole and called with inputs that are there; a mismatch
in the package's own code is then a bug of the package. `check` is run on the same package. Printed are: the mismatches,
and whether check found them (a finding on the line, or on a line where one of the two sides came from); and findings of
check on lines that did run, where nothing happened. `--site` is a folder with the packages (`pip install --no-deps
--target`), if they are not installed; `--torchvision` is as in rehearse_scripts.py, for timm.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from training_scripts import SHIM

Case = tuple[str, Callable[[], Any]]
Place = tuple[str, int]
DEVICE = "cuda"
TIMM = (
    "resnet18 vit_tiny_patch16_224 swin_tiny_patch4_window7_224 convnext_atto efficientnet_b0 mobilenetv3_small_050 "
    "beit_base_patch16_224 cait_xxs24_224 coat_tiny "
    "crossvit_tiny_240 deit_tiny_patch16_224 davit_tiny edgenext_xx_small "
    "levit_128s maxvit_rmlp_pico_rw_256 mixer_s32_224 mobilevit_xxs pvt_v2_b0 regnetx_002 tnt_s_patch16_224 "
    "xcit_nano_12_p16_224"
)

# ----------------------------------------------------------------------------------------------------------- the cases


def timm_cases() -> Iterator[Case]:
    """Forward and backward of small models."""
    import timm
    import torch

    def case(name: str) -> Callable[[], Any]:
        def work() -> None:
            model = timm.create_model(name, pretrained=False, num_classes=3)
            size = model.default_cfg["input_size"]
            model.to(DEVICE)(torch.rand(2, *size, device=DEVICE)).sum().backward()

        return work

    for name in TIMM.split():
        yield name, case(name)


def x_transformers_cases() -> Iterator[Case]:
    """Decoders, each with one option on."""
    import torch
    from x_transformers import AutoregressiveWrapper, Decoder, TransformerWrapper

    options: list[dict[str, Any]] = [
        {}, {"rotary_pos_emb": True}, {"alibi_pos_bias": True}, {"rel_pos_bias": True}, {"dynamic_pos_bias": True},
        {"use_scalenorm": True}, {"use_rmsnorm": True}, {"ff_glu": True}, {"attn_talking_heads": True},
        {"attn_sparse_topk": 4}, {"macaron": True}, {"shift_tokens": 1}, {"attn_num_mem_kv": 2},
        {"gate_residual": True},
        {"attn_kv_heads": 1}, {"sandwich_norm": True}, {"residual_attn": True}, {"attn_max_attend_past": 4},
    ]  # fmt: skip

    def case(given: dict[str, Any]) -> Callable[[], Any]:
        def work() -> None:
            layers = Decoder(dim=32, depth=2, heads=2, **given)
            model = AutoregressiveWrapper(TransformerWrapper(num_tokens=20, max_seq_len=16, attn_layers=layers))
            model.to(DEVICE)
            model(torch.randint(0, 20, (2, 12), device=DEVICE)).backward()
            model.generate(torch.randint(0, 20, (1, 3), device=DEVICE), 4)

        return work

    for given in options:
        yield next(iter(given), "plain"), case(given)


def pytorch_metric_learning_cases() -> Iterator[Case]:
    """Every loss and miner that needs no more than the number of classes and the size."""
    import torch
    from pytorch_metric_learning import losses, miners

    def case(kind: type) -> Callable[[], Any]:
        def work() -> None:
            names = inspect.signature(kind.__init__).parameters
            given = {"num_classes": 4, "embedding_size": 8}
            loss = kind(**{name: value for name, value in given.items() if name in names}).to(DEVICE)
            embeddings = torch.rand(12, 8, device=DEVICE, requires_grad=True)
            result = loss(embeddings, torch.arange(12, device=DEVICE) % 4)
            if isinstance(result, torch.Tensor) and result.requires_grad:
                result.backward()

        return work

    for module in (losses, miners):
        for name, kind in sorted(vars(module).items()):
            if inspect.isclass(kind) and issubclass(kind, torch.nn.Module) and not name.startswith("Base"):
                yield name, case(kind)


def torchmetrics_cases() -> Iterator[Case]:
    """Every metric that works on probabilities, scores or values without an argument or with three classes."""
    import torch
    import torchmetrics

    def case(kind: type) -> Callable[[], Any]:
        def work() -> None:
            names = inspect.signature(kind.__init__).parameters
            given = {"num_classes": 3, "task": "multiclass", "num_labels": 3, "num_outputs": 1, "num_groups": 2}
            metric = kind(**{name: value for name, value in given.items() if name in names}).to(DEVICE)
            labels = torch.randint(0, 3, (10,), device=DEVICE)
            floats = torch.rand(10, device=DEVICE)
            attempts = [
                (torch.rand(10, 3, device=DEVICE).softmax(1), labels), (floats, labels.clamp(max=1)),
                (floats, floats * 2),
                (torch.rand(10, 3, device=DEVICE), torch.randint(0, 2, (10, 3), device=DEVICE)),
                (labels, labels), (floats,), (torch.rand(2, 3, 32, 32, device=DEVICE),) * 2,
            ]  # fmt: skip
            for arguments in attempts:
                try:
                    metric.update(*arguments)
                    metric.compute()
                except (ValueError, RuntimeError, TypeError, IndexError):
                    metric.reset()
                else:
                    return

        return work

    for area in ("classification", "regression", "aggregation", "clustering", "nominal", "retrieval", "image"):
        module = importlib.import_module(f"torchmetrics.{area}")
        for name, kind in sorted(vars(module).items()):
            if inspect.isclass(kind) and issubclass(kind, torchmetrics.Metric):
                yield f"{area}.{name}", case(kind)


LIBRARIES = {
    "timm": timm_cases,
    "x_transformers": x_transformers_cases,
    "pytorch_metric_learning": pytorch_metric_learning_cases,
    "torchmetrics": torchmetrics_cases,
}

# --------------------------------------------------------------------------------------------------------------- truth


@dataclass
class Truth:
    """What happened in a package: mismatches by place, with the places that each came from, and the lines that ran."""

    mismatches: dict[Place, tuple[str, set[Place]]] = field(default_factory=dict)
    lines: set[Place] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    cases: int = 0


def truth_of(name: str, root: str, only: str) -> Truth:
    """Every case in a session of its own."""
    from devlint.rehearse import pretend

    truth = Truth()
    for case, work in LIBRARIES[name]():
        if only and only not in f"{name}.{case}":
            continue
        truth.cases += 1
        try:
            with pretend(roots=[root]) as session, _lines_run(root, truth.lines):
                work()
        except Exception as error:
            truth.failed.append(f"{case}: {type(error).__name__}: {' '.join(str(error).split())[:120]}")
        for found in session.findings:
            place = (os.path.realpath(found.location.path), found.location.span.line)
            sides = {(os.path.realpath(each.location.path), each.location.span.line) for each in found.related}
            if place[0].startswith(root):
                truth.mismatches.setdefault(place, (f"{case}: {found.code} {found.message}", set()))[1].update(sides)
    return truth


@contextmanager
def _lines_run(root: str, lines: set[Place]) -> Iterator[None]:
    def inside(frame: FrameType, event: str, argument: object) -> Any:
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def at_call(frame: FrameType, event: str, argument: object) -> Any:
        return inside if frame.f_code.co_filename.startswith(root) else None

    sys.settrace(at_call)
    try:
        yield
    finally:
        sys.settrace(None)


def checked(root: str) -> list[tuple[Place, str]]:
    """Every finding of `devlint check` on the package."""
    folder = os.path.dirname(root)
    options = ("--isolated", "--output-format", "json")
    # -P: a package may have a module of its own called `collections`
    command = [sys.executable, "-P", "-m", "devlint", "check", *options, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if not done.stdout:
        raise SystemExit(f"devlint check {root}: {done.stderr}")
    return [
        ((os.path.realpath(os.path.join(folder, each["path"])), each["line"]), f"{each['code']} {each['message']}")
        for each in json.loads(done.stdout)
    ]


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    sys.path[:0] = [os.path.abspath(each) for each in (options.site, options.torchvision) if each]
    if options.torchvision:
        exec(SHIM, {})  # as sitecustomize does
    print(
        "| package | cases | mismatches | found by check | flagged on lines that ran, nothing happened |\n|"
        + " --- |" * 5
    )
    details = []
    for name in LIBRARIES:
        if options.only.split(".")[0] not in ("", name):
            continue
        try:
            package = importlib.import_module(name)
        except ImportError as error:
            print(f"| {name} | not there: {error} |")
            continue
        root = os.path.realpath(Path(package.__file__ or "").parent)
        truth = truth_of(name, root, options.only.partition(".")[2])
        flagged = [] if options.no_check else checked(root)
        places = {place for place, _ in flagged}
        hits = {place for place, (_, sides) in truth.mismatches.items() if {place, *sides} & places}
        explained = {each for place, (_, sides) in truth.mismatches.items() for each in (place, *sides)}
        wrong = [(place, text) for place, text in flagged if place in truth.lines and place not in explained]
        print(f"| {name} | {truth.cases} | {len(truth.mismatches)} | {len(hits)} | {len(wrong)} |", flush=True)
        details += [
            *(
                f"{'found ' if place in hits else 'missed'} {_shown(place, root)} {text}"
                for place, (text, _) in sorted(truth.mismatches.items())
            ),
            *(f"nothing happened {_shown(place, root)} {text}" for place, text in wrong),
            *(f"could not run: {name}.{each}" for each in truth.failed),
        ]  # fmt: skip
    print("\n" + "\n".join(details))
    return 0


def _shown(place: Place, root: str) -> str:
    return f"{os.path.relpath(place[0], os.path.dirname(root))}:{place[1]}"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="A package, or a package, a dot, and a part of a case's name.")
    parser.add_argument("--site")
    parser.add_argument("--torchvision")
    parser.add_argument("--no-check", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
