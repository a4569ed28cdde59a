"""Transfer functions of statements: they change the frame's state."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libcst as cst

from devlint.flow.arguments import Argument
from devlint.flow.bindings import bind_target, forget_what_is_moved
from devlint.flow.calls import element_of
from devlint.flow.devices import choose_default_device
from devlint.flow.events import Assigned, Augmented, Decorated, Discarded, Looped, Tested
from devlint.flow.frame import Loop, State, join_states
from devlint.flow.guards import asks_about_devices, guarded, read_condition
from devlint.flow.operators import combine, operation_of
from devlint.flow.values import UNKNOWN, Class, DeviceValue, Function, Sequence, Tensor, Thing, join
from devlint.model.classes import ClassModel
from devlint.model.functions import function_model
from devlint.model.names import dotted, import_bindings

if TYPE_CHECKING:
    from collections.abc import Callable

    from devlint.flow.frame import Frame
    from devlint.flow.values import Value


def execute(suite: cst.BaseSuite | cst.Module, frame: Frame) -> None:
    """Run the statements of a block until one leaves it."""
    for statement in suite.body:
        if frame.state.dead:
            return
        handler = _HANDLERS.get(type(statement))
        if handler is not None:
            frame.analysis.spend()
            handler(statement, frame)


def _line(node: cst.SimpleStatementLine, frame: Frame) -> None:
    for small in node.body:
        handler = _HANDLERS.get(type(small))
        if handler is not None and not frame.state.dead:
            handler(small, frame)


# ------------------------------------------------------------------------------------------------- simple statements


def _expression(node: cst.Expr, frame: Frame) -> None:
    value = frame.evaluate(node.value)
    frame.emit(Discarded(node.value, frame, value))
    if isinstance(node.value, cst.Call):
        forget_what_is_moved(node.value, frame)


def _assign(node: cst.Assign, frame: Frame) -> None:
    value = frame.evaluate(node.value)
    for target in node.targets:
        _bind(target.target, value, node.value, frame)


def _annotated(node: cst.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        _bind(node.target, frame.evaluate(node.value), node.value, frame)


def _bind(target: cst.BaseExpression, value: Value, source: cst.BaseExpression, frame: Frame) -> None:
    path = dotted(target)
    if path is not None:
        frame.emit(Assigned(target, frame, path, value, source))
    bind_target(target, value, source, frame)


def _augmented(node: cst.AugAssign, frame: Frame) -> None:
    """`x += y`: in place for a tensor, so that a CPU scalar cannot take an accelerator's value."""
    left, right = frame.evaluate(node.target), frame.evaluate(node.value)
    in_place = isinstance(left, Tensor) and left.sure
    result = combine(
        node, operation_of(node.operator), Argument(left, node.target), Argument(right, node.value), frame, in_place
    )
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        both = right if left.items == () else cast("Sequence", join(left, right))
        result = Sequence(left.kind, None, both.join_of_items())
    frame.emit(Augmented(node, frame, operation_of(node.operator), node.target, left, right, node.value))
    path = dotted(node.target)
    if path is not None:
        frame.state.set(path, left if in_place and isinstance(result, Tensor) and result.sure else result)


def _return(node: cst.Return, frame: Frame) -> None:
    if node.value is not None:
        value = frame.evaluate(node.value)
        if not frame.state.dead:
            frame.returns.append(value)
    frame.state.dead = True


def _raise(node: cst.Raise, frame: Frame) -> None:
    if node.exc is not None:
        frame.state.guards |= {"raising"}
        frame.evaluate(node.exc)
    frame.state.dead = True


def _assert(node: cst.Assert, frame: Frame) -> None:
    value = frame.evaluate(node.test)
    frame.emit(Tested(node.test, frame, value))
    condition = read_condition(node.test, value, frame)
    _assume(frame.state, condition.guards, condition.when_true)
    frame.state.dead = frame.state.dead or (isinstance(node.test, cst.Name) and node.test.value == "False")
    for path, known in condition.when_true.items():
        if isinstance(known, Tensor) and known.sure:
            frame.prove(path)


def _delete(node: cst.Del, frame: Frame) -> None:
    path = dotted(node.target)
    if path is not None:
        frame.state.env.pop(path, None)


def _break(node: cst.Break, frame: Frame) -> None:
    if frame.loops:
        frame.loops[-1].breaks.append(frame.state.copy())
    frame.state.dead = True


def _continue(node: cst.Continue, frame: Frame) -> None:
    if frame.loops:
        frame.loops[-1].continues.append(frame.state.copy())
    frame.state.dead = True


