"""Calls of imported functions and classes: the API tables decide what they make, check and return."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.builtins import call_builtin
from devlint.flow.devices import choose_default_device, chosen_default_device, device_of
from devlint.flow.draws import divergence, make_distribution
from devlint.flow.evidence import root_path
from devlint.flow.lattice import AT_LEAST_ONE, UNKNOWN_DEVICES, Device, Devices, How, Origin, Where
from devlint.flow.loaders import held_data, make_loader, progress_bar
from devlint.flow.operations import apply_operation
from devlint.flow.ranks import rank_of_data, rank_of_sizes
from devlint.flow.results import derived
from devlint.flow.values import (
    NONE,
    NUMBER,
    SHAPE,
    UNKNOWN,
    DeviceValue,
    Module,
    Number,
    Partial,
    Sequence,
    Shape,
    Tensor,
    Text,
    Thing,
    TupleType,
    Value,
)
from devlint.model.torchapi import (
    AVAILABILITY,
    DATASETS_OF_FILES,
    DISTRIBUTIONS,
    FACTORIES,
    HOST_FUNCTIONS,
    LEGACY_CUDA,
    LOADERS,
    NN_MODULES,
    NUMPY_KEEPING_TENSORS,
    OPTIMIZERS,
    PARAMETER,
    PROGRESS_BARS,
    WITHOUT_GRADIENTS,
    makes_module,
    operation_of_function,
)
from devlint.model.torchapi.loading import SAMPLERS
from devlint.model.torchapi.operations import EXTERNAL_OPERATIONS
from devlint.model.torchapi.schema import Factory, Operation, Rank, Returns
from devlint.model.torchapi.streams import CLOCKS

if TYPE_CHECKING:
    from devlint.flow.arguments import Argument, Arguments
    from devlint.flow.frame import Frame

_THINGS: dict[str, str] = {
    **dict.fromkeys(OPTIMIZERS, "optimizer"),
    **dict.fromkeys(CLOCKS, "clock"),
    **dict.fromkeys(SAMPLERS, "sampler"),
    **dict.fromkeys(DATASETS_OF_FILES, "dataset"),
}
"""What matters by its kind alone."""

_WRAPPERS = frozenset(
    "torch.compile torch.jit.script torch.jit.trace torch.nn.DataParallel torch.nn.parallel.DistributedDataParallel "
    "torch.nn.parallel.DataParallel torch.nn.SyncBatchNorm.convert_sync_batchnorm copy.deepcopy copy.copy "
    "torch.autograd.Variable typing.cast torch.nn.utils.weight_norm torch.nn.utils.spectral_norm "
    "torch.nn.utils.parametrizations.weight_norm torch.nn.utils.parametrizations.spectral_norm "
    "torch.vmap torch.func.vmap functorch.vmap pyro.module".split()
)


def call_api(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    """The result of calling something imported."""
    if name.startswith("builtins."):
        return call_builtin(name.removeprefix("builtins."), node, arguments, frame)
    if name in FACTORIES:
        return _create(node, name, FACTORIES[name], arguments, frame)
    found = operation_of_function(name)
    if found is not None:
        return apply_operation(node, name.rpartition(".")[2], found, arguments, frame, in_place=name.endswith("_"))
    special = _SPECIAL.get(name)
    if special is not None:
        return special(node, arguments, frame)
    return _by_family(node, name, arguments, frame)


def _by_family(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    if name in _WRAPPERS:
        return _wrapped(name, arguments)
    if name in NN_MODULES:
        return _module(node, name, arguments, frame)
    if name in DISTRIBUTIONS:
        return make_distribution(node, name, arguments, frame)
    if makes_module(name):
        return _library_module(node, name, arguments, frame)
    if name in PARAMETER:
        return _parameter(node, name, arguments, frame)
    if name in HOST_FUNCTIONS:
        return SHAPE
    if name in AVAILABILITY or name.rpartition(".")[2] == "is_available":
        return Number(about_device=True)
    if name in _THINGS:
        return Thing(_THINGS[name], origin=node)
    if name in LOADERS:
        return make_loader(node, name, arguments, frame)
    if name in LEGACY_CUDA:
        origin = Origin(How.FACTORY, node, f"`{name}` is memory of the current CUDA device", frame.is_guarded)
        return Tensor((Device(Where.LITERAL, "cuda", origin),), AT_LEAST_ONE)
    if name in WITHOUT_GRADIENTS and not _keeps_gradients(name, arguments):
        return Thing("no-grad")
    if name.startswith("numpy."):
        keeps = name in NUMPY_KEEPING_TENSORS and any(_may_be_tensor(each.value) for each in arguments.each())
        return UNKNOWN if keeps else Thing("array")
    if name.startswith(EXTERNAL_OPERATIONS) and arguments.positional:
        return _external(node, name, arguments, frame)
    if name == "torch.load" or name.startswith(("torch.utils.", "torch.distributed.")) or _is_class(name):
        return UNKNOWN
    return derived(arguments, node, frame)


def _is_class(name: str) -> bool:
    """By PEP 8's convention: what it makes is an object of its own, which only holds the tensors that went in."""
    last = name.rpartition(".")[2].lstrip("_")
    return last[:1].isupper() and not last.isupper() and not name.startswith("torch.")


