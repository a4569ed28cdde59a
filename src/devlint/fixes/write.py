"""Writing files: whole or not at all."""

from __future__ import annotations

import os
import stat


def replace_file(path: str, data: bytes) -> None:
    """Write a whole file in place of what is there, with its mode, or leave it as it was; links are followed.

    Raises OSError, also for a file that is read-only: a folder that can be written to would let it be replaced.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):  # such as /dev/stderr, which nothing can replace
        with open(target, "wb") as file:
            file.write(data)
        return
    mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else None
    if mode is not None and not (mode & 0o222 and os.access(target, os.W_OK)):
        raise PermissionError(13, "the file is read-only")
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
