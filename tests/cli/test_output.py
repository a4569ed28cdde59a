"""Writing files: whole or not at all."""

from __future__ import annotations

import io
import os

import pytest

from devlint.cli.output import CommandError, wants_color, write_file


def test_a_new_file_has_the_usual_mode(tmp_path):
    (tmp_path / "other").write_text("x")
    write_file(str(tmp_path / "new"), "ä\ud800\n")
    assert (tmp_path / "new").read_bytes() == b"\xc3\xa4\\ud800\n"
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_file(str(tmp_path / "link"), "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_on_failure_the_old_file_stays_and_nothing_else(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    (tmp_path / "report").write_text("old")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CommandError, match="cannot write .*report: Input/output error"):
        write_file(str(tmp_path / "report"), "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert (tmp_path / "report").read_text() == "old"


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("choice", ["always", "never"])
@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}])
def test_a_flag_decides_on_colors(monkeypatch, choice, environ, terminal):
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    assert wants_color(choice, stream, environ) is (choice == "always")
