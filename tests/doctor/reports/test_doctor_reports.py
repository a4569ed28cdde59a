"""What each report says of the same diagnosis; `UPDATE_GOLDEN=1` writes the golden files anew."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from devlint import __version__
from devlint.doctor.facts import Facts, Gpu, GpuVendor, Origin
from devlint.doctor.facts.files import load
from devlint.doctor.memory import Setup, model_of_size
from devlint.doctor.memory.budget import budget
from devlint.doctor.reports import document, render
from devlint.doctor.reports.pictures import batch_chart, budget_bar, machine, workers
from devlint.doctor.reports.summary import machine_rows
from devlint.doctor.reports.tally import tally
from devlint.doctor.run import Diagnosis
from devlint.report import RenderOptions
from tests.doctor.reports.sample import EMPTY, FULL

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OPTIONS = RenderOptions(width=100)
CASES = {
    "full.txt": (FULL, "text", OPTIONS, False),
    "verbose.txt": (FULL, "text", OPTIONS, True),
    "colors.txt": (FULL, "text", replace(OPTIONS, color=True), False),
    "narrow.txt": (FULL, "text", replace(OPTIONS, width=40), True),
    "empty.txt": (EMPTY, "text", OPTIONS, True),
    "full.json": (FULL, "json", OPTIONS, False),
    "empty.json": (EMPTY, "json", OPTIONS, False),
    "full.md": (FULL, "markdown", OPTIONS, False),
    "empty.md": (EMPTY, "markdown", OPTIONS, False),
    "full.html": (FULL, "html", OPTIONS, False),
    "empty.html": (EMPTY, "html", OPTIONS, False),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    diagnosis, format, options, verbose = CASES[name]
    text, rest = render(format, diagnosis, options, verbose=verbose)
    text = text.replace(__version__, "VERSION")
    path = HERE / "golden" / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text
    assert rest == ""


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in (HERE / "golden").iterdir()} == set(CASES)


def test_the_published_schema_is_fresh() -> None:
    path = ROOT / "docs" / "doctor.schema.json"
    fresh = json.dumps(document.json_schema(), indent=1) + "\n"
    if os.environ.get("DEVLINT_UPDATE_DOCS"):
        path.write_text(fresh, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == fresh, "run it once with DEVLINT_UPDATE_DOCS=1"


@pytest.mark.parametrize("diagnosis", [FULL, EMPTY], ids=["full", "empty"])
def test_the_json_report_follows_the_schema(diagnosis: Diagnosis) -> None:
    jsonschema.validate(json.loads(document.render(diagnosis)), document.json_schema())


def test_what_counts_as_a_problem() -> None:
    found = tally(FULL)
    assert (found.errors, found.warnings, found.hints, len(found.unknown)) == (1, 1, 1, 1)
    assert [name for name, _ in found.problems] == ["installation", "data-loading", "precision"]
    assert found.fails(strict=False)
    hints = replace(FULL, judgements=tuple(each for each in FULL.judgements if each.meta.code == "XDC210"))
    assert not tally(hints).fails(strict=False)
    assert tally(hints).fails(strict=True)
    unknown = replace(FULL, judgements=tuple(each for each in FULL.judgements if each.meta.code == "XDC407"))
    assert not tally(unknown).fails(strict=False)
    assert tally(unknown).fails(strict=True)


class _Page(HTMLParser):
    """Which elements are open, and what they refer to."""

    VOID = frozenset({"meta", "rect", "line", "polyline", "polygon", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.references: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [(tag, value or "") for name, value in attrs if name in ("src", "href", "style", "onclick")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("diagnosis", [FULL, EMPTY], ids=["full", "empty"])
def test_the_page_is_whole_and_needs_nothing_else(diagnosis: Diagnosis) -> None:
    text, _ = render("html", diagnosis, OPTIONS, verbose=False)
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "image"}
    assert {tag for tag, _ in page.references} <= {"a"}
    assert "@import" not in text
    assert "url(" not in text
    assert "prefers-color-scheme: dark" in text
    assert "<see>" not in text
    assert "<nobody>" not in text


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "fixtures" / "facts").glob("*.json")), ids=lambda path: path.stem
)
def test_every_recorded_machine_has_a_card_and_a_picture(path: Path) -> None:
    facts = load(path)
    rows = machine_rows(facts)
    assert 4 <= len(rows) <= 12
    assert {"CPU", "GPU", "PyTorch"} <= {row.label for row in rows}
    picture = machine.draw(facts)
    assert picture is not None
    assert_drawing(picture)


def assert_drawing(picture: str) -> None:
    """Nothing lies outside the picture, and no number is broken."""
    page = _Page()
    page.feed(picture)
    assert page.open == []
    assert "nan" not in picture
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', picture).groups())  # type: ignore[union-attr]
    for name, limit in (
        ("x", width),
        ("cx", width),
        ("x1", width),
        ("x2", width),
        ("y", height),
        ("y1", height),
        ("y2", height),
    ):
        for value in re.findall(rf' {name}="(\S+?)"', picture):
            assert -1 <= float(value) <= limit + 1, (name, value)


@pytest.mark.parametrize("memory", [None, 8 * 2**30, 80 * 2**30, 10**15])
@pytest.mark.parametrize(
    "setup", [Setup(batch=1), Setup(batch=500, dtype="bf16", lora_rank=8), Setup(training=False, dtype="int4")]
)
def test_memory_is_drawn_at_any_size(setup: Setup, memory: int | None) -> None:
    found = budget(model_of_size(3 * 10**9), setup, "a card with a name that is longer than any picture", memory)
    assert_drawing(budget_bar.draw(found).partition("<ul")[0])
    assert_drawing(batch_chart.draw(found))


@pytest.mark.parametrize(
    ("threads", "usable", "asked", "processes"),
    [(1, 1, None, 1), (16, 4, 16, 2), (256, 256, 8, 8), (8, 8, 0, 1), (64, 1, 999, 8)],
)
def test_workers_are_drawn_at_any_number(threads: int, usable: int, asked: int | None, processes: int) -> None:
    assert_drawing(workers.draw(threads, usable, asked, processes))


@pytest.mark.parametrize("count", [1, 2, 3, 8, 40])
def test_a_machine_of_only_gpus_is_drawn(count: int) -> None:
    gpus = tuple(Gpu(vendor=GpuVendor.AMD, index=index, nvlinks=2) for index in range(count))
    picture = machine.draw(Facts(origin=Origin(kind="composed"), gpus=gpus))
    assert picture is not None
    assert_drawing(picture)
