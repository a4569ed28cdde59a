"""Limits of this process."""

from __future__ import annotations

import sys

from devlint.doctor.facts import Limits
from devlint.doctor.probes import cgroups
from devlint.doctor.probes.answer import Gaps, NotAvailable
from devlint.doctor.probes.system import system_name


def probe(gaps: Gaps) -> Limits:
    """Open files, locked memory (bytes) and processes; None without a limit. NotAvailable on Windows."""
    if sys.platform == "win32":
        raise NotAvailable("Windows has no such limits")
    import resource

    def limit(name: str) -> tuple[int | None, int | None]:
        kind = getattr(resource, name, None)  # macOS and the BSDs lack some
        soft, hard = resource.getrlimit(kind) if kind is not None else (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        return finite(soft), finite(hard)

    def finite(number: int) -> int | None:
        return None if number == resource.RLIM_INFINITY else number

    soft, hard = limit("RLIMIT_NOFILE")
    linux = system_name() == "Linux"
    return Limits(
        open_files=soft,
        open_files_hard=hard,
        locked_memory=limit("RLIMIT_MEMLOCK")[0],
        processes=limit("RLIMIT_NPROC")[0],
        pids=gaps.attempt("pids", lambda: cgroups.read_limits().pids) if linux else None,
    )
