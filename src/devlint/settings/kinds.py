"""The kinds of values that options take, and how each is read from TOML and from the command line."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Flag(enum.Enum):
    """What an option looks like on the command line."""

    NONE = enum.auto()
    SWITCH = enum.auto()
    """`--key` and `--no-key`."""
    ONE = enum.auto()
    """`--key VALUE`."""
    MANY = enum.auto()
    """`--key VALUE,VALUE`, and the values of several flags are joined."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T_co]):
    """The values an option takes.

    `read` turns a TOML value into the option's, or raises ValueError saying what is wrong with it. `from_text` turns an
    argument of the command line, or an environment variable, into a TOML value.
    """

    noun: str
    read: Callable[[object], T_co]
    flag: Flag
    from_text: Callable[[str], object] = str


def _type_name(value: object) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a float", str: "a string", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected a boolean, got {_type_name(value)}")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a string, got {_type_name(value)}")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        given = f"`{value}`" if isinstance(value, str) else _type_name(value)
        raise ValueError(f"expected a number of seconds, got {given}")
    if not 0 < value < float("inf"):
        raise ValueError(f"expected more than 0 seconds, got {value}")
    return float(value)


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list of strings, got {_type_name(value)}")
    for item in value:
        if not isinstance(item, str):
            raise ValueError(f"expected a list of strings, got a list with {_type_name(item)} in it")
    return tuple(value)


def _strings_by_pattern(value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ValueError(f"expected a table of lists of strings, got {_type_name(value)}")
    return {pattern: _strings(items) for pattern, items in value.items()}


def _matching(pattern: str, noun: str, example: str) -> Callable[[object], str]:
    """A reader of strings of a fixed shape."""

    def read(value: object) -> str:
        text = _string(value)
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {noun} such as `{example}`, got `{text}`")
        return text

    return read


def _each(read_one: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    return lambda value: tuple(read_one(item) for item in _strings(value))


def _split(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


_device_type = _matching(r"[a-z][a-z0-9_]*", "a device type", "npu")
_class_name = _matching(r"[^\W\d]\w*(\.[^\W\d]\w*)*", "a class name", "mylib.layers.Block")

FLAG = Kind("boolean", _boolean, Flag.SWITCH)
STRING = Kind("string", _string, Flag.ONE)
STRINGS = Kind("list of strings", _strings, Flag.MANY, _split)
STRINGS_BY_PATTERN = Kind("table of lists of strings", _strings_by_pattern, Flag.NONE)
SECONDS = Kind("number of seconds", _seconds, Flag.ONE, _number)
VERSION = Kind("version", _matching(r"\d+\.\d+", "a version", "2.4"), Flag.ONE)
DEVICE_TYPES = Kind("list of device types", _each(_device_type), Flag.MANY, _split)
CLASS_NAMES = Kind("list of class names", _each(_class_name), Flag.MANY, _split)
