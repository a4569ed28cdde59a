"""Every name in the API tables exists in the installed torch, with the parameters that the table gives it."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from devlint.model import torchapi
from devlint.model.torchapi.schema import Move, Operation

torch = pytest.importorskip("torch")

# What newer releases have dropped, and older ones miss; code that devlint reads may still use it.
VERSION_DEPENDENT = {
    "torch.optim.Muon",
    "torch.optim.Adafactor",
    "torch.optim.lr_scheduler.PolynomialLR",
    "torch.nn.functional.grouped_mm",
    "torch.nn.functional.scaled_mm",
    "torch.nn.functional.linear_cross_entropy",
    "torch.nn.LinearCrossEntropyLoss",
}
PLUGIN_PREFIXES = ("torch.npu.", "torch.mlu.", "torch.musa.", "torch.hpu.", "torch.sdaa.", "torch.neuron.")
# Importing everything wakes deprecated corners of torch, too.
pytestmark = pytest.mark.filterwarnings("ignore")
NEW_ENOUGH = tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2]) >= (2, 13)

# The documentation names these parameters otherwise than the schema does; both are accepted by position.
SCHEMA_NAMES = {"self": "input", "sections": "indices_or_sections", "tensor_indices_or_sections": "indices_or_sections"}


def resolve(name: str) -> object:
    """The object of a qualified name; fails the test where it does not exist."""
    path, rest = name, []
    while True:
        try:
            value: object = importlib.import_module(path)
            break
        except ImportError:
            path, _, last = path.rpartition(".")
            rest.insert(0, last)
    for part in rest:
        if not hasattr(value, part):
            pytest.fail(f"{name} does not exist in torch {torch.__version__}")
        value = getattr(value, part)
    return value


def exists_or_skip(name: str) -> object:
    if name in VERSION_DEPENDENT and not NEW_ENOUGH:
        pytest.skip(f"{name} belongs to another release of torch")
    return resolve(name)


QUALIFIED = sorted(
    {
        *torchapi.FACTORIES,
        *torchapi.FUNCTIONALS,
        *torchapi.NN_MODULES,
        *torchapi.DISTRIBUTIONS,
        *torchapi.RAISES_WITHOUT_CUDA,
        *torchapi.HARMLESS_WITHOUT_CUDA,
        *torchapi.LEGACY_CUDA,
        *torchapi.HOST_FUNCTIONS,
        *torchapi.SCHEDULERS,
        *torchapi.AUTOGRAD_FUNCTIONS,
        *(name for name in torchapi.AVAILABILITY if not name.startswith(PLUGIN_PREFIXES)),
        *(name for name in torchapi.MODULE_BASES if name.startswith("torch.")),
        *(
            name
            for table in (torchapi.PARAMETER, torchapi.OPTIMIZERS, torchapi.DATASET_BASES, torchapi.LOADERS)
            for name in table
            if name.startswith("torch.")
        ),
    }
)


@pytest.mark.parametrize("name", QUALIFIED)
def test_qualified_name_exists(name: str) -> None:
    assert callable(exists_or_skip(name)) or name == "torch.cuda.StreamContext"


@pytest.mark.parametrize("name", sorted(set(torchapi.CANONICAL) - {"torch.nn.modules.DataParallel"}))
def test_canonical_is_the_same_object(name: str) -> None:
    value, other = resolve(name), resolve(torchapi.CANONICAL[name])
    if inspect.ismodule(value):
        assert any(getattr(other, each, None) is member for each, member in vars(value).items() if callable(member))
    else:
        assert value is other


@pytest.mark.parametrize("name", sorted(torchapi.OPERATIONS))
def test_operation_is_reachable_as_it_says(name: str) -> None:
    entry = torchapi.OPERATIONS[name]
    bare = name.removesuffix("_")
    assert hasattr(torch, name) == entry.function or name.endswith("_")
    if not name.endswith("_"):
        told_elsewhere = name in torchapi.HOST_METHODS or name in torchapi.TENSOR_ATTRIBUTES
        assert hasattr(torch.Tensor, name) == (entry.method or told_elsewhere)
    assert hasattr(torch.Tensor, f"{bare}_") == (entry.inplace or f"{name}_" in torchapi.OPERATIONS)


@pytest.mark.parametrize(
    "name",
    sorted({*torchapi.METHOD_FACTORIES, *torchapi.CAST_METHODS, *torchapi.HOST_METHODS, *torchapi.TENSOR_ATTRIBUTES}),
)
def test_tensor_has_it(name: str) -> None:
    assert hasattr(torch.Tensor, name) or hasattr(torch.zeros(1, 1), name)


@pytest.mark.parametrize("name", sorted(torchapi.TENSOR_ONLY_METHODS | torchapi.TENSOR_ONLY_ATTRIBUTES))
def test_only_a_tensor_has_it(name: str) -> None:
    numpy = pytest.importorskip("numpy")
    assert hasattr(torch.Tensor, name)
    others: list[object] = [torch.nn.Module(), [], {}, "", 0, 0.5, torch.Size(), torch.device("cpu"), torch.Generator()]
    assert not [other for other in others if hasattr(other, name)]
    if name != "view":  # arrays have one that takes a dtype
        assert not hasattr(numpy.zeros((1, 1)), name)


@pytest.mark.parametrize(("name", "move"), sorted(torchapi.MOVE_METHODS.items()))
def test_move_method(name: str, move: Move) -> None:
    if name in torchapi.PLUGIN_MOVES:
        assert not hasattr(torch.nn.Module(), name)
        return
    assert hasattr(torch.Tensor, name) == move.tensors
    assert hasattr(torch.nn.Module, name) == move.modules


@pytest.mark.parametrize("name", sorted(torchapi.CAST_METHODS))
def test_cast_method(name: str) -> None:
    dtype = torchapi.CAST_METHODS[name]
    if dtype is not None:
        assert str(getattr(torch.zeros(1), name)().dtype) == f"torch.{dtype}"
    assert hasattr(torch.nn.Module, name) == (name in torchapi.MODULE_CASTS)


# ----------------------------------------------------------------------------------------------------------- signatures


def positional(function: object) -> list[str] | None:
    """The names of a Python function's positional parameters, or None where there are none to see."""
    try:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return None
    return [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]


