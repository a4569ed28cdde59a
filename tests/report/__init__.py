"""Tests of `devlint.report`."""
