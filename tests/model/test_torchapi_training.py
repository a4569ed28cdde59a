"""What the tables of loading, streams, training and communication say, tried out on the installed torch."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from devlint.model import torchapi
from devlint.model.torchapi.distributed import ALWAYS_ASYNCHRONOUS, ASYNCHRONOUS_ON_REQUEST, GRADIENT_SYNCHRONISERS
from devlint.model.torchapi.loading import EXCLUDED_BY, LOADER_PARAMS, NEEDS_WORKERS, SAMPLERS, SHUFFLES
from devlint.model.torchapi.modules import CONSTANT_START
from devlint.model.torchapi.numpy import REFUSED_REDUCTIONS
from devlint.model.torchapi.streams import READS_ON_THE_HOST
from tests.model.test_torchapi_names import resolve

torch = pytest.importorskip("torch")

from torch.utils.data import BatchSampler, DataLoader, SequentialSampler  # noqa: E402

NUMBERS = list(range(8))
SAMPLER = SequentialSampler(NUMBERS)
OPTIONS: dict[str, Any] = {
    "sampler": SAMPLER,
    "batch_sampler": BatchSampler(SAMPLER, 2, False),
    "shuffle": True,
    "drop_last": True,
    "batch_size": 2,
    "persistent_workers": True,
    "prefetch_factor": 2,
    "multiprocessing_context": "spawn",
    "timeout": 1,
}


def test_loader_takes_its_parameters_in_this_order() -> None:
    names = [name for name in inspect.signature(DataLoader.__init__).parameters if name != "self"]
    assert tuple(names[: len(LOADER_PARAMS)]) == LOADER_PARAMS


@pytest.mark.parametrize(("option", "other"), [(a, b) for a, others in EXCLUDED_BY.items() for b in others])
def test_options_exclude_each_other(option: str, other: str) -> None:
    with pytest.raises(ValueError, match="mutually exclusive"):
        DataLoader(NUMBERS, **{option: OPTIONS[option], other: OPTIONS[other]})


@pytest.mark.parametrize("option", NEEDS_WORKERS)
def test_option_needs_workers(option: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        iter(DataLoader(NUMBERS, **{option: OPTIONS[option]}))


@pytest.mark.parametrize(
    "name", sorted({*SAMPLERS, *SHUFFLES, *GRADIENT_SYNCHRONISERS, *torchapi.WITHOUT_GRADIENTS, *CONSTANT_START})
)
def test_name_exists(name: str) -> None:
    assert callable(resolve(torchapi.canonical(name)))


@pytest.mark.parametrize(("name", "position"), SHUFFLES.items())
def test_generator_stands_there(name: str, position: int) -> None:
    names = list(inspect.signature(resolve(name)).parameters)  # type: ignore[arg-type]
    assert names.index("generator") == position


@pytest.mark.skipif(not torch.distributed.is_available(), reason="torch was built without distributed")
@pytest.mark.parametrize("name", sorted(ALWAYS_ASYNCHRONOUS | ASYNCHRONOUS_ON_REQUEST))
def test_communication_exists(name: str) -> None:
    takes_it = "async_op" in inspect.signature(resolve(name)).parameters  # type: ignore[arg-type]
    assert takes_it == (name in ASYNCHRONOUS_ON_REQUEST)


@pytest.mark.parametrize("name", sorted(READS_ON_THE_HOST))
def test_tensor_can_be_read(name: str) -> None:
    getattr(torch.ones(1, dtype=torch.int64), name)()


@pytest.mark.parametrize("name", sorted(CONSTANT_START - {each for each in CONSTANT_START if ".Lazy" in each}))
def test_two_new_ones_are_the_same(name: str) -> None:
    make = resolve(name)
    arguments = (2, 4) if name.endswith("GroupNorm") else () if name.endswith("PReLU") else (4,)
    one, other = (make(*arguments).state_dict() for _ in range(2))  # type: ignore[operator]
    assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", sorted(torchapi.DIFFERENTIABLE))
def test_result_requires_a_gradient(name: str) -> None:
    x = torch.rand(2, 2, requires_grad=True)
    cube = torch.rand(1, 2, 2, requires_grad=True)
    arguments: dict[str, tuple[Any, ...]] = {
        "addmm": (x, x), "div": (x,), "add": (x,), "sub": (x,), "mul": (x,), "matmul": (x,), "mm": (x,), "pow": (2,),
        "logsumexp": (0,), "permute": (1, 0), "reshape": (4,), "view": (4,), "transpose": (0, 1), "unsqueeze": (0,),
        "softmax": (0,), "log_softmax": (0,),
    }  # fmt: skip
    if name == "bmm":
        result = torch.bmm(cube, cube)
    elif hasattr(torch.Tensor, name):
        result = getattr(x, name)(*arguments.get(name, ()))
    else:
        result = getattr(torch.nn.functional, name)(x, *((x,) if name == "linear" else ()))
    assert result.requires_grad


@pytest.mark.parametrize("name", sorted(REFUSED_REDUCTIONS))
def test_numpy_cannot_reduce_a_tensor(name: str) -> None:
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TypeError):
        getattr(numpy, name.rpartition(".")[2])(torch.ones(2, 2))


def test_numpy_refuses_a_gradient_only_where_it_is_recorded() -> None:
    pytest.importorskip("numpy")
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="requires grad"):
        x.numpy()
    with torch.no_grad():
        assert x.numpy().shape == (2,)