def schemas(name: str) -> list[list[str]]:
    """The positional parameters of each native overload of an operation."""
    renamed = {**SCHEMA_NAMES, "indices": "indices_or_sections"} if name.endswith("split") else SCHEMA_NAMES
    found = []
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        if "out" not in schema.overload_name.split("_"):
            found.append([renamed.get(arg.name, arg.name) for arg in schema.arguments if not arg.kwarg_only])
    return found


def documented(function: object) -> list[str] | None:
    """The positional parameters in the first line of a docstring (`conv2d(input, weight, bias=None) -> Tensor`)."""
    text = re.sub(r"=\([^)]*\)", "=...", getattr(function, "__doc__", None) or "")
    found = re.match(r"\s*[\w.]+\(([^)]*)", text)
    if found is None:
        return None
    names = found[1].split("*")[0].split(",")
    return [re.split(r"[=:]", name)[0].strip() for name in names if name.strip()]


def agrees(ours: tuple[str, ...], theirs: list[str]) -> bool:
    """The shorter list begins the longer one; what the table leaves out at the end is never an operand."""
    count = min(len(ours), len(theirs))
    return list(ours[:count]) == theirs[:count]


@pytest.mark.parametrize("name", sorted({**torchapi.FUNCTIONALS, **torchapi.NN_MODULES}))
def test_parameters_of_python_function(name: str) -> None:
    entry = torchapi.FUNCTIONALS.get(name) or torchapi.NN_MODULES[name]
    function = exists_or_skip(name)
    theirs = [positional(function)]
    if theirs == [None]:
        theirs = [documented(function)] if isinstance(entry, Operation) else []
    if theirs == [None]:
        theirs = schemas(name.removeprefix("torch.").removeprefix("nn.functional.").replace(".", "_"))
        theirs = [["self" if each == "input" else each for each in names] for names in theirs] + theirs
    if not theirs:
        pytest.skip("classes which take any arguments")
    assert any(agrees(entry.params, each) for each in theirs if each is not None), theirs


@pytest.mark.parametrize("name", sorted(torchapi.OPERATIONS))
def test_parameters_of_native_operation(name: str) -> None:
    entry = torchapi.OPERATIONS[name]
    theirs = schemas(name) or ([found] if (found := documented(getattr(torch, name, None))) else [])
    if (python := positional(getattr(torch, name, None) or getattr(torch.Tensor, name, None))) is not None:
        theirs.append(["input" if each == "self" else each for each in python])
    if not theirs:
        pytest.skip("neither schema nor signature to compare with")
    params = entry.params[:-1] if entry.varargs else entry.params
    assert any(agrees(params, each) for each in theirs), theirs
    for params in entry.overloads:
        assert any(agrees(params, each) for each in theirs), theirs
