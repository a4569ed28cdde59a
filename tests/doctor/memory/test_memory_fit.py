"""What fits, what to change, and what is said about a job: on flags, in plans, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devlint.doctor.facts import Facts, Origin
from devlint.doctor.memory import (
    OPTIMIZERS,
    PRECISIONS,
    Amount,
    Job,
    Model,
    ModelError,
    Setup,
    advise,
    estimate,
    job_of,
    largest_batch,
    largest_model,
    model_of_size,
    optimizer_name,
    overlay,
    parse_bytes,
    parse_count,
    planned,
    show_bytes,
    show_count,
)
from devlint.doctor.plan import LaunchPlan, Setting
from devlint.findings import Location, Span

GIB = 2**30
HERE = Location("x.yaml", Span(1, 1, 1, 1))
NOBODY = Facts(origin=Origin(kind="composed"))

setups = st.builds(
    Setup,
    training=st.just(True),
    dtype=st.sampled_from(["fp32", "bf16", "bf16-mixed", "fp16-mixed", "fp8"]),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    batch=st.integers(1, 64),
    sequence=st.sampled_from([128, 1024, 4096]),
    accumulation=st.integers(1, 4),
    checkpointing=st.booleans(),
    attention=st.sampled_from(["sdpa", "eager"]),
    lora_rank=st.sampled_from([None, 8]),
    zero=st.integers(0, 3),
    gpus_per_node=st.sampled_from([1, 8]),
    offload_optimizer=st.booleans(),
)
models = st.sampled_from([10**8, 10**9, 7 * 10**9, 70 * 10**9]).map(model_of_size)


@given(models, setups)
def test_ranges_are_ordered_and_grow_with_the_batch(model: Model, setup: Setup) -> None:
    found = estimate(model, setup)
    for size in (found.peak, *(part.size for moment in found.moments for part in moment.parts)):
        assert 0 <= size.low <= size.likely <= size.high
    more = estimate(model, replace(setup, batch=setup.batch + 1)).peak
    assert more.low >= found.peak.low
    assert more.likely >= found.peak.likely
    assert more.high >= found.peak.high


@given(models, setups, st.sampled_from([8, 24, 80, 640]))
def test_largest_batch_is_the_largest(model: Model, setup: Setup, gib: int) -> None:
    fit = largest_batch(model, setup, gib * GIB)
    assert fit.sure <= fit.likely
    for batch, fits in ((fit.likely, True), (fit.likely + 1, False)):
        if batch:
            assert (estimate(model, replace(setup, batch=batch)).peak.likely <= gib * GIB) is fits


@given(models, setups, st.sampled_from([8, 24, 80]))
def test_each_change_saves_and_the_last_is_enough_or_the_best_there_is(model: Model, setup: Setup, gib: int) -> None:
    peak = estimate(model, setup).peak
    changes = advise(model, setup, gib * GIB)
    assert bool(changes) or peak.likely <= gib * GIB or setup.dtype == "int4"
    for change in changes:
        assert change.peak == estimate(model, change.setup).peak
        assert change.peak.likely == peak.likely - change.saves < peak.likely
        peak = change.peak
    assert all(not change.fits for change in changes[:-1])


def test_little_memory_forces_small_batches_first() -> None:
    model = model_of_size(124_000_000)
    first, *rest = advise(model, Setup(dtype="bf16-mixed", batch=16, sequence=1024), 12 * GIB)
    assert first.text.startswith("lower the batch to ")
    assert first.setup.batch * first.setup.accumulation >= 16
    assert first.fits
    assert not rest


@pytest.mark.parametrize(
    ("gib", "dtype", "least", "most"), [(24, "bf16", 9e9, 12e9), (12, "int4", 13e9, 20e9), (1, "fp32", 0, 2e8)]
)
def test_largest_model_for_inference(gib: int, dtype: str, least: float, most: float) -> None:
    assert least <= largest_model(Setup(training=False, dtype=dtype), gib * GIB) <= most


def test_weights_alone_can_be_too_much() -> None:
    changes = advise(model_of_size(13 * 10**9), Setup(training=False, dtype="bf16"), 12 * GIB)
    assert [change.setup.dtype for change in changes] == ["int8", "int4"] or changes[-1].fits


@pytest.mark.parametrize("dtype", ["int8", "int4"])
def test_quantised_weights_are_not_trained(dtype: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be trained: add --lora 16, or --inference"):
        Setup(dtype=dtype)
    assert Setup(dtype=dtype, lora_rank=16)


@pytest.mark.parametrize(
    ("written", "name"),
    [("adamw_torch_fused", "adamw"), ("AdamW", "adamw"), ("torch.optim.SGD", "sgd"), ("adamw_bnb_8bit", "adamw-8bit"),
     ("paged_adamw_8bit", "paged-adamw-8bit"), ("DeepSpeedCPUAdam", "adamw"), ("adafactor", "adafactor")],
)  # fmt: skip
def test_optimizers_by_the_names_of_libraries(written: str, name: str) -> None:
    assert optimizer_name(written) == name


def test_unknown_words_name_the_nearest() -> None:
    with pytest.raises(ValueError, match="unknown optimizer `adamww`; did you mean `adamw`"):
        optimizer_name("adamww")
    with pytest.raises(ValueError, match="unknown precision `bf61`; did you mean `bf16`"):
        Setup(dtype="bf61")


@pytest.mark.parametrize(
    ("text", "count"),
    [("7B", 7 * 10**9), ("1.3b", 13 * 10**8), ("350M", 35 * 10**7), ("124439808", 124_439_808), ("1,000", 1000)],
)
def test_counts(text: str, count: int) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize(
    ("text", "size"), [("64MiB", 64 * 2**20), ("12 GB", 12 * 10**9), ("512", 512), ("2g", 2 * 10**9)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@given(st.text(max_size=8))
def test_other_texts_are_refused_in_words(text: str) -> None:
    for parse in (parse_count, parse_bytes):
        try:
            assert parse(text) >= 0
        except ValueError as error:
            assert str(error).startswith("expected a ")


@given(st.integers(1, 10**13))
def test_a_shown_count_reads_back(count: int) -> None:
    assert parse_count(show_count(count)) == pytest.approx(count, rel=0.006)


def test_shown_sizes() -> None:
    assert [show_bytes(size) for size in (0, 1000, 5 * 2**20, 1023.9 * 2**20, GIB, 139.2 * GIB)] == [
        "0 MiB", "1 KiB", "5 MiB", "1.0 GiB", "1.0 GiB", "139 GiB",
    ]  # fmt: skip
    assert str(Amount(GIB, 2 * GIB, 3 * GIB)) == "2.0 GiB (1.0 GiB to 3.0 GiB)"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("meta-llama/Llama-2-7b-hf", 7 * 10**9),
        ("Qwen/Qwen2.5-0.5B-Instruct", 5 * 10**8),
        ("bigscience/bloom-560m", 56 * 10**7),
    ],
)
def test_a_model_is_as_large_as_its_name_says(name: str, parameters: int) -> None:
    assert Job(model=name).resolve()[0].parameters == parameters


@pytest.mark.parametrize("name", ["gpt2", "./run3b", "bert-base-uncased"])
def test_a_name_without_a_size(name: str) -> None:
    with pytest.raises(ModelError, match=f"the size of the model `{name}` is not known: give --params"):
        Job(model=name).resolve()


def test_flags_count_more_than_files() -> None:
    plan = LaunchPlan(
        parameters=Setting(10**9, "n", HERE),
        precision=Setting("fp32", "precision", HERE),
        micro_batch=Setting(4, "b", HERE),
    )
    both = overlay(plan, Job(dtype="bf16", lora_rank=16, world=8, zero=3, offload_optimizer=True))
    found = planned(both, NOBODY)
    assert not isinstance(found, str)
    model, setup = found
    assert model.parameters == 10**9
    assert (setup.dtype, setup.batch, setup.lora_rank, setup.world, setup.zero) == ("bf16", 4, 16, 8, 3)
    assert setup.offload_optimizer
    assert both.precision is not None
    text = both.sources[-1].text or ""
    span = both.precision.location.span
    assert text[span.column - 1 : span.end_column - 1] == "--dtype bf16"


def test_no_flags_change_nothing() -> None:
    assert overlay(LaunchPlan(), Job()) == LaunchPlan()


def test_quantised_flags_replace_a_file_s_quantisation() -> None:
    plan = LaunchPlan(quantization=Setting("int8", "load_in_8bit", HERE), parameters=Setting(10**9, "n", HERE))
    assert job_of(overlay(plan, Job(dtype="int4", inference=True))).dtype == "int4"
    assert job_of(overlay(plan, Job(dtype="bf16"))).dtype == "bf16"
    assert job_of(plan).dtype == "int8"


def test_what_a_plan_does_not_say() -> None:
    assert planned(LaunchPlan(), NOBODY) == "no config says which model it is, or how many parameters it has"
    plan = LaunchPlan(parameters=Setting(10**9, "n", HERE))
    assert planned(plan, NOBODY) == "no config says the batch of one device"


def test_a_model_s_folder_lies_beside_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    config = '{"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 2, "vocab_size": 100, "n_positions": 32}'
    (tmp_path / "model" / "config.json").write_text(config, encoding="utf-8")
    place = Location(str(tmp_path / "args.yaml"), Span(1, 1, 1, 1))
    plan = LaunchPlan(model=Setting("model", "model_name_or_path", place), micro_batch=Setting(2, "b", place))
    found = planned(plan, NOBODY)
    assert not isinstance(found, str)
    assert found[0].hidden == 64
    assert found[1].sequence == 32, "no longer than the model can take"


def test_sharded_models_are_cast_whole() -> None:
    """DeepSpeed and FSDP keep no fp32 stream between the blocks, as autocast does."""
    assert Setup(dtype="bf16-mixed", zero=3).precision == PRECISIONS["bf16"]
    assert Setup(dtype="bf16-mixed").precision.residual == 4


def test_every_precision_has_a_width() -> None:
    for name in PRECISIONS:
        assert estimate(model_of_size(10**9), Setup(training=False, dtype=name)).peak.likely > 0.5 * 10**9
