"""Reads what `nvidia-smi -q -x` prints, in the names of `devlint.doctor.facts.gpu`.

The document's form is NVIDIA's nvsmi_device DTD, of which versions 10 to 13 are in use; a value that a card or driver
does not have is `N/A`, `[N/A]`, or a sentence.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

Fields = dict[str, Any]

_MIB = 2**20
_COMPUTE_MODES = {"Default": "default", "Exclusive_Process": "exclusive-process", "Prohibited": "prohibited"}
_YES = {"Enabled": True, "Disabled": False, "Yes": True, "No": False}


def parse(text: str) -> Fields:
    """`driver` and `gpus`; ValueError if the text is not such a document."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"nvidia-smi printed something that is not its XML: {error}") from None
    if root.tag != "nvidia_smi_log":
        raise ValueError(f"nvidia-smi printed a document of another kind: <{root.tag}>")
    cuda = _numbers(_text(root, "cuda_version"))
    return {
        "driver": {"version": _text(root, "driver_version"), "cuda": cuda[:2] if len(cuda) >= 2 else None},
        "gpus": [_gpu(index, element) for index, element in enumerate(root.findall("gpu"))],
    }


def _gpu(index: int, gpu: Element) -> Fields:
    device = _text(gpu, "pci/pci_device_id")
    return {
        "index": index,
        "name": _text(gpu, "product_name"),
        "uuid": _text(gpu, "uuid"),
        "serial": _text(gpu, "serial"),
        "pci_bus_id": gpu.get("id"),
        "pci_device_id": f"10de:{device.lower().removeprefix('0x')[:4]}" if device else None,
        "memory_total": _mebibytes(gpu, "fb_memory_usage/total"),
        "memory_free": _mebibytes(gpu, "fb_memory_usage/free"),
        "memory_used": _mebibytes(gpu, "fb_memory_usage/used"),
        "driver_model": (_text(gpu, "driver_model/current_dm") or "").lower() or None,
        "mig_mode": _flag(gpu, "mig_mode/current_mig"),
        "mig_instances": [
            {"memory": _mebibytes(each, "fb_memory_usage/total")} for each in gpu.iterfind("mig_devices/mig_device")
        ],
        "processes": [_process(each) for each in gpu.iterfind("processes/process_info")],
        "health": _health(gpu),
    }


def _process(process: Element) -> Fields:
    return {
        "pid": _whole(process, "pid"),
        "memory": _mebibytes(process, "used_memory"),
        "name": _text(process, "process_name"),
    }


def _health(gpu: Element) -> Fields:
    power = "gpu_power_readings" if gpu.find("gpu_power_readings") is not None else "power_readings"
    limits = (f"{power}/current_power_limit", f"{power}/enforced_power_limit", f"{power}/power_limit")
    draws = (f"{power}/instant_power_draw", f"{power}/power_draw", f"{power}/average_power_draw")
    return {
        "temperature": _whole(gpu, "temperature/gpu_temp"),
        "fan_percent": _whole(gpu, "fan_speed"),
        "utilisation_percent": _whole(gpu, "utilization/gpu_util"),
        "memory_utilisation_percent": _whole(gpu, "utilization/memory_util"),
        "encoder_utilisation_percent": _whole(gpu, "utilization/encoder_util"),
        "decoder_utilisation_percent": _whole(gpu, "utilization/decoder_util"),
        "performance_state": _whole(gpu, "performance_state"),
        "power_draw": _first_number(gpu, *draws),
        "power_limit": _first_number(gpu, *limits),
        "power_default": _first_number(gpu, f"{power}/default_power_limit"),
        "power_max": _first_number(gpu, f"{power}/max_power_limit"),
        "sm_clock": _whole(gpu, "clocks/sm_clock"),
        "sm_clock_max": _whole(gpu, "max_clocks/sm_clock"),
        "memory_clock": _whole(gpu, "clocks/mem_clock"),
        "memory_clock_max": _whole(gpu, "max_clocks/mem_clock"),
        "throttle_reasons": _throttle_reasons(gpu),
        "ecc_enabled": _flag(gpu, "ecc_mode/current_ecc"),
        "ecc_uncorrected": _uncorrected(gpu),
        "retired_pages_pending": _flag(gpu, "retired_pages/pending_retirement", "remapped_rows/remapped_row_pending"),
        "row_remap_failed": _flag(gpu, "remapped_rows/remapped_row_failure"),
        "pcie_generation": _whole(gpu, "pci/pci_gpu_link_info/pcie_gen/current_link_gen"),
        "pcie_generation_max": _whole(gpu, "pci/pci_gpu_link_info/pcie_gen/max_link_gen"),
        "pcie_width": _whole(gpu, "pci/pci_gpu_link_info/link_widths/current_link_width"),
        "pcie_width_max": _whole(gpu, "pci/pci_gpu_link_info/link_widths/max_link_width"),
        "persistence": _flag(gpu, "persistence_mode"),
        "compute_mode": _COMPUTE_MODES.get(_text(gpu, "compute_mode") or ""),
        "display_active": _flag(gpu, "display_active"),
    }


def _throttle_reasons(gpu: Element) -> list[str] | None:
    """The active ones; drivers before 535 call them throttle reasons."""
    for kind in ("clocks_event_reason", "clocks_throttle_reason"):
        if (reasons := gpu.find(f"{kind}s")) is not None:
            active = [each.tag.removeprefix(f"{kind}_") for each in reasons if each.text == "Active"]
            return [name.replace("_", "-") for name in active]
    return None


def _uncorrected(gpu: Element) -> int | None:
    """All uncorrected errors since the driver was loaded."""
    tags = [each.tag for each in gpu.findall("ecc_errors/volatile/*") if "uncorrectable" in each.tag]
    counts = [_whole(gpu, f"ecc_errors/volatile/{tag}") for tag in tags]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _text(element: Element, path: str) -> str | None:
    text = (element.findtext(path) or "").strip()
    return None if text in ("", "N/A", "[N/A]", "None") or text.startswith(("Requested func", "[Not Supp")) else text


def _numbers(text: str | None) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", text or "")]


def _whole(element: Element, path: str) -> int | None:
    """The first number of `27 C`, `P8`, `16x`."""
    numbers = _numbers(_text(element, path))
    return numbers[0] if numbers else None


def _mebibytes(element: Element, path: str) -> int | None:
    size = _whole(element, path)
    return None if size is None else size * _MIB


def _first_number(element: Element, *paths: str) -> float | None:
    for path in paths:
        if found := re.match(r"\d+(?:\.\d+)?", _text(element, path) or ""):
            return float(found[0])
    return None


def _flag(element: Element, *paths: str) -> bool | None:
    for path in paths:
        if (text := _text(element, path)) in _YES:
            return _YES[text]
    return None
