"""What PyTorch answers while it pretends, and that nothing stays behind."""

from __future__ import annotations

import copy
import io
import pickle
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")

from torch import nn  # noqa: E402

from devlint.rehearse import Session, pretend  # noqa: E402


@pytest.fixture
def session() -> Iterator[Session]:
    """A session in which nothing may be found."""
    with pretend(["RTX 3060", "RTX 3060"]) as running:
        yield running
    assert [finding.message for finding in running.findings] == []


def attributes() -> dict[str, object]:
    """Everything that a session could replace."""
    owners = [torch, torch.Tensor, torch.cuda, torch.cuda.memory, torch.cuda.random, torch.xpu, torch.mps, torch._C]
    owners += [torch.accelerator, torch.nn.Module, torch.UntypedStorage, torch.backends.mps, threading.Thread]
    return {f"{owner!r}.{name}": value for owner in owners for name, value in vars(owner).items()}


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_nothing_stays_patched(kind: str) -> None:
    before = attributes()
    registry = list(torch.serialization._package_registry)
    with pytest.raises(ZeroDivisionError), pretend(device_type=kind):
        assert torch.ones(2, device=kind).device == torch.device(kind, 0)
        raise ZeroDivisionError
    after = attributes()
    assert {name for name in before.keys() | after.keys() if before.get(name) is not after.get(name)} == set()
    assert torch.serialization._package_registry == registry
    assert torch.ones(2).device.type == "cpu"
    with pytest.raises((RuntimeError, AssertionError)):
        torch.ones(2, device=kind)


def test_sessions_do_not_nest() -> None:
    with pretend(), pytest.raises(RuntimeError, match="under way"), pretend():
        pass


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_devices_of_every_kind(kind: str) -> None:
    with pretend(["RTX 3060"], device_type=kind) as session:
        device = torch.accelerator.current_accelerator()
        assert device is not None and device.type == kind and torch.accelerator.is_available()
        model = nn.Linear(3, 2).to(kind)
        loss = model(torch.rand(5, 3, device=kind)).sum()
        loss.backward()
        assert str(loss.device) == f"{kind}:0" and getattr(loss, f"is_{kind}")
        assert model.weight.grad.device.type == kind
        (loss + torch.ones(1))
        assert [finding.code for finding in session.findings] == ["XDR101"]


def test_properties_of_the_card(session: Session) -> None:
    assert torch.cuda.is_available() and torch.cuda.device_count() == 2
    properties = torch.cuda.get_device_properties(0)
    assert "3060" in properties.name and (properties.major, properties.minor) == (8, 6)
    assert properties.total_memory == 12 * 2**30
    assert torch.cuda.get_device_capability() == (8, 6) and torch.cuda.is_bf16_supported()
    assert torch.cuda.mem_get_info()[1] == 12 * 2**30


def test_memory_is_counted(session: Session) -> None:
    assert torch.cuda.memory_allocated() == 0
    x = torch.ones(1024, device="cuda")
    view = x[3:]
    y = torch.ones(1, device="cuda:1")
    assert torch.cuda.memory_allocated() == 4096 and torch.cuda.memory_allocated(1) == 512
    del x
    assert torch.cuda.memory_allocated() == 4096
    del view, y
    assert torch.cuda.memory_allocated() == torch.cuda.memory_allocated(1) == 0
    assert torch.cuda.max_memory_allocated() == 4096
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    assert torch.cuda.max_memory_allocated() == 0


def test_current_device(session: Session) -> None:
    assert torch.ones(1, device="cuda").get_device() == 0
    with torch.cuda.device(1):
        assert torch.ones(1).cuda().device == torch.device("cuda:1")
        assert torch.cuda.current_device() == 1
    torch.cuda.set_device("cuda:1")
    assert torch.ones(1, device="cuda").get_device() == 1
    torch.cuda.set_device(0)


