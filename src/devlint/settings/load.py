"""Reading settings from where people write them; whatever cannot be used is a SettingsError naming place and remedy."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from devlint.settings.errors import SettingsError, did_you_mean
from devlint.settings.layers import Layer
from devlint.settings.options import OPTIONS

FILE_NAMES = ("devlint.toml", "pyproject.toml")
"""Settings files, the stronger first where a folder has both."""

_PYPROJECT_TABLE = "tool.devlint"


def read_file(path: Path) -> Layer | None:
    """The settings of one file; None for a pyproject.toml that has none for devlint."""
    origin = _shown(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{origin}: cannot be read: {error.strerror}") from None
    if path.name != "pyproject.toml":
        text, table = _parse(data, origin)
        return _layer(table, origin, path.parent, _lines(text, ""))
    if b"devlint" not in data:  # other tools' test data includes broken pyproject.toml files, which are none of ours
        return None
    text, document = _parse(data, origin)
    tool = document.get("tool", {})
    if not isinstance(tool, dict) or "devlint" not in tool:
        return None
    if not isinstance(tool["devlint"], dict):
        raise SettingsError(f"{origin}: [{_PYPROJECT_TABLE}] must be a table")
    return _layer(tool["devlint"], origin, path.parent, _lines(text, _PYPROJECT_TABLE))


def read_inline(text: str, cwd: Path) -> Layer:
    """Settings written as TOML on the command line, such as `target-torch = "2.4"`."""
    origin = f"--config '{' '.join(text.split())}'"
    _, table = _parse(text.encode(), origin)
    return _layer(table, origin, cwd)


def read_flags(values: Mapping[str, object], cwd: Path) -> Layer:
    """Settings from flags of the command line, by option key."""
    return _layer(values, "command line", cwd)


def read_environment(variables: Mapping[str, str], cwd: Path) -> Layer:
    """Settings from environment variables; an empty variable is not set."""
    known = {option.variable: option for option in OPTIONS.values() if option.variable}
    given = [name for name in known if variables.get(name)]
    table = {known[name].key: known[name].kind.from_text(variables[name]) for name in given}
    return _layer(table, ", ".join(given), cwd)


def find(folder: Path) -> Layer | None:
    """The settings that lie in this very folder."""
    for name in FILE_NAMES:
        path = folder / name
        if path.is_file() and (layer := read_file(path)):
            return layer
    return None


def nearest(folder: Path) -> Layer | None:
    """The settings that lie in this folder or in the nearest one above it."""
    return next((layer for each in (folder, *folder.parents) if (layer := find(each))), None)


def _parse(data: bytes, origin: str) -> tuple[str, dict[str, object]]:
    import tomllib

    try:
        text = data.decode("utf-8-sig")
        return text, tomllib.loads(text)
    except ValueError as error:  # of decoding, or of TOML
        raise SettingsError(f"{origin}: not valid TOML: {error}") from None


def _layer(table: Mapping[str, object], origin: str, base: Path, lines: Mapping[str, int] | None = None) -> Layer:
    lines = lines or {}
    values = {}
    for key, value in _flat(table):
        place = f"{origin}:{lines[key]}" if key in lines else origin
        option = OPTIONS.get(key)
        if option is None:
            raise SettingsError(f"{place}: unknown option `{key}`{did_you_mean(key, OPTIONS)}")
        try:
            values[key] = option.kind.read(value)
        except ValueError as error:
            raise SettingsError(f"{place}: {key}: {error}") from None
    return Layer(origin, base, values, lines)


def _flat(table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The options of a table and, under dotted keys, those of the tables in it that hold options of a command."""
    commands = {key.rpartition(".")[0] for key in OPTIONS}
    for key, value in table.items():
        if key in commands and isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", item) for inner, item in value.items())
        else:
            yield key, value


def _lines(text: str, table: str) -> dict[str, int]:
    """The line of each key of one TOML table: a cheap look, only for messages."""
    found: dict[str, int] = {}
    prefix: str | None = "" if table == "" else None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            name = header[1]
            inner = name.removeprefix(f"{table}.") if table else name
            prefix = "" if name == table else f"{inner}." if inner != name or not table else None
            if prefix:
                found.setdefault(inner.split(".")[0].strip("\"'"), number)
        elif prefix is not None and (key := re.match(r"""\s*["']?([\w-]+)["']?\s*(\.[\w-]+)?\s*[.=]""", line)):
            found.setdefault(prefix + key[1], number)
            found.setdefault(prefix + key[1] + (key[2] or ""), number)
    return found


def _shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    try:
        return path.relative_to(os.getcwd()).as_posix()
    except ValueError:
        return path.as_posix()
