"""What is known while one function (or the module) is interpreted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devlint.flow.lattice import Device, How, Where
from devlint.flow.values import Module, Value, join
from devlint.model.domain import is_preprocessing, is_test

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from devlint.flow.analysis import Analysis
    from devlint.flow.events import Clash, Event
    from devlint.flow.units import Unit
    from devlint.model.classes import ClassModel
    from devlint.model.functions import FunctionModel

MAX_DEPTH = 3
"""How many calls deep a function of the same file is followed."""
MAX_FOREIGN_DEPTH = 2
"""And how many deep one of another file."""


@dataclass(slots=True)
class State:
    """The abstract store at one point: variables and dotted paths (`self.pe`) -> value, and the guards in force.

    `guards`: what the conditions that led here ask about ("device", "available"). `dead`: the point is not reached.
    """

    env: dict[str, Value] = field(default_factory=dict)
    guards: frozenset[str] = frozenset()
    dead: bool = False

    def copy(self) -> State:
        """An independent copy."""
        return State(dict(self.env), self.guards, self.dead)

    def set(self, path: str, value: Value) -> None:
        """Bind a path; what was known below it, or of an element that it was the index of, is forgotten."""
        env = self.env
        below, by_index = (path + ".", called(path)), f".[{path}]"
        stale = [key for key in env if key.startswith(below) or by_index in key]
        for key in stale:
            del env[key]
        env[path] = value


def called(path: str) -> str:
    """The path under which a state keeps what is known of something in case it is called."""
    return path + "()"


def join_states(states: list[State]) -> State:
    """The state that covers all that are reached."""
    alive = [state for state in states if not state.dead]
    if not alive:
        return State(states[0].env, states[0].guards, dead=True) if states else State(dead=True)
    first = alive[0]
    if len(alive) == 1:
        return first
    env = dict(first.env)
    for state in alive[1:]:
        for path, value in state.env.items():
            mine = env.get(path)
            if mine is not value:
                env[path] = value if mine is None else join(mine, value)
    guards = frozenset.intersection(*(state.guards for state in alive))
    return State(env, guards)


@dataclass(slots=True)
class Loop:
    """A loop that is being interpreted, and the states that leave its body early.

    `branches`: how many conditions it stands under itself.
    """

    node: cst.CSTNode
    branches: int = 0

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Frame:
    """One activation. `outer` is the frame a nested function closes over (None: the module's own)."""

    analysis: Analysis
    state: State
    function: FunctionModel | None = None
    cls: ClassModel | None = None
    outer: Frame | None = None
    depth: int = 0
    loud: bool = True
    returns: list[Value] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    proven: set[str] = field(default_factory=set)
    """Paths which the code treats as only a tensor can be treated."""
    branches: int = 0
    """How many `if` statements stand around this point."""
    training: set[cst.CSTNode] = field(default_factory=set)
    """Loops whose own body computes gradients (`loss.backward()`): known to the second pass over the body."""
    device_bearing: set[str] = field(default_factory=set)
    """Paths whose `.device` is read: tensors, unless they are modules."""
    pending: list[tuple[frozenset[str], bool, Callable[[], object]]] = field(default_factory=list)
    """What waits for paths to be proven."""
    nested: dict[cst.CSTNode, FunctionModel] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    entry_function: FunctionModel | None = None
    """The function on whose analysis this one is interpreted."""
    constructing: bool = False
    """Run by a constructor: the module has not been moved anywhere yet."""
    passed: dict[str, Value] = field(default_factory=dict)
    """What a caller of this file passed, by parameter."""
    home: Unit | None = None
    """The file in which the code stands, if it is not the analysed one."""

    @property
    def unit(self) -> Unit:
        """The file in which the code stands."""
        return self.home if self.home is not None else self.analysis.unit

    @property
    def default_device_changes(self) -> bool:
        """Whether the code here, or what was analysed for it, changes the default device."""
        return self.unit.default_device_changes or self.analysis.unit.default_device_changes

    @property
    def is_entry(self) -> bool:
        """Interpreted on its own, not on behalf of a caller."""
        return self.depth == 0

    @property
    def in_constructor(self) -> bool:
        """Inside `__init__` or what it calls."""
        return self.function is not None and self.function.is_constructor

    @property
    def sets_up(self) -> bool:
        """Runs before this module, or what it is built of, can have been moved."""
        return self.constructing or (self.function is not None and self.unit.model.only_sets_up(self.function))

    @property
    def prepares_data(self) -> bool:
        """Works on data that no model has seen yet, in CPU memory."""
        path = self.unit.model.path
        if is_test(self.analysis.model.path) or self.analysis.is_collating(self.function):
            return True
        return is_preprocessing(path, self.cls, self.function)

    @property
    def in_module(self) -> bool:
        """In a method of an nn.Module."""
        return self.cls is not None and self.cls.is_module

    @property
    def _is_about_checkpoints(self) -> bool:
        """By its name, the function works on what was loaded, most often to the CPU."""
        name = self.function.name if self.function is not None else ""
        return "load" in name or "state_dict" in name

    @property
    def is_guarded(self) -> bool:
        """Inside a branch that a condition about devices opened."""
        return "device" in self.state.guards

    @property
    def asks_about_devices(self) -> bool:
        """A condition about devices led here, or led others away."""
        if self.state.guards & {"device", "device-past"}:
            return True
        name = self.function.name.lower() if self.function is not None else ""
        return "cuda" in name or "gpu" in name

    @property
    def records_gradients(self) -> bool:
        """Nothing here switches autograd off; a caller may have done so."""
        return "no-grad" not in self.state.guards

    @property
    def in_training_loop(self) -> bool:
        """In the body of a loop that computes gradients itself, not in a loop inside it."""
        return bool(self.loops) and self.loops[-1].node in self.training

    @property
    def in_every_training_step(self) -> bool:
        """In the body of such a loop, and under no condition there."""
        return self.in_training_loop and self.branches == self.loops[-1].branches

    def note_backward(self) -> None:
        """Gradients are computed here."""
        if self.loops:
            self.training.add(self.loops[-1].node)

    def look_up(self, name: str) -> Value | None:
        """The value of a plain name: here, in the enclosing functions, in the module."""
        frame: Frame | None = self
        while frame is not None:
            found = frame.state.env.get(name)
            if found is not None:
                return found
            frame = frame.outer
        return self.unit.look_up(name)

    def evaluate(self, node: cst.BaseExpression) -> Value:
        """The value of an expression at this point."""
        return self.analysis.evaluate(node, self)

    def prove(self, path: str | None) -> None:
        """Note that a path is a tensor."""
        if path:
            self.proven.add(path)

    def emit(self, event: Event) -> None:
        """Tell the rules, unless this pass is silent or the event belongs to a callee that is analysed on its own."""
        if self.loud and self.is_entry and not self.state.dead:
            self.analysis.emit(event)

    def emit_clash(self, clash: Clash) -> None:
        """Tell the rules of a clash; these count also inside calls that are followed."""
        if not self.loud or self.state.dead:
            return
        if clash.how == "in-place" and getattr(clash.left.value, "rank", None) == 0 and not self.in_module:
            return  # counters and the like; in a module, scalars are losses, which the caller has on its device
        device = clash.right.device
        of_module = device.where is Where.MODULE or isinstance(clash.right.value, Module)
        if (of_module or device.by_company or clash.left.device.where is Where.KEPT) and self.sets_up:
            return
        if device.by_company and (not self.in_module or self._is_about_checkpoints):
            return
        free = device.is_sought or self.asks_for(device)
        if device.where in (Where.INPUT, Where.VARIABLE) and not free and self.prepares_data:
            return
        origin = clash.left.device.origin
        loaded = origin is not None and origin.how is How.LOADER
        if (loaded or device.where is Where.MODULE) and is_test(self.analysis.model.path):
            return  # a test may well load what it has put on the device itself, and leaves its modules on the CPU
        self.analysis.emit(clash)

    def asks_for(self, device: Device) -> bool:
        """The function reads `x.device` of the input: it expects to be given tensors of any device."""
        if device.where is not Where.INPUT or self.function is None:
            return False
        return f"{device.name}.device" in self.analysis.source_of(self.function.node)

    def when_proven(self, needs: frozenset[str], then: Callable[[], object], as_operands: bool = False) -> None:
        """Do something once the paths are proven: now, at the end of the function, or never.

        `as_operands`: they stand in tensor arithmetic, where having a `.device` is proof enough (modules do not).
        """
        if self._is_proven(needs, as_operands):
            then()
        else:
            self.pending.append((needs, as_operands, then))

    def _is_proven(self, needs: frozenset[str], as_operands: bool) -> bool:
        proven = self.proven | self.device_bearing if as_operands else self.proven
        return all(any(path in proven for path in need.split("|")) for need in needs)

    def settle(self) -> None:
        """At the end of the function: do what waited for what is now proven."""
        for needs, as_operands, then in self.pending:
            if self._is_proven(needs, as_operands):
                then()
        self.pending.clear()