def _may_be_tensor(value: Value) -> bool:
    return isinstance(value, Tensor) or value is UNKNOWN


def _keeps_gradients(name: str, arguments: Arguments) -> bool:
    """`set_grad_enabled(True)`, `inference_mode(False)`; a switch that is not known counts as off."""
    kept = 1 if name.endswith("set_grad_enabled") else 0
    return any(isinstance(each.value, Number) and each.value.constant == kept for each in arguments.each())


def _wrapped(name: str, arguments: Arguments) -> Value:
    """What stands for the value that it was given, and is where that is."""
    last = name in ("typing.cast", "pyro.module")
    inner = arguments.positional[-1 if last else 0].value if arguments.positional else UNKNOWN
    if name not in NN_MODULES:
        return inner
    return Module(inner.devices if isinstance(inner, (Module, Tensor)) else UNKNOWN_DEVICES, name)


def _external(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    """Operations of companion libraries: kernels that want all their tensors on one device."""
    roles = tuple(f"argument {index}" for index in range(len(arguments.positional)))
    operation = Operation(params=roles, operands=roles, returns=Returns.UNKNOWN)
    apply_operation(node, name.rpartition(".")[2], operation, arguments, frame)
    return derived(arguments, node, frame)


# ---------------------------------------------------------------------------------------------------------- factories


def _create(node: cst.Call, name: str, factory: Factory, arguments: Arguments, frame: Frame) -> Value:
    params = _factory_params(factory, arguments)
    bound = arguments.bind(params)
    rank = _factory_rank(factory, arguments, bound)
    switch = arguments.keywords.get("requires_grad")
    learns = switch is not None and switch.value == Number(1)
    return Tensor(_factory_devices(node, name, factory, arguments, bound, frame), rank, learns=learns)


def _factory_params(factory: Factory, arguments: Arguments) -> tuple[str, ...]:
    count = len(arguments.positional)
    for params in factory.overloads:
        if len(params) == count:
            return params
    return factory.params


def _factory_rank(factory: Factory, arguments: Arguments, bound: dict[str, Argument]) -> int | None:
    first = arguments.positional[0] if arguments.positional else None
    if factory.rank is Rank.SHAPE:
        sizes = bound.get("size") if "size" in bound and not factory.varargs else first
        if factory.varargs:
            return rank_of_sizes(arguments, sizes or bound.get("size"))
        return rank_of_sizes(type(arguments)((sizes,)) if sizes else arguments, sizes)
    if factory.rank is Rank.DATA:
        data = bound.get(factory.params[0])
        return rank_of_data(data.value if data else None)
    if factory.rank is Rank.SAME:
        data = bound.get(factory.params[0])
        return data.value.rank if data and isinstance(data.value, Tensor) else None
    return {Rank.ONE: 1, Rank.TWO: 2, Rank.SOME: AT_LEAST_ONE, Rank.SCALAR: 0}.get(factory.rank)


def _factory_devices(
    node: cst.Call, name: str, factory: Factory, arguments: Arguments, bound: dict[str, Argument], frame: Frame
) -> Devices:
    """Where a factory's result is: `device=`, else the tensor it is like, else the default device."""
    given = bound.get("device") if factory.takes_device else None
    short = name.removeprefix("torch.")
    guarded = frame.is_guarded
    if given is not None:
        text = frame.analysis.text_of(given.node)
        origin = Origin(How.FACTORY, node, f"`torch.{short}` makes it on `{text}`", guarded)
        return (device_of(given.value, text, frame, origin),)
    out = arguments.keywords.get("out")
    if out is not None:
        return out.value.devices if isinstance(out.value, Tensor) else UNKNOWN_DEVICES
    if factory.like is not None:
        given_tensors = (
            bound[name] for name in factory.params if name in bound and isinstance(bound[name].value, Tensor)
        )
        like = next(given_tensors, bound.get(factory.like))
        if like is not None and isinstance(like.value, Tensor):
            if like.value.sure or factory.rank is Rank.SAME:
                return like.value.devices
            return UNKNOWN_DEVICES  # a list or a tensor, which keeps its device
        if (
            factory.rank is Rank.SAME
            or name.startswith(("torch.sparse_", "torch.nested."))
            or (like is not None and like.value is UNKNOWN and name != "torch.tensor")
        ):
            return UNKNOWN_DEVICES
    if arguments.open_keywords or _is_empty(short, factory, arguments):
        return UNKNOWN_DEVICES  # a place-holder, until something else is there
    if factory.follows_default:
        if frame.default_device_changes or "default-device" in frame.state.guards:
            chosen = chosen_default_device(node, short, frame)
            return UNKNOWN_DEVICES if chosen is None else (chosen,)
        note = f"`torch.{short}` without `device=` makes it on the default device, the CPU"
        first = arguments.positional[0].value if arguments.positional else UNKNOWN
        items = first.items if isinstance(first, Sequence) else None
        number = short == "tensor" and items is not None and len(items) == 1 and isinstance(items[0], Number)
        stand_in = number or _is_one_number(short, arguments)
        origin = Origin(How.FACTORY, node, note, guarded, placeholder=stand_in, like=_likes(arguments))
        return (Device(Where.DEFAULT, "cpu", origin),)
    note = f"`torch.{short}` makes it in CPU memory"
    return (Device(Where.HOST, "cpu", Origin(How.HOST_ONLY, node, note, guarded, like=_likes(arguments))),)


def _is_empty(short: str, factory: Factory, arguments: Arguments) -> bool:
    """`torch.Tensor()`, `torch.tensor([])`, `torch.empty(0)`."""
    if not arguments.positional:
        return factory.rank is Rank.SOME
    first = arguments.positional[0].value
    if short == "empty":
        return isinstance(first, Number) and first.constant == 0 and len(arguments.positional) == 1
    return factory.rank in (Rank.SOME, Rank.DATA) and isinstance(first, Sequence) and first.items == ()


def _is_one_number(short: str, arguments: Arguments) -> bool:
    """`torch.zeros(1)`."""
    sizes = [argument.value for argument in arguments.positional]
    return short in ("zeros", "ones") and len(sizes) == 1 and isinstance(sizes[0], Number) and sizes[0].constant == 1


def _likes(arguments: Arguments) -> frozenset[str]:
    """The tensors whose sizes or dtype a factory was given."""
    found: set[str] = set()
    for argument in arguments.each():
        values = [argument.value]
        if isinstance(argument.value, Sequence) and argument.value.items is not None:
            values = list(argument.value.items)
        found |= {value.owner for value in values if isinstance(value, (Shape, Number)) and value.owner}
    return frozenset(found)


# ------------------------------------------------------------------------------------------------------------ modules


def _module(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    spec = NN_MODULES[name]
    given = arguments.keywords.get("device")
    if given is not None:
        text = frame.analysis.text_of(given.node)
        origin = Origin(How.FACTORY, node, f"built on `{text}`")
        return Module((device_of(given.value, text, frame, origin),), name)
    origin = Origin(How.MODULE, node, f"`{name.rpartition('.')[2]}` is built on the default device", frame.is_guarded)
    where = Where.UNKNOWN if frame.default_device_changes or arguments.open_keywords else Where.DEFAULT
    return Module((Device(where, "cpu", origin),), name, weights=_weights(spec.weights, spec.params, arguments))


def _library_module(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    """`torchvision.models.resnet18()`, `AutoModel.from_pretrained(...)`: on the CPU unless told otherwise."""
    told = arguments.is_open or any("device" in keyword for keyword in arguments.keywords)
    where = Where.UNKNOWN if told or frame.default_device_changes else Where.DEFAULT
    origin = Origin(How.MODULE, node, f"`{name.rpartition('.')[2]}` gives a model in CPU memory", frame.is_guarded)
    return Module((Device(where, "cpu", origin),))


def _weights(names: tuple[str, ...], params: tuple[str, ...], arguments: Arguments) -> Devices:
    """The devices of tensors that a loss keeps as buffers."""
    bound = arguments.bind(params)
    for name in names:
        argument = bound.get(name)
        if argument is not None and isinstance(argument.value, Tensor) and argument.value.rank not in (None, 0):
            return argument.value.devices
    return ()


def _parameter(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    data = arguments.get("data", 0)
    learns = name.endswith("Parameter") and arguments.missing("requires_grad", 1)
    if data is not None and isinstance(data.value, Tensor):
        # Whoever registers a parameter moves its module: where it was made does not matter.
        stays = all(device.is_elsewhere for device in data.value.devices)
        devices, rank = data.value.devices if stays else UNKNOWN_DEVICES, data.value.rank
        return Tensor(devices, rank, True, parameter=True, learns=learns)
    return Tensor(UNKNOWN_DEVICES, None, True, parameter=True, learns=learns)


# ------------------------------------------------------------------------------------------------------ special cases


def _device(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    """`torch.device("cuda", 1)`."""
    first = arguments.get("device", 0) or arguments.get("type", 0)
    if first is None:
        return DeviceValue(Device(Where.VARIABLE, "device"), is_object=True)
    index = arguments.get("index", 1)
    device = device_of(first.value, frame.analysis.text_of(first.node), frame)
    if index is not None and device.where is Where.LITERAL:
        constant = index.value.constant if isinstance(index.value, Number) else None
        name = f"{device.name}:{int(constant)}" if constant is not None else ""
        device = Device(Where.LITERAL, name) if name else Device(Where.VARIABLE, frame.analysis.text_of(node))
    if device.where is Where.VARIABLE and isinstance(first.value, (Text, DeviceValue)):
        device = Device(Where.UNKNOWN)
    return DeviceValue(device, is_object=True)


def _set_default_device(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    given = arguments.get("device", 0)
    if given is not None:
        choose_default_device(given.value, given.node, frame)
    return NONE


def _generator(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    given = arguments.get("device", 0)
    if given is None:
        return Thing("generator", Device(Where.HOST, "cpu", Origin(How.FACTORY, node, "a generator of the CPU")), node)
    text = frame.analysis.text_of(given.node)
    origin = Origin(How.FACTORY, node, f"a generator of `{text}`")
    return Thing("generator", device_of(given.value, text, frame, origin), node)


def _is_tensor(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return NUMBER


def _current_device(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return DeviceValue(Device(Where.VARIABLE, frame.analysis.text_of(node)))


def _parameters_to_vector(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    from devlint.flow.results import devices_of_arguments

    return Tensor(devices_of_arguments(arguments) or UNKNOWN_DEVICES, 1)


def _partial(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    if not arguments.positional or arguments.is_open:
        return UNKNOWN
    first, *rest = arguments.positional
    if not rest and not arguments.keywords:
        return first.value
    return Partial(first.value, tuple(rest), tuple(arguments.keywords.items()))


def _checkpoint(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    """Calls its first argument with the others, and computes again what is needed for the gradient."""
    from devlint.flow.calls import call_value

    if not arguments.positional:
        return UNKNOWN
    first, *rest = arguments.positional
    kept = {name: value for name, value in arguments.keywords.items() if name not in _CHECKPOINT_OPTIONS}
    return call_value(first.value, replace(arguments, positional=tuple(rest), keywords=kept), node, frame)


_CHECKPOINT_OPTIONS = frozenset("use_reentrant context_fn determinism_check debug preserve_rng_state".split())


def _pure_shape(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return Sequence("tuple", None, NUMBER)


def _unknown(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    for argument in arguments.positional:
        frame.prove(root_path(argument.node))
    return UNKNOWN


def _named_tuple(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    fields = arguments.get("field_names", 1)
    if fields is None:
        return UNKNOWN
    if isinstance(fields.value, Text) and fields.value.constant is not None:
        return TupleType(tuple(fields.value.constant.replace(",", " ").split()))
    items = fields.value.items if isinstance(fields.value, Sequence) else None
    names = [item.constant for item in items or () if isinstance(item, Text) and item.constant is not None]
    return TupleType(tuple(names)) if items and len(names) == len(items) else UNKNOWN


def _ordered_dict(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return call_builtin("dict", node, arguments, frame)


_SPECIAL = {
    "collections.OrderedDict": _ordered_dict,
    "collections.namedtuple": _named_tuple,
    **dict.fromkeys(PROGRESS_BARS, progress_bar),
    "torch.device": _device,
    "torch.set_default_device": _set_default_device,
    "torch.Generator": _generator,
    "torch.is_tensor": _is_tensor,
    "torch.is_storage": _is_tensor,
    "torch.cuda.current_device": _current_device,
    "torch.accelerator.current_accelerator": _current_device,
    "torch.get_default_device": _current_device,
    "torch.nn.utils.parameters_to_vector": _parameters_to_vector,
    "torch.utils.data.TensorDataset": held_data,
    "functools.partial": _partial,
    "torch.utils.checkpoint.checkpoint": _checkpoint,
    "torch.distributions.kl_divergence": divergence,
    "torch.Size": _pure_shape,
    "torch.broadcast_tensors": _unknown,
}
