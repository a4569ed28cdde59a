"""Each kind of event: its page, and the examples on it, which are run."""

from __future__ import annotations

import contextlib
import linecache
import re
from inspect import cleandoc
from pathlib import Path

import pytest

from devlint.findings.meta import DOCS_URL
from devlint.rehearse.events import Event, all_kinds, all_metas

HEADINGS = ["What it does", "Why is this bad", "Example", "Use instead", "Known problems", "References"]

by_name = pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.meta.name)


def sections(kind: type[Event]) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", cleandoc(kind.__doc__ or ""), flags=re.MULTILINE)
    return {heading: body.strip() for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def codes_in(section: str, path: Path) -> list[str]:
    """What is found when a section's code runs on the pretend device."""
    torch = pytest.importorskip("torch")
    from devlint.rehearse import pretend

    (code,) = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    path.write_text(code, encoding="utf-8")
    linecache.checkcache(str(path))
    with pretend() as session, contextlib.suppress(torch.OutOfMemoryError):
        exec(compile(code, str(path), "exec"), {})
    return [finding.code for finding in session.findings]


@by_name
def test_example_is_found(kind: type[Event], tmp_path: Path) -> None:
    assert codes_in(sections(kind)["Example"], tmp_path / "example.py") == [kind.meta.code]


@by_name
def test_better_code_is_clean(kind: type[Event], tmp_path: Path) -> None:
    assert codes_in(sections(kind)["Use instead"], tmp_path / "better.py") == []


@by_name
def test_page_and_names(kind: type[Event]) -> None:
    found = sections(kind)
    assert list(found) == HEADINGS and all(found.values())
    name = kind.meta.name
    assert re.fullmatch(r"XDR\d{3}", kind.meta.code)
    assert kind.__module__.rpartition(".")[2] == name.replace("-", "_")
    assert kind.__name__.lower() == name.replace("-", "")
    assert kind.meta.url == f"{DOCS_URL}events/{name}/"


def test_codes_and_names_are_unique() -> None:
    from devlint.rules import all_metas as rules

    metas = all_metas()
    assert len({meta.code for meta in metas}) == len({meta.name for meta in metas}) == len(metas)
    assert not {meta.name for meta in metas} & {meta.name for meta in rules()}
