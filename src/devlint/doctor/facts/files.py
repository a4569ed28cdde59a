"""Facts in files: written whole or not at all, without what tells who and where; read strictly.

    {"devlint_facts": 1, "origin": {"kind": "recorded"}, "cpu": {"cores": 8}, ...}

Keys are the fields of `Facts`; a field with its default is left out. `json_schema` says the same for programs.
"""

from __future__ import annotations

import dataclasses
import json
import os
import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from devlint.doctor.facts.machine import Facts
from devlint.doctor.facts.redact import redact
from devlint.doctor.facts.schema import settled
from devlint.fixes.write import replace_file
from devlint.settings.errors import did_you_mean

VERSION = 1
_KEY = "devlint_facts"


class FactsError(ValueError):
    """A file of facts that cannot be used; the message is one complete line, and the exit code is 2."""


def load(path: str | os.PathLike[str]) -> Facts:
    """The facts of a file. FactsError with the file, the place in it and what to do."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FactsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FactsError(f"{path}: is not a text in UTF-8, so no file of facts") from error
    return loads(text, str(path))


def loads(text: str, name: str) -> Facts:
    """The facts of a text; `name` is the file's, for messages."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FactsError(f"{name}: is not JSON: {error}") from error
    if not isinstance(data, dict) or _KEY not in data:
        hint = "make one with `devlint doctor --save-facts FILE`"
        raise FactsError(f"{name}: is not a file of facts (no `{_KEY}`): {hint}")
    version = data.pop(_KEY)
    if version != VERSION:
        raise FactsError(f"{name}: has version {version!r} of the format; this devlint reads {VERSION}: save it anew")
    for place in _unknown_keys(data, Facts, ""):
        raise FactsError(f"{name}: {place}")
    return _converted(data, name)


def save(facts: Facts, path: str | os.PathLike[str]) -> None:
    """Write redacted facts, as recorded. OSError if that cannot be; then what was there before is still there."""
    origin = dataclasses.replace(facts.origin, kind="recorded") if facts.origin.kind == "probed" else facts.origin
    replace_file(os.fspath(path), dumps(redact(dataclasses.replace(facts, origin=origin))).encode("utf-8"))


def dumps(facts: Facts) -> str:
    """Facts as JSON, nothing redacted."""
    return json.dumps({_KEY: VERSION, **_plain(facts)}, indent=1, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the files."""
    import msgspec

    (root,), definitions = msgspec.json.schema_components([Facts], ref_template="#/$defs/{name}")
    for each in definitions.values():
        if "properties" in each:
            each["additionalProperties"] = False
    top = definitions.pop(root["$ref"].rpartition("/")[2])
    top["properties"] = {_KEY: {"const": VERSION}, **top["properties"]}
    top["required"] = [_KEY, *top["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **settled({**top, "$defs": definitions})}


def _converted(data: dict[str, Any], name: str) -> Facts:
    try:
        import msgspec
    except ModuleNotFoundError as error:
        raise FactsError(f'{name}: reading facts needs msgspec: pip install "devlint[doctor]"') from error
    try:
        return msgspec.convert(data, Facts)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        raise FactsError(f"{name}: {place.strip('.`') or 'the top level'}: {what[:1].lower()}{what[1:]}") from error


def _plain(value: Any) -> Any:
    """What JSON has; of records, the fields that differ from their defaults."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = [(each, getattr(value, each.name)) for each in dataclasses.fields(value)]
        return {each.name: _plain(member) for each, member in members if member != _default(each)}
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    return value.value if isinstance(value, Enum) else value


def _default(each: dataclasses.Field[Any]) -> Any:
    return each.default if each.default_factory is dataclasses.MISSING else each.default_factory()


def _unknown_keys(data: Any, kind: Any, place: str) -> Iterator[str]:
    """A complaint for each key that no field of the records has, anywhere in the data."""
    if dataclasses.is_dataclass(kind) and isinstance(data, dict):
        hints = typing.get_type_hints(kind)
        for key, value in data.items():
            if key in hints:
                yield from _unknown_keys(value, hints[key], f"{place}{key}.")
            else:
                where = f"`{place[:-1]}` has no field `{key}`" if place else f"no field `{key}`"
                yield f"{where}{did_you_mean(key, hints)}"
        return
    members = typing.get_args(kind)
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        for member in members:
            yield from _unknown_keys(data, member, place)
    elif isinstance(data, list) and members:
        for index, value in enumerate(data):
            yield from _unknown_keys(value, members[0], f"{place[:-1]}[{index}].")
    elif isinstance(data, dict) and len(members) == 2:
        for key, value in data.items():
            yield from _unknown_keys(value, members[1], f"{place}{key}.")
