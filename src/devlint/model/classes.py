"""Which classes are modules, and what their bodies declare."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from devlint.model.annotations import Hint, classify
from devlint.model.functions import FunctionModel, function_model
from devlint.model.names import dotted
from devlint.model.torchapi import (
    AUTOGRAD_FUNCTIONS,
    DATASET_BASES,
    METRIC_BASES,
    NN_MODULES,
    is_lightning,
    is_module_base,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from devlint.model.module import ModuleModel


class ClassKind(enum.Enum):
    """What an instance of a class is to device flow."""

    MODULE = "module"
    FUNCTION = "autograd function"
    DATASET = "dataset"
    OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One annotated name of a record's body; `default` is what it holds when nothing is passed."""

    name: str
    annotation: cst.Annotation
    default: cst.BaseExpression | None


class Record(enum.Enum):
    """How a class keeps what its body annotates."""

    NONE = ""
    ATTRIBUTES = "dataclass"
    TUPLE = "named tuple"


@dataclass(frozen=True, slots=True, eq=False)
class ClassModel:
    """A class statement; `bases` are qualified names, or class models of this file and of those that it imports.

    `module` is the file in which it stands; of a class of another file, `node` lacks the methods.
    """

    node: cst.ClassDef
    name: str
    bases: tuple[ClassModel | str, ...]
    methods: Mapping[str, FunctionModel]
    kind: ClassKind
    moves_itself: bool
    """It overrides `to`, `_apply` or `cuda`, or its framework moves its plain tensors (torchmetrics)."""
    lightning: bool = False
    class_attributes: dict[str, cst.BaseExpression] = field(default_factory=dict)
    declared: dict[str, Hint] = field(default_factory=dict)
    """Attributes that the class body only annotates (`running_mean: Tensor`)."""
    record: Record = Record.NONE
    own_fields: tuple[Field, ...] = ()
    module: ModuleModel | None = None

    def lineage(self) -> Iterator[ClassModel]:
        """This class and those of its bases whose source is at hand, nearest first."""
        seen: set[int] = set()
        queue = [self]
        while queue:
            model = queue.pop(0)
            if id(model) not in seen:
                seen.add(id(model))
                yield model
                queue += [base for base in model.bases if isinstance(base, ClassModel)]

    def method(self, name: str) -> FunctionModel | None:
        """The method that attribute look-up finds, as far as the source is at hand."""
        return next((model.methods[name] for model in self.lineage() if name in model.methods), None)

    def fields(self) -> tuple[Field, ...]:
        """The fields of a record in the order of its constructor, those of its bases of this file first."""
        found: dict[str, Field] = {}
        for model in reversed(list(self.lineage())):
            found.update((each.name, each) for each in model.own_fields)
        return tuple(found.values())

    @property
    def is_module(self) -> bool:
        """Its instances are nn.Modules."""
        return self.kind is ClassKind.MODULE


_MODULE_EVIDENCE = re.compile(r"\bself\s*\.\s*(register_buffer|register_parameter|register_module|add_module)\s*\(")
_MODULE_NAME = re.compile(r"(?<!Data)(Module|Model|Net|Network|Layer|Block|Backbone|Encoder|Decoder|Transformer|Head)$")
_MODULE_MEMBER = re.compile(r"\bself\s*\.\s*\w+\s*=\s*(torch\.)?nn\.[A-Z]\w*\s*\(")


def _methods(node: cst.ClassDef, module: ModuleModel | None) -> dict[str, FunctionModel]:
    methods: dict[str, FunctionModel] = {}
    for statement in _statements(node.body):
        if isinstance(statement, cst.FunctionDef):
            model = function_model(statement, node.name.value, module=module)
            setter = any(name.endswith((".setter", ".deleter")) for name in model.decorators)
            overload = any(name.rpartition(".")[2] == "overload" for name in model.decorators)
            if not setter and not overload:
                methods[model.name] = model
    return methods


def _statements(body: cst.BaseSuite) -> Iterator[cst.BaseStatement | cst.BaseSmallStatement]:
    """The statements of a class body, also those below a plain `if`."""
    for statement in body.body:
        yield statement
        if isinstance(statement, cst.If):
            yield from _statements(statement.body)
            if isinstance(statement.orelse, cst.Else):
                yield from _statements(statement.orelse.body)


def _attributes(node: cst.ClassDef) -> dict[str, cst.BaseExpression]:
    found: dict[str, cst.BaseExpression] = {}
    for statement in _statements(node.body):
        if isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name):
                    found[small.targets[0].target.value] = small.value
                elif isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name) and small.value:
                    found[small.target.value] = small.value
    return found


def _declared(node: cst.ClassDef) -> dict[str, Hint]:
    found: dict[str, Hint] = {}
    for statement in _statements(node.body):
        if isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name) and small.value is None:
                    found[small.target.value] = classify(small.annotation)
    return found


