"""Hypothesis: new examples at each run of a person, the same ones in CI, where a failure must be about the change."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("same-examples", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("same-examples")
