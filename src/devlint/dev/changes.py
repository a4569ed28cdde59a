"""What two runs of devlint over the same package say differently, as text and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_SHOWN = 100
"""How many changes of a package Markdown lists; a comment has a limit."""


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A finding, and the line of code that it is in."""

    path: str
    line: int
    column: int
    code: str
    name: str = field(compare=False)
    message: str = field(compare=False)
    source: str = field(compare=False, default="")

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column} {self.code} {self.message}"


@dataclass(frozen=True, slots=True)
class Run:
    """What devlint says of a package: its findings, and what it could not do."""

    found: tuple[Found, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of a package's findings, and of the failures of the run; `reworded` has other words at one place."""

    package: str
    before: int
    after: int
    added: tuple[Found, ...] = ()
    dropped: tuple[Found, ...] = ()
    reworded: tuple[tuple[Found, Found], ...] = ()
    failing: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is a difference."""
        return bool(self.added or self.dropped or self.reworded or self.failing or self.mended)

    def counts(self) -> str:
        """`2 added, 1 dropped`, or `no change`."""
        named = {
            "added": self.added,
            "dropped": self.dropped,
            "reworded": self.reworded,
            "new failures": self.failing,
            "failures mended": self.mended,
        }
        return ", ".join(f"{len(each)} {name}" for name, each in named.items() if each) or "no change"

    def lines(self) -> Iterator[tuple[str, str]]:
        """Each change as its sign and a line, by place; the code follows with the sign ` `."""
        signed = [(each, sign) for sign, several in (("+", self.added), ("-", self.dropped)) for each in several]
        signed += [(each, sign) for pair in self.reworded for each, sign in zip(pair, "-+", strict=True)]
        last = None
        for each, sign in sorted(signed, key=lambda pair: (pair[0], pair[1] == "+")):
            yield sign, str(each)
            if each.source and each != last:
                yield " ", f"    {each.source}"
            last = each
        yield from (("+", f"failure: {line}") for line in self.failing)
        yield from (("-", f"failure: {line}") for line in self.mended)


def compare(package: str, before: Run, after: Run) -> Changes:
    """The differences of two runs over the same code. Findings are the same at the same place with the same code."""
    old, new = (_by_place(run.found) for run in (before, after))
    pairs = [pair for place in old for pair in zip(old[place], new.get(place, ()), strict=False)]
    return Changes(
        package,
        len(before.found),
        len(after.found),
        added=tuple(each for place in new for each in new[place][len(old.get(place, ())) :]),
        dropped=tuple(each for place in old for each in old[place][len(new.get(place, ())) :]),
        reworded=tuple(pair for pair in pairs if pair[0].message != pair[1].message),
        failing=tuple(sorted(set(after.failures) - set(before.failures))),
        mended=tuple(sorted(set(before.failures) - set(after.failures))),
    )


def _by_place(found: Iterable[Found]) -> dict[Found, list[Found]]:
    """Findings of one place and code together; those that say the same meet first."""
    places: dict[Found, list[Found]] = {}
    for each in sorted(found, key=lambda each: (each, each.message)):
        places.setdefault(each, []).append(each)
    return places


def summary(changes: Iterable[Changes], base: str) -> str:
    """One line over all packages."""
    several = list(changes)
    added, dropped, reworded, failing = (
        sum(len(getattr(each, name)) for each in several) for name in ("added", "dropped", "reworded", "failing")
    )
    before, after = sum(each.before for each in several), sum(each.after for each in several)
    parts = [f"{added} added", f"{dropped} dropped", *([f"{reworded} reworded"] if reworded else [])]
    parts += [f"{failing} new failures"] if failing else []
    packages = _count(len(several), "package")
    return f"{', '.join(parts)}: {_count(before, 'finding')} in {packages} with {base}, {after} now."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def as_text(changes: Iterable[Changes], base: str) -> str:
    """For a terminal."""
    several = list(changes)
    lines = []
    for each in several:
        lines.append(f"{each.package}: {each.counts()} ({_count(each.after, 'finding')})")
        lines += [f"  {sign} {line}".rstrip() for sign, line in each.lines()]
    return "\n".join([*lines, "", summary(several, base), ""])


def as_markdown(changes: Iterable[Changes], base: str) -> str:
    """For a comment on a pull request: tables of packages and rules, and the changes folded below."""
    several = list(changes)
    parts = ["### devlint on published packages", "", summary(several, base).replace(base, f"`{base}`", 1), ""]
    changed = [each for each in several if each.any]
    if changed:
        parts += [*_table("package", _of_packages(changed)), "", *_table("rule", _of_rules(changed)), ""]
    for each in changed:
        lines = [f"{sign} {line}".rstrip() for sign, line in each.lines()]
        cut = [f"... and {len(lines) - _SHOWN} more lines"] if len(lines) > _SHOWN else []
        fence = "`" * (max(3, 1 + max(map(_ticks, lines))))
        parts += [f"<details><summary>{each.package}: {each.counts()}</summary>", "", f"{fence}diff", *lines[:_SHOWN]]
        parts += [*cut, fence, "", "</details>", ""]
    return "\n".join(parts)


def _ticks(line: str) -> int:
    """The longest row of backticks."""
    return max((len(run) for run in "".join(c if c == "`" else " " for c in line).split()), default=0)


def _of_packages(changes: Iterable[Changes]) -> Iterator[tuple[str, int, int, int]]:
    for each in changes:
        yield each.package, len(each.added), len(each.dropped), len(each.reworded)


def _of_rules(changes: Iterable[Changes]) -> Iterator[tuple[str, int, int, int]]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for each in changes:
        for kind, several in (("added", each.added), ("dropped", each.dropped)):
            for found in several:
                counts.setdefault((found.code, found.name), Counter())[kind] += 1
        for found, _ in each.reworded:
            counts.setdefault((found.code, found.name), Counter())["reworded"] += 1
    for (code, name), count in sorted(counts.items()):
        yield f"{code} {name}", count["added"], count["dropped"], count["reworded"]


def _table(head: str, rows: Iterable[tuple[str, int, int, int]]) -> list[str]:
    lines = [f"| {name} | {added} | {dropped} | {reworded} |" for name, added, dropped, reworded in rows]
    return [f"| {head} | added | dropped | reworded |", "| --- | ---: | ---: | ---: |", *lines] if lines else []
