"""Sees every operation below autograd, the backward pass included: where its operands are, and where its result is."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch._ops import HigherOrderOperator, OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from devlint.rehearse import graphs
from devlint.rehearse.backward import bring_gradient_home, in_backward, in_builtin_backward
from devlint.rehearse.clash import report_clash
from devlint.rehearse.events.base import Side
from devlint.rehearse.events.generator_of_another_device import GeneratorOfAnotherDevice
from devlint.rehearse.legality import Check, Operand, judge
from devlint.rehearse.operations import Facts, facts_of
from devlint.rehearse.residence import CPU, HOST, Residence, Undecided, residence_of, settle
from devlint.rehearse.substitutes import compute
from devlint.rehearse.traffic import wait_of

if TYPE_CHECKING:
    from devlint.rehearse.session import Session

Tensor = torch.Tensor
Home = Residence | Undecided | None
"""Where a result is; None where no operand says."""
_LISTS = (Check.LISTS, Check.LOOSE_LISTS)


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The mode of a session. PyTorch switches it off while it handles an operation."""

    def __init__(self, session: Session) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.session = session
        self._fake = session.fake

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether to be wrapped for `torch.compile`, which is not used here and slow to import."""
        return False

    supports_higher_order_operators = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        """Run an operation on the CPU, and keep account of devices."""
        result = self._dispatch(func, args, kwargs or {})
        if graphs.capturing and not (isinstance(func, OpOverload) and facts_of(func).is_composite):
            graphs.captured(func, args, kwargs or {}, result)
        return result

    def _dispatch(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if isinstance(func, HigherOrderOperator):
            return self._run_whole(func, args, kwargs)
        facts = facts_of(func)
        if facts.is_composite:
            return self._run_parts(func, args, kwargs)
        return self._run_one(func, facts, args, kwargs)

    def _run_parts(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """What C++ makes of other operations, which see each for itself."""
        with self:
            result = func.decompose(*args, **kwargs)
        return self._run_one(func, facts_of(func), args, kwargs) if result is NotImplemented else result

    def _run_one(self, func: Any, facts: Facts, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if facts.is_passive:
            return func(*args, **kwargs) if self._fake is None else self._fake.run(func, facts, args, kwargs, False)
        if facts.check in _LISTS:
            return self._run_on_lists(func, facts, args, kwargs)
        if facts.check is Check.HOST_LAST:
            home: Home = self._home_of_mixed(facts, args, kwargs)
        else:
            home = self._home_of_operands(facts, args, kwargs)
        if facts.takes_device:
            home, kwargs = self._home_of_result(facts, home, kwargs)
        if facts.takes_generator and kwargs.get("generator") is not None:
            self._check_generator(kwargs["generator"], home)
        if facts.waits and isinstance(home, Residence) and home.device.type != "cpu":
            self._note_waiting(func, args)
        try:
            result = self._run(func, facts, args, kwargs, home)
        except RuntimeError as error:
            if isinstance(home, Residence):
                self.session.memory.host_failed(home.device, error)
            raise
        if facts.fresh and home is not HOST and home is not None:
            _settle_all(result[:1] if facts.check is Check.HOST_LAST else result, home)
        return result

    def _run(self, func: Any, facts: Facts, args: Sequence[Any], kwargs: dict[str, Any], home: Home) -> Any:
        on_device = isinstance(home, Residence) and home.device.type != "cpu"
        if self._fake is None:
            return compute(func, args, kwargs) if on_device else func(*args, **kwargs)
        return self._fake.run(func, facts, args, kwargs, on_device)

    @staticmethod
    def _run_whole(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """An operation on functions, such as flex attention: all that it makes is where its first operand is."""
        result = func(*args, **kwargs)
        home = next((residence_of(each) for each in tree_iter((args, kwargs)) if isinstance(each, Tensor)), HOST)
        if home is not HOST:
            _settle_all(result, home)
        return result

    def _note_waiting(self, func: Any, args: Sequence[Any]) -> None:
        kind = wait_of(func, args)
        if kind is not None:
            self.session.traffic.crossed(kind)

    # ------------------------------------------------------------------ where operands are

    def _home_of_operands(self, facts: Facts, args: Sequence[Any], kwargs: dict[str, Any]) -> Home:
        """Where the operands put the result; None if there are none that say."""
        home: Residence | None = None
        undecided: list[Tensor] | None = None
        for value in (*args, *kwargs.values()) if kwargs else args:
            if isinstance(value, Tensor):
                tensors: Sequence[Any] = (value,)
            elif type(value) in (list, tuple):
                tensors = value
            else:
                continue
            for tensor in tensors:
                if not isinstance(tensor, Tensor):
                    continue
                found = residence_of(tensor)
                if found.device is None:
                    decided = self._decide(tensor, found)
                    if decided is None:
                        undecided = [*(undecided or ()), tensor]
                        continue
                    found = decided
                if home is None or (home.origin is None and found.device == home.device):
                    home = found
                elif found is not home and found.device != home.device:
                    return self._home_of_mixed(facts, args, kwargs)
        if undecided and home is not None:
            for tensor in undecided:
                settle(tensor, home)
        elif undecided:
            return residence_of(undecided[0])
        return home

    def _home_of_mixed(self, facts: Facts, args: Sequence[Any], kwargs: dict[str, Any]) -> Residence:
        """Operands are on several devices: judge it, and note what fails on the real device."""
        operands = list(self._operands(facts, args, kwargs))
        verdict = judge(facts.check, operands)
        if facts.name == "copy_":
            there, here = operands[:2]
            self.session.traffic.copied(there.tensor, here.device, there.device)
        is_moved = False
        if verdict.clash and not in_builtin_backward():
            is_moved = report_clash(self.session, facts, verdict.clash)
        self._follow(operands, verdict.home, flip=verdict.clash is not None)
        if facts.check is not Check.FREE:
            for operand in operands:
                if operand.device == verdict.home.device or not operand.tensor.requires_grad:
                    continue
                if is_moved:  # a parameter, or a copy that autocast made of one
                    settle(operand.tensor, verdict.home)
                else:
                    bring_gradient_home(operand.tensor, operand.residence)
        for tensor in _tensors_in(args, kwargs):
            if isinstance(residence_of(tensor), Undecided):
                settle(tensor, verdict.home)
        return verdict.home

    @staticmethod
    def _follow(operands: Sequence[Operand], home: Residence, *, flip: bool) -> None:
        """After a clash, what was written to is where the result is."""
        for operand in operands:
            if flip and operand.written and operand.device != home.device:
                settle(operand.tensor, home)

    def _operands(self, facts: Facts, args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[Operand]:
        for slot, value in (*enumerate(args), *kwargs.items()):
            position = slot if isinstance(slot, int) else len(args)
            for tensor in value if type(value) in (list, tuple) else (value,):
                if isinstance(tensor, Tensor):
                    found = residence_of(tensor)
                    if isinstance(found, Residence):
                        yield Operand(tensor, found, position, slot in facts.written)

    def _decide(self, tensor: Tensor, found: Undecided) -> Residence | None:
        """What was made for the user and not by C++ for itself is in CPU memory."""
        if found.instruction is None or found.instruction == _instruction():
            return None
        decided = Residence(CPU, found.origin)
        settle(tensor, decided)
        return decided

    # ------------------------------------------------------------------ where results are

    def _home_of_result(self, facts: Facts, home: Home, kwargs: dict[str, Any]) -> tuple[Home, dict[str, Any]]:
        """What a `device` argument says, and the arguments without it."""
        device = kwargs.get("device")
        by_cpp = "pin_memory" not in kwargs  # Python's functions always pass it on, PyTorch's own C++ never does
        if kwargs.get("pin_memory"):
            kwargs = {**kwargs, "pin_memory": False}
        if device is None or (device.type == "cpu" and by_cpp):
            if home is None and device is not None:
                return self._undecided(), kwargs
            return home, kwargs
        wanted = self.session.device(device)
        if device.type not in ("cpu", "meta"):
            kwargs = {**kwargs, "device": CPU}
        how = "was made" if home is None or home.device == wanted or facts.name != "_to_copy" else "was moved"
        return Residence(wanted, self.session.origin(how)), kwargs

    def _undecided(self) -> Undecided:
        return Undecided(None if in_backward() else _instruction(), self.session.origin("was made"))

    def _check_generator(self, generator: Any, home: Home) -> None:
        device = home.device if isinstance(home, Residence) else CPU
        its = self.session.generators.get(generator._cdata, CPU)
        if its.type != device.type:
            sides = [Side(str(device), (), ""), Side(str(its), (), "")]
            self.session.note(GeneratorOfAnotherDevice, *sides)

    # ------------------------------------------------------------------ lists

    def _run_on_lists(self, func: Any, facts: Facts, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """`_foreach_*`: each position of the lists is an operation of its own."""
        lists = [(slot, value) for slot, value in enumerate(args) if type(value) in (list, tuple)]
        lists = [(slot, value) for slot, value in lists if value and isinstance(value[0], Tensor)]
        single = Facts(**{**_as_dict(facts), "check": Check.FREE if facts.check is Check.LOOSE_LISTS else Check.EXACT})
        others = [value for value in args if isinstance(value, Tensor)] if facts.name.startswith("_foreach") else []
        homes = []
        for index in range(len(lists[0][1]) if lists else 0):
            items = [value[index] for _, value in lists if index < len(value)]
            homes.append(self._home_of_operands(single, [*items, *others], {}))
        result = self._run(func, facts, args, kwargs, None)
        if facts.fresh and isinstance(result, (list, tuple)) and len(result) == len(homes):
            for each, home in zip(result, homes, strict=True):
                if home is not None and home is not HOST and isinstance(each, Tensor):
                    settle(each, home)
        return result


def _as_dict(facts: Facts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in facts.__slots__}


def _instruction() -> tuple[int, int]:
    """The Python call that led into C++: the innermost frame that is none of this file's."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename == __file__:
        assert frame.f_back is not None
        frame = frame.f_back
    return (id(frame), frame.f_lasti)


def _settle_all(result: Any, home: Residence | Undecided) -> None:
    """Say where new memory is; results that are views of something have their place already."""
    if isinstance(result, Tensor):
        if residence_of(result) is HOST:
            settle(result, home)
    elif isinstance(result, (list, tuple)):
        for each in result:
            _settle_all(each, home)


def _tensors_in(args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[Tensor]:
    for value in (*args, *kwargs.values()):
        for each in value if type(value) in (list, tuple) else (value,):
            if isinstance(each, Tensor):
                yield each
