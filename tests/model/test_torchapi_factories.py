"""Factories: what they follow, and the rank of what they make, by running them on meta tensors."""

from __future__ import annotations

import pytest

from devlint.model import torchapi
from devlint.model.torchapi.schema import Factory, Rank

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore")

# Positional arguments for each factory that has no plain sizes.
ARGUMENTS: dict[str, str] = {
    "torch.full": "(2, 3), 1.0",
    "torch.randint": "0, 9, (2, 3)",
    "torch.randperm": "4",
    "torch.normal": "0.0, 1.0, (2, 3)",
    "torch.empty_strided": "(2, 3), (3, 1)",
    "torch.empty_permuted": "(2, 3), (0, 1)",
    "torch.arange": "4",
    "torch.range": "0, 4",
    "torch.linspace": "0, 1, 5",
    "torch.logspace": "0, 1, 5",
    "torch.eye": "3",
    "torch.tensor": "[[1.0]]",
    "torch.as_tensor": "[[1.0]]",
    "torch.asarray": "[[1.0]]",
    "torch.scalar_tensor": "1.0",
    "torch.from_numpy": "numpy.zeros((2, 3))",
    "torch.frombuffer": "bytearray(8), dtype=torch.uint8",
    "torch.tril_indices": "3, 3",
    "torch.triu_indices": "3, 3",
    "torch.signal.windows.general_cosine": "5, a=[0.4, 0.6]",
    "torch.fft.fftfreq": "5",
    "torch.fft.rfftfreq": "5",
    "torch.sparse_coo_tensor": "[[0, 1]], [1.0, 2.0], (2,), check_invariants=False",
    "torch.sparse_csr_tensor": "[0, 1], [0], [1.0], (1, 1), check_invariants=False",
    "torch.sparse_bsr_tensor": "[0, 1], [0], [[[1.0]]], (1, 1), check_invariants=False",
    "torch.sparse_csc_tensor": "[0, 1], [0], [1.0], (1, 1), check_invariants=False",
    "torch.sparse_bsc_tensor": "[0, 1], [0], [[[1.0]]], (1, 1), check_invariants=False",
    "torch.sparse_compressed_tensor": "[0, 1], [0], [1.0], (1, 1), layout=torch.sparse_csr, check_invariants=False",
    "torch.nested.nested_tensor": "[[1.0], [2.0, 3.0]]",
    "torch.nested.as_nested_tensor": "[source, source], layout=torch.jagged",
    "torch.zeros_like": "source",
    "torch.ones_like": "source",
    "torch.empty_like": "source",
    "torch.rand_like": "source",
    "torch.randn_like": "source",
    "torch.full_like": "source, 1.0",
    "torch.randint_like": "source, 0, 9",
    "new_full": "(2, 3), 1.0",
    "new_empty_strided": "(2, 3), (3, 1)",
    "new_tensor": "[[1.0]]",
}
# What cannot be run on meta tensors or from literals; each reason was checked by hand.
UNTRIED = {
    "torch.from_file": "needs a file",
    "torch.nested.nested_tensor": "cannot be made on meta",
    "torch.nested.as_nested_tensor": "cannot be made on meta",
    "torch.frombuffer": "shares the memory of the buffer",
}
STORAGES = {name for name in torchapi.FACTORIES if name.endswith("Storage")}
RANKS = {Rank.ONE: {1}, Rank.TWO: {2}, Rank.SCALAR: {0}, Rank.SHAPE: {2}, Rank.SOME: {1, 2, 3}, Rank.DATA: {2}}
RUNNABLE = sorted(set(torchapi.FACTORIES) - set(UNTRIED) - STORAGES)


def call(name: str, extra: str = "", source: object = None) -> object:
    """Run a factory on its sample arguments; sizes are spread where it allows that."""
    numpy = pytest.importorskip("numpy")
    arguments = ARGUMENTS.get(name) or ("5" if "window" in name else "2, 3")
    scope = {"torch": torch, "numpy": numpy, "source": torch.zeros(2, 3) if source is None else source}
    return eval(f"{name}({arguments}{extra})", scope)


@pytest.mark.parametrize("name", RUNNABLE)
def test_follows_the_default_device(name: str) -> None:
    entry = torchapi.FACTORIES[name]
    with torch.device("meta"):
        made = call(name, source=torch.zeros(2, 3, device="cpu"))
    expected = "meta" if entry.follows_default and not _is_like_source(name) else "cpu"
    assert made.device.type == expected


def _is_like_source(name: str) -> bool:
    return ARGUMENTS.get(name, "").startswith("source")


@pytest.mark.parametrize("name", RUNNABLE)
def test_takes_a_device(name: str) -> None:
    if torchapi.FACTORIES[name].takes_device:
        assert call(name, ", device='meta'").device.type == "meta"
    else:
        with pytest.raises((TypeError, RuntimeError)):
            call(name, ", device='meta'")


@pytest.mark.parametrize("name", sorted(name for name in torchapi.FACTORIES if _is_like_source(name)))
def test_is_like_its_source(name: str) -> None:
    assert torchapi.FACTORIES[name].like
    if name not in UNTRIED:
        assert call(name, source=torch.zeros(2, 3, device="meta")).device.type == "meta"


@pytest.mark.parametrize("name", ["torch.tensor", "torch.as_tensor", "torch.asarray", "torch.normal"])
def test_stays_with_a_tensor_given_as_data(name: str) -> None:
    assert torchapi.FACTORIES[name].like == torchapi.FACTORIES[name].params[0]
    function = getattr(torch, name.removeprefix("torch."))
    assert function(torch.zeros(2, device="meta")).device.type == "meta"


@pytest.mark.parametrize("name", RUNNABLE)
def test_rank(name: str) -> None:
    entry = torchapi.FACTORIES[name]
    made = call(name)
    if entry.rank is Rank.SAME:
        assert made.ndim == 2
    elif entry.rank is not Rank.UNKNOWN:
        assert made.ndim in RANKS[entry.rank]


@pytest.mark.parametrize(
    ("expression", "rank"),
    [
        ("torch.tensor(1.0)", 0),
        ("torch.tensor([1.0])", 1),
        ("torch.tensor([[1.0]])", 2),
        ("torch.tensor(range(3))", 1),
        ("torch.zeros(())", 0),
        ("torch.zeros([])", 0),
        ("torch.zeros(3)", 1),
        ("torch.zeros((2, 3))", 2),
        ("torch.Tensor(3)", 1),
        ("torch.Tensor([1.0])", 1),
        ("torch.Tensor()", 1),
        ("torch.randint(9, (2, 3))", 2),
    ],
)
def test_rank_of_data_and_sizes(expression: str, rank: int) -> None:
    assert eval(expression, {"torch": torch}).ndim == rank


@pytest.mark.parametrize("name", sorted(torchapi.METHOD_FACTORIES))
def test_method_factory_is_like_its_receiver(name: str) -> None:
    entry: Factory = torchapi.METHOD_FACTORIES[name]
    if name == "new":
        pytest.skip("a legacy constructor: refuses meta tensors")
    receiver = torch.zeros(2, 3, device="meta")
    with torch.device("cpu"):
        made = eval(f"receiver.{name}({ARGUMENTS.get(name, '2, 3')})", {"receiver": receiver})
    assert made.device.type == "meta"
    assert made.ndim in RANKS[entry.rank]


@pytest.mark.parametrize("name", sorted(torchapi.LEGACY_CUDA))
def test_legacy_constructor_is_a_type(name: str) -> None:
    assert isinstance(eval(name, {"torch": torch}), type)
