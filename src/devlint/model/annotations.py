"""What a type annotation says about a value's kind."""

from __future__ import annotations

import enum
import re

import libcst as cst

from devlint.model.names import dotted

WRAPPERS = frozenset({"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "InitVar"})
SEQUENCES = frozenset(
    "list List tuple Tuple Sequence Iterable Iterator set Set FrozenSet frozenset Collection Generator".split()
)
MAPPINGS = frozenset("dict Dict Mapping MutableMapping OrderedDict defaultdict DefaultDict".split())
_TENSOR = re.compile(r"^(\w+\.)*((Float|Long|Int|Bool|Half|Double|Byte|Short|Char|BFloat16)?Tensor|Variable)$")
_SHAPED_TENSOR = re.compile(r"^(\w+\.)*(Float|Int|Bool|Num|Shaped|Real|Inexact|Integer|UInt8|Key|TT|TensorType)$")
_NUMBERS = frozenset("int float bool complex Number number Real SupportsFloat SupportsInt SymInt".split())
_STRINGS = frozenset("str bytes Path PathLike AnyStr LiteralString".split())
_MODULES = frozenset("Module ModuleList ModuleDict Sequential PreTrainedModel LightningModule DataParallel".split())


class Hint(enum.Enum):
    """The kinds that matter to device flow."""

    TENSOR = "tensor"
    TENSORS = "sequence of tensors"
    TENSOR_MAP = "mapping to tensors"
    PACKED = "packed sequence"
    DEVICE = "device"
    MODULE = "module"
    GENERATOR = "generator"
    LOADER = "loader"
    ARRAY = "array"
    NUMBER = "number"
    TEXT = "text"
    OTHER = "other"
    """Something else that is named, and is no tensor."""
    UNKNOWN = "unknown"


def classify(annotation: cst.Annotation | cst.BaseExpression | None) -> Hint:
    """The kind that an annotation gives; unions with None, strings and `Annotated` are looked through."""
    if annotation is None:
        return Hint.UNKNOWN
    node = annotation.annotation if isinstance(annotation, cst.Annotation) else annotation
    return _classify(node)


def _classify(node: cst.BaseExpression) -> Hint:
    if isinstance(node, cst.SimpleString):
        return _from_text(node)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return _union([_classify(node.left), _classify(node.right)])
    if isinstance(node, cst.Subscript):
        return _subscripted(node)
    if isinstance(node, cst.Name) and node.value == "None":
        return Hint.UNKNOWN
    name = dotted(node)
    return _named(name) if name else Hint.UNKNOWN


def _from_text(node: cst.SimpleString) -> Hint:
    try:
        return _classify(cst.parse_expression(str(node.evaluated_value)))
    except cst.ParserSyntaxError:
        return Hint.UNKNOWN


def _named(name: str) -> Hint:
    last = name.rpartition(".")[2]
    if _TENSOR.match(name):
        return Hint.TENSOR
    if last == "PackedSequence":
        return Hint.PACKED
    if last in ("device", "Device", "DeviceLikeType"):
        return Hint.DEVICE
    if last in _MODULES:
        return Hint.MODULE
    if last == "Generator":
        return Hint.GENERATOR if name.startswith("torch") else Hint.UNKNOWN
    if last == "DataLoader":
        return Hint.LOADER
    if last in ("ndarray", "NDArray", "ArrayLike"):
        return Hint.ARRAY
    if last in _NUMBERS:
        return Hint.NUMBER
    if last in _STRINGS:
        return Hint.TEXT
    return Hint.UNKNOWN if last in ("Any", "object", "T") else Hint.OTHER


def _arguments(node: cst.Subscript) -> list[cst.BaseExpression]:
    return [element.slice.value for element in node.slice if isinstance(element.slice, cst.Index)]


def _subscripted(node: cst.Subscript) -> Hint:
    name = dotted(node.value) or ""
    last = name.rpartition(".")[2]
    arguments = _arguments(node)
    if last == "Union":
        return _union([_classify(argument) for argument in arguments])
    if last in WRAPPERS and arguments:
        return _classify(arguments[0])
    if _TENSOR.match(name) or _SHAPED_TENSOR.match(name):
        return Hint.TENSOR
    if last in SEQUENCES and arguments:
        return _of_elements(arguments)
    if last in MAPPINGS and len(arguments) == 2:
        return Hint.TENSOR_MAP if _classify(arguments[1]) is Hint.TENSOR else Hint.OTHER
    if last == "DataLoader":
        return Hint.LOADER
    return Hint.NUMBER if last == "Literal" else _named(name) if name else Hint.UNKNOWN


def _of_elements(arguments: list[cst.BaseExpression]) -> Hint:
    """A sequence is interesting if its elements are, or may be, tensors, however deep."""
    inner = {_classify(argument) for argument in arguments if not isinstance(argument, cst.Ellipsis)}
    if inner <= {Hint.TENSOR, Hint.TENSORS} and inner:
        return Hint.TENSORS if inner == {Hint.TENSOR} else Hint.UNKNOWN
    return Hint.UNKNOWN if inner & {Hint.TENSOR, Hint.TENSORS, Hint.UNKNOWN} else Hint.OTHER


def _union(hints: list[Hint]) -> Hint:
    """One kind beside None is that kind; a device in any form is a device; different ones are unknown."""
    known = {hint for hint in hints if hint is not Hint.UNKNOWN}
    if Hint.DEVICE in known:
        return Hint.DEVICE
    if len(known) == 1 and (len(hints) == 2 or len(known) == len(hints)):
        return known.pop()
    if known and Hint.TENSOR not in known and known <= {Hint.NUMBER, Hint.TEXT, Hint.OTHER}:
        return Hint.OTHER
    return Hint.UNKNOWN
