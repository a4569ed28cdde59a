"""The baseline file of a run: where it is, and what it takes away."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from devlint.cli.output import CommandError
from devlint.findings import Failure, FailureKind
from devlint.run.check import Outcome
from devlint.settings.layers import Settings
from devlint.settings.options import BASELINE
from devlint.suppress.baseline import BaselineError, Comparison, Known, compare, loads

DEFAULT_NAME = "devlint-baseline.json"


def baseline_path(settings: Settings) -> Path | None:
    """The baseline that is set, relative to the settings file that sets it."""
    name = settings[BASELINE]
    return None if name is None else settings.layer_of(BASELINE).base / name


def shown(path: Path) -> str:
    """How messages name a file: from the current folder, where that is shorter."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else Path(relative).as_posix()


def read_known(path: Path) -> Known:
    """What a baseline file knows; CommandError if it cannot be read."""
    try:
        return loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        advice = "`devlint baseline write` makes it"
        raise CommandError(f"the baseline {shown(path)} does not exist; {advice}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"the baseline {shown(path)} cannot be read: {error}") from None
    except BaselineError as error:
        raise CommandError(f"the baseline {shown(path)} is {error}") from None


def relative_to(path: Path, name: str) -> str:
    """A checked file as the baseline at `path` calls it: from the baseline's folder, `/` between the parts."""
    return Path(os.path.relpath(name, path.parent)).as_posix()


def compare_outcome(outcome: Outcome, path: Path, known: Known) -> Comparison:
    """The results without what is known; what is known of files that are gone is stale, too."""
    ran = {target.path: target.settings.enabled for target in outcome.targets}
    found = compare(outcome.results, known, lambda name: relative_to(path, name), ran.__getitem__)
    gone = {key: number for key, number in known.items() if not (path.parent / key.path).exists()}
    found.stale.update(gone)
    return found


def without_known(outcome: Outcome, path: Path, known: Known, *, locked: bool) -> tuple[Outcome, int]:
    """The outcome without known findings, and how many these were; if `locked`, stale ones are an error."""
    found = compare_outcome(outcome, path, known)
    failures = []
    if locked and found.stale:
        number = found.stale.total()
        what = "1 finding that is gone" if number == 1 else f"{number} findings that are gone"
        message = f"the baseline knows {what}: run `devlint baseline prune` and commit the file"
        failures.append(Failure(FailureKind.STALE, shown(path), message))
    return replace(outcome, results=found.results).with_failures(failures), found.known
