"""Edits in the words of the file they are for."""

from __future__ import annotations

import pytest

from devlint.doctor.checks.words import in_its_place
from devlint.doctor.plan import Setting
from devlint.findings import Location, Span


@pytest.mark.parametrize(
    ("key", "value", "edit"),
    [
        ("trainer.precision", "fp16", "trainer.precision: 16-mixed"),
        ("--trainer.precision", "fp32", "--trainer.precision 32-true"),
        ("mixed_precision", "fp32", "mixed_precision: no"),
        ("mixed_precision", "fp16", "mixed_precision: fp16"),
        ("--dtype", "fp32", "--dtype fp32"),
        ("PRECISION", "fp32", "PRECISION=fp32"),
    ],
)
def test_a_precision_in_the_words_of_its_tool(key: str, value: str, edit: str) -> None:
    assert in_its_place(Setting("bf16-mixed", key, Location("x", Span(1, 1, 1, 2))), value) == edit
