"""Which calls need CUDA, on a machine that has none."""

from __future__ import annotations

import importlib.util

import pytest

from devlint.model import torchapi

torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA"),
]

ARGUMENTS: dict[str, tuple[object, ...]] = {
    "set_device": (0,),
    "manual_seed": (0,),
    "manual_seed_all": (0,),
    "set_rng_state": (torch.zeros(16, dtype=torch.uint8),),
    "set_per_process_memory_fraction": (0.5,),
    "can_device_access_peer": (0, 0),
    "stream": (None,),
    "device": (0,),
}


def call(name: str) -> None:
    last = name.rpartition(".")[2]
    made = getattr(torch.cuda, last)(*ARGUMENTS.get(last, ()))
    if last in ("device", "stream"):
        with made:
            pass


@pytest.mark.parametrize("name", sorted(torchapi.RAISES_WITHOUT_CUDA))
def test_raises(name: str) -> None:
    with pytest.raises((AssertionError, AttributeError, RuntimeError, KeyError)):
        call(name)


@pytest.mark.parametrize("name", sorted(torchapi.HARMLESS_WITHOUT_CUDA))
def test_is_harmless(name: str) -> None:
    if name.endswith("list_gpu_processes") and importlib.util.find_spec("pynvml"):
        pytest.skip("harmless only where NVIDIA's own library is missing, as the doctor's extra is not")
    call(name)


@pytest.mark.parametrize("kind", sorted(torchapi.DEVICE_TYPES))
def test_device_type_is_accepted(kind: str) -> None:
    assert torch.device(kind).type == kind


@pytest.mark.parametrize("kind", sorted(torchapi.PLUGIN_DEVICE_TYPES))
def test_plugin_device_type_is_rejected(kind: str) -> None:
    with pytest.raises(RuntimeError):
        torch.device(kind)


@pytest.mark.parametrize("name", sorted(torchapi.DEVICE_QUESTIONS))
def test_device_question(name: str) -> None:
    assert getattr(torch.zeros(1), name) == (torchapi.DEVICE_QUESTIONS[name] == "cpu")
