"""What a function says of itself before any device is thought of: parameters, decorators, shape of its body."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from devlint.model.annotations import Hint, classify
from devlint.model.names import dotted

if TYPE_CHECKING:
    from devlint.model.module import ModuleModel


class Star(enum.Enum):
    """`*args` and `**kwargs` parameters."""

    NONE = ""
    ARGS = "*"
    KWARGS = "**"


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """One parameter of a function."""

    name: str
    node: cst.Param
    hint: Hint
    default: cst.BaseExpression | None
    star: Star = Star.NONE
    keyword_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FunctionModel:
    """A `def`, `async def` or lambda; `class_name` is set for methods; `module` is the file in which it stands."""

    node: cst.FunctionDef | cst.Lambda
    name: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[str, ...] = ()
    class_name: str | None = None
    returns: Hint = Hint.UNKNOWN
    enclosing: FunctionModel | None = None
    module: ModuleModel | None = None

    @property
    def is_static(self) -> bool:
        """No `self` is passed."""
        return "staticmethod" in self.decorators

    @property
    def is_class_method(self) -> bool:
        """The first parameter is the class."""
        return "classmethod" in self.decorators

    @property
    def is_property(self) -> bool:
        """Read without a call."""
        return any(
            name.rpartition(".")[2] in ("property", "cached_property", "lazy_property") for name in self.decorators
        )

    @property
    def is_constructor(self) -> bool:
        """A method that fills a new object."""
        return self.class_name is not None and self.name in ("__init__", "__post_init__", "__new__", "setup")

    @property
    def takes_self(self) -> bool:
        """The first parameter is the instance."""
        return self.class_name is not None and not self.is_static and not self.is_class_method

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


def _decorator_name(decorator: cst.Decorator) -> str:
    node = decorator.decorator
    return dotted(node.func if isinstance(node, cst.Call) else node) or ""


def _parameters(params: cst.Parameters) -> tuple[Parameter, ...]:
    found = [_parameter(param) for param in (*params.posonly_params, *params.params)]
    if isinstance(params.star_arg, cst.Param):
        found.append(_parameter(params.star_arg, Star.ARGS))
    found += [_parameter(param, keyword_only=True) for param in params.kwonly_params]
    if params.star_kwarg is not None:
        found.append(_parameter(params.star_kwarg, Star.KWARGS))
    return tuple(found)


def _parameter(param: cst.Param, star: Star = Star.NONE, keyword_only: bool = False) -> Parameter:
    return Parameter(param.name.value, param, classify(param.annotation), param.default, star, keyword_only)


def function_model(
    node: cst.FunctionDef | cst.Lambda,
    class_name: str | None = None,
    enclosing: FunctionModel | None = None,
    module: ModuleModel | None = None,
) -> FunctionModel:
    """The model of one function node."""
    if isinstance(node, cst.Lambda):
        return FunctionModel(node, "<lambda>", _parameters(node.params), enclosing=enclosing, module=module)
    decorators = tuple(_decorator_name(decorator) for decorator in node.decorators)
    returns = classify(node.returns)
    return FunctionModel(
        node, node.name.value, _parameters(node.params), decorators, class_name, returns, enclosing, module
    )
