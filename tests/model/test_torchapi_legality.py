"""Which operands may be in CPU memory, by running operations on pretended CUDA tensors (FakeTensorMode).

FakeTensorMode asks less than CUDA does: it lets a 0-dimensional CPU tensor into every operation, and does not look at
all operands of some. Where the table is stricter, the operand stands in one of the lists below, with the reason.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from devlint.model import torchapi
from devlint.model.torchapi.schema import Check, Operation, Returns

torch = pytest.importorskip("torch")
fake_tensor = pytest.importorskip("torch._subclasses.fake_tensor")
symbolic_shapes = pytest.importorskip("torch.fx.experimental.symbolic_shapes")

pytestmark = pytest.mark.filterwarnings("ignore")

# One line per operation: the name and its arguments in order. f(2,3) is a tensor of floats, i( of indices, b( of bools,
# c( of complex numbers, [ ... ] a sequence of tensors; anything else is passed as it is.
SAMPLES = """
add f(2,3) f(2,3)
sub f(2,3) f(2,3)
mul f(2,3) f(2,3)
div f(2,3) f(2,3)
floor_divide f(2,3) f(2,3)
remainder f(2,3) f(2,3)
fmod f(2,3) f(2,3)
pow f(2,3) f(2,3)
float_power f(2,3) f(2,3)
eq f(2,3) f(2,3)
ne f(2,3) f(2,3)
lt f(2,3) f(2,3)
ge f(2,3) f(2,3)
maximum f(2,3) f(2,3)
minimum f(2,3) f(2,3)
fmax f(2,3) f(2,3)
atan2 f(2,3) f(2,3)
hypot f(2,3) f(2,3)
copysign f(2,3) f(2,3)
heaviside f(2,3) f(2,3)
xlogy f(2,3) f(2,3)
ldexp f(2,3) f(2,3)
logaddexp f(2,3) f(2,3)
gcd i(2,3) i(2,3)
lcm i(2,3) i(2,3)
nextafter f(2,3) f(2,3)
igamma f(2,3) f(2,3)
bitwise_and i(2,3) i(2,3)
bitwise_or i(2,3) i(2,3)
bitwise_xor i(2,3) i(2,3)
bitwise_left_shift i(2,3) i(2,3)
logical_and b(2,3) b(2,3)
logical_or b(2,3) b(2,3)
isclose f(2,3) f(2,3)
dist f(2,3) f(2,3)
lerp f(2,3) f(2,3) f(2,3)
addcmul f(2,3) f(2,3) f(2,3)
addcdiv f(2,3) f(2,3) f(2,3)
clamp f(2,3) f(2,3) f(2,3)
clamp_min f(2,3) f(2,3)
where b(2,3) f(2,3) f(2,3)
complex f(2,3) f(2,3)
polar f(2,3) f(2,3)
max f(2,3) f(2,3)
min f(2,3) f(2,3)
cat [f(2,3),f(2,3)]
concat [f(2,3),f(2,3)]
stack [f(2,3),f(2,3)]
hstack [f(2,3),f(2,3)]
vstack [f(2,3),f(2,3)]
dstack [f(2,3),f(2,3)]
column_stack [f(2,3),f(2,3)]
block_diag *[f(2,3),f(2,3)]
meshgrid *[f(2),f(3)]
cartesian_prod *[f(2),f(3)]
broadcast_tensors *[f(2,3),f(2,3)]
matmul f(2,3) f(3,4)
mm f(2,3) f(3,4)
bmm f(5,2,3) f(5,3,4)
mv f(2,3) f(3)
dot f(3) f(3)
vdot f(3) f(3)
inner f(3) f(3)
outer f(3) f(2)
kron f(2,2) f(2,2)
cross f(2,3) f(2,3) 1
tensordot f(2,3) f(3,2) 1
cdist f(2,3) f(4,3)
addmm f(2,4) f(2,3) f(3,4)
addmv f(2) f(2,3) f(3)
addr f(2,3) f(2) f(3)
baddbmm f(5,2,4) f(5,2,3) f(5,3,4)
addbmm f(2,4) f(5,2,3) f(5,3,4)
einsum 'ij,jk->ik' *[f(2,3),f(3,4)]
chain_matmul *[f(2,3),f(3,4)]
cholesky_solve f(3,1) f(3,3)
stft f(64) 16 4 16 f(16) True 'reflect' False None True
gather f(3,3) 0 i(3,3)
index_select f(3,3) 0 i(2)
take f(3,3) i(2)
take_along_dim f(3,3) i(3,3) 0
put f(3,3) i(2) f(2)
scatter f(3,3) 0 i(3,3) f(3,3)
scatter_add f(3,3) 0 i(3,3) f(3,3)
scatter_reduce f(3,3) 0 i(3,3) f(3,3) 'sum'
index_add f(3,3) 0 i(2) f(2,3)
index_copy f(3,3) 0 i(2) f(2,3)
index_reduce f(3,3) 0 i(2) f(2,3) 'mean'
index_fill f(3,3) 0 i(2) f()
masked_fill f(3,3) b(3,3) f()
masked_select f(3,3) b(3,3)
masked_scatter f(3,3) b(3,3) f(9)
bucketize f(2,3) f(5)
searchsorted f(5) f(2,3)
isin i(2,3) i(4)
repeat_interleave f(3,2) i(3) 0
bincount i(5) f(5)
quantile f(9) f(2)
diff f(3,3) 1 0 f(1,3) f(1,3)
select_scatter f(3,3) f(3) 0 1
slice_scatter f(3,3) f(2,3) 0 0 2
embedding f(5,3) i(2)
prelu f(2,3) f(3)
cosine_similarity f(2,3) f(2,3)
pairwise_distance f(2,3) f(2,3)
torch.nn.functional.linear f(2,3) f(4,3) f(4)
torch.nn.functional.bilinear f(2,3) f(2,3) f(4,3,3) f(4)
torch.nn.functional.conv1d f(1,2,9) f(3,2,3) f(3)
torch.nn.functional.conv2d f(1,2,9,9) f(3,2,3,3) f(3)
torch.nn.functional.conv_transpose2d f(1,2,9,9) f(2,3,3,3) f(3)
torch.nn.functional.embedding i(2) f(5,3)
torch.nn.functional.embedding_bag i(2,2) f(5,3)
torch.nn.functional.layer_norm f(2,3) (3,) f(3) f(3)
torch.nn.functional.rms_norm f(2,3) (3,) f(3)
torch.nn.functional.group_norm f(2,4,3) 2 f(4) f(4)
torch.nn.functional.batch_norm f(2,3) f(3) f(3) f(3) f(3) False
torch.nn.functional.prelu f(2,3) f(3)
torch.nn.functional.scaled_dot_product_attention f(2,4,5,8) f(2,4,5,8) f(2,4,5,8) f(5,5)
torch.nn.functional.grid_sample f(1,2,4,4) f(1,3,3,2)
torch.nn.functional.cosine_similarity f(2,3) f(2,3)
torch.nn.functional.mse_loss f(2,3) f(2,3)
torch.nn.functional.l1_loss f(2,3) f(2,3)
torch.nn.functional.smooth_l1_loss f(2,3) f(2,3)
torch.nn.functional.huber_loss f(2,3) f(2,3)
torch.nn.functional.cross_entropy f(2,3) i(2) f(3)
torch.nn.functional.nll_loss f(2,3) i(2) f(3)
torch.nn.functional.binary_cross_entropy f(2,3) f(2,3) f(2,3)
torch.nn.functional.binary_cross_entropy_with_logits f(2,3) f(2,3) f(2,3) None None 'mean' f(3)
torch.nn.functional.kl_div f(2,3) f(2,3)
torch.nn.functional.soft_margin_loss f(2,3) f(2,3)
torch.nn.functional.hinge_embedding_loss f(2,3) f(2,3)
torch.nn.functional.poisson_nll_loss f(2,3) f(2,3)
torch.nn.functional.multilabel_soft_margin_loss f(2,3) f(2,3) f(3)
torch.nn.functional.margin_ranking_loss f(2) f(2) f(2)
torch.nn.functional.cosine_embedding_loss f(2,3) f(2,3) f(2)
torch.nn.functional.triplet_margin_loss f(2,3) f(2,3) f(2,3)
torch.nn.functional.multi_margin_loss f(2,3) i(2)
torch.nn.utils.rnn.pad_sequence [f(2),f(3)]
torch.linalg.solve f(3,3) f(3,1)
torch.linalg.solve_triangular f(3,3) f(3,1) upper=True
torch.linalg.cross f(2,3) f(2,3)
torch.linalg.vecdot f(2,3) f(2,3)
torch.linalg.multi_dot [f(2,3),f(3,4)]
torch.special.xlogy f(2,3) f(2,3)
torch.special.zeta f(2,3) f(2,3)
torch.special.gammainc f(2,3) f(2,3)
.copy_ f(2,3) f(2,3)
.fill_ f(2,3) f()
.expand_as f(1,3) f(2,3)
.view_as f(2,3) f(3,2)
.reshape_as f(2,3) f(3,2)
.type_as f(2,3) f(2,3)
.index_put_ f(3,3) (i(2),) f(2,3)
"""
SAMPLED = {line.split()[0]: line.split()[1:] for line in SAMPLES.strip().splitlines()}

# FakeTensorMode runs these without looking at their devices (convolutions, results of a size not known before), or
# looks for a real kernel first (`grid_sample`); CUDA refuses a CPU operand (native_functions.yaml, or its own message).
LAXER_THAN_CUDA = {"masked_select", "bincount", "torch.nn.functional.grid_sample"}
LAXER_THAN_CUDA |= {name for name in SAMPLED if "functional.conv" in name}
# FakeTensorMode runs other code for these than CUDA: there they copy (`select_scatter`) or read a number (`fill_`).
STRICTER_THAN_CUDA = {"select_scatter", ".fill_"}
DTYPES = {"f": torch.float32, "i": torch.int64, "b": torch.bool, "c": torch.complex64}


def entry_of(name: str) -> Operation:
    bare = name.removeprefix(".")
    return (
        torchapi.FUNCTIONALS.get(name) or torchapi.OPERATIONS.get(bare) or torchapi.OPERATIONS[bare.removesuffix("_")]
    )


def tensors_in(argument: str) -> int:
    return len(re.findall(r"\b[fibc]\(", argument))


def run(name: str, devices: list[str], scalar: int | None = None) -> object:
    """Call an operation with its tensors on these devices; the one at `scalar` has no dimensions."""
    made = 0

    def tensor(found: re.Match[str]) -> str:
        nonlocal made
        shape = (
            "()" if made == scalar else f"({found[2]})" if found[2].endswith(",") or not found[2] else f"({found[2]},)"
        )
        text = f"torch.zeros({shape}, dtype=DTYPES['{found[1]}'], device='{devices[made]}')"
        made += 1
        return text

    arguments = ", ".join(re.sub(r"\b([fibc])\(([\d,]*)\)", tensor, each) for each in SAMPLED[name])
    if name.startswith("."):
        name = f"Tensor{name}"
    call = f"torch.{name.removeprefix('torch.')}({arguments})"
    with fake_tensor.FakeTensorMode(shape_env=symbolic_shapes.ShapeEnv()):
        try:
            return eval(call, {"torch": torch, "DTYPES": DTYPES})
        except RuntimeError as error:
            # The checks are passed, and a real kernel was looked for.
            if "not linked with support for cuda" in str(error):
                return None
            raise


def roles() -> list[tuple[str, int, str]]:
    """(operation, place among its tensors, parameter) of every tensor in the samples."""
    found = []
    for name, arguments in SAMPLED.items():
        entry, place = entry_of(name), 0
        # With two tensors, `max` is not the reduction.
        params = max((entry.params, *entry.overloads), key=lambda names: len(set(names[:2]) & set(entry.operands)))
        for index, argument in enumerate(arguments):
            role = argument.partition("=")[0] if re.match(r"\w+=", argument) else params[min(index, len(params) - 1)]
            for _ in range(tensors_in(argument)):
                found.append((name, place, role))
                place += 1
    return found


def count(name: str) -> int:
    return sum(tensors_in(argument) for argument in SAMPLED[name])


ROLES = roles()
IDS = [f"{name}-{place}-{role}" for name, place, role in ROLES]


def first(made: object) -> object:
    return first(made[0]) if isinstance(made, (tuple, list)) else made


@pytest.mark.parametrize("name", sorted(SAMPLED))
def test_sample_runs_on_one_device(name: str) -> None:
    entry = entry_of(name)
    made = first(run(name, ["cuda"] * count(name)))
    if entry.returns in (Returns.TENSOR, Returns.TUPLE) and made is not None:
        assert made.device.type == "cuda"


@pytest.mark.parametrize(("name", "place", "role"), ROLES, ids=IDS)
def test_operand_in_cpu_memory(name: str, place: int, role: str) -> None:
    """A CPU tensor with dimensions fails exactly where the table compares the operand."""
    entry = entry_of(name)
    if role in entry.scalar_ok or (SAMPLED[name][-1] == "f()" and place == count(name) - 1):
        pytest.skip("takes only tensors without dimensions")
    devices = ["cpu" if each == place else "cuda" for each in range(count(name))]
    compared = role in entry.operands and entry.check is not Check.FREE
    refused = (compared or name in STRICTER_THAN_CUDA) and name not in LAXER_THAN_CUDA
    with pytest.raises(Exception, match=r"[dD]evice") if refused else nullcontext():
        run(name, devices)


@pytest.mark.parametrize(
    ("name", "place", "role"),
    [each for each in ROLES if entry_of(each[0]).check is Check.ITERATOR or each[2] in entry_of(each[0]).scalar_ok],
)
def test_scalar_operand_in_cpu_memory(name: str, place: int, role: str) -> None:
    """A CPU tensor without dimensions is legal for TensorIterator, and the result is with the others."""
    devices = ["cpu" if each == place else "cuda" for each in range(count(name))]
    try:
        made = first(run(name, devices, scalar=place))
    except (RuntimeError, ValueError, IndexError) as error:
        assert "device" not in str(error)
        pytest.skip(f"the shapes must agree: {error}")
    if entry_of(name).returns is Returns.TENSOR and made is not None:
        assert made.device.type == "cuda"


@pytest.mark.parametrize("name", sorted(name for name in SAMPLED if entry_of(name).check is Check.ITERATOR))
def test_scalar_on_cuda_does_not_join_cpu_tensors(name: str) -> None:
    """The exemption is one-way."""
    total = count(name)
    devices = ["cuda"] + ["cpu"] * (total - 1)
    with pytest.raises((RuntimeError, ValueError)):
        run(name, devices, scalar=0)


def native_checks() -> dict[str, set[tuple[str, bool]]]:
    """Operation -> (device check, is TensorIterator) of its overloads with several tensors in native_functions.yaml."""
    torchgen = pytest.importorskip("torchgen")
    path = Path(torchgen.__file__).parent / "packaged/ATen/native/native_functions.yaml"
    if not path.exists():
        pytest.skip("this torch does not ship native_functions.yaml")
    blocks = path.read_text(encoding="utf-8").split("\n- func: ")[1:]
    entries = [
        {"func": block.partition("\n")[0], **dict(re.findall(r"^  (\w+): ([\w.]+)", block, re.MULTILINE))}
        for block in blocks
    ]
    bases = {each["func"].partition("(")[0]: each.get("structured_inherits") for each in entries}
    found: dict[str, set[tuple[str, bool]]] = {}
    for each in entries:
        name, _, rest = each["func"].partition("(")
        if (
            len(re.findall(r"\bTensor\??(?:\(\w!\))? \w+", rest.partition(" ->")[0])) < 2
            or "out" in name.split(".")[-1]
        ):
            continue
        structured = bases.get(each.get("structured_delegate") or name) == "TensorIteratorBase"
        found.setdefault(name.partition(".")[0], set()).add((each.get("device_check", "ExactSame"), structured))
    return found


def test_the_check_is_that_of_native_functions() -> None:
    """For operations on TensorIterator, NoCheck is what makes a CPU scalar legal."""
    differing, compared = {}, 0
    for name, checks in native_checks().items():
        entry = torchapi.OPERATIONS.get(name)
        if entry is None or not any(structured for _, structured in checks):
            continue
        compared += 1
        exact = any(check == "ExactSame" for check, structured in checks if structured)
        if (entry.check is Check.EXACT) != exact:
            differing[name] = checks
    assert not differing
    assert compared >= 30
