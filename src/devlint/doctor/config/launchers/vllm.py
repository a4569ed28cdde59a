"""`vllm serve MODEL` and `python -m vllm.entrypoints.openai.api_server`: <https://docs.vllm.ai/en/latest/cli/serve/>."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.kinds import count, device, dtype, flag, number, text
from devlint.doctor.config.launchers.base import Launch, Launcher
from devlint.doctor.config.options import options
from devlint.doctor.config.syntax.words import Word


class Vllm(Launcher):
    """One process per GPU of the tensor-parallel group; `derive` multiplies it with the pipeline's."""

    programs = frozenset({"vllm"})
    modules = frozenset({"vllm.entrypoints.openai.api_server", "vllm.entrypoints.api_server"})
    keys: ClassVar[Keys] = {
        "tensor_parallel_size": Key("other.vllm.tensor_parallel_size", count),
        "tp": Key("other.vllm.tensor_parallel_size", count),
        "pipeline_parallel_size": Key("other.vllm.pipeline_parallel_size", count),
        "pp": Key("other.vllm.pipeline_parallel_size", count),
        "data_parallel_size": Key("other.vllm.data_parallel_size", count),
        "dp": Key("other.vllm.data_parallel_size", count),
        "gpu_memory_utilization": Key("gpu_memory_utilization", number),
        "max_model_len": Key("sequence_length", count),
        "dtype": Key("precision", dtype),
        "quantization": Key("quantization", text),
        "q": Key("quantization", text),
        "device": Key("device_type", device),
        "max_num_seqs": Key("other.vllm.max_num_seqs", count),
        "enforce_eager": Key("compile", lambda node: not flag(node)),
        "model": Key("model", text),
        "cpu_offload_gb": Key("other.vllm.cpu_offload_gb", number),
    }

    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        is_command = program.text.rpartition("/")[2] == "vllm"
        if is_command and (not words or words[0].text not in ("serve", "bench")):
            return ()
        launch.starts("vllm", program)
        launch.runs = True
        launch.framework("vllm", program)
        found = options(words[1:] if is_command else words)
        launch.table(found, self.keys)
        for word in found.positional[:1]:
            node = word.node(launch.places)
            if node.unknown is None:
                launch.claims.add("model", node.value, "model", node)
        return ()
