"""`yolo train model=yolo11n.pt batch=16 device=0,1`: <https://docs.ultralytics.com/usage/cli/>."""

from __future__ import annotations

from collections.abc import Sequence

from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.options import options
from devlint.doctor.config.readers.ultralytics import Ultralytics
from devlint.doctor.config.syntax.words import Word


class Yolo(Launcher):
    """The arguments are those of `args.yaml`."""

    programs = frozenset({"yolo", "ultralytics"})
    modules = frozenset({"ultralytics"})

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        launch.starts("yolo", program)
        launch.runs = True
        launch.framework(Ultralytics.framework, program)
        found = options(words)
        launch.table(found, Ultralytics.keys)
        for option in found.named:
            if option.key == "cfg":
                launch.claims.mention(launch.node(option))
        return ()
