"""The arguments of a training script: options and overrides, as the formats know them, or by their names alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from devlint.doctor.config.claims import Key, lookup
from devlint.doctor.config.documents import Document
from devlint.doctor.config.launchers.base import Launch
from devlint.doctor.config.nodes import nested
from devlint.doctor.config.options import Option, options
from devlint.doctor.config.readers.base import Reader
from devlint.doctor.config.readers.detectron2 import Detectron2
from devlint.doctor.config.readers.lightning import Lightning
from devlint.doctor.config.readers.mmengine import MMEngine
from devlint.doctor.config.readers.plain import SHORT, Plain
from devlint.doctor.config.readers.transformers import Transformers
from devlint.doctor.config.syntax.words import Word

_FORMATS: tuple[type[Reader], ...] = (Transformers, Lightning, MMEngine, Detectron2)
_CONFIG_OPTIONS = frozenset(
    """
    config config_file config_path cfg cfg_file c conf yaml hparams trainer_config
    deepspeed deepspeed_config deepspeed_config_file ds_config
    """.split()
)
_CONFIG_NAME = re.compile(r".*\.(ya?ml|json|toml|env|cfg)", re.IGNORECASE)
_UPPER_KEY = re.compile(r"[A-Z][A-Z0-9_]*(\.[A-Z0-9_]+)+")


def read_arguments(words: Sequence[Word], launch: Launch) -> None:
    """Claim what a script's arguments say, and name the configs among them."""
    claims = launch.arguments
    found = options(words)
    found.named += _pairs(found.positional)
    values = {option.key.lstrip("+"): launch.node(option) for option in found.named}
    place = found.named[0].word.node(launch.places).location if found.named else None
    root = nested(values, place) if place is not None else None
    document = Document("", "arguments", "", launch.places, root)
    formats = [reader for reader in _FORMATS if reader.detects(document)]
    for option in found.named:
        key = _meaning(option, formats)
        if key is not None:
            claims.apply(key, option.name, launch.node(option))
    first = next((option for option in found.named if formats and _meaning(option, formats[:1]) is not None), None)
    if first is not None and formats[0].framework is not None:
        claims.add("framework", formats[0].framework, first.name, first.word.node(launch.places))
    is_openmmlab = MMEngine in formats or found.get("launcher", "work_dir", "cfg_options", "auto_scale_lr") is not None
    for word in (*_config_options(found.named), *found.positional):
        if _CONFIG_NAME.fullmatch(word.text) or (is_openmmlab and word.text.endswith(".py")):
            claims.mention(word.node(launch.places))


def _meaning(option: Option, formats: Sequence[type[Reader]]) -> Key | None:
    key = option.key.lstrip("+")
    for reader in formats:
        if (found := lookup(reader.keys, key)) is not None:
            return found
    if len(option.name) == 2 and option.name.startswith("-"):
        return SHORT.get(option.name[1])
    return lookup(Plain.keys, key)


def _pairs(positional: Sequence[Word]) -> Iterator[Option]:
    """Detectron2's overrides: `SOLVER.IMS_PER_BATCH 16`."""
    for name, value in pairwise(positional):
        if _UPPER_KEY.fullmatch(name.text):
            yield Option(name.text, (value,), name)


def _config_options(named: Sequence[Option]) -> Iterator[Word]:
    for option in named:
        if option.key in _CONFIG_OPTIONS:
            yield from option.values
