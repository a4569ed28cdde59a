"""The estimate against measured peaks, and the parameters of real architectures."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from devlint.doctor.memory import Kind, Model, ModelError, Setup, estimate, model_from_config, model_of_size, read_model

DATA = Path(__file__).parent / "data"
MEASURED = tomllib.loads((DATA / "measured.toml").read_text(encoding="utf-8"))
CONFIGS = json.loads((DATA / "configs.json").read_text(encoding="utf-8"))
MIB = 2**20


def model_of(name: str) -> Model:
    fields: dict[str, Any] = dict(MEASURED["models"][name])
    return Model(**{**fields, "kind": Kind(fields.get("kind", "decoder"))})


@pytest.mark.parametrize("step", MEASURED["steps"], ids=lambda step: f"{step['model']}-{step['setup']['batch']}")
def test_whole_step_is_within_15_percent(step: dict[str, Any]) -> None:
    peak = estimate(model_of(step["model"]), Setup(**step["setup"]), overhead=False).peak
    assert peak.likely == pytest.approx(step["mib"] * MIB, rel=0.15)
    assert peak.low <= step["mib"] * MIB * 1.001
    assert step["mib"] * MIB <= peak.high * 1.001


def test_slope_of_gpt2_is_within_1_percent() -> None:
    """919 MiB for each sample of 1024 tokens, of which the blocks are a third and the logits two."""
    peaks = [
        estimate(model_of("gpt2"), Setup(batch=batch, sequence=1024, dtype="bf16-mixed")).peak.likely
        for batch in (8, 10)
    ]
    assert (peaks[1] - peaks[0]) / 2 == pytest.approx(919 * MIB, rel=0.01)


@pytest.mark.parametrize("row", CONFIGS, ids=lambda row: f"{row['config']['model_type']}-{row['parameters']}")
def test_parameters_of_a_config_are_exact(row: dict[str, Any]) -> None:
    """Counted in models that transformers 5.23 built from these configs on the meta device."""
    assert model_from_config(row["config"]).parameters == row["parameters"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"model_type": "swin"}', "the architecture `swin` is not known to devlint"),
        ("{}", "the architecture `None` is not known"),
        ('{"model_type": "llama", "hidden_size": 64, "num_attention_heads": 4}', "the config does not say its layers"),
        ('{"model_type": "llama", "hidden_size": "64"}', "the config does not say its hidden"),
        ("[]", "not a model's config"),
        ("{", "not valid JSON"),
    ],
)
def test_config_that_says_too_little(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_model(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        read_model(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("name", "parameters", "hidden", "layers"),
    [
        ("GPT-2", 124e6, 768, 12),
        ("LLaMA 7B", 6.74e9, 4096, 32),
        ("LLaMA 13B", 13.0e9, 5120, 40),
        ("Llama 65B", 65.3e9, 8192, 80),
    ],
)
def test_guessed_shapes_are_near_published_ones(name: str, parameters: float, hidden: int, layers: int) -> None:
    model = model_of_size(int(parameters))
    assert model.guessed
    assert model.layers == layers
    assert model.hidden == pytest.approx(hidden, rel=0.04)
