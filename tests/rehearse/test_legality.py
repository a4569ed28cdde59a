"""Every row of the table of combinations, and the tables themselves against PyTorch's own file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")

from devlint.rehearse import Session, pretend  # noqa: E402
from devlint.rehearse.legality import Check, check_of  # noqa: E402
from rehearse.rows import ROWS, operands  # noqa: E402


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with pretend(["RTX 4090", "RTX 4090"]) as running:
        yield running


pytestmark = pytest.mark.filterwarnings("ignore")  # rows are as users write them, and PyTorch warns of some


@pytest.mark.parametrize(("code", "is_legal"), ROWS, ids=[code for code, _ in ROWS])
def test_row(session: Session, code: str, is_legal: bool) -> None:
    names = operands("cuda")
    session.log.clear()
    program = compile(code, __file__, "exec")
    try:
        exec(program, names)
    except RuntimeError as error:
        assert "meta" in str(error) and not is_legal
        return
    assert [finding.message for finding in session.findings] == [] if is_legal else session.findings


def test_a_row_has_one_finding_at_most(session: Session) -> None:
    counts = {}
    for code, is_legal in ROWS:
        if not is_legal and "m3" not in code:
            session.log.clear()
            exec(compile(code, __file__, "exec"), operands("cuda"))
            counts[code] = len(session.findings)
    assert {code: count for code, count in counts.items() if count != 1} == {}


NATIVE = "packaged/ATen/native/native_functions.yaml"


def entries() -> Iterator[tuple[str, bool]]:
    """Overload -> whether it makes no device check, from the file that PyTorch's kernels are generated from."""
    torchgen = pytest.importorskip("torchgen")
    path = Path(torchgen.__file__).parent / NATIVE
    if not path.exists():
        pytest.skip("this torch does not ship native_functions.yaml")
    for entry in path.read_text(encoding="utf-8").split("\n- func: ")[1:]:
        if "CompositeExplicit" not in entry:  # made of other operations, which make the checks
            yield entry.partition("(")[0], re.search(r"^  device_check: NoCheck", entry, re.MULTILINE) is not None


def overload(name: str) -> Any:
    packet, _, which = name.partition(".")
    return getattr(getattr(torch.ops.aten, packet, None), which or "default", None)


def has_several_tensors(func: Any) -> bool:
    arguments = [argument for argument in func._schema.arguments if not argument.is_out]
    return sum("Tensor" in str(argument.type) for argument in arguments) > 1


def test_iterator_operations_are_those_without_generated_check() -> None:
    wrong = []
    for name, has_no_check in entries():
        func = overload(name)
        if func is None or name.endswith("out") or "_backward" in name or not has_several_tensors(func):
            continue
        is_composite = torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")
        if not is_composite and check_of(func) is Check.ITERATOR and not has_no_check:
            wrong.append(name)
    assert wrong == []
