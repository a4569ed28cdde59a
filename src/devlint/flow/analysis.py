"""The analysis of one file: who is interpreted when, and what is shared between frames."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow import local
from devlint.flow.border import across, brought
from devlint.flow.events import ClassDone, Defined, ScopeDone
from devlint.flow.expressions import evaluate
from devlint.flow.frame import Frame, State
from devlint.flow.guards import asks_about_devices
from devlint.flow.lattice import UNKNOWN_DEVICES, Device, How, Origin, Where
from devlint.flow.statements import execute
from devlint.flow.units import Unit
from devlint.flow.values import UNKNOWN, Api, Class, Function, Instance, Module, Sequence, Tensor, Value
from devlint.model.classes import ClassKind
from devlint.model.domain import is_preprocessing
from devlint.model.torchapi import NN_MODULES, WITHOUT_GRADIENTS, canonical
from devlint.project import Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devlint.flow.arguments import Arguments
    from devlint.flow.events import Event
    from devlint.flow.foreign import Foreign
    from devlint.model.classes import ClassModel
    from devlint.model.functions import FunctionModel
    from devlint.model.library import Statements
    from devlint.model.module import ModuleModel

BUDGET = 400_000
"""Expressions and statements interpreted in one file before calls are no longer followed."""

_COLLATING = re.compile(r"\b(?:collate_fn|worker_init_fn)\s*=\s*(?:\w+\.)?(\w+)")


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One assignment `self.name = value`."""

    value: Value
    node: cst.CSTNode
    source: cst.BaseExpression
    method: FunctionModel | None
    registered: bool = False


def assigns_to_self(function: FunctionModel) -> bool:
    """Whether a method sets attributes, registers something or fills a container; told by a look at its statements."""
    return any(_sets_attribute(statement) for statement in _statements(function.node.body))


def _statements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """All small statements below a block; expressions are not entered."""
    for statement in getattr(node, "body", ()):
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        elif isinstance(statement, cst.BaseSmallStatement):
            yield statement
        else:
            yield from _nested(statement)


def _nested(statement: cst.CSTNode) -> Iterator[cst.CSTNode]:
    body = getattr(statement, "body", None)
    if body is not None:
        yield from _statements(body)
    for name in ("orelse", "finalbody"):
        part = getattr(statement, name, None)
        if part is not None:
            yield from _nested(part)
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield from _nested(part)


def _sets_attribute(statement: cst.CSTNode) -> bool:
    if isinstance(statement, cst.Assign):
        return any(not isinstance(target.target, cst.Name) for target in statement.targets)
    if isinstance(statement, (cst.AugAssign, cst.AnnAssign)):
        return not isinstance(statement.target, cst.Name)
    return isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call)


def _tensors_by_protocol(function: FunctionModel, cls: ClassModel | None) -> list[str]:
    """Parameters that PyTorch's own protocols make tensors: `forward`'s first, an autograd function's gradient."""
    if cls is None or function.name not in ("forward", "backward"):
        return []
    if cls.is_module or cls.kind is ClassKind.FUNCTION:
        return [parameter.name for parameter in function.parameters[1:2]]
    return []


