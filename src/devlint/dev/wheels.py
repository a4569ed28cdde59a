"""Published packages as folders of source."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path


class WheelError(Exception):
    """A package that cannot be had; the message is one complete line."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of one version, and the folder where its wheel lies unpacked."""

    name: str
    version: str
    folder: Path


def unpack(requirement: str, cache: Path) -> Package:
    """The package for `NAME==VERSION`, downloaded with pip and unpacked unless `cache` has it."""
    name, equals, version = requirement.partition("==")
    if not (name and equals and version):
        raise WheelError(f"{requirement}: give NAME==VERSION")
    folder = cache / f"{name}-{version}"
    if not folder.exists():
        half = cache / f"{name}-{version}.unpacking"
        try:
            with zipfile.ZipFile(_wheel(name, version, cache)) as archive:
                archive.extractall(half)
        except zipfile.BadZipFile as error:
            raise WheelError(f"{requirement}: its wheel in {cache} is broken, remove it: {error}") from error
        half.rename(folder)
    return Package(name, version, folder)


def _wheel(name: str, version: str, cache: Path) -> Path:
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not any(cache.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(cache)]
        if subprocess.run([*command, f"{name}=={version}"], stdout=sys.stderr, check=False).returncode:
            raise WheelError(f"pip could not download {name}=={version}")
    found = sorted(cache.glob(pattern))
    if not found:
        raise WheelError(f"no {pattern} in {cache}")
    return found[0]