def test_streams_and_events(session: Session) -> None:
    start, end, stream = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True), torch.cuda.Stream()
    start.record()
    with torch.cuda.stream(stream):
        x = torch.ones(3, device="cuda", pin_memory=False)
        x.record_stream(stream)
    end.record()
    stream.wait_stream(torch.cuda.current_stream())
    torch.cuda.synchronize()
    assert start.elapsed_time(end) >= 0 and end.query()


def test_moves_copy_and_views_share(session: Session) -> None:
    host = torch.arange(6.0)
    device = host.to("cuda", non_blocking=True)
    device += 1
    assert host[0] == 0 and device[0].item() == 1
    assert device.view(2, 3)[0].device == device[1:].device == device.device == torch.device("cuda:0")
    assert device.to("cuda") is device and device.to("cuda", copy=True) is not device
    assert device.cpu().device.type == "cpu" and device.to(torch.float64).is_cuda
    assert device.to(host).device.type == "cpu" and host.type_as(device).is_cuda
    assert repr(device[:1]) == "tensor([1.], device='cuda:0')"
    assert device.new([1.0]).is_cuda and device.new_zeros(2).is_cuda and device.new_tensor([2]).is_cuda
    assert torch.tensor(device.sum().item()).device.type == "cpu"


def test_devices_by_number(session: Session) -> None:
    made = [torch.zeros(2, device=1), torch.ones(1).to(1), torch.ones(1).cuda(1), torch.ones(1).new_zeros(2, device=1)]
    assert {each.get_device() for each in [*made, nn.Linear(1, 1).to(1).weight]} == {1}


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_torchscript_knows_the_factories(session: Session) -> None:
    def double(x: torch.Tensor) -> torch.Tensor:
        return x * 2 + torch.zeros(3, device=x.device) + torch.tensor(1.0)

    assert torch.jit.script(double)(torch.ones(3)).sum() == 9


def test_what_only_the_real_device_computes(session: Session) -> None:
    counts = torch.histc(torch.tensor([0, 1, 1], device="cuda", dtype=torch.int32), bins=2, min=0, max=1)
    assert counts.tolist() == [1, 2] and counts.is_cuda and counts.dtype is torch.int32


def test_data_and_set_take_the_device_along(session: Session) -> None:
    parameter = nn.Parameter(torch.ones(3))
    parameter.data = parameter.data.cuda()
    assert parameter.is_cuda
    plain = torch.ones(3)
    plain.set_(parameter.detach())
    assert plain.is_cuda


def test_module_moves_in_place_and_optimizer_follows(session: Session) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    optimizer = torch.optim.AdamW(model.parameters())
    weight = model[0].weight
    model.cuda()
    assert model[0].weight is weight and weight.is_cuda and model[1].running_mean.is_cuda
    model(torch.rand(8, 4, device="cuda")).sum().backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    state = optimizer.state[weight]
    assert state["exp_avg"].is_cuda and not state["step"].is_cuda
    again = torch.optim.AdamW(model.parameters(), fused=True)
    again.load_state_dict(optimizer.state_dict())
    again.step()


def test_gradients_of_host_tensors_come_home(session: Session) -> None:
    scale = nn.Parameter(torch.tensor(2.0))
    host = torch.ones(3, requires_grad=True)
    loss = (host.cuda() * torch.nn.functional.softplus(scale)).sum()
    loss.backward()
    assert host.grad.device.type == scale.grad.device.type == "cpu"
    torch.optim.Adam([scale, host]).step()
    (grad,) = torch.autograd.grad(host.cuda().pow(2).sum(), host)
    assert grad.device.type == "cpu"


def test_default_device(session: Session) -> None:
    with torch.device("cuda"):
        made = [torch.tensor(1), torch.zeros(2), torch.arange(3), nn.Linear(2, 2).weight, torch.as_tensor([1])]
        assert all(each.is_cuda for each in made)
        assert not torch.from_numpy(np.ones(2)).is_cuda
    torch.set_default_device("cuda:1")
    assert torch.zeros(2).device == torch.device("cuda:1")
    torch.set_default_device(None)


