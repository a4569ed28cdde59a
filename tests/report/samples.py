"""Made-up runs that show everything a report has to cope with."""

from __future__ import annotations

from devlint.findings import (
    Confidence,
    Edit,
    Failure,
    FailureKind,
    FileResult,
    Finding,
    Fix,
    Location,
    Related,
    RuleMeta,
    Safety,
    Severity,
    Span,
)
from devlint.report import RenderOptions, RunReport

PAGE = """# A tensor on the default device

## What it does
Flags a tensor made on the default device that meets
one on the device of an input.

## Why is this bad
It fails as soon as the model is on a GPU.
"""

PLACEMENT = RuleMeta("XDV101", "default-device-tensor", "a tensor left behind", Severity.ERROR, Confidence.HIGH)
PORTABILITY = RuleMeta("XDV301", "hard-coded-cuda", "a fixed device.", Severity.WARNING, Confidence.MEDIUM)
PROTOCOL = RuleMeta("XDV501", "direct-forward-call", "a call of `forward`", Severity.INFO, Confidence.LOW)
RULES = (PLACEMENT, PORTABILITY, PROTOCOL)

OPTIONS = RenderOptions(width=80, cwd="/repo", root="/repo")


def spot(path: str, source: str, marked: str, cell: int | None = None) -> Location:
    """Where the text `marked`, which may reach over lines, first stands in `source`."""
    start = source.index(marked)
    end = start + len(marked)
    line, end_line = source.count("\n", 0, start) + 1, source.count("\n", 0, end) + 1
    column, end_column = start - source.rfind("\n", 0, start), end - source.rfind("\n", 0, end)
    return Location(path, Span(line, column, end_line, end_column), cell)


def finding(
    rule: RuleMeta,
    message: str,
    location: Location,
    *related: tuple[Location, str],
    tip: str | None = None,
    fix: Fix | None = None,
) -> Finding:
    """A finding of `rule`, as sure and as severe as the rule."""
    places = tuple(Related(place, note) for place, note in related)
    return Finding(rule.code, rule.name, message, location, rule.severity, rule.confidence, places, tip, fix)


def insertion(title: str, safety: Safety, after: Location, text: str) -> Fix:
    """A fix that puts text behind a place."""
    span = after.span
    end = Span(span.end_line, span.end_column, span.end_line, span.end_column)
    return Fix(title, (Edit(end, text, after.cell),), safety)


MODEL = """\
import torch


def attend(query, key):
    mask = torch.zeros(query.shape[0], key.shape[0])
    bias = torch.ones(3)
    # both stay on the CPU

    scores = query @ key.transpose(0, 1)


    return scores.masked_fill(mask == 0, -1e9) + bias
"""
ATTENTION = finding(
    PLACEMENT,
    "`mask` is on the default device, but `scores` is on the device of `query`",
    spot("src/my model.py", MODEL, "scores.masked_fill(mask == 0, -1e9)"),
    (spot("src/my model.py", MODEL, "torch.zeros(query.shape[0], key.shape[0])"), "`mask` gets the default device"),
    (spot("src/my model.py", MODEL, "query"), "`query` comes from the caller"),
    (spot("src/my model.py", MODEL, "mask == 0"), "`mask` is [still] there"),
    tip="Make it with `device=query.device`.",
    fix=insertion(
        "Add `device=query.device`",
        Safety.SAFE,
        spot("src/my model.py", MODEL, "query.shape[0], key.shape[0]"),
        ", device=query.device",
    ),
)

