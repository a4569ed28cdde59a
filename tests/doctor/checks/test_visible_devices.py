"""`CUDA_VISIBLE_DEVICES` is read as torch reads it; torch's own functions are the judge where it is installed."""

from __future__ import annotations

import os
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devlint.doctor import visible

UUIDS = [f"GPU-{letter * 8}-0000" for letter in "abc"]
ENTRIES = st.sampled_from(["0", "1", "2", "3", "-1", "", " 1", "1gpu", "+0", "x", *UUIDS, "GPU-a", "GPU-", "MIG-1"])
VALUES = st.lists(ENTRIES, max_size=5).map(",".join)


@pytest.mark.parametrize(
    ("value", "indices"),
    [
        ("", ()),
        ("-1", ()),
        ("0,0", ()),
        ("1,0", (1, 0)),
        ("0,7,1", (0,)),
        ("7,0", ()),
        ("0,-1,1", (0,)),
        ("1gpu2,2ampere", (1, 2)),
        ("cpu", ()),
        ("GPU-b", (1,)),
        ("GPU-a,GPU-z,GPU-b", (0,)),
        ("GPU-a,GPU-aaaa", ()),
        ("GPU-", ()),
        ("GPU-a,1", (0,)),
    ],
)
def test_values(value: str, indices: tuple[int, ...]) -> None:
    assert visible.select(visible.parse(value), UUIDS) == indices


@given(VALUES)
def test_any_value_names_different_devices_that_exist(value: str) -> None:
    chosen = visible.select(visible.parse(value), UUIDS)
    assert len(set(chosen)) == len(chosen) and set(chosen) <= set(range(len(UUIDS)))


@settings(deadline=None)
@given(VALUES)
def test_as_torch(value: str) -> None:
    cuda = pytest.importorskip("torch").cuda
    with mock.patch.dict(os.environ, {"CUDA_VISIBLE_DEVICES": value}):
        parsed = cuda._parse_visible_devices()
    assert list(visible.parse(value)) == parsed
    if parsed and isinstance(parsed[0], str) and parsed[0].startswith("GPU-"):
        assert list(visible.select(parsed, UUIDS)) == cuda._transform_uuid_to_ordinals(parsed, UUIDS)
