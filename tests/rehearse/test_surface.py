"""Parts of PyTorch's interface that scripts use beside tensors and modules: each behaves as on the real device."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from devlint.rehearse import Session, pretend  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # some of it is deprecated


@pytest.fixture
def session() -> Iterator[Session]:
    """A session in which nothing may be found."""
    with pretend(["RTX 3060", "RTX 3060"]) as running:
        yield running
    assert [finding.message for finding in running.findings] == []


def without_arguments(module: types.ModuleType) -> dict[str, Any]:
    """The public functions of a module that can be called with nothing."""
    found = {}
    for name, value in vars(module).items():
        if not name.startswith("_") and inspect.isfunction(value):
            kinds = [each for each in inspect.signature(value).parameters.values() if each.default is each.empty]
            if all(each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in kinds):
                found[name] = value
    return found


MODULES = [
    *(("cuda", name) for name in ("cuda", "cuda.memory", "cuda.random", "accelerator")),
    *((kind, name) for kind in ("xpu", "mps") for name in (kind, "accelerator")),
]


@pytest.mark.parametrize(("kind", "name"), MODULES)
def test_every_question_has_an_answer(kind: str, name: str) -> None:
    failed = {}
    with pretend(device_type=kind):
        module = sys.modules[f"torch.{name}"]
        for each, function in without_arguments(module).items():
            try:
                function()
            except Exception as error:
                failed[each] = repr(error)
    assert failed == {}


def test_streams_are_selected(session: Session) -> None:
    stream = torch.cuda.Stream(device=1, priority=-1)
    assert stream.device == torch.device("cuda:1") and stream != torch.cuda.current_stream(1)
    with torch.cuda.stream(stream):
        assert torch.cuda.current_stream(1) == stream and torch.cuda.current_stream(0) != stream
    assert torch.cuda.current_stream(1) == torch.cuda.default_stream(1)
    with torch.cuda.stream(None), stream:
        stream.wait_event(stream.record_event())
    assert isinstance(stream, torch.cuda.Stream)


def test_graphs_compute_again_at_each_replay(session: Session) -> None:
    given, weight = torch.zeros(3, device="cuda"), torch.ones(3, device="cuda", requires_grad=True)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = (given * 2 + weight).sum()
        result.backward()
    for value in (3.0, 5.0):
        given.fill_(value)
        graph.replay()
        assert result.item() == 6 * value + 3
    assert weight.grad is not None and weight.grad.is_cuda


def test_seeds_of_the_device_count_where_no_other_does(session: Session) -> None:
    torch.cuda.manual_seed(3)
    first = torch.rand(3, device="cuda")
    torch.cuda.manual_seed_all(3)
    assert torch.rand(3, device="cuda").equal(first)
    state = torch.cuda.get_rng_state()
    first = torch.rand(3, device="cuda")
    torch.cuda.set_rng_state(state)
    assert torch.rand(3, device="cuda").equal(first) and state.device.type == "cpu"


def test_a_number_is_a_device(session: Session) -> None:
    device = torch.device(1)
    assert device == torch.device("cuda", 1) and isinstance(device, torch.device)
    assert isinstance(torch.ones(1).device, torch.device) and not isinstance("cuda", torch.device)
    assert pickle.loads(pickle.dumps(device)) == copy.deepcopy(device) == device
    file = io.BytesIO()
    torch.save({"device": device}, file)
    file.seek(0)
    assert torch.load(file) == {"device": device}
    assert "device" in str(torch.device | None)


def test_default_device_ends_with_the_session() -> None:
    with pretend():
        torch.set_default_device("cuda")
        assert torch.zeros(1).is_cuda
    assert torch.zeros(1).device.type == "cpu" and torch.get_default_device().type == "cpu"


def test_functions_imported_by_name_are_put_back() -> None:
    before = torch.tensor
    with pretend():
        module = types.ModuleType("imported_meanwhile")
        sys.modules[module.__name__] = module
        exec("from torch import tensor, compile, Generator, device", vars(module))
        assert module.tensor is not before
    try:
        assert module.tensor is before and module.Generator is torch.Generator and module.device is torch.device
    finally:
        del sys.modules[module.__name__]


def test_compiled_modules_look_compiled(session: Session) -> None:
    model = nn.Linear(2, 2).cuda()
    compiled = torch.compile(model, mode="max-autotune")
    assert list(compiled.state_dict()) == ["_orig_mod.weight", "_orig_mod.bias"]
    assert compiled(torch.ones(1, 2, device="cuda")).equal(model(torch.ones(1, 2, device="cuda")))
    torch.compiler.cudagraph_mark_step_begin()
    torch._dynamo.reset()


def test_lazy_modules(session: Session) -> None:
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d()).cuda()
    model(torch.ones(1, 3, 5, 5, device="cuda")).sum().backward()
    assert model[0].weight.is_cuda and model[0].weight.grad.is_cuda and model[1].running_mean.is_cuda


def test_sparse_gradients(session: Session) -> None:
    model = nn.Embedding(5, 3, sparse=True).cuda()
    optimizer = torch.optim.SparseAdam(model.parameters())
    for _ in range(2):
        model(torch.tensor([1, 3], device="cuda")).sum().backward()
        assert model.weight.grad.coalesce().indices().is_cuda
        optimizer.step()
        optimizer.zero_grad()
    assert torch.eye(3, device="cuda").to_sparse_csr().crow_indices().is_cuda


def test_sparse_tensors_move_whole(session: Session) -> None:
    for made in (torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()):
        moved = made.cuda()
        assert moved.is_cuda and moved.values().is_cuda and not made.is_cuda
        assert (moved @ torch.ones(3, 1, device="cuda")).cpu().sum() == 3
        assert moved.cpu().values().device.type == moved.to("cpu").to_dense().device.type == "cpu"
    assert nn.Linear(3, 3).cuda()(moved.to_dense()).is_cuda


def test_lengths_of_ctc_may_be_anywhere(session: Session) -> None:
    scores = torch.rand(5, 2, 4, device="cuda").log_softmax(-1).requires_grad_()
    targets = torch.ones(2, 2, dtype=torch.long, device="cuda")
    for device in ("cpu", "cuda"):
        lengths = torch.tensor([5, 5], device=device), torch.tensor([2, 2], device=device)
        nn.CTCLoss()(scores, targets, *lengths).backward()
    assert nn.CTCLoss()(scores, targets, (5, 5), (2, 2)).is_cuda


def test_attention_by_kernels_that_only_the_device_has(session: Session) -> None:
    from torch.nn.attention import SDPBackend, sdpa_kernel

    query = torch.rand(1, 2, 4, 8, device="cuda")
    with sdpa_kernel(SDPBackend.EFFICIENT_ATTENTION):
        assert F.scaled_dot_product_attention(query, query, query, is_causal=True).is_cuda
    assert torch.backends.cuda.math_sdp_enabled()


def test_flex_attention(session: Session) -> None:
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    query = torch.rand(1, 1, 128, 16, device="cuda")
    mask = create_block_mask(lambda b, h, i, j: i >= j, None, None, 128, 128, device="cuda")
    assert flex_attention(query, query, query, block_mask=mask).is_cuda


def test_makers_of_tensors(session: Session) -> None:
    assert torch.empty(3, pin_memory=True).is_pinned() and torch.tensor([1], pin_memory=True).is_pinned()
    assert torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], device="cuda").is_cuda
    assert torch.from_dlpack(torch.ones(2, device="cuda")).is_cuda
    with torch.device("cuda"):
        assert nn.init.eye_(torch.empty(3, 3)).is_cuda  # which has an `out`
    assert nn.Linear(2, 2).to(torch.ones(1, device="cuda:1")).weight.get_device() == 1


def test_torchscript_knows_all_functions(session: Session) -> None:
    def sparse(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        a, b = torch.meshgrid([y, y])
        return torch.sparse_coo_tensor(x, y + a[0] + b[0], [3]).to_dense()

    assert torch.jit.script(sparse)(torch.tensor([[0, 1]]), torch.ones(2)).sum() == 6


def test_builds_for_cuda(session: Session) -> None:
    assert torch.version.cuda and torch.backends.cudnn.is_available() and torch.backends.cuda.is_built()
    torch.cuda.nvtx.range_push("step")
    with torch.cuda.nvtx.range("forward"):
        torch.cuda.nvtx.range_pop()


def test_sharded_data_parallel(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard

    for name, value in {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29563"}.items():
        monkeypatch.setenv(name, value)
    init_device_mesh("cuda", (1,))
    try:
        for wrap in (lambda model: FullyShardedDataParallel(model, device_id=0), fully_shard):
            model = wrap(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)).cuda())
            optimizer = torch.optim.Adam(model.parameters())
            for _ in range(2):
                model(torch.ones(2, 2, device="cuda")).sum().backward()
                optimizer.step()
                optimizer.zero_grad()
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_inference_mode_leaves_operations_whole(session: Session, dtype: torch.dtype) -> None:
    model, x, host = nn.Linear(4, 3).cuda(), torch.rand(2, 4, device="cuda"), torch.rand(2, 4)
    with torch.inference_mode(), torch.autocast("cuda", dtype=dtype, enabled=dtype is not torch.float32):
        made = [model(x), x.to(torch.float64), x.t().contiguous(), x.t().reshape(8), x.t().flatten(), x.float()]
        made += [x[:, :1].expand_as(host), x.view_as(host), x.reshape_as(host), torch.einsum("ij,kj->ik", x, x)]
        made += [x.type_as(made[0]), host.type_as(x), *torch.meshgrid(x[0], x[1], indexing="ij"), x.chunk(2)[0]]
        made += [F.cross_entropy(model(x), torch.tensor([0, 1], device="cuda")), F.mse_loss(model(x), model(x))]
    assert all(each.is_cuda for each in made)
    assert not host.t().contiguous().is_cuda


def test_mixes_in_inference_mode_are_found() -> None:
    with pretend() as running, torch.inference_mode():
        x, host = torch.rand(2, 4, device="cuda"), torch.rand(2, 4)
        F.linear(x, host)
        torch.einsum("ij,kj->ik", x, host)
        F.cross_entropy(x, torch.tensor([0, 1]))
    assert len(running.findings) == 3


class Positions(nn.Module):
    """Functions that a session replaces."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = torch.meshgrid(torch.arange(3, device="cuda"), torch.arange(3, device="cuda"), indexing="ij")
        return x + rows + columns + torch.zeros_like(x) + torch.tensor(1.0)


def test_graphs_of_fx_name_the_functions_of_pytorch(session: Session) -> None:
    traced = torch.fx.symbolic_trace(Positions())
    x = torch.rand(3, 3, device="cuda")
    assert traced(x).equal(Positions()(x))
    assert torch.tensor.__name__ == "tensor" and "devlint" not in traced.code


class Numbers(torch.utils.data.Dataset):
    """Can be sent to another process."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.full((2,), float(index))


def test_loader_whose_workers_are_spawned(session: Session) -> None:
    loader = torch.utils.data.DataLoader(Numbers(), 2, num_workers=1, multiprocessing_context="spawn")
    assert sum(batch.cuda().sum().item() for batch in loader) == 12