def _import(node: cst.Import | cst.ImportFrom, frame: Frame) -> None:
    for local, name in import_bindings(node):
        frame.state.set(local, frame.analysis.imported(name, frame.unit))


def _global(node: cst.Global, frame: Frame) -> None:
    frame.globals.update(item.name.value for item in node.names)


def _function(node: cst.FunctionDef, frame: Frame) -> None:
    _decorators(node, frame)
    model = frame.unit.model.by_node.get(node)
    if model is None:
        model = frame.nested.get(node) or function_model(node, enclosing=frame.function, module=frame.unit.model)
        frame.nested[node] = model
        frame.analysis.closures[model] = frame
    if not isinstance(model, ClassModel):
        frame.state.set(node.name.value, Function(model))


def _decorators(node: cst.FunctionDef | cst.Lambda, frame: Frame) -> None:
    for decorator in getattr(node, "decorators", ()):
        value = frame.evaluate(decorator.decorator)
        frame.emit(Decorated(decorator.decorator, frame, value))


def _class(node: cst.ClassDef, frame: Frame) -> None:
    model = frame.unit.model.by_node.get(node)
    if isinstance(model, ClassModel):
        for method in model.methods.values():
            _decorators(method.node, frame)
        frame.state.set(node.name.value, Class(model))
    else:
        frame.state.set(node.name.value, UNKNOWN)


# ------------------------------------------------------------------------------------------------------------ control


def _assume(state: State, tags: frozenset[str], known: dict[str, Value]) -> None:
    state.guards |= tags
    for path, value in known.items():
        state.set(path, value)


def _if(node: cst.If, frame: Frame) -> None:
    test = frame.evaluate(node.test)
    frame.emit(Tested(node.test, frame, test))
    condition = read_condition(node.test, test, frame)
    before = frame.state
    outer_guards = before.guards
    frame.state = before.copy()
    frame.branches += 1
    _assume(frame.state, condition.guards, condition.when_true)
    frame.state.dead = condition.outcome is False
    execute(node.body, frame)
    then = frame.state
    frame.state = before.copy()
    _assume(frame.state, condition.guards, condition.when_false)
    frame.state.dead = condition.outcome is True
    if isinstance(node.orelse, cst.If):
        _if(node.orelse, frame)
    elif node.orelse is not None:
        execute(node.orelse.body, frame)
    frame.branches -= 1
    otherwise = frame.state
    frame.state = join_states([then, otherwise])
    # Where one branch leaves, the other's condition goes on holding: `if not torch.cuda.is_available(): return`.
    if "device" in condition.tags and not then.dead and not otherwise.dead:
        _mark_guarded(frame.state, then, otherwise)
    leaves = then.dead != otherwise.dead
    past = condition.about | ({"device-past"} if condition.tags else frozenset())
    frame.state.guards = outer_guards | (past if leaves else frozenset())


def _mark_guarded(state: State, then: State, otherwise: State) -> None:
    """What one branch of a question about devices moved or made is, on the other path, in the right place already."""
    for path, value in state.env.items():
        if then.env.get(path) != otherwise.env.get(path):
            state.env[path] = guarded(value)


def _loop_body(node: cst.For | cst.While, frame: Frame, enter: Callable[[], None]) -> None:
    """Twice over the body: the second pass starts from what the first one may have left."""
    before = frame.state
    exits = [before]
    passes = 2 if len(frame.loops) < 3 else 1  # each level doubles the work of the next
    for _ in range(passes):
        frame.state = join_states(exits).copy()
        frame.state.dead = False
        loop = Loop(node, frame.branches)
        frame.loops.append(loop)
        enter()
        execute(node.body, frame)
        frame.loops.pop()
        exits += [frame.state, *loop.continues]
        leaving = loop.breaks
    frame.state = join_states([*exits, *leaving]).copy()
    frame.state.guards = before.guards
    if node.orelse is not None:
        execute(node.orelse.body, frame)


def _for(node: cst.For, frame: Frame) -> None:
    iterable = frame.evaluate(node.iter)

    if asks_about_devices(frame.analysis.text_of(node.iter)) and not isinstance(node.iter, (cst.Name, cst.Attribute)):
        frame.state.guards |= {"device-past"}  # `for i in range(torch.cuda.device_count())`

    def enter() -> None:
        bind_target(node.target, element_of(iterable, node.iter, frame), node.iter, frame)

    _loop_body(node, frame, enter)
    frame.emit(Looped(node, frame, iterable))


def _while(node: cst.While, frame: Frame) -> None:
    def enter() -> None:
        test = frame.evaluate(node.test)
        frame.emit(Tested(node.test, frame, test))
        condition = read_condition(node.test, test, frame)
        _assume(frame.state, condition.guards, condition.when_true)

    _loop_body(node, frame, enter)


