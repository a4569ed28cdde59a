"""XDC121."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import INDEX, torch_build
from devlint.doctor.checks.words import numbers
from devlint.doctor.facts import Library
from devlint.findings import Confidence, RuleMeta, Severity


class VisionVsTorch(Check):
    """torchvision or torchaudio do not fit the installed torch

    ## What it does
    Compares the versions of torchvision and torchaudio with torch's, and the CUDA of their builds.

    ## Why is this bad
    They hold compiled code, until torchvision 0.29 and torchaudio 2.11 for exactly one torch. Another one fails at
    import or when the first operator is missing.

    ## Example
    ```console
    $ pip install torch==2.9.1 --index-url https://download.pytorch.org/whl/cpu      # torchvision 0.24.1+cu128 stays
    $ python -c "import torchvision"
    RuntimeError: operator torchvision::nms does not exist
    ```

    ## Use instead
    ```console
    $ pip install --force-reinstall torch torchvision torchaudio --index-url https://download.pytorch.org/whl/cu128
    ```

    ## Known problems
    Builds from PyPI do not name their CUDA in the version; only the version itself is compared then.

    ## References
    - [torchvision's table of versions](https://github.com/pytorch/vision#installation)
    - [torchaudio's table of versions](https://pytorch.org/audio/main/installation.html)
    """

    meta = RuleMeta(
        "XDC121",
        "vision-vs-torch",
        "a torchvision or torchaudio for another torch",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each companion against torch."""
        torch = torch_build(case)
        libraries = case.need(case.facts.libraries, "libraries", "which libraries are installed")
        companions = [each for name in ("torchvision", "torchaudio") if (each := libraries.get(name)) and each.version]
        if not companions:
            raise DoesNotApply("neither torchvision nor torchaudio is installed")
        problems: list[Verdict] = [
            _problem(case, each, reason) for each in companions if (reason := _clash(each, torch.version))
        ]
        yield from problems or [Passed(f"{companions[0].name} {companions[0].version} fits torch {torch.version}")]


def _clash(companion: Library, torch: str) -> str | None:
    """Why a companion does not fit; None if it does, or if it cannot be told."""
    version = companion.version or ""
    major, minor, *_ = (*numbers(version), 0, 0)
    belongs = (2, minor - 15) if companion.name == "torchvision" else (major, minor)
    here = numbers(torch)[:2]
    stable = belongs >= _STABLE[companion.name]
    if here[0] == belongs[0] == 2 and belongs[1] >= 0 and (here < belongs if stable else here != belongs):
        return f"it is for torch 2.{belongs[1]}" + (" or newer" if stable else "")
    tags = [text.partition("+")[2] for text in (version, torch)]
    if all(tags) and tags[0] != tags[1]:
        return f"it was built for {tags[0]}"
    return None


_STABLE = {"torchvision": (2, 14), "torchaudio": (2, 11)}
"""The torch from which on a companion also fits newer ones (`Requires-Dist` of torchvision 0.29.2, torchaudio 2.11)."""


def _problem(case: Case, companion: Library, reason: str) -> Problem:
    version = torch_build(case).version
    tag = version.partition("+")[2]
    index = f" --index-url {INDEX}/{tag}" if tag else ""
    return Problem(
        message=f"{companion.name} {companion.version} does not fit torch {version}: {reason}",
        consequence="importing it or calling its operators fails",
        error_text="RuntimeError: operator torchvision::nms does not exist"
        if companion.name == "torchvision"
        else "OSError: Could not load this library: libtorchaudio.so",
        fix="Install the pair that belongs together:",
        command=f"pip install --force-reinstall torch=={version.partition('+')[0]} {companion.name}{index}",
        fact=f"libraries.{companion.name}",
        evidence=f"{companion.name} {companion.version}",
    )
