"""What several rules need to repair code: a device that is at hand, and how a call is told to use it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Fix, Safety
from devlint.flow.events import MethodCall
from devlint.flow.lattice import Where
from devlint.flow.values import DeviceValue, Mapping, Sequence, Tensor
from devlint.model.scopes import Bound
from devlint.model.torchapi import (
    CAST_METHODS,
    FACTORIES,
    HOST_METHODS,
    METHOD_FACTORIES,
    MOVE_METHODS,
    NN_MODULES,
    SYNCHRONIZING_METHODS,
    TENSOR_ATTRIBUTES,
    TENSOR_ONLY_ATTRIBUTES,
    TENSOR_ONLY_METHODS,
    canonical,
    operation_of_method,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst as cst

    from devlint.findings import Edit
    from devlint.flow.events import Operand
    from devlint.rules.base import Case, Context

_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_KEPT_ON_THE_HOST = frozenset({"pin_memory", "out", "generator"})
"""Arguments that would have to change along with the device."""

Repair = tuple[str, "Iterable[Edit | None] | None"]
"""The title of a fix, and its edits: None among them or instead of them is one that cannot be made."""


def safe(repair: Repair | None) -> Fix | None:
    """A fix that cannot change what working code does; None if an edit cannot be made."""
    return _fix(repair, Safety.SAFE)


def unsafe(repair: Repair | None) -> Fix | None:
    """A fix that may change what working code does; None if an edit cannot be made."""
    return _fix(repair, Safety.UNSAFE)


def _fix(repair: Repair | None, safety: Safety) -> Fix | None:
    if repair is None or repair[1] is None:
        return None
    edits = tuple(repair[1])
    made = tuple(edit for edit in edits if edit is not None)
    return Fix(repair[0], made, safety) if made and len(made) == len(edits) else None


def qualified_name(context: Context, node: cst.BaseExpression) -> str:
    """What a dotted expression stands for by the file's imports; empty if it is none."""
    from devlint.model.names import dotted

    head, dot, rest = (dotted(node) or "").partition(".")
    return canonical(context.model.imports.get(head, head) + dot + rest) if head else ""


def spelling_of(context: Context, module: str) -> str | None:
    """How the file writes a module that it imports: `nn` or `torch.nn` for "torch.nn"."""
    imports = context.model.imports
    local = next((local for local, name in imports.items() if name == module), None)
    if local is not None or "." not in module:
        return local
    parent, _, last = module.rpartition(".")
    outer = spelling_of(context, parent)
    return None if outer is None else f"{outer}.{last}"


# ------------------------------------------------------------------------------------------------------ device at hand


def device_at_hand(case: Case, node: cst.CSTNode, other: Operand) -> str | None:
    """An expression for the device that an operand is on, which holds already where `node` stands; None if none does.

    Best is the tensor itself (`x.device`), then a variable that holds the device. A name counts only if it is bound on
    every path to `node`, to what it is known to be.
    """
    from devlint.model.names import dotted

    device = other.device
    if device.where is Where.INPUT and is_tensor_at(case, node, device.name):
        return f"{device.name}.device"
    path = dotted(other.node)
    if path is not None and device.is_elsewhere and is_tensor_at(case, node, path):
        return f"{path}.device"
    if device.where is Where.VARIABLE and _is_device_at(case, node, device.name):
        return device.name
    if device.where is Where.MODULE and case.event.frame.in_module:
        hand = tensor_at_hand(case, node)  # the inputs of a module are where the module is
        if hand is None and case.event.frame.cls.lightning and _bound(case, node, "self.device") is not None:
            return "self.device"
        return f"{hand}.device" if hand is not None else None
    return None


def _is_device_at(case: Case, node: cst.CSTNode, path: str) -> bool:
    """Whether a path such as `device` or `self.device` surely holds a device where `node` stands."""
    if not _PATH.fullmatch(path) or _bound(case, node, path) is None:
        return False
    owner, dot, _ = path.partition(".")
    return may_be_tensor(case, owner) if dot else isinstance(case.state.env.get(path), DeviceValue)


def may_be_tensor(case: Case, name: str) -> bool:
    """Whether nothing in the event's function shows that a variable is a dict or a list."""
    function = case.event.frame.function
    text = case.edit.source(function.node) if function is not None else case.context.model.text
    is_container = isinstance(case.state.env.get(name), Mapping | Sequence)
    return not is_container and not re.search(rf"(?<![\w.]){re.escape(name)}(\[[\"']|\.(items|keys|values)\()", text)


def tensor_at_hand(case: Case, node: cst.CSTNode) -> str | None:
    """The first parameter that surely is a tensor where `node` stands."""
    return next((name for name in case.state.env if _is_input(case, name) and is_tensor_at(case, node, name)), None)


def _is_input(case: Case, name: str) -> bool:
    value = case.state.env[name]
    return isinstance(value, Tensor) and value.devices[0].where is Where.INPUT and value.devices[0].name == name


def company_at_hand(case: Case, node: cst.CSTNode, paths: Iterable[str]) -> str | None:
    """Which of some paths may well be a tensor, by its use in the function of `node`, which need not be the event's."""
    import libcst as cst

    function, places = case.edit.scope_of(node), case.edit.places
    if not isinstance(function, cst.FunctionDef):
        return None
    for path in sorted(paths):
        line = places[node].line
        bound = case.context.scopes.bound(path, places[function.name].line, line, line)
        if bound is not None and _seems_tensor(case, function, path):
            return path
    return None


