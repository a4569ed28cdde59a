"""Memory: what is counted, what for, since which line, and where it ends."""

from __future__ import annotations

import gc
import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from devlint.rehearse import Session, pretend  # noqa: E402
from devlint.rehearse.cards import Card  # noqa: E402
from devlint.rehearse.memory.figures import MemoryFigures, memory_figures  # noqa: E402
from devlint.rehearse.memory.ledger import CONTEXT  # noqa: E402
from devlint.rehearse.memory.purpose import Purpose  # noqa: E402
from devlint.rehearse.memory.timeline import Timeline  # noqa: E402

KIB = 1024
Ran = Callable[..., tuple[Session, dict[str, Any]]]


@pytest.fixture
def ran(tmp_path: Path) -> Ran:
    """Run a script on a pretend card, and give the session and the script's names."""

    def run(text: str, **options: Any) -> tuple[Session, dict[str, Any]]:
        path = tmp_path / "train.py"
        path.write_text(text, encoding="utf-8")
        linecache.checkcache(str(path))
        names: dict[str, Any] = {"__name__": "__main__"}
        with pretend(roots=[str(tmp_path)], **options) as session:
            exec(compile(text, str(path), "exec"), names)
        return session, names

    return run


def figures(session: Session) -> MemoryFigures:
    return memory_figures(session.memory.pools[session.devices[0]], session.cards[0])


def test_counts_live_storages_in_multiples_of_512() -> None:
    with pretend() as session:
        pool = session.memory.pools[session.devices[0]]
        small = torch.ones(3, device="cuda")
        assert torch.cuda.memory_allocated() == pool.live == 512
        view = small[1:]
        other = torch.ones(129, device="cuda")
        assert torch.cuda.memory_allocated() == 512 + 1024
        assert torch.cuda.max_memory_allocated() == 512 + 1024
        del small, other
        assert torch.cuda.memory_allocated() == 512
        torch.cuda.reset_peak_memory_stats()
        assert torch.cuda.max_memory_allocated() == 512 and pool.peak == 512 + 1024
        free, total = torch.cuda.mem_get_info()
        assert (free, total) == (session.cards[0].memory - CONTEXT - 512, session.cards[0].memory)
        assert "activations" in torch.cuda.memory_summary()
        view = view.cpu()
        assert torch.cuda.memory_allocated() == 0


TRAIN = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 1024)).to("cuda")
optimizer = torch.optim.AdamW(model.parameters())
kept = []
for step in range(5):
    batch = torch.randn(256, 1024).to("cuda")
    loss = model(batch).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    KEEP
"""
PARAMETERS = 2 * (1024 * 1024 + 1024) * 4


@pytest.mark.parametrize("fake", [False, True])
def test_split_by_purpose_module_and_line(ran: Ran, fake: bool) -> None:
    session, _ = ran(TRAIN.replace("KEEP", "pass"), fake_data=fake)
    found = figures(session)
    assert session.findings == ()
    assert sum(found.by_purpose) == found.peak
    assert found.by_purpose[Purpose.PARAMETERS] == PARAMETERS
    assert found.by_purpose[Purpose.OPTIMIZER_STATE] >= 2 * PARAMETERS
    assert found.by_purpose[Purpose.GRADIENTS] == PARAMETERS
    assert found.by_purpose[Purpose.INPUTS] == 1024 * KIB
    modules = {row.name: row for row in found.by_module}
    assert modules["Sequential.0"].by_purpose[Purpose.PARAMETERS] == PARAMETERS // 2
    assert modules["Sequential.2"].by_purpose[Purpose.GRADIENTS] == PARAMETERS // 2
    lines = {row.name.rpartition(":")[2]: row for row in found.by_line}
    assert lines["4"].size == lines["4"].by_purpose[Purpose.PARAMETERS] == PARAMETERS
    assert lines["8"].text == 'batch = torch.randn(256, 1024).to("cuda")'
    assert len(found.steps) == 5


def test_the_same_peak_with_and_without_data(ran: Ran) -> None:
    text = TRAIN.replace("KEEP", "pass").replace("parameters())", "parameters(), foreach=False)")
    assert figures(ran(text)[0]).peak == figures(ran(text, fake_data=True)[0]).peak


def test_memory_that_grows_is_told_with_its_line(ran: Ran) -> None:
    assert figures(ran(TRAIN.replace("KEEP", "pass"))[0]).growth is None
    growth = figures(ran(TRAIN.replace("KEEP", "kept.append(batch * 2)"))[0]).growth
    assert growth is not None
    assert growth.each_step == 1024 * KIB
    assert growth.name.endswith("train.py:13") and growth.text == "kept.append(batch * 2)"


SMALL = Card("Small", CONTEXT + 64 * KIB)
TOO_MUCH = """\
import torch
first = torch.ones(8 * 1024, device="cuda")
try:
    second = torch.ones(12 * 1024, device="cuda")
except torch.OutOfMemoryError as error:
    text = str(error)
third = torch.ones(2 * 1024, device="cuda")
"""


def test_out_of_memory_at_the_line_that_asks_too_much(ran: Ran) -> None:
    session, names = ran(TOO_MUCH, gpus=[SMALL])
    assert names["text"].startswith("CUDA out of memory. Tried to allocate 48.00 KiB. GPU 0 has a total capacity of ")
    (finding,) = session.findings
    assert (finding.code, finding.location.span.line) == ("XDR301", 4)
    assert "asks for 48.00 KiB, and of 512.06 MiB there are 32.00 KiB free" in finding.message
    assert figures(session).peak == 40 * KIB
    assert ran(TOO_MUCH, gpus=[SMALL], limited=False)[0].findings == ()


BACKWARD = """\
import torch
x = torch.ones(4096, device="cuda", requires_grad=True)
y = (x * 2 * x).sum()
y.backward()
"""


def test_out_of_memory_in_the_backward_pass(ran: Ran, tmp_path: Path) -> None:
    peak = figures(ran(BACKWARD)[0]).peak
    assert ran(BACKWARD, gpus=[Card("Enough", CONTEXT + peak)])[0].findings == ()
    text = BACKWARD.replace("y.backward()", "try: y.backward()\nexcept torch.OutOfMemoryError: pass")
    (finding,) = ran(text, gpus=[Card("Small", CONTEXT + peak - 512)])[0].findings
    assert (finding.code, finding.location.span.line) == ("XDR301", 4)


def test_hooks_are_taken_back() -> None:
    model = nn.Linear(4, 4)
    with pretend():
        inside = nn.Linear(4, 4).to("cuda")
        model.to("cuda")
        inside(torch.ones(1, 4, device="cuda")).sum().backward()
    assert not inside.weight._post_accumulate_grad_hooks and not model.weight._post_accumulate_grad_hooks
    assert not nn.modules.module._global_parameter_registration_hooks


def test_timeline_stays_small_and_keeps_the_peak() -> None:
    timeline = Timeline()
    for time in range(100_000):
        timeline.note(time % 977, [time % 977, 0])
    assert len(timeline.points) <= 1200
    assert max(sum(point.by_purpose) for point in timeline.points) == 976
    assert list(timeline.points) == sorted(timeline.points, key=lambda point: point.when)


def test_memory_of_a_cycle_is_given_back() -> None:
    with pretend() as session:
        holder: list[Any] = [torch.ones(512, device="cuda")]
        holder.append(holder)
        del holder
        gc.collect()
        assert session.memory.pools[session.devices[0]].live == 0