def test_checkpoint_keeps_devices(session: Session) -> None:
    model = nn.Linear(2, 2).cuda()
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    for location, kind in ((None, "cuda"), ("cpu", "cpu"), ("cuda:1", "cuda"), (torch.device("cuda"), "cuda")):
        file.seek(0)
        loaded = torch.load(file, map_location=location)
        assert loaded["weight"].device.type == kind
        if location == "cuda:1":
            assert loaded["weight"].get_device() == 1
    file.seek(0)
    assert torch.load(file, map_location=lambda storage, place: storage)["weight"].device.type == "cpu"
    file.seek(0)
    assert torch.load(file, map_location={"cuda:0": "cpu"})["weight"].device.type == "cpu"


def test_copies(session: Session) -> None:
    model = nn.Linear(2, 2).cuda()
    assert copy.deepcopy(model).weight.is_cuda
    assert copy.deepcopy(model.weight.detach()).is_cuda
    assert pickle.loads(pickle.dumps(torch.ones(2)))[0] == 1


def test_generators(session: Session) -> None:
    generator = torch.Generator("cuda").manual_seed(3)
    assert isinstance(generator, torch.Generator) and generator.device.type == "cuda"
    drawn = torch.randn(3, generator=generator, device="cuda")
    assert drawn.equal(torch.randn(3, generator=torch.Generator("cuda").manual_seed(3), device="cuda"))
    state = torch.cuda.get_rng_state()
    torch.cuda.set_rng_state(state)
    torch.cuda.manual_seed_all(1)


def test_draws_are_those_of_a_cpu_run() -> None:
    torch.manual_seed(5)
    expected = torch.randn(3)
    with pretend():
        torch.manual_seed(5)
        torch.cuda.manual_seed(9)
        assert torch.randn(3, device="cuda").cpu().equal(expected)


def test_autocast_and_scaler(session: Session) -> None:
    model = nn.Linear(4, 4).cuda()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for dtype in (torch.bfloat16, torch.float16):
        scaler = torch.amp.GradScaler("cuda", enabled=dtype is torch.float16)
        with torch.autocast("cuda", dtype=dtype):
            assert torch.is_autocast_enabled("cuda") and torch.get_autocast_dtype("cuda") is dtype
            output = model(torch.rand(2, 4, device="cuda"))
            assert output.dtype is dtype and output.is_cuda
            loss = output.float().sum()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
    assert not torch.is_autocast_enabled("cpu")


def test_autocast_keeps_and_promotes_as_cuda_does(session: Session) -> None:
    low, full = torch.ones(2, 3, device="cuda", dtype=torch.bfloat16), torch.ones(2, 3, device="cuda")
    on_host = low.cpu()
    with torch.autocast("cuda", dtype=torch.bfloat16):
        kept = [low.softmax(-1), nn.functional.layer_norm(low, (3,)), low.sum(), low.exp(), low.pow(2), low.norm()]
        assert {each.dtype for each in kept} == {torch.float32}
        assert (full @ full.T).dtype is torch.bfloat16 and low.relu().dtype is torch.bfloat16
        assert full.index_put((torch.tensor([0], device="cuda"),), low[0]).dtype is torch.float32
        assert on_host.exp().dtype is torch.bfloat16
    assert low.exp().dtype is torch.bfloat16


def test_groups_of_several_processes(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "0", "WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29599"}.items():
        monkeypatch.setenv(name, value)
    torch.distributed.init_process_group("nccl")
    assert torch.distributed.get_world_size() == 4 and torch.distributed.get_backend() == "nccl"
    model = nn.parallel.DistributedDataParallel(nn.Linear(2, 2).cuda(), device_ids=[0])
    model(torch.ones(1, 2)).sum().backward()
    torch.distributed.all_reduce(torch.ones(1, device="cuda"))
    torch.distributed.destroy_process_group()


def test_spawned_processes_run_here(session: Session) -> None:
    ran: list[object] = []
    torch.multiprocessing.spawn(lambda rank, value: ran.append((rank, value)), args=(3,), nprocs=2)
    assert ran == [(0, 3)]


