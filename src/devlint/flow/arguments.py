"""The arguments of a call, evaluated and ready to be bound to parameter names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.values import Value


@dataclass(frozen=True, slots=True)
class Argument:
    """One evaluated argument."""

    value: Value
    node: cst.BaseExpression


@dataclass(frozen=True, slots=True)
class Arguments:
    """Evaluated arguments; with `open_positional` or `open_keywords` (`*args`, `**kwargs`) the rest is unknown."""

    positional: tuple[Argument, ...] = ()
    keywords: dict[str, Argument] = field(default_factory=dict)
    open_positional: bool = False
    open_keywords: bool = False
    starred: tuple[Argument, ...] = ()
    """What stands behind `*` and `**`."""

    @property
    def is_open(self) -> bool:
        """Something may have been passed that is not seen."""
        return self.open_positional or self.open_keywords

    def get(self, name: str, position: int | None = None) -> Argument | None:
        """The argument of a keyword or, failing that, of a position."""
        found = self.keywords.get(name)
        if found is None and position is not None and position < len(self.positional):
            found = self.positional[position]
        return found

    def missing(self, name: str, position: int | None = None) -> bool:
        """Whether it was surely not passed."""
        return self.get(name, position) is None and not self.is_open

    def bind(self, params: tuple[str, ...]) -> dict[str, Argument]:
        """Parameter name -> argument."""
        bound = dict(zip(params, self.positional, strict=False))
        bound.update(self.keywords)
        return bound

    def each(self) -> Iterator[Argument]:
        """All of them, in order."""
        yield from self.positional
        yield from self.keywords.values()
        yield from self.starred
