"""Command lines: wrappers taken off, the launcher's options read, then the script's arguments.

Shared by shell and sbatch scripts, containers' commands and `devlint doctor -- ...`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import PurePosixPath

from devlint.doctor.config import launchers
from devlint.doctor.config.arguments import read_arguments
from devlint.doctor.config.claims import Claims
from devlint.doctor.config.environment import claim_variable
from devlint.doctor.config.launchers.base import PYTHON, Launch, Launcher
from devlint.doctor.config.launchers.python import after_python, is_a_job, program_of
from devlint.doctor.config.launchers.shells import ShellScript
from devlint.doctor.config.nodes import Node, Places
from devlint.doctor.config.options import options
from devlint.doctor.config.readers.base import ARGUMENTS, ENVIRONMENT, LAUNCHER
from devlint.doctor.config.syntax.shell import Command, Script, parse_words
from devlint.doctor.config.syntax.words import Word
from devlint.findings.registry import subclasses_in

_DEEPEST = 10
"""Programs that start programs."""


@functools.cache
def _launchers() -> dict[str, Launcher]:
    """Programs, and modules behind a space, -> launcher."""
    found = [each() for each in subclasses_in(launchers, Launcher)]  # type: ignore[type-abstract]
    programs = {name: each for each in found for name in each.programs}
    return programs | {f" {name}": each for each in found for name in each.modules}


def read_commands(script: Script, places: Places, claims: Claims, depth: int = 0) -> None:
    """Claim what the commands say that look most like a launch: those with a launcher, else those that run a script."""
    for name, word in script.exports.items():
        exported = Claims(ENVIRONMENT + 1, claims=claims.claims)
        claim_variable(name, word.node(places), exported)
    launches = [_read(command, places, claims.strength, depth) for command in script.commands]
    best = max((_rank(launch) for launch in launches), default=0)
    for launch in launches:
        if _rank(launch) == best:
            for part in (launch.claims, launch.arguments):
                claims.claims += part.claims
                claims.mentions += part.mentions
                claims.problems += part.problems


def read_words(words: Sequence[Word], places: Places, claims: Claims) -> None:
    """The same for one command whose words are already apart."""
    read_commands(Script([Command(tuple(words))]), places, claims)


def read_nodes(nodes: Sequence[Node], places: Places, claims: Claims) -> None:
    """The same for a command in a document: text for a shell, or lists of words."""
    words: list[Word] = []
    for node in nodes:
        for item in node.items or (node,):
            if isinstance(item.value, str):
                words.append(_word(item, places))
    if len(words) == 1:
        read_commands(parse_words(words[0], places), places, _stronger(claims))
    elif words:
        read_words(words, places, _stronger(claims))


def read_node(node: Node, places: Places, claims: Claims) -> None:
    """The same for a single value."""
    read_nodes([node], places, claims)


def _stronger(claims: Claims) -> Claims:
    """A container's command counts as a launch, whatever its file grants."""
    return Claims(LAUNCHER, claims.root, claims.claims, claims.mentions, claims.problems)


def _word(node: Node, places: Places) -> Word:
    start, end = places.offsets(node.location)
    written = places.text[start:end]
    inside = written.find(str(node.value))
    if inside >= 0:
        return Word.whole(str(node.value), start + inside, start + inside + len(str(node.value)))
    return Word.whole(str(node.value), start, max(end, start + 1))


def _rank(launch: Launch) -> int:
    return (1 + (launch.launcher is not None)) if launch.runs else 0


def _read(command: Command, places: Places, strength: int, depth: int) -> Launch:
    claims, arguments = Claims(strength), Claims(strength + ARGUMENTS - LAUNCHER)
    launch = Launch(places, claims, arguments, _is_program)
    for name, word in command.prefix.items():
        claim_variable(name, word.node(places), claims)
    words: Sequence[Word] = command.words
    for _ in range(_DEEPEST):
        if not words:
            break
        words = _step(words, launch)
    if launch.inside is not None and depth < _DEEPEST:
        inner = Claims(strength)
        script = parse_words(launch.inside, places)
        read_commands(script, places, inner, depth + 1)
        launch.runs = launch.runs or any(claim.field in ("script", "launcher") for claim in inner.claims)
        is_inner = launch.launcher is not None  # then python is not what launches
        launch.claims.claims += [
            claim
            for claim in inner.claims
            if not (is_inner and (claim.field, claim.setting.value) == ("launcher", "python"))
        ]
        launch.claims.mentions += inner.mentions
    return launch


def _step(words: Sequence[Word], launch: Launch) -> Sequence[Word]:
    """Read one program; what is left is the command that it starts."""
    program, rest = words[0], words[1:]
    name = PurePosixPath(program.text).name
    if name.startswith("--"):  # a container's arguments for a program that its image names
        return _unnamed(words, launch)
    if (launcher := _launchers().get(name)) is not None:
        return launcher.read(program, rest, launch)
    if PYTHON.fullmatch(name):
        module, after = after_python(rest)
        if module is not None and (launcher := _launchers().get(f" {module}")) is not None:
            return launcher.read(after[0], after[1:], launch)
        if after and is_a_job(after[0].text):
            if launch.launcher is None:
                launch.claims.add("launcher", "python", program.text, program.node(launch.places))
            return program_of(after, launch)
    elif name.endswith((".sh", ".bash", ".sbatch")):
        behind = next((index for index, word in enumerate(words) if word.text == "--"), len(words))
        if any(map(_is_program, words[behind + 1 : behind + 2])):  # `./bind.sh --cpu=exclusive -- python train.py`
            return words[behind + 1 :]
        ShellScript().mention(words, launch)
    elif name.endswith(".py"):
        launch.script(program)
        read_arguments(rest, launch)
    return ()


def _unnamed(words: Sequence[Word], launch: Launch) -> Sequence[Word]:
    """Options of a program that is not named: torchrun's if they look like it, else a script's."""
    torchrun = _launchers()["torchrun"]
    first = options(words[:1]).named
    if first and first[0].key in torchrun.keys:
        return torchrun.read(words[0].part(0, 0), words, launch)
    read_arguments(words, launch)
    return ()


def _is_program(word: Word) -> bool:
    name = PurePosixPath(word.text).name
    return name in _launchers() or bool(PYTHON.fullmatch(name)) or name.endswith((".py", ".sh", ".bash"))
