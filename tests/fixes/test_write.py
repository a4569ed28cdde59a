"""Files are written whole or not at all, and stay what they are."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from devlint.fixes import write
from devlint.fixes.write import replace_file


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600])
def test_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    path.chmod(mode)
    replace_file(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [path]


def test_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "x.py", tmp_path / "link.py"
    target.write_bytes(b"old")
    link.symlink_to(target)
    replace_file(str(link), b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"


def test_read_only_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="the file is read-only"):
        replace_file(str(path), b"new")
    assert path.read_bytes() == b"old"


def test_nothing_is_left_of_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write.os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        replace_file(str(path), b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["x.py"] and path.read_bytes() == b"old"
    assert os.path.exists(path)