class Analysis:
    """Interprets a file and tells `emit` what happens.

    `unit`: the file itself. `foreign`: those that it imports, if they are at hand. `closures`: nested function -> the
    frame it was defined in.
    `summaries`: (function, arguments) -> what the call returned. `exhausted`: the budget is spent.
    `quiet`: functions and classes that are there for their facts alone (see the screen).
    """

    def __init__(
        self,
        model: ModuleModel,
        emit: Callable[[Event], None],
        quiet: frozenset[str] = frozenset(),
        foreign: Foreign | None = None,
        unit: Unit | None = None,
    ) -> None:
        self.model = model
        self.emit = emit
        self._quiet = quiet
        self.foreign = foreign
        self.unit = unit if unit is not None else Unit(model)
        self.closures: dict[FunctionModel, Frame] = {}
        self.summaries: dict[tuple[object, ...], Value] = {}
        self._collating = frozenset(_COLLATING.findall(model.text))
        self._facts: dict[ClassModel, dict[str, list[Fact]]] = {}
        self._given_cpu: dict[FunctionModel, set[str]] = {}
        self._given_elsewhere: dict[FunctionModel, set[str]] = {}
        self._called: set[FunctionModel] = set()
        self._active: list[FunctionModel] = []
        self._left = BUDGET
        self._printer = cst.Module([])
        self._sources: dict[cst.CSTNode, str] = {}

    # ------------------------------------------------------------------------------------------------- services

    def evaluate(self, node: cst.BaseExpression, frame: Frame) -> Value:
        """The value of an expression."""
        return evaluate(node, frame)

    def execute(self, suite: cst.BaseSuite, frame: Frame) -> None:
        """Run a block."""
        execute(suite, frame)

    def call(self, callee: Function | Class, arguments: Arguments, node: cst.CSTNode, frame: Frame) -> Value:
        """Call something of this file."""
        return local.call(self, callee, arguments, node, frame)

    def text_of(self, node: cst.CSTNode) -> str:
        """The source of an expression, on one line and short."""
        text = " ".join(self.source_of(node).split())
        return text if len(text) <= 60 else text[:57] + "..."

    def source_of(self, node: cst.CSTNode) -> str:
        """The whole source of a node; remembered, since each path through a function asks again."""
        known = self._sources.get(node)
        if known is None:
            known = self._sources[node] = self._printer.code_for_node(node)
        return known

    def spend(self) -> None:
        """Count one step."""
        self._left -= 1

    @property
    def exhausted(self) -> bool:
        """Whether the file's budget is spent: calls are no longer followed."""
        return self._left < 0

    def is_active(self, function: FunctionModel) -> bool:
        """Whether the function is being interpreted already (recursion)."""
        return function in self._active

    def enter(self, function: FunctionModel) -> None:
        """A function's body is entered."""
        self._active.append(function)

    def leave(self, function: FunctionModel) -> None:
        """A function's body is left."""
        self._active.remove(function)

    # ---------------------------------------------------------------------------------------------------- facts

    def facts_of(self, cls: ClassModel, name: str) -> list[Fact]:
        """What the class and its bases assign to an attribute."""
        for model in cls.lineage():
            found = self._facts.get(model, {}).get(name)
            if not found and self.foreign is not None and cls.is_module and model.module is not self.model:
                found = [replace(fact, value=across(fact.value)) for fact in self.foreign.facts(model, name)]
            if found:
                return found
        return []

    def holds_parameters(self, cls: ClassModel) -> bool:
        """Whether a module of this file surely has parameters or buffers, itself or in its parts."""
        facts = [fact for model in cls.lineage() for found in self._facts.get(model, {}).values() for fact in found]
        return any(fact.registered or self._has_parameters(fact.value, cls) for fact in facts)

    def _has_parameters(self, value: Value, owner: ClassModel) -> bool:
        if isinstance(value, Tensor):
            return value.parameter
        if not isinstance(value, Module):
            return False
        if isinstance(value.cls, str):
            known = NN_MODULES.get(value.cls)
            return known is not None and known.parametric and not known.loss
        return value.cls is not None and value.cls is not owner and self.holds_parameters(value.cls)

    def is_collating(self, function: FunctionModel | None) -> bool:
        """Whether a function is handed to a data loader, whose workers are on the CPU."""
        return function is not None and function.name in self._collating

    def note_host(self, function: FunctionModel | None, tensor: Tensor) -> None:
        """Remember that a function reads an input as only CPU memory can be read, `x.numpy()`: it is for such."""
        names = {device.name for device in tensor.devices if device.is_of_input}
        if function is not None and names:
            self._given_cpu.setdefault(function, set()).update(names)

    def note_call(self, function: FunctionModel, env: dict[str, Value], on_cpu: bool) -> None:
        """Remember for which parameters the file itself passes CPU tensors, and for which its own inputs.

        `on_cpu`: the caller runs before anything is moved, in a constructor or where data is prepared.
        """
        self._called.add(function)
        for name, value in env.items():
            if local.is_cpu_tensor(value) or (on_cpu and (isinstance(value, Tensor) or value is UNKNOWN)):
                self._given_cpu.setdefault(function, set()).add(name)
            elif local.is_elsewhere(value):
                self._given_elsewhere.setdefault(function, set()).add(name)

    def is_input(self, function: FunctionModel, name: str) -> bool:
        """Whether a parameter may be on any device, as far as the file's own calls show (known once all is run).

        It is not if the file passes CPU tensors; of a private helper, or a nested function, whose calls are seen, it is
        only if the file passes inputs of its own.
        """
        if name in self._given_cpu.get(function, ()):
            return False
        private = function.name.startswith("_") and not function.name.startswith("__")
        private |= function.enclosing is not None
        seen = (private and function in self._called) or function.name == "<lambda>"
        return not seen or name in self._given_elsewhere.get(function, ())

    def record_attribute(
        self,
        frame: Frame,
        name: str,
        value: Value,
        node: cst.CSTNode,
        source: cst.BaseExpression,
        registered: bool = False,
    ) -> None:
        """Note `self.name = value`. Facts are gathered in the silent pass, so that all are known in the loud one."""
        if frame.loud or frame.cls is None:
            return
        if frame.unit is not self.unit:
            value = across(value)
        if isinstance(value, Sequence) and any(fact.registered for fact in self.facts_of(frame.cls, name)):
            return  # what a metric's state is filled with moves with the rest of it
        if isinstance(value, Tensor) and value.parameter and frame.cls.is_module:
            value = Tensor(self.module_devices(frame.cls), value.rank, True, parameter=True)
        elif isinstance(value, Module):
            # A module kept by something else, such as a mixin of modules, is moved by whoever moves that.
            moved = all(device.origin is not None and device.origin.how is How.MOVE for device in value.devices)
            own = value.devices if moved else UNKNOWN_DEVICES
            value = Module(
                self.module_devices(frame.cls) if frame.cls.is_module else own, value.cls, weights=value.weights
            )
        facts = self._facts.setdefault(frame.cls, {}).setdefault(name, [])
        if not any(fact.node is node and fact.value == value for fact in facts) and len(facts) < 12:
            facts.append(Fact(value, node, source, frame.function, registered))

    def module_devices(self, cls: ClassModel) -> tuple[Device, ...]:
        """Where the parameters of a class are."""
        note = f"parameters and buffers of `{cls.name}` are where the module was moved to"
        return (Device(Where.MODULE, "self", Origin(How.MODULE, cls.node.name, note)),)

    def self_value(self, cls: ClassModel) -> Value:
        """What `self` is in the methods of a class."""
        if cls.is_module:
            return Module(self.module_devices(cls), cls, is_self=True)
        return Instance(cls, is_self=True)

    # ----------------------------------------------------------------------------------------------- other files

    def unit_of(self, function: FunctionModel) -> Unit:
        """The file in which a function stands."""
        if self.foreign is None or function.module is None or function.module is self.model:
            return self.unit
        return self.foreign.unit(function.module.file)

    def imported(self, name: str, unit: Unit) -> Api:
        """What an import statement binds."""
        return self.foreign.api(unit, name) if self.foreign is not None else Api(canonical(name))

    def resolve(self, api: Api, node: cst.CSTNode, to_call: bool = False) -> Value:
        """What an import that stands at `node` means in the project; functions are found only to be called."""
        if self.foreign is None:
            return api
        found = self.foreign.resolve(api, to_call)
        if isinstance(found, Function):
            return replace(found, by_name=True)
        makes = not isinstance(found, (Api, Class)) and self.is_maker(api)
        return brought(found, node, api.name.rpartition(".")[2]) if makes else across(found)

    def is_maker(self, api: Api) -> bool:
        """Whether an import may hand out a tensor that was made or moved in its file."""
        return self.foreign is not None and self.foreign.makes(self.foreign.project.find(api.home, api.name))

    def takes_device(self, api: Api) -> bool:
        """Whether an import is a function with a parameter `device`."""
        symbol = self.foreign.project.find(api.home, api.name) if self.foreign is not None else None
        return symbol is not None and self.foreign is not None and self.foreign.library.mentions_device(symbol)

    def makes(self, function: FunctionModel) -> bool:
        """Whether a function of another file may hand out a tensor that was made or moved in it."""
        if self.foreign is None or function.module is None or function.class_name or function.enclosing:
            return False
        if is_preprocessing(function.module.path, None, function):
            return False
        return self.foreign.makes(Symbol(function.module.file, function.name))

    def global_value(self, name: str) -> Value | None:
        """The value of a module-level name, or of an attribute of what such a name imports."""
        head, _, rest = name.partition(".")
        found = self.unit.look_up(head)
        if isinstance(found, Api) and found.home and self.foreign is not None:
            return self.foreign.resolve(Api(f"{found.name}.{rest}" if rest else found.name, found.home))
        return found if not rest else None

    def attribute_facts(self, cls: ClassModel, methods: list[FunctionModel], budget: int) -> dict[str, list[Fact]]:
        """What a class that other files use assigns to its attributes, in these methods or in its body."""
        kept, self._facts = self._facts, {}
        self._renew(budget)
        try:
            owner = self.self_value(cls)
            self._record_class_attributes(cls)
            for method in methods:
                self._run_function(method, Class(cls) if method.is_class_method else owner, cls, loud=False)
            return self._facts.get(cls, {})
        finally:
            self._facts = kept

    def value_after(self, statements: Statements, name: str, budget: int) -> Value:
        """The value of a module-level variable of a file that others use."""
        self._renew(budget)
        frame = self._frame(State(), loud=False)
        execute(cst.Module(statements), frame)
        return frame.state.env.get(name, UNKNOWN)

    def _renew(self, budget: int) -> None:
        """Begin a question of its own: nothing that was found for another may matter."""
        self._left = budget
        self.summaries.clear()
        self.closures.clear()

    # ---------------------------------------------------------------------------------------------------- passes

    def run(self) -> None:
        """Silent passes gather the module's variables and the classes' attributes; the loud ones tell the rules."""
        self._run_module(loud=False)
        for cls in self.model.classes.values():
            self._run_methods(cls, loud=False)
        self.summaries.clear()
        self._run_module(loud=True)
        for name, cls in self.model.classes.items():
            if name not in self._quiet:
                self._run_methods(cls, loud=True)
                self.emit(ClassDone(cls.node, self._frame(State(), True), cls, self._facts.get(cls, {})))
        for name, function in self.model.functions.items():
            if name not in self._quiet:
                self._run_function(function, None, None, loud=True)

    def _frame(self, state: State, loud: bool) -> Frame:
        return Frame(self, state, loud=loud)

    def _run_module(self, loud: bool) -> None:
        frame = self._frame(State(), loud)
        execute(self.model.tree, frame)
        self._run_nested(frame, loud)
        frame.emit(ScopeDone(self.model.tree, frame))
        frame.settle()
        self.unit.env.update(frame.state.env)

    def _run_methods(self, cls: ClassModel, loud: bool) -> None:
        owner = self.self_value(cls)
        ordered = sorted(cls.methods.values(), key=lambda method: method.name not in ("__init__", "__post_init__"))
        if not loud:
            self._record_class_attributes(cls)
        for method in ordered:
            if not loud and not method.is_constructor and not assigns_to_self(method):
                continue
            self._run_function(method, Class(cls) if method.is_class_method else owner, cls, loud)

    def _record_class_attributes(self, cls: ClassModel) -> None:
        frame = self._frame(State(), loud=False)
        frame.cls = cls
        for name, node in cls.class_attributes.items():
            self.record_attribute(frame, name, evaluate(node, frame), node, node)

    def _run_function(self, function: FunctionModel, owner: Value | None, cls: ClassModel | None, loud: bool) -> None:
        if function.is_static:
            owner = None
        frame = self._frame(State(local.entry_env(function, owner, self)), loud)
        frame.function, frame.cls, frame.entry_function = function, cls, function
        if self._is_skipped_without_device(function):
            frame.state.guards |= {"device-past"}
        frame.outer = self.closures.get(function)
        frame.proven.update(_tensors_by_protocol(function, cls))
        if any(self._is_without_gradients(name) for name in function.decorators):
            frame.state.guards |= {"no-grad"}
        frame.emit(Defined(function.node, frame, function))
        local.run_body(frame)
        if not loud and not frame.state.dead:
            self._keep_last(frame)
        self._run_nested(frame, loud)
        frame.emit(ScopeDone(function.node, frame))
        frame.settle()

    def _is_without_gradients(self, decorator: str) -> bool:
        head, dot, rest = decorator.partition(".")
        return canonical(self.model.imports.get(head, head) + dot + rest) in WITHOUT_GRADIENTS

    def _keep_last(self, frame: Frame) -> None:
        """Of the tensors that one method assigns to an attribute, it holds what was assigned last, on each path."""
        owner = frame.function.parameters[0].name if frame.function and frame.function.parameters else "self"
        for name, facts in self._facts.get(frame.cls, {}).items() if frame.cls is not None else ():
            own = [fact for fact in facts if fact.method is frame.function]
            last = frame.state.env.get(f"{owner}.{name}") if len(own) > 1 else None
            plain = all(isinstance(fact.value, Tensor) and not fact.value.parameter for fact in own)
            if plain and isinstance(last, Tensor) and not any(fact.registered for fact in facts):
                facts[:] = [*(fact for fact in facts if fact not in own), replace(own[0], value=last)]

    def _is_skipped_without_device(self, function: FunctionModel) -> bool:
        """A decorator asks for devices (`@pytest.mark.skipif(not torch.cuda.is_available())`, `@require_cuda`)."""
        decorators = getattr(function.node, "decorators", ())
        return any(asks_about_devices(self.text_of(decorator.decorator)) for decorator in decorators)

    def _run_nested(self, frame: Frame, loud: bool) -> None:
        """Functions defined inside, with the enclosing variables as they are at the end."""
        frame.state.dead = False
        for function in list(frame.nested.values()):
            self._run_function(function, None, frame.cls, loud)
