"""What becomes of a module that a file builds: is it ever moved, or handed to what may move it? On CPython's `ast`.

Asked only where a module on the CPU meets inputs that were moved. What is not understood counts as a move.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = _Function | ast.Module
_MOVES = re.compile(r"^(to|cuda|cpu|xpu|npu|mps|hpu|xla|to_empty|_apply|share_memory|module|prepare\w*|setup|device)$")
_HARMLESS = frozenset("print len type id isinstance repr str save hasattr watch getsource signature".split())
"""Functions that do not move what they are given, by their last name."""
_DEPTH = 4


class ModuleUses:
    """The uses of names in a file."""

    def __init__(self, text: str) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # newer syntax than this Python's
            self._tree = ast.Module([], [])
        self._parents: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(self._tree):
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
        self._wanted = ""
        self._functions = {node.name: node for node in self._tree.body if isinstance(node, _Function)}

    def never_moved(self, source: str, name: str) -> bool:
        """Whether what the expression `source` builds stays where it was built, wherever the file builds it so.

        `name` is a variable that holds it: of a function's callers, those count who call the result so, if any do.
        """
        self._wanted = name
        try:
            wanted = ast.dump(ast.parse(source.strip(), mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        made = [node for node in ast.walk(self._tree) if isinstance(node, ast.Call) and ast.dump(node) == wanted]
        return bool(made) and all(self._stays(node, _DEPTH) for node in made)

    def _stays(self, made: ast.AST, depth: int) -> bool:
        """An expression whose value is assigned to a name, or returned to callers who do so."""
        holder = self._parents.get(made)
        if isinstance(holder, ast.Assign) and len(holder.targets) == 1 and isinstance(holder.targets[0], ast.Name):
            return self._is_left(holder.targets[0].id, self._scope_of(holder), depth)
        if isinstance(holder, ast.AnnAssign) and isinstance(holder.target, ast.Name):
            return self._is_left(holder.target.id, self._scope_of(holder), depth)
        return isinstance(holder, ast.Return) and self._callers_leave(holder, depth)

    def _callers_leave(self, node: ast.AST, depth: int) -> bool:
        """Whether all who call the function around `node` leave what it returns where it is."""
        function = self._scope_of(node)
        if isinstance(function, ast.Module) or self._functions.get(function.name) is not function or not depth:
            return False
        uses = [each for each in self._names(self._tree, function.name) if isinstance(each.ctx, ast.Load)]
        calls = [self._parents[each] for each in uses]
        named = [(call, use) for call, use in zip(calls, uses, strict=True) if self._is_wanted(self._parents[call])]
        if named:
            calls, uses = map(list, zip(*named, strict=True))
        return bool(uses) and all(
            isinstance(call, ast.Call) and call.func is use and self._stays(call, depth - 1)
            for call, use in zip(calls, uses, strict=True)
        )

    def _is_wanted(self, holder: ast.AST) -> bool:
        targets = holder.targets if isinstance(holder, ast.Assign) else [getattr(holder, "target", None)]
        return any(isinstance(each, ast.Name) and each.id == self._wanted for each in targets)

    def _is_left(self, name: str, scope: _Scope, depth: int) -> bool:
        """Whether no use of a variable moves what it holds."""
        return depth > 0 and all(
            self._is_harmless(node, depth) for node in self._names(scope, name) if isinstance(node.ctx, ast.Load)
        )

    def _is_harmless(self, node: ast.expr, depth: int) -> bool:
        parent = self._parents[node]
        if isinstance(parent, ast.Attribute):
            return not _MOVES.match(parent.attr) and self._is_harmless_part(parent)
        if isinstance(parent, ast.Call):
            return parent.func is node or self._leaves_argument(parent, node, None, depth)
        if isinstance(parent, ast.keyword):
            call = self._parents[parent]
            return isinstance(call, ast.Call) and self._leaves_argument(call, node, parent.arg, depth)
        if isinstance(parent, ast.Return):
            return self._callers_leave(parent, depth)
        if isinstance(parent, (ast.Tuple, ast.List)):
            return self._is_looped_over(parent, depth)
        return isinstance(parent, (ast.Compare, ast.Expr, ast.UnaryOp, ast.If))

    def _is_looped_over(self, display: ast.AST, depth: int) -> bool:
        """`for each in (generator, discriminator)`, and nothing is done to `each`."""
        loop = self._parents[display]
        if not isinstance(loop, (ast.For, ast.comprehension)) or loop.iter is not display:
            return False
        scope = self._scope_of(loop)
        return isinstance(loop.target, ast.Name) and self._is_left(loop.target.id, scope, depth - 1)

    def _is_harmless_part(self, part: ast.AST) -> bool:
        """`model.encoder`, wherever the chain goes on: `model.encoder.to(device)` moves a part."""
        parent = self._parents[part]
        while isinstance(parent, (ast.Attribute, ast.Subscript)):
            if isinstance(parent, ast.Attribute) and _MOVES.match(parent.attr):
                return False
            parent = self._parents[parent]
        return True

    def _leaves_argument(self, call: ast.Call, node: ast.expr, keyword: str | None, depth: int) -> bool:
        name = ast.unparse(call.func).rpartition(".")[2]
        if name in _HARMLESS:
            return True
        function = self._functions.get(ast.unparse(call.func))
        if function is None or any(isinstance(each, ast.Starred) for each in call.args):
            return False
        given = [*function.args.posonlyargs, *function.args.args]
        if keyword is None:
            position = call.args.index(node)
            keyword = given[position].arg if position < len(given) else None
        known = {each.arg for each in (*given, *function.args.kwonlyargs)}
        return keyword in known and self._is_left(keyword, function, depth - 1)

    def _scope_of(self, node: ast.AST) -> _Scope:
        while not isinstance(node, _Scope):
            node = self._parents[node]
        return node

    def _names(self, scope: _Scope, name: str) -> Iterator[ast.Name]:
        """A variable's uses: also in the functions inside that do not bind the name themselves."""
        waiting: list[ast.AST] = list(ast.iter_child_nodes(scope))
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name) and node.id == name:
                yield node
            if not (isinstance(node, (*_FUNCTIONS, ast.Lambda)) and _binds(node, name)):
                waiting += ast.iter_child_nodes(node)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _binds(function: ast.AST, name: str) -> bool:
    """Whether a function has a variable of its own of that name."""
    arguments = function.args  # type: ignore[attr-defined]
    given = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
    if any(each is not None and each.arg == name for each in given):
        return True
    inside = list(ast.walk(function))
    if any(isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in inside):
        return False
    return any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store) for node in inside)
