"""Forward and backward of library models on the pretend GPU: which mismatches does a rehearsal see there?

    PYTHONPATH=src python benchmarks/rehearse_zoo.py timm --count 220 > timm.jsonl
    PYTHONPATH=src python benchmarks/rehearse_zoo.py transformers > transformers.jsonl

Needs torch, and timm or transformers, in this environment. Models come from their default configs, transformers' with
two layers; they are built on the CPU, moved, and run without data, or with data where values are needed and the model
is small. One JSON object is written for each model as it is done, and the sums on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from common import Lost, each_in_workers

_LIMIT = 240.0
_SMALL = 60_000_000
_OPERATORS = ("nms", "qnms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d")
_DEPTHS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers", "depth")


def main() -> None:
    """Run all models of a library that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", choices=("timm", "transformers"))
    parser.add_argument("--count", type=int, default=0, help="How many models, spread evenly over all. [all]")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    names = arguments.names or every(list(NAMES[arguments.library]()), arguments.count)
    sums: Counter[str] = Counter()
    items = [(arguments.library, name) for name in names]
    for (_, name), result, seconds in each_in_workers(work, items, jobs=arguments.jobs, limit=_LIMIT):
        record = {"error": result.reason} if isinstance(result, Lost) else result
        print(json.dumps({"model": name, "seconds": round(seconds, 1), **record}), flush=True)
        sums["stopped" if "error" in record else "with findings" if record["findings"] else "clean"] += 1
    print(dict(sums), file=sys.stderr)


def every(names: list[str], count: int) -> list[str]:
    """`count` names, evenly spread; all for 0."""
    return [names[index * len(names) // count] for index in range(min(count, len(names)))] if count else names


def work(item: tuple[str, str]) -> dict[str, Any]:
    """One model: its findings, or the error that kept it from being run."""
    library, name = item
    outcome = rehearse(library, name, fake=True)
    if "error" in outcome and outcome.get("parameters", 0) <= _SMALL:
        with_data = rehearse(library, name, fake=False)
        if "error" not in with_data or "--fake-data" in outcome["error"]:
            return with_data
    return outcome


def rehearse(library: str, name: str, *, fake: bool) -> dict[str, Any]:
    """Build a model, move it, run it forward and backward."""
    import torch

    from devlint.rehearse import pretend

    declare_torchvision()
    root = str(Path(find_spec(library).origin).parent)
    record: dict[str, Any] = {"data": not fake}
    started = time.perf_counter()
    torch.manual_seed(0)
    model, inputs = None, None
    with pretend(["H200"], roots=[root], limited=False, fake_data=fake) as session:
        try:
            model, inputs = MAKERS[library](name)
            record["parameters"] = sum(parameter.numel() for parameter in model.parameters())
            model = model.to("cuda").train()
            outputs = model(**{key: value.to("cuda") for key, value in inputs.items()})
            sum(each.float().mean() for each in tensors_in(outputs) if each.requires_grad).backward()
        except Exception as error:
            record["error"] = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        record["peak"] = session.memory.pools[session.devices[0]].peak
        record["findings"] = [f"{finding.location} {finding.code} {finding.message}" for finding in session.findings]
    record["run"] = round(time.perf_counter() - started, 1)
    return record


def tensors_in(value: Any) -> Iterator[Any]:
    """All floating tensors of an output."""
    import torch

    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from tensors_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from tensors_in(each)


def declare_torchvision() -> None:
    """The Python part of torchvision imports without its C++ part once the names of its operators are there."""
    import torch

    if find_spec("torchvision") is None or hasattr(torch.ops.torchvision, "nms"):
        return
    library = torch.library.Library("torchvision", "DEF")
    for name in _OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    torch.torchvision_declarations = library  # they end with it


# ------------------------------------------------------------------------------------------------------------- models


def timm_names() -> list[str]:
    """All registered models."""
    declare_torchvision()
    import timm

    return sorted(timm.list_models())


def timm_model(name: str) -> tuple[Any, dict[str, Any]]:
    """A model of timm, with random weights, and two images of its smallest size."""
    import timm
    import torch

    model = timm.create_model(name)
    size = model.default_cfg.get("min_input_size") if not model.default_cfg.get("fixed_input_size") else None
    shape = size or model.default_cfg["input_size"]
    return model, {"x": torch.randn(2, *shape)}


def transformers_names() -> list[str]:
    """All architectures of which there is a plain model."""
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    return sorted(MODEL_MAPPING_NAMES)


def transformers_model(name: str) -> tuple[Any, dict[str, Any]]:
    """A model of transformers by its default config with two layers, and a short input."""
    import torch
    from transformers import CONFIG_MAPPING, AutoModel

    config = CONFIG_MAPPING[name]()
    for part in (config, *(getattr(config, each, None) for each in ("text_config", "vision_config", "audio_config"))):
        for attribute in _DEPTHS:
            if isinstance(getattr(part, attribute, None), int):
                setattr(part, attribute, min(2, getattr(part, attribute)))
        if isinstance(getattr(part, "layer_types", None), list):
            part.layer_types = part.layer_types[:2]
    model = AutoModel.from_config(config)
    main_input = model.main_input_name
    if main_input == "pixel_values":
        vision = getattr(config, "vision_config", config)
        size = getattr(vision, "image_size", 224)
        height, width = (size, size) if isinstance(size, int) else size
        return model, {"pixel_values": torch.randn(1, getattr(vision, "num_channels", 3), height, width)}
    if main_input == "input_values":
        return model, {"input_values": torch.randn(2, 16000)}
    inputs = {"input_ids": torch.randint(3, 90, (2, 16))}
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    if config.is_encoder_decoder:
        inputs["decoder_input_ids"] = torch.randint(3, 90, (2, 16))
    return model, inputs


NAMES: dict[str, Callable[[], list[str]]] = {"timm": timm_names, "transformers": transformers_names}
MAKERS: dict[str, Callable[[str], tuple[Any, dict[str, Any]]]] = {
    "timm": timm_model,
    "transformers": transformers_model,
}

if __name__ == "__main__":
    main()