def _try(node: cst.Try | cst.TryStar, frame: Frame) -> None:
    before = frame.state.copy()
    trial = TRIAL_TAG if any(_catches(handler, _ABSENCE) for handler in node.handlers) else frozenset()
    frame.state.guards |= trial
    if any(handler.type is None or _catches(handler, _DEVICE_ERRORS) for handler in node.handlers):
        frame.state.guards |= {"device-past"}
    execute(node.body, frame)
    done = frame.state
    interrupted = join_states([before, done]).copy()
    states = []
    for handler in node.handlers:
        frame.state = interrupted.copy()
        frame.state.dead = False
        frame.state.guards |= trial
        if handler.name is not None and isinstance(handler.name.name, cst.Name):
            frame.state.set(handler.name.name.value, UNKNOWN)
        execute(handler.body, frame)
        states.append(frame.state)
    frame.state = done
    if node.orelse is not None and not done.dead:
        execute(node.orelse.body, frame)
    frame.state = join_states([frame.state, *states]).copy()
    frame.state.guards = before.guards
    if node.finalbody is not None:
        dead, frame.state.dead = frame.state.dead, False
        execute(node.finalbody.body, frame)
        frame.state.dead = frame.state.dead or dead


TRIAL_TAG = frozenset({"trial"})
"""What is tried out, and what is done instead if this Python or PyTorch does not have it."""

_ABSENCE = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError"})
_DEVICE_ERRORS = frozenset({"RuntimeError", "AssertionError", "Exception"})
"""What PyTorch raises where a device is missing."""


def _catches(handler: cst.ExceptHandler | cst.ExceptStarHandler, names: frozenset[str]) -> bool:
    """Whether a handler names one of some exceptions."""
    if handler.type is None:
        return False
    kinds = [each.value for each in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
    return any((dotted(kind) or "").rpartition(".")[2] in names for kind in kinds)


def _with(node: cst.With, frame: Frame) -> None:
    outer = frame.state.guards
    for item in node.items:
        value = frame.evaluate(item.item)
        if isinstance(value, DeviceValue):
            choose_default_device(value, item.item, frame)
        elif isinstance(value, Thing) and value.kind == "no-grad":
            frame.state.guards |= {"no-grad"}
        elif _changes_default_device(item.item):
            frame.state.guards |= {"default-device"}
        if item.asname is not None and isinstance(item.asname.name, cst.BaseExpression):
            bind_target(item.asname.name, UNKNOWN, item.item, frame)
    execute(node.body, frame)
    frame.state.guards = outer


def _changes_default_device(node: cst.BaseExpression) -> bool:
    """Context managers that put new tensors elsewhere (`init_empty_weights`, `torch.device` held in a variable)."""
    func = node.func if isinstance(node, cst.Call) else node
    name = (dotted(func) or "").rpartition(".")[2]
    return name in (
        "device",
        "init_empty_weights",
        "init_on_device",
        "set_default_device",
        "no_init_weights",
        "FakeTensorMode",
    )


def _match(node: cst.Match, frame: Frame) -> None:
    subject = frame.evaluate(node.subject)
    before = frame.state
    tags = read_condition(node.subject, subject, frame).tags
    states = [before.copy()]
    for case in node.cases:
        frame.state = before.copy()
        frame.state.guards |= tags
        for name in _captures(case.pattern):
            frame.state.set(name, UNKNOWN)
        if case.guard is not None:
            frame.evaluate(case.guard)
        execute(case.body, frame)
        states.append(frame.state)
    frame.state = join_states(states).copy()
    frame.state.guards = before.guards


def _captures(node: cst.CSTNode) -> list[str]:
    """The names that a pattern binds."""
    if isinstance(node, (cst.MatchAs, cst.MatchStar)) and node.name is not None:
        inner = _captures(node.pattern) if isinstance(node, cst.MatchAs) and node.pattern is not None else []
        return [node.name.value, *inner]
    found: list[str] = []
    for child in node.children:
        if isinstance(
            child,
            (
                cst.MatchPattern,
                cst.MatchSequenceElement,
                cst.MatchMappingElement,
                cst.MatchKeywordElement,
                cst.MatchOrElement,
            ),
        ):
            found += _captures(child)
    return found


_HANDLERS: dict[type, Callable[..., None]] = {
    cst.SimpleStatementLine: _line,
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Del: _delete,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.Import: _import,
    cst.ImportFrom: _import,
    cst.Global: _global,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.With: _with,
    cst.Match: _match,
}