def test_legacy_types(session: Session) -> None:
    x = torch.cuda.FloatTensor([1.0, 2.0])
    assert x.is_cuda and x.type() == "torch.cuda.FloatTensor" and isinstance(x, torch.cuda.FloatTensor)
    assert torch.ones(2).type("torch.cuda.LongTensor").dtype is torch.int64
    assert x.type(torch.FloatTensor).device.type == "cpu" and not isinstance(torch.ones(1), torch.cuda.FloatTensor)
    assert torch.ones(2).type(torch.cuda.HalfTensor).is_cuda and x.type(torch.float64).is_cuda


def test_inference_distributions_and_weight_norm(session: Session) -> None:
    with torch.inference_mode():
        normal = torch.distributions.Normal(torch.zeros(3, device="cuda"), torch.ones(3, device="cuda"))
        assert normal.sample((2,)).is_cuda and normal.log_prob(normal.sample()).is_cuda
    with pytest.warns(FutureWarning):
        layer = nn.utils.weight_norm(nn.Linear(3, 3))
    layer.cuda()
    layer(torch.ones(1, 3, device="cuda")).sum().backward()


@pytest.mark.filterwarnings("ignore:Sparse invariant")
def test_sparse(session: Session) -> None:
    sparse = torch.eye(3, device="cuda").to_sparse()
    assert sparse.is_cuda and (sparse @ torch.ones(3, 1, device="cuda")).is_cuda
    made = torch.sparse_coo_tensor(torch.tensor([[0, 1]], device="cuda"), torch.ones(2, device="cuda"), (3,))
    assert made.to_dense().is_cuda


def test_data_parallel_and_threads(session: Session) -> None:
    model = nn.DataParallel(nn.Linear(3, 2).cuda(), device_ids=[0, 1])
    assert model(torch.rand(4, 3, device="cuda")).device == torch.device("cuda:0")
    found: list[torch.device] = []
    thread = threading.Thread(target=lambda: found.append((torch.ones(2, device="cuda") * 2).device))
    thread.start()
    thread.join()
    assert found == [torch.device("cuda:0")]


def test_compile_runs_eagerly(session: Session) -> None:
    @torch.compile
    def double(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    assert double(torch.ones(2, device="cuda")).is_cuda
    assert torch.compile(nn.Linear(2, 2).cuda(), mode="max-autotune")(torch.ones(1, 2, device="cuda")).is_cuda


def test_loader_with_workers_and_pinned_memory(session: Session) -> None:
    data = torch.utils.data.TensorDataset(torch.arange(8.0))
    for workers in (0, 2):
        loader = torch.utils.data.DataLoader(data, batch_size=4, num_workers=workers, pin_memory=True)
        batches = [batch.to("cuda", non_blocking=True) for (batch,) in loader]
        assert torch.cat(batches).sum().item() == 28
        (batch,) = next(iter(loader))
        assert batch.is_pinned() and not batch.is_cuda


def test_functorch(session: Session) -> None:
    model = nn.Linear(3, 1).cuda()
    x = torch.rand(5, 3, device="cuda")
    parameters = dict(model.named_parameters())

    def loss(values: dict[str, torch.Tensor], row: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(model, values, (row,)).sum()

    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, x)
    assert gradients["weight"].is_cuda


@pytest.mark.parametrize("is_library", [False, True])
def test_fused_optimizers_are_the_cpus(is_library: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("site-packages" if is_library else "mine")
    folder.mkdir()
    (folder / "maker.py").write_text("def make(kind, parameters, fused):\n    return kind(parameters, fused=fused)\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "maker", raising=False)
    import maker

    def trained(device: str, fused: bool) -> torch.Tensor:
        torch.manual_seed(0)
        model = nn.Linear(64, 64).to(device)
        optimizer = maker.make(torch.optim.AdamW, model.parameters(), fused)
        for _ in range(20):
            model(torch.rand(8, 64, device=device)).square().sum().backward()
            optimizer.step()
        return model.weight.detach().cpu()

    expected = trained("cpu", fused=is_library)
    with pretend() as running:
        assert trained("cuda", fused=True).equal(expected)
    assert not running.findings