_RECORD_DECORATORS = frozenset("dataclass struct define frozen attrs attr.s attr.dataclass mutable".split())
_RECORD_BASES = frozenset("ModelOutput BaseOutput BaseModel TensorDataclass".split())


def _record(node: cst.ClassDef, bases: tuple[ClassModel | str, ...]) -> Record:
    """Whether a class is a record, by its decorators and bases."""
    for base in bases:
        kind = base.record if isinstance(base, ClassModel) else Record.NONE
        if kind is not Record.NONE:
            return kind
        if isinstance(base, str) and base.rpartition(".")[2] == "NamedTuple":
            return Record.TUPLE
        if isinstance(base, str) and base.rpartition(".")[2] in _RECORD_BASES:
            return Record.ATTRIBUTES
    for decorator in node.decorators:
        call = decorator.decorator
        name = dotted(call.func if isinstance(call, cst.Call) else call) or ""
        if name in _RECORD_DECORATORS or name.rpartition(".")[2] in ("dataclass", "define"):
            return Record.ATTRIBUTES
    return Record.NONE


def _fields(node: cst.ClassDef) -> Iterator[Field]:
    for statement in _statements(node.body):
        if isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                    yield Field(small.target.value, small.annotation, small.value)


def _kind(bases: tuple[ClassModel | str, ...], extra: frozenset[str]) -> ClassKind | None:
    for base in bases:
        if isinstance(base, ClassModel):
            if base.kind is not ClassKind.OTHER:
                return base.kind
        elif base in extra or base in NN_MODULES or is_module_base(base):
            return ClassKind.MODULE
        elif base in AUTOGRAD_FUNCTIONS:
            return ClassKind.FUNCTION
        elif base in DATASET_BASES:
            return ClassKind.DATASET
    return None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a class statement stands: its file, what its bases are, and the bases that the settings call modules."""

    module: ModuleModel | None
    base_of: Callable[[str], ClassModel | str]
    """The class of a dotted name, or its qualified name."""
    extra_bases: frozenset[str] = frozenset()


def class_model(
    node: cst.ClassDef, scope: Scope, methods: Mapping[str, FunctionModel] | None = None, text: str | None = None
) -> ClassModel:
    """The model of a class statement; `methods` and `text` are given where the node lacks the methods."""
    bases = tuple(_base(argument.value, scope) for argument in node.bases)
    if methods is None:
        methods = _methods(node, scope.module)
    kind = _kind(bases, scope.extra_bases)
    if kind is None:
        kind = ClassKind.MODULE if _looks_like_module(node, bases, methods, text) else ClassKind.OTHER
    moves = bool({"to", "_apply", "cuda"} & methods.keys()) or any(
        base.moves_itself if isinstance(base, ClassModel) else base in METRIC_BASES for base in bases
    )
    lightning = any(base.lightning if isinstance(base, ClassModel) else is_lightning(base) for base in bases)
    record = _record(node, bases)
    return ClassModel(
        node,
        node.name.value,
        bases,
        methods,
        kind,
        moves,
        lightning,
        _attributes(node),
        _declared(node),
        record,
        tuple(_fields(node)) if record is not Record.NONE else (),
        scope.module,
    )


def _base(node: cst.BaseExpression, scope: Scope) -> ClassModel | str:
    name = dotted(node.value if isinstance(node, cst.Subscript) else node)
    return scope.base_of(name) if name is not None else "?"


def is_known_base(name: str) -> bool:
    """Whether the tables say what a class of this base is."""
    return (
        name in NN_MODULES
        or is_module_base(name)
        or is_lightning(name)
        or name in METRIC_BASES
        or name in AUTOGRAD_FUNCTIONS
        or name in DATASET_BASES
    )


def _looks_like_module(
    node: cst.ClassDef,
    bases: tuple[ClassModel | str, ...],
    methods: Mapping[str, FunctionModel],
    text: str | None,
) -> bool:
    """A class of an unknown base which does to `self` what only an nn.Module can, or is called like one."""
    named = any(isinstance(base, str) and _MODULE_NAME.search(base) for base in bases)
    if not (named or "forward" in methods) or not any(map(_is_unknown, bases)):
        return False
    text = text if text is not None else cst.Module([]).code_for_node(node)
    return bool(_MODULE_EVIDENCE.search(text) or _MODULE_MEMBER.search(text))


def _is_unknown(base: ClassModel | str) -> bool:
    """Whether a base, or one of its own bases, is something whose source is not at hand."""
    if isinstance(base, ClassModel):
        return any(isinstance(each, str) and _is_unknown(each) for model in base.lineage() for each in model.bases)
    return base not in ("object", "abc.ABC", "ABC")
