"""`accelerate launch`: <https://huggingface.co/docs/accelerate/package_reference/cli>."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.kinds import Several, count, flag, ids, precision, text
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.launchers.python import program_of
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.options import options
from devlint.doctor.config.readers.accelerate import use_cpu
from devlint.doctor.config.syntax.words import Word


def _implies(**values: str) -> Key:
    return Key(next(iter(values)), lambda node: Several(values) if flag(node) else None)


def _offload(field: str) -> Key:
    def kind(node: Node) -> str | None:
        written = text(node)
        return None if written in (None, "none") else written

    return Key(field, kind)


class AccelerateLaunch(Launcher):
    """Its options win over the config file that `--config_file` names."""

    programs = frozenset({"accelerate", "accelerate-launch"})
    modules = frozenset({"accelerate.commands.launch", "accelerate.commands.accelerate_cli"})
    flags = frozenset(
        {
            "multi_gpu",
            "cpu",
            "use_deepspeed",
            "use_fsdp",
            "tpu",
            "quiet",
            "debug",
            "m",
            "module",
            "no_python",
            "mps",
            "same_network",
        }
        | {"use_megatron_lm", "enable_cpu_affinity", "dynamo_use_dynamic"}
    )
    keys: ClassVar[Keys] = {
        "num_processes": Key("world_size", count),
        "num_machines": Key("nodes", count),
        "mixed_precision": Key("precision", precision),
        "gpu_ids": Key("device_ids", ids),
        "cpu": Key("device_type", use_cpu),
        "use_cpu": Key("device_type", use_cpu),
        "mps": _implies(device_type="mps"),
        "multi_gpu": _implies(strategy="ddp", device_type="cuda"),
        "use_deepspeed": _implies(strategy="deepspeed"),
        "use_fsdp": _implies(strategy="fsdp"),
        "zero_stage": Key("zero_stage", count),
        "offload_optimizer_device": _offload("offload_optimizer"),
        "offload_param_device": _offload("offload_parameters"),
        "gradient_accumulation_steps": Key("gradient_accumulation", count),
        "dynamo_backend": Key("compile", lambda node: text(node) not in ("no", "NO")),
        "main_process_ip": Key("other.torchrun.master_addr", text),
        "machine_rank": Key("other.torchrun.node_rank", text),
        "rdzv_backend": Key("other.torchrun.rdzv_backend", text),
    }

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        if words and words[0].text == "launch":
            words = words[1:]
        elif "launch" not in program.text:
            return ()
        launch.starts("accelerate", program)
        launch.framework("accelerate", program)
        found = options(words, self.flags, stops=True)
        launch.table(found, self.keys)
        for option in found.named:
            if option.key in ("config_file", "deepspeed_config_file"):
                launch.claims.mention(launch.node(option))
        return program_of(found.positional, launch)