LAYOUT = """\
def train(модель, データ):
\tfor 画像, ラベル in データ: модель(画像.to("cuda"), e\u0301 := ラベル)
\tloss = criterion(
\t\tмодель,
\t\tторч,
\t\tデータ,
\t)
    x = 1; long = f(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, b.cuda(), cccccccccccc)
    evil = "\u202e\x1b[2J"; x.forward(1)
"""
WIDE = finding(
    PORTABILITY,
    'hard-coded device "cuda" for `画像`',
    spot("src/широко.py", LAYOUT, '画像.to("cuda")'),
    (spot("src/широко.py", LAYOUT, "e\u0301 := ラベル"), "`ラベル` stays"),
)
SPANNING = finding(
    PLACEMENT,
    "`criterion` meets two devices",
    spot("src/широко.py", LAYOUT, "criterion(\n\t\tмодель,\n\t\tторч,\n\t\tデータ,\n\t)"),
    (spot("src/util.py", "", ""), "`criterion` is made here, in a file that is not shown"),
)
LONG = finding(PORTABILITY, "`.cuda()` of `b`", spot("src/широко.py", LAYOUT, "b.cuda()"))
SPECIAL = finding(
    PROTOCOL,
    '100% <bad> & "odd": a,b::c\r\nnext line \x1b[31m`x`\x00',
    spot("src/широко.py", LAYOUT, "x.forward(1)"),
    tip="Call `x(1)` < or & > it.",
)

CELL_2 = "import torch\nweights = torch.ones(2)\n"
CELL_4 = "%matplotlib inline\n\nloss = criterion(output.cuda(), weights)"
NOTEBOOK = finding(
    PLACEMENT,
    "`weights` stays on the default device",
    spot("demo.ipynb", CELL_4, "criterion(output.cuda(), weights)", cell=4),
    (spot("demo.ipynb", CELL_2, "torch.ones(2)", cell=2), "made here"),
    (spot("demo.ipynb", CELL_4, "output.cuda()", cell=4), "moved here"),
    (spot("src/my model.py", MODEL, "torch.ones(3)"), "and like this one"),
    fix=insertion("Move it", Safety.UNSAFE, spot("demo.ipynb", CELL_4, "weights", cell=4), ".to(output.device)"),
)

TRACES = RunReport(
    results=(
        FileResult("clean.py", suppressed=2),
        FileResult("demo.ipynb", (NOTEBOOK,), source={2: CELL_2, 4: CELL_4}),
        FileResult("src/my model.py", (ATTENTION,), source={None: MODEL}),
        FileResult("src/широко.py", (WIDE, SPANNING, LONG, SPECIAL), source={None: LAYOUT}),
    ),
    failures=(),
    rules=RULES,
    version="1.2.3",
    rule_pages={"XDV101": PAGE},
)

_FAILURES = (
    Failure(FailureKind.MISSING, "gone.py", "no such file or folder: check the path"),
    Failure(
        FailureKind.SYNTAX,
        "demo.ipynb",
        "not Python: fix the cell, or exclude the notebook",
        Location("demo.ipynb", Span(3, 5, 3, 5), cell=7),
    ),
    Failure(FailureKind.RULE_CRASH, "src/my model.py", "XDV101 crashed: report it, 100% sure", detail="Traceback ..."),
)
FAILURES = RunReport(
    results=(
        FileResult("demo.ipynb", failures=_FAILURES[1:2]),
        FileResult("src/my model.py", (ATTENTION,), _FAILURES[2:], source={None: MODEL}),
    ),
    failures=_FAILURES,
    rules=RULES,
    version="1.2.3",
)

RUNS = {
    "traces": TRACES,
    "failures": FAILURES,
    "clean": RunReport((FileResult("a.py"), FileResult("b.py")), (), RULES, "1.2.3"),
    "empty": RunReport((), (), (), "1.2.3"),
}

BUGGY = """\
import torch


class Attention(torch.nn.Module):
    def forward(self, scores):
        mask = torch.zeros(scores.shape)
        return scores + mask
"""
_MASK = finding(
    PLACEMENT,
    "`mask` is on the default device, but `scores` is on the device of the caller",
    spot("net.py", BUGGY, "scores + mask"),
    (spot("net.py", BUGGY, "torch.zeros(scores.shape)"), "`mask` gets the default device here"),
    tip="Make it with `device=scores.device`.",
    fix=insertion(
        "Add `device=scores.device`", Safety.SAFE, spot("net.py", BUGGY, "scores.shape"), ", device=scores.device"
    ),
)
EXAMPLE = RunReport((FileResult("net.py", (_MASK,), source={None: BUGGY}),), (), (PLACEMENT,), "0.1.0")
"""The run that docs/output-formats.md shows in every format."""
