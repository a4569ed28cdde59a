"""Programs that train by themselves and take a config or options: `llamafactory-cli train x.yaml`, `tune run ...`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from devlint.doctor.config.arguments import read_arguments
from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.kinds import count, devices, precision
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.launchers.python import program_of
from devlint.doctor.config.launchers.torchrun import Torchrun
from devlint.doctor.config.options import options
from devlint.doctor.config.readers.lightning import accelerator
from devlint.doctor.config.syntax.words import Word


class Tool(Launcher):
    """What follows is read as a script's arguments; a subcommand is passed over."""

    programs = frozenset(
        {
            "llamafactory-cli",
            "llamafactory",
            "litgpt",
            "trl",
            "axolotl",
            "swift",
            "composer",
            "xtuner",
            "mim",
            "nnUNetv2_train",
        }
    )

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        launch.runs = True
        read_arguments(words, launch)
        return ()


class Tune(Launcher):
    """torchtune: `tune run [torchrun's options] RECIPE --config CONFIG key=value`."""

    programs = frozenset({"tune"})

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        if not words or words[0].text != "run":
            return ()
        found = options(words[1:], Torchrun.flags, stops=True)
        if found.named:  # with torchrun's options, it is torchrun that starts the recipe
            launch.starts("torchrun", program)
        launch.table(found, Torchrun.keys)
        launch.runs = True
        read_arguments(found.positional[1:], launch)
        return ()


class LightningRun(Launcher):
    """`fabric run --devices 4 script.py`, and `lightning run model` before it."""

    programs = frozenset({"fabric", "lightning"})
    keys: ClassVar[Keys] = {
        "accelerator": Key("device_type", accelerator),
        "devices": Key("devices", devices),
        "num_nodes": Key("nodes", count),
        "precision": Key("precision", precision),
    }

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        rest = [word for word in words if word.text not in ("run", "model")]
        found = options(rest, stops=True)
        launch.table(found, self.keys)
        launch.framework("lightning", program)
        return program_of(found.positional, launch)