def is_tensor_at(case: Case, node: cst.CSTNode, path: str) -> bool:
    """Whether a path surely holds a tensor where `node` stands."""
    bound, frame, value = _bound(case, node, path), case.event.frame, case.state.env.get(path)
    if bound is None:
        return False
    if "." in path:
        return _is_tensor_of_self(case, path)
    is_sure = isinstance(value, Tensor) and value.sure
    if frame.function is None or (bound is Bound.LATEST and (is_sure or not isinstance(value, Tensor))):
        return is_sure
    is_proven = is_sure or path in frame.proven | frame.device_bearing
    return is_proven and _seems_tensor(case, frame.function.node, path)


def _seems_tensor(case: Case, function: cst.FunctionDef, name: str) -> bool:
    """A variable of a function is a tensor by its annotation or, if it has none, by its use."""
    from devlint.model.annotations import Hint, classify

    given = (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
    annotation = next((each.annotation for each in given if each.name.value == name), None)
    if annotation is not None:
        return classify(annotation) is Hint.TENSOR
    return _is_used_as_tensor(case.edit.source(function), name)


def _is_tensor_of_self(case: Case, path: str) -> bool:
    """Whether `self.NAME` is a tensor whatever the class sets it to."""
    owner, _, name = path.partition(".")
    cls = case.event.frame.cls
    facts = case.context.analysis.facts_of(cls, name) if cls is not None and owner == "self" else []
    return bool(facts) and all(isinstance(fact.value, Tensor) and fact.value.sure for fact in facts)


_TENSOR_MEMBERS = frozenset().union(
    TENSOR_ATTRIBUTES, CAST_METHODS, HOST_METHODS, MOVE_METHODS, METHOD_FACTORIES, SYNCHRONIZING_METHODS
)
_TELLING_MEMBERS = TENSOR_ONLY_METHODS | TENSOR_ONLY_ATTRIBUTES | {"shape", "size", "dtype", "device", "dim", "ndim"}


def _is_used_as_tensor(text: str, name: str) -> bool:
    """A variable is used as a list cannot be, or not as only a list can be; and not as no tensor can be."""
    word = rf"(?<![\w.]){name}"
    members = set(re.findall(rf"{word}\.(\w+)", text))
    if re.search(rf"{word}\[[\"']|\bisinstance\({name},\s*(?!torch\.Tensor)", text):
        return False
    if not all(member in _TENSOR_MEMBERS or operation_of_method(member) is not None for member in members):
        return False
    return bool(members & _TELLING_MEMBERS) or not re.search(
        rf"{word}\[|\blen\({name}\)|\bin {name}\b|\*{name}\b|= {name}\n", text
    )


def _bound(case: Case, node: cst.CSTNode, path: str) -> Bound | None:
    """What the first name of a path holds where `node` stands, if that is in the function that the event is of."""
    scope, frame = case.edit.scope_of(node), case.event.frame
    if scope is not (case.edit.tree if frame.function is None else frame.function.node):
        return None
    name, dot, _ = path.partition(".")
    if name == "self" and frame.in_constructor and dot:
        return None  # it may not be set yet
    places = case.edit.places
    line = places[frame.function.node.name].line if frame.function is not None else None
    here, event = places[node].line, case.event.node
    later = max(here, places[event].line) if event in places else here
    return case.context.scopes.bound(name, line, here, later)


# -------------------------------------------------------------------------------------------------------- making edits


def give_device(case: Case, call: cst.CSTNode, device: str) -> Repair | None:
    """Makes a call create its tensor or module on a device; None where that cannot be said."""
    import libcst as cst

    if not isinstance(call, cst.Call):
        return None
    name = qualified_name(case.context, call.func)
    keywords = {argument.keyword.value for argument in call.args if argument.keyword is not None}
    if keywords & _KEPT_ON_THE_HOST:
        return None
    factory = FACTORIES.get(name)
    if factory is not None and factory.takes_device:
        edits = case.edit.add_keyword(call, "device", device)
        return None if edits is None else (f"Add `device={device}`", edits)
    if factory is not None or name in NN_MODULES:
        return f"Move it with `.to({device})`", case.edit.append_call(call, f".to({device})")
    return None


def moved(case: Case, node: cst.BaseExpression, device: str) -> Repair:
    """Moves a value where it is used."""
    return f"Move it with `.to({device})`", case.edit.append_call(node, f".to({device})")


def use_device(case: Case, device: str) -> tuple[Edit, ...] | None:
    """Makes the call of an event use a device instead of the one that it names: `.cuda()`, `.to(d)`, `device=d`."""
    event = case.event
    is_cuda = isinstance(event, MethodCall) and event.name == "cuda"
    takes_first = is_cuda or (isinstance(event, MethodCall) and event.name == "to")
    given = event.arguments.get("device", 0 if takes_first else None)
    if given is None and not is_cuda:
        return None
    named = case.edit.insert_argument(event.node, device) if given is None else case.edit.replace(given.node, device)
    return (case.edit.replace(event.node.func.attr, "to"), named) if is_cuda else (named,)


def own_assignment(case: Case, target: cst.CSTNode) -> cst.Assign | cst.AnnAssign | None:
    """The statement `self.NAME = value`, if it sets nothing else and follows `super().__init__()` in a constructor."""
    import libcst as cst

    scope = case.edit.scope_of(target)
    if not isinstance(scope, cst.FunctionDef) or scope.name.value != "__init__":
        return None
    holder, assign = case.edit.ancestors(target)[:2]
    if isinstance(holder, cst.AnnAssign):
        assign = holder
    elif not isinstance(holder, cst.AssignTarget) or not isinstance(assign, cst.Assign) or len(assign.targets) > 1:
        return None
    return assign if ".__init__(" in case.edit.source_before(assign, scope) else None
