"""The API tables against their own types and against each other; needs no torch."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import libcst as cst
import pytest

from devlint.model import torchapi
from devlint.model.torchapi import canonical, is_lightning, is_module_base, operation_of_function, operation_of_method
from devlint.model.torchapi.schema import Check, Factory, ModuleClass, Move, Operation, Rank, Returns

OPERATIONS = {**torchapi.OPERATIONS, **torchapi.FUNCTIONALS}
NAME_FIELDS = ("operands", "sequences", "indices", "host", "tensors", "scalar_ok", "tuple_if")


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operation_names_only_its_own_parameters(name: str) -> None:
    entry = OPERATIONS[name]
    known = set(entry.params).union(*entry.overloads)
    for field in NAME_FIELDS:
        assert set(getattr(entry, field)) <= known, field
    assert set(entry.method_params) <= set(entry.params)
    assert entry.out_of is None or entry.out_of in known
    assert len(set(entry.params)) == len(entry.params)
    assert entry.operands


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operation_fields_agree_with_each_other(name: str) -> None:
    entry = OPERATIONS[name]
    assert entry.function or entry.method or entry.inplace
    assert not set(entry.host) & set(entry.operands), "host memory cannot take part in the device check"
    assert not entry.scalar_ok or entry.check is Check.EXACT, "only an exact operation has exceptions"
    assert set(entry.tuple_if).isdisjoint(entry.operands)
    if name.endswith("_") and name in torchapi.OPERATIONS:
        assert entry.inplace and not entry.function


@pytest.mark.parametrize("name", sorted({**torchapi.FACTORIES, **torchapi.METHOD_FACTORIES}))
def test_factory_fields_agree_with_each_other(name: str) -> None:
    entry = {**torchapi.FACTORIES, **torchapi.METHOD_FACTORIES}[name]
    assert entry.params
    assert entry.like is None or entry.like in entry.params
    if entry.rank is Rank.SHAPE:
        assert "size" in entry.params
        assert all("size" in params for params in entry.overloads)
    if entry.varargs:
        assert entry.params[-1] in ("size", "data")


@pytest.mark.parametrize("name", sorted(torchapi.NN_MODULES))
def test_module_class_names_only_its_own_parameters(name: str) -> None:
    entry = torchapi.NN_MODULES[name]
    assert set(entry.weights) <= set(entry.params)
    assert entry.takes_device == ("device" in entry.params)
    assert not entry.weights or entry.loss


def test_values_have_the_declared_types() -> None:
    tables = [
        (torchapi.FACTORIES, Factory),
        (torchapi.METHOD_FACTORIES, Factory),
        (OPERATIONS, Operation),
        (torchapi.NN_MODULES, ModuleClass),
        (torchapi.MOVE_METHODS, Move),
        (torchapi.HOST_METHODS, Returns),
        (torchapi.TENSOR_ATTRIBUTES, Returns),
    ]
    for table, kind in tables:
        for name, entry in table.items():
            assert type(entry) is kind, name
            for field in dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ():
                if field.type.startswith("tuple"):
                    assert isinstance(getattr(entry, field.name), tuple), (name, field.name)


def test_a_name_of_a_method_stands_in_one_table() -> None:
    methods = {name for name, entry in torchapi.OPERATIONS.items() if entry.method}
    tables = [
        methods,
        set(torchapi.HOST_METHODS),
        set(torchapi.MOVE_METHODS),
        set(torchapi.CAST_METHODS),
        set(torchapi.METHOD_FACTORIES),
        set(torchapi.TENSOR_ATTRIBUTES),
    ]
    seen: set[str] = set()
    for table in tables:
        assert not table & seen
        seen |= table


def test_a_qualified_function_stands_in_one_table() -> None:
    factories = set(torchapi.FACTORIES)
    operations = {f"torch.{name}" for name, entry in torchapi.OPERATIONS.items() if entry.function}
    assert factories & operations == {"torch.normal"}, "normal makes a tensor from numbers or works on tensors"
    assert not factories & set(torchapi.FUNCTIONALS)
    assert not operations & set(torchapi.FUNCTIONALS)
    assert not set(torchapi.HOST_FUNCTIONS) & (factories | operations | set(torchapi.FUNCTIONALS))


def test_operators_name_operations_and_libcst_classes() -> None:
    for table in (torchapi.BINARY_OPERATORS, torchapi.UNARY_OPERATORS):
        for operator, name in table.items():
            assert hasattr(cst, operator)
            assert name in torchapi.OPERATIONS
    for operator, name in torchapi.BINARY_OPERATORS.items():
        if issubclass(getattr(cst, operator), cst.BaseBinaryOp) and operator != "MatrixMultiply":
            assert torchapi.OPERATIONS[name].check is Check.ITERATOR
            assert torchapi.OPERATIONS[name].inplace and hasattr(cst, f"{operator}Assign")


@pytest.mark.parametrize(
    ("method", "known", "writes"),
    [
        ("add", True, False),
        ("add_", True, True),
        ("copy_", True, True),
        ("copy", False, False),
        ("view", True, False),
        ("view_", False, False),
        ("cat", False, False),
        ("matmul_", False, False),
        ("__add__", False, False),
    ],
)
def test_operation_of_method(method: str, known: bool, writes: bool) -> None:
    found = operation_of_method(method)
    assert (found is not None) == known
    if found is not None:
        assert found[1] == writes


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("torch.add", True),
        ("torch.relu_", True),
        ("torch.view", False),
        ("torch.Tensor.view", True),
        ("torch.Tensor.add_", True),
        ("torch.Tensor.cat", False),
        ("torch.nn.functional.linear", True),
        ("numpy.add", False),
        ("add", False),
    ],
)
def test_operation_of_function(name: str, known: bool) -> None:
    assert (operation_of_function(name) is not None) == known


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch.nn.modules.linear.Linear", "torch.nn.Linear"),
        ("torch.nn.modules.Linear", "torch.nn.Linear"),
        ("torch.nn.parameter.Parameter", "torch.nn.Parameter"),
        ("torch.nn.modules.module.Module", "torch.nn.Module"),
        ("torch.functional.einsum", "torch.einsum"),
        ("torch.optim.adamw.AdamW", "torch.optim.AdamW"),
        ("torch.utils.data.dataset.Dataset", "torch.utils.data.Dataset"),
        ("torch.nn.Linear", "torch.nn.Linear"),
        ("torch.zeros", "torch.zeros"),
        ("numpy.zeros", "numpy.zeros"),
        ("torch", "torch"),
    ],
)
def test_canonical(name: str, expected: str) -> None:
    assert canonical(name) == expected


@pytest.mark.parametrize("name", sorted(torchapi.CANONICAL.values()))
def test_canonical_names_are_fixed_points(name: str) -> None:
    assert canonical(name) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch.nn.Module", True),
        ("lightning.pytorch.LightningModule", True),
        ("torchmetrics.Metric", True),
        ("..modeling_utils.PreTrainedModel", True),
        (".modeling_llama.LlamaPreTrainedModel", True),
        ("torchvision.models.ResNet", True),
        ("torchvision.models.resnet.BasicBlock", True),
        ("torchvision.models.resnet.ResNet50_Weights", False),
        ("torchvision.models.resnet50", False),
        ("transformers.PreTrainedConfig", False),
        ("torch.utils.data.Dataset", False),
        ("object", False),
        ("?", False),
    ],
)
def test_is_module_base(name: str, expected: bool) -> None:
    assert is_module_base(name) == expected


def test_is_lightning() -> None:
    assert is_lightning("pytorch_lightning.LightningModule") and is_lightning("pl.LightningModule")
    assert not is_lightning("torch.nn.Module")


def test_nothing_common_proves_a_tensor() -> None:
    proving = torchapi.TENSOR_ONLY_METHODS | torchapi.TENSOR_ONLY_ATTRIBUTES
    shared = (
        "to cuda cpu half float double train eval shape dtype sum mean T reshape transpose copy item tolist size device"
    )
    assert not proving & set(shared.split())
    assert not torchapi.TENSOR_ONLY_METHODS & torchapi.TENSOR_ONLY_ATTRIBUTES


def test_devices_are_known_types() -> None:
    known = torchapi.DEVICE_TYPES | torchapi.PLUGIN_DEVICE_TYPES
    assert not torchapi.ACCELERATOR_TYPES - known
    assert not torchapi.DEVICE_TYPES & torchapi.PLUGIN_DEVICE_TYPES
    assert {move.device for move in torchapi.MOVE_METHODS.values()} - {None} <= known
    assert set(torchapi.DEVICE_QUESTIONS.values()) <= known
    assert {kind for kind in torchapi.AVAILABILITY_HELPERS.values() if kind} <= known
    assert not torchapi.RAISES_WITHOUT_CUDA & torchapi.HARMLESS_WITHOUT_CUDA


def test_importing_the_tables_loads_neither_torch_nor_libcst() -> None:
    code = "import sys, devlint.model.torchapi; print([m for m in ('torch', 'libcst', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
